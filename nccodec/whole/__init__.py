"""Whole-image maps: a picture made of small copies of itself. One room: code, bytes, encoder, decoder."""
