"""Random partitioned maps: every kind of node, any s, isometry and address that the format has."""

import numpy as np

from nccodec.pifs.code import Layout, Level, PartitionCode, Plane


def random_partition(layout: Layout, seed: int, most: int = 16, spread: float = 2) -> PartitionCode:
    """Scales up to `most` eighths; details of about `spread` steps."""
    random = np.random.default_rng(seed)
    planes = []
    for plane in layout.planes:
        exist = np.ones(plane.grid(layout.root), bool)
        roots, levels = np.rint(random.laplace(0, 4 * spread, exist.shape)).astype(np.int32), []
        for side in layout.sides:
            split = exist & ((random.random(exist.shape) < 0.6) | (side > layout.largest)) & (side > layout.smallest)
            rows, columns = plane.domain_grid(side)
            used = exist & ~split & (random.random(exist.shape) < 0.7) & (min(rows, columns) > 0)
            scales = random.integers(1, most + 1, exist.shape) * random.choice((-1, 1), exist.shape)
            fields = [
                (scales, np.int32),
                (random.integers(0, layout.isometries, exist.shape), np.uint8),
                (random.integers(0, max(rows, 1), exist.shape), np.int32),
                (random.integers(0, max(columns, 1), exist.shape), np.int32),
            ]
            details = np.rint(random.laplace(0, spread, (3, *exist.shape))) * split
            grids = [np.where(used, values, 0).astype(kind) for values, kind in fields]
            levels.append(Level(split, details.astype(np.int32), *grids))
            exist = split.repeat(2, 0).repeat(2, 1)
        planes.append(Plane(roots, tuple(levels)))
    return PartitionCode(layout, tuple(planes))


def equal(a: PartitionCode, b: PartitionCode) -> bool:
    """Whether all integers are the same."""

    def arrays(code: PartitionCode) -> list[np.ndarray]:
        return [x for plane in code.planes for x in (plane.roots, *(v for y in plane.levels for v in vars(y).values()))]

    pairs = list(zip(arrays(a), arrays(b), strict=True))
    return a.layout == b.layout and all(x.dtype == y.dtype and np.array_equal(x, y) for x, y in pairs)
