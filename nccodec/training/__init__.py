"""Training of new encoders: crops, loop, checkpoints."""
