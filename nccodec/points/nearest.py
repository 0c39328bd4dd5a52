"""The nearest point of a cloud to any place, read off a grid; and which points are at the cloud's outline."""

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree

_REACH = 1.25  # of the grid to each side; the cloud is in -1 .. 1
_CELLS = {2: 1000, 3: 96}  # of the grid, to a side
_USUAL = 0.98  # share of the points that have another one within the spacing
_FEWEST = 16  # points of an outline, or else all are it


class Nearest:
    """Of a cloud, float64 [n, d] in -1 .. 1.

    points: float32 [n, d]. cell: of the grid. spacing: distance within which nearly every point has another.
    outline: float32 [k, d], the points near places that the cloud leaves free: nearly all of a thin one, of one that
    fills an area its edge.
    """

    def __init__(self, cloud: np.ndarray) -> None:
        d = cloud.shape[1]
        cells = _CELLS[d]
        self.cell = 2 * _REACH / (cells - 1)
        at = tuple(np.rint((cloud + _REACH) / self.cell).astype(int).T)
        number = np.full((cells,) * d, -1, np.int32)
        number[at] = np.arange(len(cloud))
        away, places = distance_transform_edt(number < 0, return_indices=True)
        self._number = torch.from_numpy(number[tuple(places)].ravel())
        self._strides = torch.tensor([cells**k for k in reversed(range(d))])
        self._last = cells - 1
        self.points = torch.tensor(cloud, dtype=torch.float32)
        self.spacing = max(self.cell, float(np.quantile(cKDTree(cloud).query(cloud, [2])[0], _USUAL)))
        solid = away * self.cell <= self.spacing
        edge = distance_transform_edt(solid)[at] * self.cell <= 2 * self.spacing
        self.outline = self.points[torch.from_numpy(edge)] if edge.sum() >= _FEWEST else self.points

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Points of the cloud, as near as any within a cell: [..., d] -> [..., d]. Beyond the grid the nearest to its
        edge are meant. Without gradients."""
        cell = ((x.detach() + _REACH) / self.cell).round().clamp(0, self._last).long()
        return self.points[self._number[(cell * self._strides).sum(-1)].long()]

    def some(self, count: int, dice: torch.Generator) -> torch.Tensor:
        """Points of the cloud by chance: [count, d]."""
        return self.points[torch.randint(len(self.points), (count,), generator=dice)]

    def reached(self, count: int, dice: torch.Generator) -> torch.Tensor:
        """The same, half of them of the outline."""
        edge = self.outline[torch.randint(len(self.outline), (count - count // 2,), generator=dice)]
        return torch.cat([self.some(count // 2, dice), edge])
