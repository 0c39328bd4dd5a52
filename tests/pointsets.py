"""Random sets of points: any maps, weights, colours and tones that the format has."""

import numpy as np

from nccodec.points.code import SHARES, VIEW, PointsCode, Tone, factor_of


def random_points(
    size: tuple[int, int], maps: int, seed: int, dimensions: int = 2, grey: bool = False, paper: bool = False,
    density: int = 16, factor: int = 24000,
) -> PointsCode:  # fmt: skip
    """size: height, width. factor: of contraction, about, of the map with the largest, in 1/32768."""
    random = np.random.default_rng(seed)
    free = random.normal(size=(maps, dimensions, dimensions))
    free *= factor * random.uniform(0.3, 1, maps)[:, None, None] / np.linalg.norm(free, 2, (1, 2))[:, None, None]
    matrices = np.rint(free).astype(np.int64)
    assert max(map(factor_of, matrices.tolist())) <= factor + 4
    offsets = random.integers(-4000, 4000, (maps, dimensions))
    weights = np.ones(maps, np.int64) + random.multinomial(SHARES - maps, random.dirichlet(np.ones(maps)))
    colours = random.integers(0, 256, (maps, 0 if grey else 3)).astype(np.uint8)
    view = np.eye(2, dtype=np.int64) * VIEW
    if dimensions == 3:
        view = random.integers(-VIEW, VIEW, (2, 3))
    place = random.normal(size=dimensions + 1).astype(np.float32)
    place[-1] = abs(place[-1]) + 1
    tone = Tone(paper, density, 32, 20, 300)
    return PointsCode(*size, grey, tone, matrices, offsets, weights, colours, view, place)


def equal(a: PointsCode, b: PointsCode) -> bool:
    """Whether all that is held is the same."""
    arrays = ("matrices", "offsets", "weights", "colours", "view", "place")
    same = (a.height, a.width, a.grey, a.tone) == (b.height, b.width, b.grey, b.tone)
    return same and all(np.array_equal(getattr(a, name), getattr(b, name)) for name in arrays)
