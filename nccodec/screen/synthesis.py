"""ScreenCode -> picture, at any scale: pixels as they are, enlarged crisply or reduced, and collages over them."""

import numpy as np

from ..arrays import QUIET, numpy_form
from ..code import Span
from ..collage.output import Request, View, grey_levels
from ..collage.scales import enlarge, reduce_area
from ..neural.synthesis import synthesise as collage
from ..neural.weights import Weights
from .code import Part, ScreenCode, channels
from .enlarging import enlarge_crisply
from .header import CELL

_TILE = 2048  # samples to a side of what is made at a time
_FINE = 1024  # parts of a grey level that are told apart
_REACH = 32  # pixels from which enlargement is computed, at least


@QUIET
def synthesise(code: ScreenCode, weights: Weights | None, request: Request, device: str = "cpu") -> np.ndarray:
    """The fixed point as it is asked for: uint8 [H, W, 3], or [H, W] if grey. weights: of its collages."""
    rows, columns = request.rows, request.columns
    shape = (rows[1] - rows[0], columns[1] - columns[0])
    result = np.empty(shape if code.grey else (*shape, 3), np.uint8)
    sizes = zip(request.extent, (request.height, request.width), strict=True)
    per_sample = max(1.0, *(n * request.down / request.up / size for n, size in sizes))  # pixels, along a side
    step = max(1, int(_TILE / per_sample))
    for y in range(*rows, step):
        for x in range(*columns, step):
            part = (y, min(y + step, rows[1])), (x, min(x + step, columns[1]))
            place = tuple(slice(a - b[0], c - b[0]) for (a, c), b in zip(part, (rows, columns), strict=True))
            result[place] = _part(code, weights, request, device, *part)
    return result


def _part(code: ScreenCode, weights: Weights | None, request: Request, device: str, rows: Span, columns: Span):
    """Rows and columns of what is asked for: uint8 [rows, columns, 3], or [rows, columns] if grey."""
    up, down = request.up, request.down
    samples = request.samples(rows, columns)
    margin = _REACH if up > 1 else 0
    near = tuple(
        (max(0, a * down // up - margin), min(size, -(-b * down // up) + margin))
        for (a, b), size in zip(samples, (code.height, code.width), strict=True)
    )
    z = _planes(channels(code.pixels[tuple(slice(*span) for span in near)], code.grey))
    if up > 1:
        z = (enlarge_crisply if request.view.detail else enlarge)(z, up)
    for part in code.parts:
        _lay(z, part, weights, near, request, device)
    if down > 1:
        z = numpy_form.pad(z, 0, -z.shape[2] % down, 0, -z.shape[3] % down, edge=True)
        z = reduce_area(z, down)
    kept = (slice(a - n[0] * up // down, b - n[0] * up // down) for (a, b), n in zip(samples, near, strict=True))
    fitted = request.fit(z[(..., *kept)], rows, columns)
    # Areas of one colour make means of just half a level, which are to be rounded alike whatever was summed before.
    return grey_levels(np.rint(fitted * (255 * _FINE)) / np.float32(255 * _FINE), 0)


def _planes(picture: np.ndarray) -> np.ndarray:
    """uint8 [H, W, 3] or [H, W] -> float32 [1, C, H, W], 0 .. 1."""
    z = picture.astype(np.float32) / 255
    return z[None, None] if z.ndim == 2 else np.ascontiguousarray(np.moveaxis(z, 2, 0))[None]


def _lay(z: np.ndarray, part: Part, weights: Weights, near: tuple[Span, Span], request: Request, device: str) -> None:
    """Put a collage where it belongs in z, [1, C, H, W] at scale `request.up` of the pixels `near`."""
    up = request.up
    spans = []
    for first, size, (a, b) in zip(
        (part.row * CELL, part.column * CELL), (part.code.height, part.code.width), near, strict=True
    ):
        spans.append((max(first, a) - first, min(first + size, b) - first))
    (top, bottom), (left, right) = spans
    if top >= bottom or left >= right:
        return
    crop = (left * up, top * up, (right - left) * up, (bottom - top) * up)
    view = View(scale=up, crop=crop, detail=request.view.detail)
    wanted = Request.of(view, (part.code.height, part.code.width), part.code.range_size)
    y, x = ((first * CELL - a) * up for first, (a, _) in zip((part.row, part.column), near, strict=True))
    place = slice(y + top * up, y + bottom * up), slice(x + left * up, x + right * up)
    z[(0, slice(None), *place)] = _planes(collage(part.code, weights, wanted, device))[0]
