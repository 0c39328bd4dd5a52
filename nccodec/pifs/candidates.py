"""What the search finds for every possible range of a plane; quality comes into it only afterwards."""

from dataclasses import dataclass

import numpy as np

from ..arrays import numpy_of, on
from ..imaging.colour import to_ycc
from .code import MIDDLE, UNIT, Layout, Nodes, PlaneLayout
from .header import SCALE_UNIT
from .search import Matches, Pool, best_matches, mean_free, pool_of

SCALE_STEP = 1 / SCALE_UNIT
LARGEST_SEARCHED = 2 * SCALE_UNIT  # |s|, in steps: less than the format allows


@dataclass(frozen=True, eq=False)
class Side:
    """All nodes of one side of a plane, each array [rows, columns] and float64 unless said otherwise.

    means: in grey levels less MIDDLE. details: [3, rows, columns], their Haar coefficients across, down and
    diagonal in grey levels. nodes: the exact means as `partition.Nodes`. inside: share of each square that lies in
    the picture. flat: squared error of a range that keeps its ramp. gain, scale, isometry, domain: of the best
    domain, see `search.Matches`; zeros for sides that are not searched.
    """

    side: int
    means: np.ndarray
    details: np.ndarray
    nodes: Nodes
    inside: np.ndarray
    flat: np.ndarray
    gain: np.ndarray
    scale: np.ndarray
    isometry: np.ndarray
    domain: np.ndarray


def planes_of(picture: np.ndarray, layout: Layout) -> list[np.ndarray]:
    """The planes of uint8 [H, W] or [H, W, 3] on their canvases, float64 in grey levels less MIDDLE, continued by
    half-sample symmetry; chroma by means over 2 x 2."""
    samples = picture.astype(np.float64)
    if layout.grey:
        planes = [samples - MIDDLE]
    else:
        luma, *chroma = to_ycc(*np.moveaxis(samples, -1, 0))
        planes = [luma - MIDDLE, *(_halved(plane) for plane in chroma)]
    canvases = []
    for grids, plane in zip(layout.planes, planes, strict=True):
        size = [n * layout.root for n in grids.grid(layout.root)]
        canvases.append(np.pad(plane, [(0, n - m) for n, m in zip(size, plane.shape, strict=True)], "symmetric"))
    return canvases


def _halved(plane: np.ndarray) -> np.ndarray:
    plane = np.pad(plane, [(0, n % 2) for n in plane.shape], "edge")
    return plane.reshape(plane.shape[0] // 2, 2, -1, 2).mean((1, 3))  # [H / 2, 2, W / 2, 2]


def blocks_of(plane: np.ndarray, side: int) -> np.ndarray:
    """[H, W] -> its squares [rows, columns, side, side]."""
    rows, columns = plane.shape[0] // side, plane.shape[1] // side
    return plane.reshape(rows, side, columns, side).swapaxes(1, 2)  # [rows, columns, side, side]


def ramps(nodes: Nodes, side: int, which: np.ndarray) -> np.ndarray:
    """The mean-free ramps of the ranges `which` (bool [rows, columns]) in grey levels, [n, side, side]."""
    place = (np.arange(side) - (side - 1) / 2) / (side * UNIT)
    down, across = nodes.down[which][:, None, None], nodes.across[which][:, None, None]
    return down * place[:, None] + across * place


def sides_of(
    plane: np.ndarray, grids: PlaneLayout, finest: int = 4, lean: float = 1.0, device: str = "cpu"
) -> list[Side]:
    """The candidates of every side, from the roots down. finest: side of the smallest ranges that a domain is
    searched for. lean: share of the domains that is searched."""
    layout, inside = grids.layout, np.zeros(plane.shape)
    inside[: grids.height, : grids.width] = 1
    means = {side: blocks_of(plane, side).mean((2, 3)) for side in layout.sides}
    found = []
    for side in layout.sides:
        nodes = Nodes.of(np.rint(means[side] * UNIT).astype(np.int64))
        shape = means[side].shape
        details = np.zeros((3, *shape))
        if side > layout.smallest:
            quarters = means[side // 2].reshape(shape[0], 2, shape[1], 2)  # [rows, 2, columns, 2]
            left, right = quarters[..., 0].mean(1), quarters[..., 1].mean(1)
            above, below = quarters[:, 0].mean(-1), quarters[:, 1].mean(-1)
            details[:] = (right - left) / 2, (below - above) / 2, _diagonal(quarters)
        zeros = np.zeros(shape)
        flat, matches = zeros, [zeros, *(zeros.astype(np.int64) for _ in range(3))]
        share = blocks_of(inside, side).mean((2, 3))
        if side <= layout.largest:
            ranges = blocks_of(plane, side).reshape(-1, side, side) - means[side].reshape(-1, 1, 1)
            ranges -= ramps(nodes, side, np.ones(shape, bool))
            flat = np.square(ranges).sum((1, 2)).reshape(shape) * share
            if side >= finest:
                best = _searched(plane, ranges, layout, lean, device)
                matches = [numpy_of(a).reshape(shape) for a in (best.gain, best.scale, best.isometry, best.domain)]
                matches[0] = matches[0] * share
        found.append(Side(side, means[side], details, nodes, share, flat, *matches))
    return found


def _searched(plane: np.ndarray, ranges: np.ndarray, layout: Layout, lean: float, device: str) -> Matches:
    """ranges: [n, side, side], mean-free."""
    side = ranges.shape[-1]
    domains = pool_of(on(plane.astype(np.float32), device), side, layout.step_of_domains(side))
    targets = mean_free(on(ranges.astype(np.float32), device))
    return best_matches(targets, Pool(domains, lean), layout.isometries, SCALE_STEP, LARGEST_SEARCHED)


def _diagonal(quarters: np.ndarray) -> np.ndarray:
    equal, unequal = quarters[:, 0, :, 0] + quarters[:, 1, :, 1], quarters[:, 0, :, 1] + quarters[:, 1, :, 0]
    return (equal - unequal) / 4
