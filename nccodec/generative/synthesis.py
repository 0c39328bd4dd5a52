"""GenerativeCode -> picture, at any scale, a band of rows at a time."""

import numpy as np

from ..arrays import QUIET
from ..code import Span
from ..collage.output import Request, grey_levels
from ..collage.scales import reduce_area
from .code import GenerativeCode
from .fixed import Map, map_of
from .weights import Weights

_BAND = 1 << 21  # samples that are made at a time, about


def synthesise(code: GenerativeCode, weights: Weights, request: Request, device: str = "cpu") -> np.ndarray:
    """The fixed point as it is asked for: uint8 [H, W, 3], or [H, W] if grey."""
    return picture_of(map_of(code, weights), request)


@QUIET
def picture_of(map: Map, request: Request) -> np.ndarray:
    """The fixed point of a map as it is asked for: uint8 [H, W, 3], or [H, W] for one channel."""
    rows, columns = request.rows, request.columns
    shape = (rows[1] - rows[0], columns[1] - columns[0])
    result = np.empty(shape if len(map.affine) == 1 else (*shape, 3), np.uint8)
    shown = map.shown(request.up)
    samples = map.size * request.up * max(1, request.extent[0] / request.height)  # for one row
    band = max(1, int(_BAND / samples))
    for y in range(*rows, band):
        part = y, min(y + band, rows[1])
        result[y - rows[0] : part[1] - rows[0]] = _band(map, shown, request, part)
    return result


def _band(map: Map, shown: np.ndarray, request: Request, rows: Span) -> np.ndarray:
    """Some rows of what is asked for: uint8 [rows, columns, 3], or [rows, columns]."""
    down, whole = request.down, map.size * request.up
    wanted = request.samples(rows, request.columns)
    spans = tuple((a * down, min(b * down, whole)) for a, b in wanted)
    z = reduce_area(map.window(shown, request.up, *spans)[None], down)
    return grey_levels(request.fit(z, rows, request.columns), 0.0)
