"""Training of new encoders: crops, objective, loop, checkpoints, export; in one process or several."""
