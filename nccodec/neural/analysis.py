"""Picture -> CollageCode: one network pass, then the integers of any level."""

from collections.abc import Callable
from functools import cached_property

import numpy as np
from PIL import Image

from ..arrays import GRADIENTS, QUIET, numpy_of
from ..bitstream.symbols import SymbolModel
from ..code import grid_of, tiles
from .code import CollageCode
from .effort import chosen, worth
from .masking import Masking
from .options import EYE, REFINED, Options
from .tile import Tile
from .weights import Weights

_KEPT = 4  # tiles whose analysis is kept


class Analysis:
    """What the network finds in a picture, tile by tile, from which the codes of all levels are made.

    picture: mode "RGB", or "L", where the decoder returns one channel. tune: see `Options`.
    """

    def __init__(self, picture: Image.Image, weights: Weights, device: str = "cpu", tune: str = Options.tune) -> None:
        self.weights, self.device = weights, device
        self._picture, self._tune = picture, tune
        self._grid = grid_of(picture.height, picture.width, weights.architecture.range_size)
        self._places = tiles(*self._grid)
        self._kept: dict[tuple[int, str], Tile] = {}
        self._chosen: Tile | None = None  # the whole picture, if its integers were chosen by their rate

    @QUIET
    def code(self, level: int, effort: int = 0, progress: Callable[[float], None] = lambda _: None) -> CollageCode:
        """The integers of a level, in 1/256. effort: 0 .. 9, see `neural.effort`. progress: called with the
        share that is done, 0 .. 1."""
        a, (width, height) = self.weights.architecture, self._picture.size
        q = np.empty((a.channels, *self._grid), np.int16)
        device = GRADIENTS if self.device == "cpu" and effort >= REFINED else self.device
        for number, place in enumerate(self._places):
            tile = self._tile(number, place, device)
            q[(slice(None), *place)] = integers(
                tile, level, effort, self._masking and self._masking.part(*place) if effort else None,
                lambda share, before=number: progress((before + share) / len(self._places)),
            )  # fmt: skip
        self._chosen = tile if effort and len(self._places) == 1 else None
        grey = self._picture.mode == "L"
        return CollageCode(
            height, width, grey, level, a.range_size, self.weights.fingerprint, q[: a.atoms], q[a.atoms :]
        )

    @cached_property
    def _masking(self) -> Masking | None:
        """Of the whole picture, if it is for the eye."""
        return Masking.of(self._picture, self.weights.architecture.range_size) if self._tune == EYE else None

    def model(self, level: int) -> SymbolModel:
        """The prior at a level, for packing the code made last."""
        return self._chosen.prior(level) if self._chosen else self.weights.prior_at(level)

    def _tile(self, number: int, place: tuple[slice, slice], device: str) -> Tile:
        """Kept for the next level, unless there are many."""
        tile = self._kept.get((number, device)) or Tile(self._picture, self.weights, device, place)
        if number < _KEPT:
            self._kept[number, device] = tile
        return tile


def integers(
    tile: Tile, level: int, effort: int, masking: Masking | None, progress: Callable[[float], None]
) -> np.ndarray:
    """int32 [channels, rows, columns] of a tile. masking: of its cells. See `Analysis.code`."""
    if effort >= REFINED:
        from .refining import improve

        return improve(tile, tile.in_steps(level), level, effort, masking, progress)
    if effort:
        return chosen(tile, tile.in_steps(level), worth(tile, level, masking)[1], level)
    return numpy_of(tile.plain(level))[0].astype(np.int32)
