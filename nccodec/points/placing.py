"""Affine maps in real numbers -> PointsCode: the attractor is put into a picture, and its brightness measured."""

import colorsys
import math
from dataclasses import dataclass, replace

import numpy as np

from ..errors import CollageError, LimitError
from .code import OFFSET, SHARES, VIEW, PointsCode, Tone
from .header import GAMMA_UNIT, GROWTH_UNIT, LARGEST_FACTOR, MAX_SAMPLES, MOST, ONE, WHITE_UNIT
from .orbit import count
from .presets import Preset

MARGIN = 0.04  # of the picture, left free around the attractor
_WALKERS, _STEPS, _LEFT_OUT = 2048, 160, 60  # of the orbits that bounds are taken from
_BRIGHT = 0.95  # share of the samples with points that are below full brightness
_COLOURS = 0.6  # saturation of the maps' colours
_SLANT = math.radians(30), math.radians(20)  # from which a space is seen: to the right, and from above


@dataclass(frozen=True, eq=False)
class Affine:
    """N contractions of d dimensions, x -> matrix x + offset. matrices: float64 [N, d, d]. offsets: float64 [N, d].
    chances: float64 [N], sum 1."""

    matrices: np.ndarray
    offsets: np.ndarray
    chances: np.ndarray

    def orbit(self, walkers: int, steps: int, left_out: int, seed: int = 0) -> np.ndarray:
        """Points of the attractor: float64 [walkers (steps - left_out), d], of orbits less their first steps."""
        random = np.random.default_rng(seed)
        chosen = random.choice(len(self.chances), (steps, walkers), p=self.chances)
        x, points = np.zeros((walkers, self.offsets.shape[1])), []
        for number, i in enumerate(chosen):
            x = np.einsum("nij,nj->ni", self.matrices[i], x) + self.offsets[i]
            if number >= left_out:
                points.append(x)
        return np.concatenate(points)


@dataclass(frozen=True)
class Picture:
    """How a set of points is shown. size: width, height in pixels. grey: without colours of maps. paper: dark on white.
    density: points a pixel, 1 .. 64. gamma: of the tone curve, up to 8. LimitError for what there is not."""

    size: tuple[int, int] = (1024, 1024)
    grey: bool = False
    paper: bool = False
    density: int = 16
    gamma: float = 2.0

    def __post_init__(self) -> None:
        if min(self.size) < 1 or math.prod(self.size) > MAX_SAMPLES:
            raise LimitError(f"{self.size[0]} x {self.size[1]} pixels are outside 1 .. {MAX_SAMPLES}")
        if self.density not in range(1, 65):
            raise LimitError(f"a density of {self.density} is outside 1 .. 64")
        if not 1 <= round(self.gamma * GAMMA_UNIT) <= 128:
            raise LimitError(f"a gamma of {self.gamma:g} is outside 1/16 .. 8")


def placed(maps: Affine, picture: Picture) -> PointsCode:
    """The attractor of these maps in the middle of a picture. CollageError where they are no contractions; LimitError
    where there are too many."""
    number, d = maps.offsets.shape
    if not 2 <= number <= MOST:
        raise LimitError(f"{number} maps are outside 2 .. {MOST}")
    matrices = _whole(maps.matrices * ONE)
    view = seen_from() if d == 3 else np.eye(2)
    points = maps.orbit(_WALKERS, _STEPS, _LEFT_OUT)
    origin = (points.min(0) + points.max(0)) / 2
    shown = (points - origin) @ view.T
    origin = origin + (shown.min(0) + shown.max(0)) / 2 @ view
    width, height = picture.size
    reach = np.array([width, height]) / max(width, height) * (1 - MARGIN)
    seen = np.abs((points - origin) @ view.T).max(0)
    unit = float((seen / reach).max()) or 1.0
    offsets = _whole((maps.matrices @ origin + maps.offsets - origin) / unit * OFFSET)
    tone = Tone(picture.paper, picture.density, round(picture.gamma * GAMMA_UNIT), 0, 1)
    code = PointsCode(
        height, width, picture.grey, tone, matrices, offsets, shares(maps.chances),
        np.zeros((number, 0), np.uint8) if picture.grey else colours(number, picture.paper),
        _whole(view * VIEW), np.array([*origin, unit], np.float32),
    )  # fmt: skip
    if code.factor > LARGEST_FACTOR:
        raise CollageError(f"a map with factor {code.factor / ONE:.4f} contracts by less than {LARGEST_FACTOR / ONE:g}")
    return replace(code, tone=_measured(code))


def preset_maps(preset: Preset) -> Affine:
    """The maps of a classical attractor."""
    rows = np.array(preset.maps)
    return Affine(rows[:, :4].reshape(-1, 2, 2), rows[:, 4:], np.array(preset.chances))


def seen_from() -> np.ndarray:
    """What of a space is across and upwards, z being up: float64 [2, 3]."""
    right, above = _SLANT
    across = [math.cos(right), math.sin(right), 0]
    return np.array([across, [-math.sin(right) * math.sin(above), math.cos(right) * math.sin(above), math.cos(above)]])


def shares(chances: np.ndarray) -> np.ndarray:
    """int64 [N], each at least 1, with the sum SHARES, in proportion to the chances as far as that goes."""
    weights = np.maximum(1, np.floor(chances / chances.sum() * SHARES)).astype(np.int64)
    weights[np.argmax(weights)] += SHARES - weights.sum()
    return weights


def colours(number: int, paper: bool) -> np.ndarray:
    """uint8 [number, 3]: hues around the circle, apart from each other whatever their number."""
    value = 0.6 if paper else 1.0
    hues = ((0.33 + i * (math.sqrt(5) - 1) / 2) % 1 for i in range(number))
    return np.array([[round(255 * c) for c in colorsys.hsv_to_rgb(hue, _COLOURS, value)] for hue in hues], np.uint8)


def _whole(values: np.ndarray) -> np.ndarray:
    """Rounded: int64. CollageError for what 16 bits do not hold."""
    rounded = np.rint(values)
    if not (np.abs(rounded) < 1 << 15).all():
        raise CollageError("the maps are too far from contractions to be written")
    return rounded.astype(np.int64)


def _measured(code: PointsCode) -> Tone:
    """The tone with which `_BRIGHT` of the samples with points are not fully bright, at any scale: counts at 1, and
    at 1/4, tell how they grow with it."""
    small = replace(code, height=max(1, code.height // 4), width=max(1, code.width // 4), grey=True)
    large = replace(code, grey=True)
    whites = []
    for each in (small, large):
        counts = count(each, 1, (0, each.height), (0, each.width))
        whites.append(float(np.quantile(counts[counts > 0], _BRIGHT)) if counts.any() else 1.0)
    growth = math.log2(whites[1] / whites[0]) / 2
    growth = min(max(round(growth * GROWTH_UNIT), 0), 2 * GROWTH_UNIT)
    return replace(code.tone, growth=growth, white=max(1, round(whites[1] * WHITE_UNIT)))
