"""Sets of points: attractors of a few affine maps of the plane or of space."""
