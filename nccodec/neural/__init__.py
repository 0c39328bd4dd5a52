"""The neural encoder: network, quality levels, prior, weights files."""
