"""The map: partition, operator, fixed point, scales. no files, no networks."""
