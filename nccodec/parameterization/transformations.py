"""What a picture must stand so that what is found in it is not an accident of its pixels: Distill 2017, "Feature
visualization", on transformation robustness."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

_TURN, _SCALE, _SHIFT = 10.0, 0.1, 8  # degrees, share and pixels, to either side


def moved(picture: Tensor, random: torch.Generator) -> Tensor:
    """The picture turned, enlarged or reduced, and shifted, all by a little at random; mirrored beyond its edges.
    picture: [1, c, h, w]. Returns the same shape, differentiable."""
    turn, scale, down, across = (2 * torch.rand(4, generator=random) - 1).tolist()
    height, width = picture.shape[2:]
    angle, factor = math.radians(_TURN * turn), math.exp(_SCALE * scale)
    cosine, sine = math.cos(angle) / factor, math.sin(angle) / factor
    # From places of what is made to those of the picture, both -1 .. 1 along each side.
    matrix = torch.tensor(
        [
            [cosine, -sine * height / width, 2 * _SHIFT * across / width],
            [sine * width / height, cosine, 2 * _SHIFT * down / height],
        ]
    )
    grid = F.affine_grid(matrix[None].to(picture), list(picture.shape), align_corners=False)
    return F.grid_sample(picture, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def rolled(picture: Tensor, random: torch.Generator) -> Tensor:
    """The picture shifted at random, what leaves at one edge coming in at the other: so that it has no place of its own
    on the grid of a network's strides, and its edges fit to each other."""
    shifts = [int(torch.randint(n, (), generator=random)) for n in picture.shape[2:]]
    return picture.roll(shifts, (2, 3))
