"""Meshes that are worked out by hand."""

import numpy as np

from nccodec.parameterization.meshes import Mesh

SQUARE = Mesh(
    np.array([[-1.0, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) / np.sqrt(2),
    np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]]),
    np.array([[0, 1, 2], [0, 2, 3]]),
)

# Two halves of a square, in the left and in the right half of the texture, the second one mirrored and half as large.
HALVES = Mesh(
    SQUARE.vertices[[0, 1, 2, 0, 2, 3]],
    np.array([[0.1, 0.1], [0.5, 0.1], [0.5, 0.5], [0.9, 0.1], [0.7, 0.3], [0.9, 0.3]]),
    np.array([[0, 1, 2], [3, 4, 5]]),
)
