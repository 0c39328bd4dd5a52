"""WholeCode -> picture, at any scale: the fixed point of the map, a part at a time."""

import numpy as np

from ..arrays import QUIET, numpy_form
from ..code import Span
from ..collage.output import Request, View, grey_levels
from ..collage.scales import reduce_area
from ..errors import LimitError
from ..imaging.colour import to_rgb
from ..neural.code import CollageCode
from ..neural.synthesis import synthesise as collage
from ..neural.weights import Weights
from .code import MIDDLE, WholeCode, ycc_of
from .domain import Small, fixed_point
from .header import SCALE_UNIT

_TILE = 2048  # samples to a side of what is made at a time


@QUIET
def synthesise(code: WholeCode, weights: Weights | None, request: Request, device: str = "cpu") -> np.ndarray:
    """The fixed point as it is asked for: uint8 [H, W, 3], or [H, W] if grey. weights: of the style."""
    small = shown(code, weights, request.up)
    rows, columns = request.rows, request.columns
    shape = (rows[1] - rows[0], columns[1] - columns[0])
    result = np.empty(shape if code.grey else (*shape, 3), np.uint8)
    sizes = zip(request.extent, (request.height, request.width), strict=True)
    per_pixel = max(1.0, *(n * request.down / size for n, size in sizes))  # samples at scale `up`, along a side
    step = max(1, int(_TILE / per_pixel))
    for y in range(*rows, step):
        for x in range(*columns, step):
            part = (y, min(y + step, rows[1])), (x, min(x + step, columns[1]))
            place = tuple(slice(a - b[0], c - b[0]) for (a, c), b in zip(part, (rows, columns), strict=True))
            result[place] = _part(code, small, request, *part)
    return result


def shown(code: WholeCode, weights: Weights | None, up: int) -> Small:
    """What ranges show at scale `up`."""
    height, width = (n * up for n in code.size)
    return fixed_point(code, up, None if code.style is None else style_planes(code.style.code, weights, height, width))


def style_planes(style: CollageCode, weights: Weights, height: int, width: int) -> np.ndarray:
    """A style as a range of so many samples shows it: luma less MIDDLE, and chroma unless it is grey: float64 [C,
    height, width], in grey levels."""
    request = style_request((style.height, style.width), style.range_size, height, width)
    return planes_of(collage(style, weights, request))


def style_request(size: tuple[int, int], side: int, height: int, width: int) -> Request:
    """A style of `size`, height and width, in cells of `side`, as a range of height x width samples. LimitError where
    it is too small for that."""
    try:
        return Request.of(View(size=(width, height)), size, side)
    except LimitError as error:
        raise LimitError(f"the style is too small for its ranges: {error}") from None


def planes_of(picture: np.ndarray) -> np.ndarray:
    """uint8 [H, W, 3] or [H, W] -> float64 [C, H, W] in grey levels: luma less MIDDLE, blue and red chroma."""
    return ycc_of(np.atleast_3d(picture).astype(np.float64).transpose(2, 0, 1) - MIDDLE)


def _part(code: WholeCode, small: Small, request: Request, rows: Span, columns: Span) -> np.ndarray:
    """Rows and columns of what is asked for: uint8 [rows, columns, 3], or [rows, columns] if grey."""
    down = request.down
    wanted = request.samples(rows, columns)
    sizes = code.height * request.up, code.width * request.up
    spans = tuple((a * down, min(b * down, size)) for (a, b), size in zip(wanted, sizes, strict=True))
    z = _reduced(code, small, spans, down)
    return grey_levels(request.fit(z, rows, columns), MIDDLE / 255)


def reduced(z: np.ndarray, down: int) -> np.ndarray:
    """Planes [1, C, H, W] -> their means over squares, continued by the nearest samples to whole ones: colours, or grey
    levels alone: [1, C, ceil(H / down), ceil(W / down)]. MIDDLE stays off."""
    if down > 1:
        z = numpy_form.pad(z, 0, -z.shape[2] % down, 0, -z.shape[3] % down, edge=True)
        z = reduce_area(z, down)
    return z if z.shape[1] == 1 else np.concatenate(to_rgb(z[:, :1], z[:, 1:2], z[:, 2:]), axis=1)


def _reduced(code: WholeCode, small: Small, spans: tuple[Span, Span], down: int) -> np.ndarray:
    """A window, its rows and columns from multiples of `down` on, as `reduced` makes it: float32 [1, C, rows, columns],
    0 black to 1 white. One pixel of a small picture may be made of all samples that there are: so many at a time as a
    tile has."""
    step = max(1, _TILE // down) * down
    shape = (-(-(stop - start) // down) for start, stop in spans)
    result = np.empty((1, len(code.means), *shape), np.float32)
    (top, bottom), (left, right) = spans
    for y in range(top, bottom, step):
        for x in range(left, right, step):
            z = window(code, small, (y, min(y + step, bottom)), (x, min(x + step, right)))[None]
            z = reduced(z / np.float32(255), down)
            row, column = (y - top) // down, (x - left) // down
            result[:, :, row : row + z.shape[2], column : column + z.shape[3]] = z
    return result


def window(code: WholeCode, small: Small, rows: Span, columns: Span) -> np.ndarray:
    """A part of the picture at the scale of `small`: float32 [C, rows, columns], in grey levels, luma less MIDDLE."""
    height, width = small.domain.shape[1:]
    down, across = np.arange(*rows), np.arange(*columns)
    y, x = down % height, across % width
    cells = np.ix_(down // height, across // width)
    t = small.domain.astype(np.float32)
    taken = t.reshape(len(t), -1)[:, place_in(code.isometries[cells], y[:, None], x[None], height, width)]
    z = code.levels.astype(np.float32)[(slice(None), *cells)]
    z += (code.scales[cells] / np.float32(SCALE_UNIT)) * taken
    if small.style is not None:
        z += (code.style.weights[cells] / np.float32(SCALE_UNIT)) * small.style.astype(np.float32)[:, y[:, None], x]
    return z


def place_in(turns: np.ndarray, y: np.ndarray, x: np.ndarray, height: int, width: int) -> np.ndarray:
    """Where sample y, x of a range of height x width samples lies in what it shows before that is turned, in raster
    order: int. turns: isometry 0 .. 7, see `collage.operator.isometry`; all arrays broadcast."""
    # A half turn undone, then a quarter turn, then the transposition: the isometry's steps in reverse.
    half = turns & 2 > 0
    y, x = np.where(half, height - 1 - y, y), np.where(half, width - 1 - x, x)
    quarter = turns & 1 > 0
    y, x = np.where(quarter, x, y), np.where(quarter, height - 1 - y, x)
    transposed = turns & 4 > 0
    y, x = np.where(transposed, x, y), np.where(transposed, y, x)
    return y * width + x
