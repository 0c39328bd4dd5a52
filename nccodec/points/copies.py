"""Copies of a cloud of points in itself: contractions, each by itself, that take all of it onto a part of it.

Every map of an attractor is one. So maps can be looked for one by one, which is a far smaller search than for all at
once, and combined afterwards. What is minimised is the distance of images from the cloud, over their size, or else a
map onto a single point would do; it is read off a grid, so that hundreds of starts cost little.
"""

from collections.abc import Callable

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree
from torch.nn.functional import grid_sample

LARGEST = 0.95  # of singular values
_REACH = 1.25  # of the grid to each side; the cloud is in -1 .. 1
_CELLS = {2: 1000, 3: 96}  # of the grid, to a side
_RATE = 0.03
_COARSE = 0.1, 0.02  # what distances are blurred by at first, for all and for parts; at last by a cell of the grid
_STARTS, _STEPS, _BEST, _MOST_ROOTS = 160, 200, 24, 6  # of each search for copies
_LEAST_SHARE = 0.02  # of what is left, in the parts that starts are made of
_SOME = 3000  # points that coverage is told by
_USUAL = 0.98  # share of the points that are covered if one is as near as another point of the cloud
_LIKELY = 48  # maps that coverage is looked at of


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
    cloud: np.ndarray, rest: np.ndarray, field: Field, coarse: float, random: np.random.Generator, dice: torch.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Matrices [K, d, d] and offsets [K, d] of the best copies that were found from starts on parts of the rest. cloud:
    float64 [n, d] in -1 .. 1. rest: of it, what is to be covered. coarse: what distances are blurred by at first."""
    free, offsets = (
        torch.nn.Parameter(torch.tensor(x, dtype=torch.float32)) for x in parts(cloud, rest, _STARTS, random)
    )
    points = torch.tensor(cloud, dtype=torch.float32)
    optimizer = torch.optim.Adam([free, offsets], _RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, _STEPS, _RATE / 30)

    def error(blur: float, number: int) -> torch.Tensor:
        matrices = contractions(free)
        x = points[torch.randint(len(points), (number,), generator=dice)]
        off = field.at(torch.einsum("kij,nj->kni", matrices, x) + offsets[:, None])
        size = torch.linalg.matrix_norm(matrices, 2)
        return ((off**2).mean(-1) + blur**2) / ((matrices**2).sum((1, 2)) * (1 - size))

    for step in range(_STEPS):
        blur = coarse * (field.cell / coarse) ** (step / _STEPS)
        optimizer.zero_grad()
        error(blur, 96).log().sum().backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        best = error(field.cell, 1000).argsort()[:_BEST].numpy()
        return contractions(free).numpy()[best].astype(np.float64), offsets.detach().numpy()[best].astype(np.float64)


def roots_of(matrices: np.ndarray, offsets: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """The maps and those of which they are powers, up to `most`, with the same fixed points: what is found may be a
    copy of a copy. Of matrices that have no real roots there are none. [K, d, d], [K, d]."""
    found = [(matrices, offsets)]
    one = np.eye(matrices.shape[1])
    fixed = np.linalg.solve(one - matrices, offsets[..., None])
    values, vectors = np.linalg.eig(matrices)
    sound = (np.linalg.cond(vectors) < 1e3) & ~((values.imag == 0) & (values.real <= 0)).any(1)
    for k in range(2, most + 1):
        roots = (vectors[sound] * values[sound][:, None] ** (1 / k) @ np.linalg.inv(vectors[sound])).real
        kept = np.linalg.norm(roots, 2, (1, 2)) < LARGEST
        found.append((roots[kept], ((one - roots[kept]) @ fixed[sound][kept])[..., 0]))
    return tuple(np.concatenate(each) for each in zip(*found, strict=True))


def parts(
    cloud: np.ndarray, rest: np.ndarray, count: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Each map takes the principal axes of the cloud to those of a part of the rest: the points nearest to one of them,
    few or nearly all, mirrored or turned by chance."""
    d = cloud.shape[1]
    axes, spread = axes_of(cloud)
    free, offsets = np.zeros((count, d, d)), np.zeros((count, d))
    for k in range(count):
        share = float(np.exp(random.uniform(np.log(_LEAST_SHARE), np.log(0.95))))
        order = np.argsort(((rest - rest[random.integers(len(rest))]) ** 2).sum(1))
        part = rest[order[: max(d + 2, int(share * len(rest)))]]
        part_axes, part_spread = axes_of(part)
        free[k] = part_axes @ np.diag(random.choice([-1.0, 1.0], d) * part_spread / spread) @ axes.T
        offsets[k] = part.mean(0) - free[k] @ cloud.mean(0)
    return free, offsets


def cover(
    cloud: np.ndarray, maps: int, random: np.random.Generator, dice: torch.Generator, progress: Callable[[float], None]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Copies that together cover a cloud, float64 [n, d] in -1 .. 1, each the one that adds most for how far it is off:
    matrices [maps, d, d], offsets [maps, d], and the share that each adds [maps]."""
    field, d = Field(cloud), cloud.shape[1]
    some = cloud[random.permutation(len(cloud))[:_SOME]]
    near_enough = max(2 * field.cell, float(np.quantile(cKDTree(cloud).query(some, [2])[0], _USUAL)))
    left = np.ones(len(some), bool)
    chosen = []
    for number in range(maps):
        rest = some[left] if left.sum() >= 10 * d else some
        matrices, offsets = roots_of(*copies_of(cloud, rest, field, _COARSE[number > 0], random, dice), _MOST_ROOTS)
        images = np.einsum("kij,nj->kni", matrices, some) + offsets[:, None]
        off = np.sqrt((field.at(torch.tensor(images, dtype=torch.float32)).numpy() ** 2).mean(-1)) / field.cell
        likely = np.argsort(off)[:_LIKELY]
        matrices, offsets, off = matrices[likely], offsets[likely], off[likely]
        images = np.einsum("kij,nj->kni", matrices, cloud) + offsets[:, None]
        near = np.stack([cKDTree(each).query(some)[0] for each in images]) <= near_enough
        new = (near & left).mean(1)
        best = int((new**2 / np.maximum(near.mean(1), 1 / len(some)) * np.exp(-off)).argmax())
        chosen.append((matrices[best], offsets[best], max(_LEAST_SHARE / maps, float(new[best]))))
        left &= ~near[best]
        progress((number + 1) / maps)
    return tuple(np.array(each) for each in zip(*chosen, strict=True))
