"""Generative collages: a picture as a point in the latent space of a network whose output is the collage's
parameters."""
