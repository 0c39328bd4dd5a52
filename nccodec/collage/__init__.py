"""The map: partition, operator, fixed point, scales. torch only; no files, no networks."""
