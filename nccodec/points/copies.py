"""Copies of a cloud of points in itself: contractions, each by itself, that take all of it onto a part of it.

Every map of an attractor is one. So maps can be looked for one by one, which is a far smaller search than for all at
once, and combined afterwards. What is minimised is the distance of images from the cloud, over their size, or else a map
onto a single point would do; it is read off a grid, so that hundreds of starts cost little.
"""

import numpy as np
import torch
from torch.nn.functional import grid_sample

LARGEST = 0.95  # of singular values
_REACH = 1.25  # of the grid to each side; the cloud is in -1 .. 1
_CELLS = {2: 640, 3: 96}  # of the grid, to a side
_RATE = 0.03
_COARSE, _FINE = 0.15, 1.5  # what distances are blurred by: at first, and at last in cells of the grid
_NEAR = 3.0  # cells of the grid within which a point counts as covered


def contractions(free: torch.Tensor) -> torch.Tensor:
    """Matrices [..., d, d] made contractions where they are none."""
    largest = torch.linalg.matrix_norm(free, 2)[..., None, None]
    return free * (LARGEST / largest.clamp(min=LARGEST))


def axes_of(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Principal axes, as columns, and the standard deviations along them, never 0."""
    values, axes = np.linalg.eigh(np.cov(points.T))
    return axes, np.sqrt(np.maximum(values, 1e-8))


class Field:
    """Distances from a cloud, float64 [n, d] in -1 .. 1, on a grid."""

    def __init__(self, cloud: np.ndarray) -> None:
        from scipy.ndimage import distance_transform_edt

        d = cloud.shape[1]
        cells = _CELLS[d]
        self.cell = 2 * _REACH / (cells - 1)
        free = np.ones((cells,) * d, bool)
        free[tuple(np.rint((cloud + _REACH) / self.cell).astype(int).T)] = False
        field = (distance_transform_edt(free) * self.cell).astype(np.float32)
        self._field = torch.from_numpy(field)[None, None]

    def at(self, x: torch.Tensor) -> torch.Tensor:
        """x: [..., d]. Returns [...]."""
        d = x.shape[-1]
        place = (x / _REACH).flip(-1).reshape(1, -1, *([1] * (d - 1)), d)  # its last axis is that of columns
        found = grid_sample(self._field, place, padding_mode="border", align_corners=True).reshape(x.shape[:-1])
        beyond = (x.abs() - _REACH).clamp(min=0)
        return found + beyond.sum(-1)


def copies_of(
    cloud: np.ndarray, count: int, steps: int, random: np.random.Generator, dice: torch.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Matrices [count, d, d] and offsets [count, d] of copies from as many starts, and how far their images are off, over
    their size [count]. cloud: float64 [n, d] in -1 .. 1."""
    field, d = Field(cloud), cloud.shape[1]
    free, offsets = (torch.nn.Parameter(torch.tensor(x, dtype=torch.float32)) for x in _starts(cloud, count, random))
    points = torch.tensor(cloud, dtype=torch.float32)
    optimizer = torch.optim.Adam([free, offsets], _RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, _RATE / 30)

    def error(blur: float, number: int) -> torch.Tensor:
        matrices = contractions(free)
        x = points[torch.randint(len(points), (number,), generator=dice)]
        off = field.at(torch.einsum("kij,nj->kni", matrices, x) + offsets[:, None])
        return ((off**2).mean(-1) + blur**2) / (matrices**2).sum((1, 2))

    for step in range(steps):
        blur = _COARSE * (_FINE * field.cell / _COARSE) ** (step / steps)
        optimizer.zero_grad()
        error(blur, 96).log().sum().backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        left = error(_FINE * field.cell, 1000).sqrt()
        return contractions(free).numpy(), offsets.detach().numpy(), left.numpy()


def _starts(cloud: np.ndarray, count: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Each map takes the principal axes of the cloud to those of a part of it: the points nearest to one of them, few or
    nearly all, mirrored or turned by chance."""
    n, d = cloud.shape
    axes, spread = axes_of(cloud)
    free, offsets = np.zeros((count, d, d)), np.zeros((count, d))
    for k in range(count):
        share = float(np.exp(random.uniform(np.log(0.02), np.log(0.95))))
        order = np.argsort(((cloud - cloud[random.integers(n)]) ** 2).sum(1))
        part = cloud[order[: max(d + 2, int(share * n))]]
        part_axes, part_spread = axes_of(part)
        free[k] = part_axes @ np.diag(random.choice([-1.0, 1.0], d) * part_spread / spread) @ axes.T
        offsets[k] = part.mean(0) - free[k] @ cloud.mean(0)
    return free, offsets


def covered(cloud: np.ndarray, matrices: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """bool [count, n]: which points of the cloud each copy comes near to."""
    from scipy.spatial import cKDTree

    near = _NEAR * 2 * _REACH / (_CELLS[cloud.shape[1]] - 1)
    images = np.einsum("kij,nj->kni", matrices, cloud) + offsets[:, None]
    return np.stack([cKDTree(each).query(cloud, distance_upper_bound=2 * near)[0] <= near for each in images])
