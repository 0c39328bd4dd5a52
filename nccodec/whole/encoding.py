"""A picture -> WholeCode: see `codec.kinds.Encoder`."""

import math
import warnings
from collections.abc import Callable

import numpy as np
from PIL import Image

from ..errors import LimitError, NclWarning
from ..neural.encoding import Encoder as CollageEncoder
from ..neural.options import Options as CollageOptions
from ..neural.weights import Weights, named
from .code import LARGEST_MEAN, MIDDLE, Style, WholeCode, range_size, rgb_of, turns, ycc_of
from .fitting import Choice, Rules, fit
from .geometry import domain_of, ranges_of
from .header import LARGEST_SCALE, SCALE_UNIT, STEP_UNIT, TOP, step_of
from .options import Options
from .packing import MAX_STYLE
from .refining import Refined, Refiner
from .synthesis import shown, style_planes

_STYLE_SIDE, _STYLE_QUALITY = 256, 0.5  # pixels along the longer side, and share of the highest level
_ROUND = 6  # steps of gradients in a round


class Encoder:
    """The codes of a picture, mode "RGB" or "L", at several levels.

    progress: called with the share of a code that is done, 0 .. 1. LimitError for a domain that is not in the picture,
    WeightsError where those of a style are missing.
    """

    top = TOP

    def __init__(
        self, picture: Image.Image, options: Options, device: str = "cpu",
        progress: Callable[[float], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self.effort, self._options, self._progress = options.effort, options, progress
        self._height, self._width, self._grey = picture.height, picture.width, picture.mode == "L"
        self._ranges = ranges_of(self._height, self._width, options.range_size)
        self._domain = domain_of(options.domain, self._height, self._width, self._ranges)
        self._cells = _cells_of(np.asarray(picture), self._ranges)
        self.weights: Weights | None = None
        self._style = None
        if options.style is not None:
            self.weights = named(options.weights)
            self._style = self._style_of(options.style)

    def model(self, code: WholeCode) -> Weights | None:
        """The weights of the style, if there is one."""
        return self.weights

    def code(self, level: int, effort: int) -> WholeCode:
        """level: 0 .. TOP. effort: 0, closed form; else so many rounds of refinement."""
        step = step_of(level)
        code = self._fitted(self._reduced(), step)
        for number in range(effort):
            code = self._refined(code)
            self._progress((number + 1) / effort)
        if self._style is not None and code.style is None:
            warnings.warn("no part is a copy of the style: the picture itself is closer", NclWarning, stacklevel=2)
        return code

    def _reduced(self) -> np.ndarray:
        """The domain of the picture itself as a range shows it, less its mean: float64 [C, rows, columns]."""
        top, left, side = self._domain
        canvas = self._cells[top : top + side, left : left + side].transpose(2, 0, 3, 1, 4)
        rows, columns = self._cells.shape[3:]
        t = canvas.reshape(-1, rows, side, columns, side).mean((2, 4))  # [C, rows, columns]
        return t - t.mean((1, 2), keepdims=True)

    def _fitted(self, domain: np.ndarray, step: int, means: np.ndarray | None = None) -> WholeCode:
        """The best code for what ranges show. means: float64 [C, ranges, ranges]; by default those of the picture."""
        own = self._cells.mean((3, 4))  # [ranges, ranges, C]
        style = None if self._style is None else self._shown_style()
        choice = fit(self._cells - own[..., None, None], domain, style, self._rules(step))
        means = np.moveaxis(own, 2, 0) if means is None else means
        return self._quantized(means, choice.scales / SCALE_UNIT, choice, step)

    def _quantized(self, means: np.ndarray, scales: np.ndarray, choice: Choice, step: int) -> WholeCode:
        most = LARGEST_MEAN * STEP_UNIT // step
        means = np.clip(np.rint(ycc_of(means) * (STEP_UNIT / step)), -most, most).astype(np.int64)
        scales = np.rint(scales * SCALE_UNIT).astype(np.int64)
        style = None
        if self._style is not None and choice.styles.any():
            style = Style(self._style, choice.styles)
        return WholeCode(
            self._height, self._width, self._grey, step, self._options.range_size, self._domain,
            means, scales, np.where(scales == 0, 0, choice.isometries), style,
        )  # fmt: skip

    def _refined(self, code: WholeCode) -> WholeCode:
        """A round: all choices again for what ranges of this code show, then means and s by gradients. The code itself
        where that is no better."""
        again = self._fitted(rgb_of(shown(code, self.weights, 1).domain), code.step, rgb_of(code.levels))
        styles = np.zeros_like(again.scales) if again.style is None else again.style.weights
        start = Refined(rgb_of(again.levels), again.scales / SCALE_UNIT)
        result = self._refiner(again).refine(start, _ROUND)
        choice = Choice(again.scales, again.isometries, styles)
        refined = self._quantized(result.means, result.scales, choice, code.step)
        return min((code, again, refined), key=self._error)

    def _error(self, code: WholeCode) -> float:
        """Squared error of the fixed point at scale 1, in whole ranges."""
        return self._refiner(code).error(Refined(rgb_of(code.levels), code.scales / SCALE_UNIT))

    def _refiner(self, code: WholeCode) -> Refiner:
        added = 0.0
        if code.style is not None:
            added = code.style.weights[..., None, None, None] / SCALE_UNIT * self._shown_style()
        return Refiner(self._cells, code.isometries, added, self._domain, self._floor)

    @property
    def _floor(self) -> int:
        return round(self._options.strength * LARGEST_SCALE)

    def _rules(self, step: int) -> Rules:
        allowed = (0,) if self._options.upright else turns(self._height, self._width, self._ranges)
        pixels = math.prod(range_size(self._height, self._width, self._ranges))
        # A bit more for a mean quarters its squared error, step^2 / 12 in each pixel: 2 ln 2 of that is its price.
        price = 2 * math.log(2) * pixels * (step / STEP_UNIT) ** 2 / 12
        return Rules(allowed, self._floor, self._options.negatives, price)

    def _style_of(self, picture: Image.Image):
        """The collage of a style, in the picture's shape and small, but no smaller than a range, so that it can be
        enlarged as much as the picture."""
        ratio = self._width / self._height
        width, height = min(picture.width, picture.height * ratio), min(picture.height, picture.width / ratio)
        left, top = (picture.width - width) / 2, (picture.height - height) / 2
        factor = min(1.0, _STYLE_SIDE / max(width, height))
        rows, columns = self._cells.shape[3:]
        size = max(columns, round(width * factor)), max(rows, round(height * factor))
        if math.prod(size) > MAX_STYLE:
            raise LimitError(f"ranges of {columns} x {rows} pixels are too large for a style")
        box = (left, top, left + width, top + height)
        small = picture.convert("L" if self._grey else "RGB").resize(size, Image.Resampling.LANCZOS, box)
        encoder = CollageEncoder(small, CollageOptions(weights=self._options.weights))
        return encoder.code(round(_STYLE_QUALITY * encoder.top), 1)

    def _shown_style(self) -> np.ndarray:
        """What ranges show of the style, less its mean: float64 [C, rows, columns]."""
        rows, columns = self._cells.shape[3:]
        style = rgb_of(style_planes(self._style, self.weights, rows, columns))
        return style - style.mean((1, 2), keepdims=True)


def _cells_of(picture: np.ndarray, ranges: int) -> np.ndarray:
    """The picture in ranges, continued by half-sample symmetry: float64 [ranges, ranges, C, rows, columns], in grey
    levels less MIDDLE."""
    planes = np.atleast_3d(picture).astype(np.float64).transpose(2, 0, 1) - MIDDLE  # [H, W, C] -> [C, H, W]
    height, width = planes.shape[1:]
    rows, columns = range_size(height, width, ranges)
    beyond = (0, 0), (0, rows * ranges - height), (0, columns * ranges - width)
    planes = np.pad(planes, beyond, mode="symmetric")
    return planes.reshape(-1, ranges, rows, ranges, columns).transpose(1, 3, 0, 2, 4).copy()
