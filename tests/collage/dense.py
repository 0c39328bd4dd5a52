"""Codes and their maps as dense float64 matrices, built pixel by pixel."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import torch

from nccodec.collage.fixed_point import self_reference
from nccodec.collage.operator import Form, SelfReference, neighbour_domains

OFFSETS = [(0, 0), (-1, 0), (0, -1), (1, 2)]
HALF = Fraction(1, 2)


@dataclass
class Code:
    """The self-reference of a batch, and its literal description."""

    reference: SelfReference
    weight: torch.Tensor  # [N, k, C or 1, rows, columns]
    top: torch.Tensor  # [N, k, rows, columns]
    left: torch.Tensor
    isometries: torch.Tensor
    form: Form
    b: int
    pooling: int


def source(number: int, i: int, j: int, n: int) -> tuple[int, int]:
    """Where element (i, j) of an n x n block turned by isometry `number` comes from."""
    e = n - 1
    return [(i, j), (j, e - i), (e - i, e - j), (e - j, i), (j, i), (e - i, j), (e - j, e - i), (i, e - j)][number]


def random_code(
    seed: int,
    form: Form,
    grid: tuple[int, int] = (3, 4),
    b: int = 4,
    pooling: int = 2,
    k: int = 2,
    batch: int = 2,
    channels: int | None = None,
    size: float = 3.0,
    addresses: str | int = "cells",
    dtype: torch.dtype = torch.float64,
) -> Code:
    """Random s of mixed signs, some zero, and random isometries.

    channels: None for one s shared by all. size: largest |s| of form (b), sum |s| of form (a) in each
    cell. addresses: "neighbours", "cells" for random whole cells, or the grid step of random corners.
    """
    g = torch.Generator().manual_seed(seed)
    rows, columns = grid
    shape = (batch, k, rows, columns)
    weight = torch.rand(batch, k, channels or 1, rows, columns, generator=g, dtype=torch.float64) * 2 - 1
    if form is Form.PLAIN:
        weight *= size / weight.abs().sum(1, keepdim=True)
    else:
        weight *= size
    weight[(torch.rand(weight.shape, generator=g) < 0.1)] = 0
    isometries = (torch.randperm(torch.Size(shape).numel(), generator=g) % 8).reshape(shape)
    if addresses == "neighbours":
        top, left = map(torch.from_numpy, neighbour_domains(rows, columns, OFFSETS[:k], pooling))
        top, left = (top * b).expand(shape), (left * b).expand(shape)
    else:
        step = b if addresses == "cells" else addresses
        top = torch.randint(0, (rows - pooling) * b // step + 1, shape, generator=g) * step
        left = torch.randint(0, (columns - pooling) * b // step + 1, shape, generator=g) * step
    given = (weight if channels else weight[:, :, 0]).to(dtype)
    reference = self_reference(given, top, left, range_size=b, form=form, isometries=isometries, pooling=pooling)
    return Code(reference, weight, top, left, isometries, form, b, pooling)


def linear_part(code: Code, picture: int, channel: int, scale: Fraction = Fraction(1)) -> np.ndarray:
    """W of z = W z + c, one row for each pixel."""
    k, rows, columns = code.top.shape[1:]
    b, p = int(code.b * scale), code.pooling
    index = np.arange(rows * b * columns * b).reshape(rows * b, columns * b)
    matrix = np.zeros((index.size, index.size))
    for n in range(k):
        for i in range(rows):
            for j in range(columns):
                s = float(code.weight[picture, n, min(channel, code.weight.shape[2] - 1), i, j])
                number = int(code.isometries[picture, n, i, j])
                top, left = (Fraction(int(corner[picture, n, i, j])) * scale for corner in (code.top, code.left))
                assert top.denominator == left.denominator == 1
                domain = index[int(top) : int(top) + p * b, int(left) : int(left) + p * b]
                for y in range(b):
                    for x in range(b):
                        row = matrix[index[i * b + y, j * b + x]]
                        v, u = source(number, y, x, b)
                        for dy in range(p):
                            for dx in range(p):
                                row[domain[v * p + dy, u * p + dx]] += s / p**2
                        if code.form is Form.CENTRED:
                            row[domain] -= s / domain.size
    return matrix


def solved(code: Code, affine: torch.Tensor, scale: Fraction = Fraction(1)) -> torch.Tensor:
    """(I - W) z = c, solved for each picture and channel."""
    z = np.empty(affine.shape)
    for picture in range(affine.shape[0]):
        for channel in range(affine.shape[1]):
            if channel == 0 or code.weight.shape[2] > 1:
                matrix = linear_part(code, picture, channel, scale)
            c = affine[picture, channel].double().numpy()
            z[picture, channel] = np.linalg.solve(np.eye(len(matrix)) - matrix, c.ravel()).reshape(c.shape)
    return torch.from_numpy(z)


def random_image(code: Code, channels: int, seed: int, scale: Fraction = Fraction(1)) -> torch.Tensor:
    n, _, rows, columns = code.top.shape
    b = int(code.b * scale)
    g = torch.Generator().manual_seed(seed)
    return torch.rand(n, channels, rows * b, columns * b, generator=g, dtype=torch.float64)


def distance(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).abs().max())


# The fixed point
