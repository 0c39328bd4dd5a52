"""Picture -> CollageCode: one network pass, then the integers of any level."""

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..bitstream.symbols import LARGEST
from ..code import CollageCode, grid_of, tiles
from ..errors import LimitError, WeightsError
from .weights import Weights

_KEPT = 4  # tiles whose analysis is kept
MEANS = 3  # leading atoms, those of largest variance, which are rounded without a dead zone


def pad_to_cells(picture: np.ndarray, range_size: int) -> Tensor:
    """uint8 [H, W, 3] -> float32 [1, 3, rows B, columns B] in [0, 1], continued by half-sample symmetry."""
    height, width = picture.shape[:2]
    below, right = -height % range_size, -width % range_size
    padded = np.pad(picture, ((0, below), (0, right), (0, 0)), "symmetric")
    return torch.from_numpy(padded.transpose(2, 0, 1).copy())[None].float() / 255


def choose_device(device: str) -> str:
    """ "auto" is CUDA where there is one. LimitError for what this machine does not have."""
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device != "cpu" and not (device.startswith("cuda") and torch.cuda.is_available()):
        raise LimitError(f"device {device!r} is not available here")
    return device


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
    def scaled(self, level: int) -> Tensor:
        """Coefficients in quantizer steps, [1, channels, rows, columns]. level: in 1/256."""
        scaled = self.model.scaled(self._analysed, torch.tensor([level / 256], device=self.device))
        scaled = scaled[(..., *self._inner)].contiguous()
        if not bool(scaled.isfinite().all()):
            raise WeightsError(f"{self.weights.path}: the network gives values that are not finite")
        if min(self._grid) < 2:
            scaled[:, self.weights.architecture.atoms :] = 0  # a grid without domains
        return scaled

    def integers(self, level: int, effort: int, progress: Callable[[float], None] = lambda _: None) -> np.ndarray:
        """int32 [channels, rows, columns]. See `Analysis.code`."""
        from . import effort as search  # it needs the prior's network, which a single pass does not

        scaled = self.scaled(level)
        if effort:
            return search.improve(self, scaled, level, effort, progress)
        dead_zone = np.interp(level / 256, range(len(self.weights.dead_zone)), self.weights.dead_zone)
        return quantize(scaled, float(dead_zone))[0].to("cpu", torch.int32).numpy()


class Analysis:
    """What the network finds in a picture, tile by tile, from which the codes of all levels are made.

    picture: mode "RGB", or "L", where the decoder returns one channel.
    """

    def __init__(self, picture: Image.Image, weights: Weights, device: str = "cpu") -> None:
        self.weights, self.device = weights, device
        self._picture = picture
        self._kept: dict[int, Tile] = {}

    def code(self, level: int, effort: int = 0, progress: Callable[[float], None] = lambda _: None) -> CollageCode:
        """The integers of a level, in 1/256. effort: 0 .. 9, see `neural.effort`. progress: called with the
        share that is done, 0 .. 1."""
        a, (width, height) = self.weights.architecture, self._picture.size
        rows, columns = grid_of(height, width, a.range_size)
        places = tiles(rows, columns)
        q = np.empty((a.channels, rows, columns), np.int16)
        for number, place in enumerate(places):
            q[(slice(None), *place)] = self._tile(number, place).integers(
                level, effort, lambda share, before=number: progress((before + share) / len(places))
            )
        grey = self._picture.mode == "L"
        return CollageCode(
            height, width, grey, level, a.range_size, self.weights.fingerprint, q[: a.atoms], q[a.atoms :]
        )

    def _tile(self, number: int, place: tuple[slice, slice]) -> Tile:
        """Kept for the next level, unless there are many."""
        tile = self._kept.get(number) or Tile(self._picture, self.weights, self.device, place)
        if number < _KEPT:
            self._kept[number] = tile
        return tile
