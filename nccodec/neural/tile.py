"""What one network pass finds in a tile of a picture, and its plain quantization."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..bitstream.symbols import LARGEST
from ..code import grid_of
from ..errors import WeightsError
from .levels import real
from .weights import Weights

MEANS = 3  # leading atoms, those of largest variance, which are rounded without a dead zone


def pad_to_cells(picture: np.ndarray, range_size: int) -> Tensor:
    """uint8 [H, W, 3] -> float32 [1, 3, rows B, columns B] in [0, 1], continued by half-sample symmetry."""
    height, width = picture.shape[:2]
    below, right = -height % range_size, -width % range_size
    padded = np.pad(picture, ((0, below), (0, right), (0, 0)), "symmetric")
    return torch.from_numpy(padded.transpose(2, 0, 1).copy())[None].float() / 255


def quantize(scaled: Tensor, dead_zone: float | Tensor) -> Tensor:
    """Integers for scaled coefficients [N, channels, rows, columns]: rounded, but all except the
    MEANS first channels only away from zero once the fraction exceeds a half by the dead zone (one
    number, or [N, 1, 1, 1])."""
    spared = (torch.arange(scaled.shape[1], device=scaled.device) >= MEANS)[:, None, None]
    return (scaled.abs() + 0.5 - dead_zone * spared).floor().clamp(0, LARGEST).copysign(scaled) + 0.0


class Tile:
    """What one network pass finds in a tile of a picture, from which the integers of all levels are made.

    picture: the whole, mode "L" or "RGB". place: rows and columns of the tile's cells, by default all.
    """

    @torch.no_grad()
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

    @cached_property
    def padded(self) -> Tensor:
        """The tile's pixels, [1, 3, rows B, columns B] in [0, 1]."""
        return self._pixels(self._place)

    def _pixels(self, place: Sequence[slice]) -> Tensor:
        """The pixels of cells, [1, 3, rows B, columns B] in [0, 1]."""
        side = self.weights.architecture.range_size
        (top, bottom), (left, right) = ((p.start * side, p.stop * side) for p in place)
        box = (left, top, min(right, self._picture.width), min(bottom, self._picture.height))
        part = np.asarray(self._picture.crop(box).convert("RGB"))
        return pad_to_cells(part, side).to(self.device)

    @torch.no_grad()
    def in_steps(self, level: int) -> Tensor:
        """Coefficients in quantizer steps, [1, channels, rows, columns]. level: in 1/256."""
        scaled = self.model.in_steps(self._analysed, real(level, self.device))
        scaled = scaled[(..., *self._inner)].contiguous()
        if not bool(scaled.isfinite().all()):
            raise WeightsError(f"{self.weights.path}: the network gives values that are not finite")
        if min(self._grid) < 2:
            scaled[:, self.weights.architecture.atoms :] = 0  # a grid without domains
        return scaled
