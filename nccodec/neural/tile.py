"""What one network pass finds in a tile of a picture, and its plain quantization."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from PIL import Image

from ..arrays import Array, form, namespace, on
from ..bitstream.symbols import LARGEST, Remembered, SymbolModel
from ..code import grid_of
from ..errors import WeightsError
from .header import LEVEL_UNIT
from .levels import real
from .weights import Weights

MEANS = 3  # leading atoms, those of largest variance, which are rounded without a dead zone


def pad_to_cells(picture: np.ndarray, range_size: int) -> np.ndarray:
    """uint8 [H, W, 3] -> float32 [1, 3, rows B, columns B] in [0, 1], continued by half-sample symmetry."""
    height, width = picture.shape[:2]
    below, right = -height % range_size, -width % range_size
    padded = np.pad(picture, ((0, below), (0, right), (0, 0)), "symmetric")
    return np.ascontiguousarray(padded.transpose(2, 0, 1)[None], np.float32) / 255


def quantize(scaled: Array, dead_zone: float | Array) -> Array:
    """Integers for scaled coefficients [N, channels, rows, columns]: rounded, but all except the
    MEANS first channels only away from zero once the fraction exceeds a half by the dead zone (one
    number, or [N, 1, 1, 1])."""
    xp = namespace(scaled)
    zoned = xp.arange(scaled.shape[1], device=scaled.device) >= MEANS
    zones = dead_zone * xp.astype(zoned, scaled.dtype)[:, None, None]
    size = xp.clip(xp.floor(xp.abs(scaled) + 0.5 - zones), 0, LARGEST)
    return xp.copysign(size, scaled) + 0.0  # no zero has a sign


class Tile:
    """What one network pass finds in a tile of a picture, from which the integers of all levels are made.

    picture: the whole, mode "L" or "RGB". place: rows and columns of the tile's cells, by default all.
    """

    def __init__(
        self, picture: Image.Image, weights: Weights, device: str = "cpu", place: tuple[slice, slice] | None = None
    ) -> None:
        a = weights.architecture
        self.weights, self.device = weights, device
        self.model = weights.model(device)
        self._picture = picture
        self._grid = grid_of(picture.height, picture.width, a.range_size)
        self._place = place = place or tuple(slice(0, n) for n in self._grid)
        blocks = a.blocks + a.dense
        reach = 2 + 2 * blocks + max(blocks, 1)  # cells from which the network computes a cell
        around = [
            slice(max(0, part.start - reach), min(n, part.stop + reach))
            for part, n in zip(place, self._grid, strict=True)
        ]
        self._inner = tuple(slice(p.start - w.start, p.stop - w.start) for p, w in zip(place, around, strict=True))
        self._analysed = self.model.analyse(self._pixels(around))
        self._quantized: tuple[int, Array] | None = None  # of the level asked for last, as is the prior
        self._prior: tuple[int, SymbolModel] | None = None

    @cached_property
    def padded(self) -> Array:
        """The tile's pixels, [1, 3, rows B, columns B] in [0, 1]."""
        return self._pixels(self._place)

    def _pixels(self, place: Sequence[slice]) -> Array:
        """The pixels of cells, [1, 3, rows B, columns B] in [0, 1]."""
        side = self.weights.architecture.range_size
        (top, bottom), (left, right) = ((p.start * side, p.stop * side) for p in place)
        box = (left, top, min(right, self._picture.width), min(bottom, self._picture.height))
        part = np.asarray(self._picture.crop(box).convert("RGB"))
        return on(pad_to_cells(part, side), self.device)

    def prior(self, level: int) -> SymbolModel:
        """The prior at a level; of a whole picture, what its integers were chosen by is kept in it for packing them."""
        if self._prior is None or self._prior[0] != level:
            whole = all(part == slice(0, n) for part, n in zip(self._place, self._grid, strict=True))
            prior = self.weights.prior_at(level)
            self._prior = level, Remembered(prior) if whole else prior
        return self._prior[1]

    def in_steps(self, level: int) -> Array:
        """Coefficients in quantizer steps, [1, channels, rows, columns]. level: in 1/256."""
        scaled = self._all_in_steps(level)[(..., *self._inner)]
        return form(scaled).contiguous(scaled)

    def plain(self, level: int) -> Array:
        """The integers of plain quantization, [1, channels, rows, columns]."""
        return self._all_plain(level)[(..., *self._inner)]

    def decode(self, q: Array, level: int) -> Array:
        """The tile's part of the picture, [1, 3, rows B, columns B] about 0 to 1, for its integers or numbers between
        them, [1, channels, rows, columns], where the cells around it, that reach into it, hold their plain ones."""
        position = real(level, self.device)
        side = self.weights.architecture.range_size
        whole = form(q).copy(self._all_plain(level))
        whole[(..., *self._inner)] = q
        z = self.model.decode(self.model.dequantize(whole, position), position)
        return z[(..., *(slice(part.start * side, part.stop * side) for part in self._inner))]

    def _all_in_steps(self, level: int) -> Array:
        """Those of the tile and of the cells around it."""
        scaled = self.model.in_steps(self._analysed, real(level, self.device))
        xp = namespace(scaled)
        if not bool(xp.all(xp.isfinite(scaled))):
            raise WeightsError(f"{self.weights.path}: the network gives values that are not finite")
        if min(self._grid) < 2:
            scaled[:, self.weights.architecture.atoms :] = 0  # a grid without domains
        return scaled

    def _all_plain(self, level: int) -> Array:
        if self._quantized is None or self._quantized[0] != level:
            zones = self.weights.dead_zone
            dead_zone = float(np.interp(level / LEVEL_UNIT, range(len(zones)), zones))
            self._quantized = level, quantize(self._all_in_steps(level), dead_zone)
        return self._quantized[1]
