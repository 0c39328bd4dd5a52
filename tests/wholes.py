"""Random whole-image maps: any mean, s, isometry and weight of a style that the format has."""

import numpy as np

from nccodec.neural.code import CollageCode
from nccodec.whole.code import Style, WholeCode, turns


def random_whole(
    size: tuple[int, int], ranges: int, seed: int, grey: bool = False, step: int = 160, side: int = 8,
    domain: tuple[int, int, int] | None = None, most: int = 30, spread: float = 4, style: CollageCode | None = None,
) -> WholeCode:  # fmt: skip
    """size: height, width. Scales up to `most` / 32 of both signs; means of about `spread` steps around a slope. About
    a third of the ranges take from the style, if there is one, some of them from both."""
    random = np.random.default_rng(seed)
    shape = ranges, ranges
    slope = np.add.outer(np.arange(ranges), np.arange(ranges)) * 12 // ranges
    means = np.rint(random.laplace(0, spread, (1 if grey else 3, *shape))).astype(np.int64) + slope
    farthest = min(32767, 8192 * 16 // step)
    means = means.clip(-farthest, farthest)
    scales = random.integers(-most, most + 1, shape)
    isometries = np.where(scales == 0, 0, random.choice(turns(*size, ranges), shape))
    styles = None
    if style is not None:
        styles = Style(style, np.where(random.random(shape) < 0.3, random.integers(-32, 33, shape), 0))
    return WholeCode(*size, grey, step, side, domain or (0, 0, ranges), means, scales, isometries, styles)


def equal(a: WholeCode, b: WholeCode) -> bool:
    """Whether all integers are the same, those of the style too."""

    def fields(code: WholeCode) -> tuple:
        return code.height, code.width, code.grey, code.step, code.side, code.domain, code.style is None

    def arrays(code: WholeCode) -> list[np.ndarray]:
        styles = [] if code.style is None else [code.style.weights, code.style.code.atoms, code.style.code.scales]
        return [code.means, code.scales, code.isometries, *styles]

    return fields(a) == fields(b) and all(np.array_equal(x, y) for x, y in zip(arrays(a), arrays(b), strict=True))
