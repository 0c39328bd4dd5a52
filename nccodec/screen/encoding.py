"""The encoder of screen maps: see `codec.kinds.Encoder`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image

from ..bitstream.symbols import SymbolModel
from ..collage.output import Request, View
from ..neural.analysis import Analysis
from ..neural.code import CollageCode
from ..neural.packing import pack as pack_collage
from ..neural.synthesis import synthesise as collage
from ..neural.weights import Weights, named
from .code import Part, ScreenCode, channels, collage_cells, joined
from .colours import SIDE, TOP, memory
from .header import CELL, COPY, FLAT, TOP_LEVEL
from .merging import Colours, colours_of, distance_of, merged
from .options import Options
from .packing import MAX_PARTS
from .regions import rectangles
from .sampling import Tiles
from .search import exact_copies, flat_cells
from .suiting import gradual
from .sweep import sweep

_LEAST, _MOST = np.log(0.0005), np.log(0.33)  # price of a squared error at the lowest and the highest level
# A wrong pixel costs more than its error, as it misleads the coder of those that follow: so it must save more bits
# than its error is worth, the more the less an error is worth (of prices at which 4 screens were coded).
_CAUTION, _CAUTION_POWER = 0.5, 0.4
# What differs by more than this and twice the distance of colours that are merged, as a thin line does, is not evened
# out to a flat cell.
_EVEN = 10
_COPY_BITS, _FLAT_BITS = 14, 4  # about what a mode costs, with an offset or a colour
_PART_BITS = 8 * 72  # about what a collage costs beside its contents
_MARK, _MARK_POWER = 2.6, 0.445  # bits a pixel from which on a cell may be part of a photograph, by price
# Share by which a collage is to cost less: of lines and letters the eye sees more than is counted.
_CLEARLY = 0.1
_WHOLE = 0.4  # share of the cells in photographs from which on all of the picture may be one, if it isn't gradual
# Share that a screen map is to save of what a gradual picture costs as a collage. Where it saved 1 to 6 % of the bytes
# of photographs, at the same PSNR, they had 4 to 5 points of SSIMULACRA2 less.
_SAVED = 0.2
_FEWEST = 8  # squares that are looked at before a gradual picture is made a screen map, unless it is small
_NEARLY = 1.15  # a collage's cost in one pass, over the screen's, from which on refinement won't pay


def price_of(level: int) -> float:
    """Bits that a squared error of one pixel, in 1/255, is worth at a level: about what the neural collage counts at
    the same quality."""
    return float(np.exp(_LEAST + (_MOST - _LEAST) * level / TOP_LEVEL))


@dataclass(frozen=True, eq=False)
class _Collage:
    """A picture, or some of it, as a collage. bits: that it takes. errors: squared, of each cell, [rows, columns]."""

    code: CollageCode
    bits: int
    errors: np.ndarray

    def cost(self, price: float) -> float:
        """In bits."""
        return self.bits + price * float(self.errors.sum())

    def costs(self, price: float) -> np.ndarray:
        """Of each cell, float64 [rows, columns]: bits shared out by the size of the integers."""
        of_ranges = np.log2(1 + np.abs(self.code.atoms.astype(np.float64))).sum(0) + 1 / 16  # [rows, columns] of ranges
        weight = of_ranges[np.ix_(*(np.arange(n) * CELL // self.code.range_size for n in self.errors.shape))]
        return self.bits * weight / weight.sum() + price * self.errors


class Encoder:
    """The codes of a picture, mode "RGB" or "L", at several levels and efforts.

    progress: called with the share of a collage's refinement that is done, 0 .. 1. WeightsError where the weights are
    missing.
    """

    def __init__(
        self, picture: Image.Image, options: Options, device: str = "cpu",
        progress: Callable[[float], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self.effort, self.top = options.effort, 0 if options.lossless else TOP_LEVEL
        self.weights = None if options.lossless else named(options.weights)
        self._options, self._picture, self._device, self._progress = options, picture, device, progress
        self._pixels = joined(np.asarray(picture))
        self._grey = picture.mode == "L"
        self._flat, self._swept_exactly = flat_cells(self._pixels), None
        self._analyses: dict[tuple[int, int, int, int], Analysis] = {}

    def code(self, level: int, effort: int) -> ScreenCode | CollageCode:
        """level: 0 .. top. effort: of collages, see `neural.options.Options`. A CollageCode where the whole picture is
        better as one, and options.MIXED allows it."""
        if self._options.lossless:
            return self._lossless()
        price, everything = price_of(level), (0, 0, *self._flat.shape)
        doubtful, whole = self._options.MIXED and self._gradual, None
        if doubtful:
            whole = self._collage(everything, level, min(effort, 1))
            if not self._promising(whole, price):
                return whole.code if effort <= 1 else self._collage(everything, level, effort).code
        ways = self._ways(price)
        parts, left = self._parts(np.minimum.reduce([way[3] for way in ways]), price, level, effort)
        outside = collage_cells(self._flat.shape, parts) == 0
        aim, pixels, bits, costs, caution = min(ways, key=lambda way: way[3][outside].sum())
        left += costs[outside].sum()
        if doubtful or (self._options.MIXED and 1 - outside.mean() >= _WHOLE):
            if parts and parts[0].code.height * parts[0].code.width == self._pixels.size:
                return parts[0].code
            whole, share = whole or self._collage(everything, level, min(effort, 1)), 1 - _SAVED if doubtful else 1
            if effort > 1 and share * whole.cost(price) < _NEARLY * left:
                whole = self._collage(everything, level, effort)
            if share * whole.cost(price) < left:
                return whole.code
        modes, offsets, wanted = self._modes(aim, pixels, bits, costs, parts, price)
        pixels, _ = self._swept(wanted, caution, modes, offsets)
        return ScreenCode(self._grey, level, False, pixels, modes, offsets, parts)

    @cached_property
    def _gradual(self) -> bool:
        return gradual(self._picture)

    @cached_property
    def _colours(self) -> Colours:
        return colours_of(self._pixels)

    @cached_property
    def _sample(self) -> tuple["Encoder", Tiles] | None:
        """Squares of the picture one below another, and where they are from; None of a small picture."""
        tiles = Tiles((self._picture.height // CELL, self._picture.width // CELL))
        if tiles.count < _FEWEST:
            return None
        picture = Image.fromarray(tiles.stacked(np.asarray(self._picture), CELL))
        return Encoder(picture, self._options, self._device), tiles

    def _promising(self, whole: _Collage, price: float) -> bool:
        """Whether a screen map, or one with collages, may save as much of a gradual picture as it should. whole: the
        picture as a collage."""
        if self._sample is None:
            return True
        sample, tiles = self._sample
        of_screen = np.minimum.reduce([way[3] for way in sample._ways(price)])
        of_collage = tiles.stacked(whole.costs(price), 1)
        screen, collage = (costs.reshape(tiles.count, -1).sum(1) for costs in (of_screen, of_collage))
        return bool(np.maximum(0, collage - screen).sum() >= _SAVED * collage.sum())

    def model(self, code: ScreenCode | CollageCode) -> Weights | SymbolModel | None:
        """For `Room.pack` of the kind of the code."""
        return self.weights.prior_at(code.level) if isinstance(code, CollageCode) else self.weights

    def _lossless(self) -> ScreenCode:
        modes = np.where(self._flat, FLAT, 0).astype(np.uint8)
        _, bits = self._exact()
        known, offsets = exact_copies(self._pixels, ~self._flat & (bits > _COPY_BITS))
        modes[known] = COPY
        return ScreenCode(self._grey, 0, True, self._pixels, modes, offsets)

    def _ways(self, price: float) -> list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float]]:
        """What coding without copies gives, three times: exactly; with merged colours; with these, and each pixel as
        another where that costs less. Of each the pixels to aim at, those that were coded, bits and costs of cells,
        and what an error counts while coding."""
        aim = merged(self._colours, self._grey, price)
        results = []
        for wanted, caution in ((self._pixels, 0.0), (aim, 0.0), (aim, _CAUTION * price**_CAUTION_POWER)):
            pixels, bits = self._exact() if wanted is self._pixels else self._swept(wanted, caution)
            costs = bits + price * self._errors(pixels, (0, 0))
            results.append((wanted, pixels, bits, costs, caution))
        return results

    def _exact(self) -> tuple[np.ndarray, np.ndarray]:
        """See `_swept`: of the picture as it is, made once."""
        if self._swept_exactly is None:
            self._swept_exactly = self._swept(self._pixels, 0.0)
        return self._swept_exactly

    def _swept(
        self, wanted: np.ndarray, price: float, modes: np.ndarray | None = None, offsets: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """What coding gives: int32 [H, W], and the bits that each cell takes, float64 [rows, columns]. modes, offsets:
        if not given, of flat cells alone."""
        if modes is None:
            modes = np.where(flat_cells(wanted), FLAT, 0).astype(np.uint8)
            offsets = np.zeros((*modes.shape, 2), np.int64)
        height, width = wanted.shape
        spent = np.zeros(modes.shape, np.int64)
        canvas = np.zeros((height + TOP, width + 2 * SIDE), np.int32)
        know = memory(height, width, np.zeros(0, np.uint8), False)
        sweep(canvas, modes, offsets, wanted, *know, self._grey, price, spent, False)
        return np.ascontiguousarray(canvas[TOP:, SIDE : SIDE + width]), spent / 4096

    def _errors(self, pixels: np.ndarray, first: tuple[int, int]) -> np.ndarray:
        """Squared errors, means of the channels, of each cell, float64 [rows, columns]. pixels: int32 [H, W], from the
        cell `first` on."""
        height, width = pixels.shape
        y, x = (n * CELL for n in first)
        original = channels(self._pixels[y : y + height, x : x + width], self._grey)
        error = (channels(pixels, self._grey).astype(np.float32) - original) ** 2
        error = error if self._grey else error.mean(2)
        error = np.pad(error, ((0, -height % CELL), (0, -width % CELL)))
        return error.reshape(error.shape[0] // CELL, CELL, -1, CELL).sum((1, 3), dtype=np.float64)  # by cell

    def _within(self, pixels: np.ndarray, limit: float) -> np.ndarray:
        """Cells of which no sample is off by more than a limit: bool [rows, columns]. pixels: int32 [H, W]."""
        off = np.abs(channels(pixels, self._grey).astype(np.int16) - channels(self._pixels, self._grey))
        off = off if self._grey else off.max(2)
        off = np.pad(off, ((0, -off.shape[0] % CELL), (0, -off.shape[1] % CELL)))
        return (off.reshape(off.shape[0] // CELL, CELL, -1, CELL) <= limit).all((1, 3))  # by cell

    def _parts(self, costs: np.ndarray, price: float, level: int, effort: int) -> tuple[tuple[Part, ...], float]:
        """Rectangles that cost less as collages, and what these cost. costs: of each cell without."""
        around = np.pad(costs, 1, mode="edge")
        smooth = sum(around[i : i + costs.shape[0], j : j + costs.shape[1]] for i in range(3) for j in range(3)) / 9
        marked = smooth > _MARK * price**_MARK_POWER * CELL**2
        parts, total = [], 0.0
        for rectangle in rectangles(marked)[:MAX_PARTS]:
            tried = self._collage(rectangle, level, effort)
            top, left, bottom, right = rectangle
            cost = tried.cost(price)
            saved = float(costs[top:bottom, left:right].sum()) - cost
            if saved > _CLEARLY * cost:
                parts.append(Part(top, left, tried.code))
                total += cost
        return tuple(parts), total

    def _collage(self, rectangle: tuple[int, int, int, int], level: int, effort: int) -> _Collage:
        """Some cells, first row and column and their ends, as a collage of their own."""
        top, left, bottom, right = (n * CELL for n in rectangle)
        bottom, right = min(bottom, self._picture.height), min(right, self._picture.width)
        if rectangle not in self._analyses:
            self._analyses[rectangle] = Analysis(
                self._picture.crop((left, top, right, bottom)), self.weights, self._device, self._options.tune
            )
        analysis = self._analyses[rectangle]
        code = analysis.code(round(level * self.weights.levels / TOP_LEVEL), effort, self._progress)
        _, chunks = pack_collage(code, "range", analysis.model(code.level))
        request = Request.of(View(), (code.height, code.width), code.range_size)
        errors = self._errors(joined(collage(code, self.weights, request, self._device)), rectangle[:2])
        return _Collage(code, _PART_BITS + 8 * sum(len(chunk.payload) for chunk in chunks), errors)

    def _modes(
        self,
        aim: np.ndarray,
        pixels: np.ndarray,
        bits: np.ndarray,
        costs: np.ndarray,
        parts: tuple[Part, ...],
        price: float,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Modes and offsets of all cells, and the pixels to aim at. aim: those without modes. pixels, bits, costs: of
        what was coded without."""
        modes = collage_cells(costs.shape, parts)
        wanted, means = aim.copy(), self._means()
        height, width = wanted.shape
        evened = np.repeat(np.repeat(means, CELL, 0), CELL, 1)[:height, :width]
        already = flat_cells(aim)
        evener = ~already & (price * self._errors(evened, (0, 0)) + _FLAT_BITS < costs)
        evener &= self._within(evened, _EVEN + 2 * distance_of(price))
        wanted[::CELL, ::CELL] = np.where(evener, means, wanted[::CELL, ::CELL])
        modes[(already | evener) & (modes == 0)] = FLAT
        known, offsets = exact_copies(pixels, (modes == 0) & (bits > _COPY_BITS))
        modes[known] = COPY
        return modes, offsets, wanted

    def _means(self) -> np.ndarray:
        """Mean colours of the cells: int32 [rows, columns]."""
        picture = channels(self._pixels, self._grey)
        picture = picture[:, :, None] if self._grey else picture
        below, beside = -picture.shape[0] % CELL, -picture.shape[1] % CELL
        padded = np.pad(picture, ((0, below), (0, beside), (0, 0)), mode="edge")
        rows, columns = padded.shape[0] // CELL, padded.shape[1] // CELL
        means = padded.reshape(rows, CELL, columns, CELL, -1).mean((1, 3))  # [rows, columns, channels]
        means = np.rint(means).astype(np.uint8)
        return joined(means[:, :, 0] if self._grey else means)
