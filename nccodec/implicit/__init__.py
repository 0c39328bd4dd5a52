"""Implicit networks: a picture as a small network from place to colour. Nothing refers to the picture: the map is
constant."""
