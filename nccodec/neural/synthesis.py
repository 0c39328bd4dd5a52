"""CollageCode -> picture: dequantization and the fixed point of the map, at any scale."""

import math
from dataclasses import dataclass

import numpy as np

from ..arrays import QUIET, Array, namespace, on
from ..code import MAX_PIXELS, Span
from ..collage.fixed_point import fixed_point, nilpotent_steps
from ..collage.operator import SelfReference
from ..collage.output import Request, grey_levels
from ..collage.scales import enlarge
from ..errors import LimitError
from .architecture import BIAS
from .code import CollageCode
from .filter import REACH as FILTER_REACH
from .filter import UNFILTERED
from .levels import real
from .model import RECEPTION, Collage
from .weights import Weights

# Samples, around a region of what cannot be decoded as a whole, that a self-reference is followed through.
MAX_REFERRED = 1 << 26
FLOAT32_SUM = 1.0  # largest sum of |s| in a cell that is computed in float32: errors grow with it
_TILE = 3072  # samples to a side of what is made at a time
Grid = tuple[int, int]  # rows and columns of cells
_REACH = 22  # pixels at scale 1 from which enlargement is computed, detail and twice the spline included


@QUIET
def synthesise(code: CollageCode, weights: Weights, request: Request, device: str = "cpu") -> np.ndarray:
    """The fixed point as it is asked for: uint8 [H, W, 3], or [H, W] if grey. Of a crop nothing but its neighbourhood
    is computed. LimitError where a self-reference is to be followed through too many samples."""
    rows, columns = request.rows, request.columns
    step = max(1, int(_TILE / max(1.0, _fineness(request))))
    result = np.empty((rows[1] - rows[0], columns[1] - columns[0], 1 if code.grey else 3), np.uint8)
    for y in range(*rows, step):
        for x in range(*columns, step):
            part = (y, min(y + step, rows[1])), (x, min(x + step, columns[1]))
            places = (slice(a - b[0], c - b[0]) for (a, c), b in zip(part, (rows, columns), strict=True))
            result[tuple(places)] = _part(code, weights, request, device, *part)
    return result[:, :, 0] if code.grey else result


def _fineness(request: Request) -> float:
    """How many samples are made for one of the picture, along a side: more than one where the picture is made at a
    finer scale than asked for, as for the filter at 1/2."""
    finer = 1 if request.down >= UNFILTERED else request.down
    return max(request.extent[0] / request.height, request.extent[1] / request.width) * finer


def _part(code: CollageCode, weights: Weights, request: Request, device: str, rows: Span, columns: Span) -> np.ndarray:
    """Rows and columns of what is asked for: uint8 [rows, columns, channels]."""
    a = weights.architecture
    side = a.range_size * request.up // request.down  # of a cell
    samples = request.samples(rows, columns)
    referring = code.nonzero_scales > 0
    too_large = code.height * code.width * request.up**2 > MAX_PIXELS
    cells, wide = neighbourhood(code.grid, a.range_size, request, rows, columns, referring)
    referred = math.prod((stop - start) * side for start, stop in cells)
    if referring and too_large and referred > MAX_REFERRED:
        raise LimitError(f"a self-reference through {referred} samples is over the limit of {MAX_REFERRED}")

    made = map_of_cells(code, weights, request.down, device, cells, wide)
    z, reference = made.affine, made.reference if referring else None
    first = tuple(start * side for start, _ in cells)  # of the samples of z, down and across
    if request.up > 1:
        if reference is None:  # enlargement needs less around it than the filter
            z, first = _cut(z, cells, a.range_size, samples, request.up)
        z = made.enlarged(z, request)
    if reference is not None:
        z = fixed_point(z, reference)
    kept = (slice(i - k, j - k) for (i, j), k in zip(samples, first, strict=True))
    picture = picture_of(code, request.fit(z[(..., *kept)], rows, columns))
    return picture[:, :, None] if code.grey else picture


def picture_of(code: CollageCode, z: Array) -> np.ndarray:
    """Samples less BIAS, [1, 3, H, W], as grey levels: uint8 [H, W, 3], or [H, W] if grey."""
    return grey_levels(namespace(z).mean(z, axis=1, keepdims=True) if code.grey else z, BIAS)


@dataclass(frozen=True)
class CellMap:
    """The map of some cells. affine: less BIAS, at scale 1 / down, [1, 3, H, W]. reference: None where the weights have
    no domains."""

    affine: Array
    reference: SelfReference | None
    model: Collage
    level: Array

    def enlarged(self, z: Array, request: Request) -> Array:
        """The affine part, or some of it, at scale `up`."""
        if request.view.detail and request.up > 1:
            return self.model.enlarge(z, self.level, request.up)
        return enlarge(z, request.up)


def map_of_cells(
    code: CollageCode, weights: Weights, down: int, device: str, cells: tuple[Span, Span], wide: tuple[Span, Span]
) -> CellMap:
    """cells, wide: rows and columns that are made, and those whose parameters they are made from; see
    `neighbourhood`."""
    a, model = weights.architecture, weights.model(device)
    q = code.cells(*wide)
    level = real(code.level, device)
    parameters = model.dequantize(on(q.astype(np.float32)[None], device), level)
    inner = (slice(i - k, j - k) for (i, j), (k, _) in zip(cells, wide, strict=True))
    parameters = parameters[(..., *inner)]
    xp = namespace(parameters)
    if code.nonzero_scales and xp.max(xp.sum(xp.abs(parameters[:, a.atoms :]), axis=1)) > FLOAT32_SUM:
        parameters = xp.astype(parameters, xp.float64)
    affine = model.affine(parameters[:, : a.atoms], level, down)
    return CellMap(affine, model.reference(parameters[:, a.atoms :]), model, level)


def _cut(
    z: Array, cells: tuple[Span, Span], range_size: int, samples: tuple[Span, Span], up: int
) -> tuple[Array, tuple[int, ...]]:
    """What of the affine part at scale 1, made of `cells`, the samples at scale `up` are enlarged from; and the first
    sample, down and across, of its enlargement."""
    spans = [
        (max(start * range_size, i // up - _REACH), min(stop * range_size, -(-j // up) + _REACH))
        for (start, stop), (i, j) in zip(cells, samples, strict=True)
    ]
    places = (slice(i - k * range_size, j - k * range_size) for (i, j), (k, _) in zip(spans, cells, strict=True))
    return z[(..., *places)], tuple(start * up for start, _ in spans)


def neighbourhood(
    grid: Grid, range_size: int, request: Request, rows: Span, columns: Span, referring: bool
) -> tuple[tuple[Span, Span], tuple[Span, Span]]:
    """The cells, rows and columns, that are made for a part of a picture, and those whose parameters they are made
    from. referring: whether there is a self-reference."""
    side = range_size * request.up // request.down  # of a cell
    # What is outside of these cells has no effect: atoms reach one cell further, filter and enlargement some pixels,
    # each step to the fixed point a cell.
    reach = (FILTER_REACH if request.down < UNFILTERED else 0) + (_REACH if request.up > 1 else 0)
    margin = 1 + -(-reach // range_size)
    margin += nilpotent_steps(side) if referring else 0
    samples = request.samples(rows, columns)
    down, across = (_widened((i // side, -(-j // side)), margin, n) for (i, j), n in zip(samples, grid, strict=True))
    return (down, across), (_widened(down, RECEPTION, grid[0]), _widened(across, RECEPTION, grid[1]))


def _widened(span: Span, by: int, count: int) -> Span:
    return max(0, span[0] - by), min(count, span[1] + by)
