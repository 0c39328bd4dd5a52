"""WholeCode -> picture, at any scale: the fixed point of the map, a part at a time."""

import numpy as np

from ..arrays import QUIET
from ..code import MAX_PIXELS, Span
from ..collage.output import Request, View
from ..collage.windows import picture_of
from ..errors import LimitError
from ..imaging.colour import to_rgb
from ..neural.code import CollageCode
from ..neural.synthesis import synthesise as collage
from ..neural.weights import Weights
from .code import MIDDLE, WholeCode, ycc_of
from .domain import Small, fixed_point
from .header import SCALE_UNIT

MAX_RANGE = 1 << 24  # samples of a range, of a picture that cannot be decoded as a whole


@QUIET
def synthesise(code: WholeCode, weights: Weights | None, request: Request, device: str = "cpu") -> np.ndarray:
    """The fixed point as it is asked for: uint8 [H, W, 3], or [H, W] if grey. weights: of the style."""
    small = shown(code, weights, request.up)
    size = code.height * request.up, code.width * request.up

    def part(rows: Span, columns: Span) -> np.ndarray:
        return window(code, small, rows, columns)[None] / np.float32(255)

    return picture_of(part, request, size, code.grey, MIDDLE / 255, colours)


def shown(code: WholeCode, weights: Weights | None, up: int) -> Small:
    """What ranges show at scale `up`. LimitError for more than MAX_RANGE samples of a region's range."""
    height, width = (n * up for n in code.size)
    if height * width > MAX_RANGE and code.height * code.width * up**2 > MAX_PIXELS:
        raise LimitError(f"ranges of {width} x {height} samples are over the limit of {MAX_RANGE}")
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


def colours(z: np.ndarray) -> np.ndarray:
    """Luma, blue and red chroma -> red, green and blue; luma alone stays: [1, C, H, W]. MIDDLE stays off."""
    return z if z.shape[1] == 1 else np.concatenate(to_rgb(z[:, :1], z[:, 1:2], z[:, 2:]), axis=1)


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
