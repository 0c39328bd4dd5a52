"""Where two pictures differ, and by how much."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from ..errors import ImageError
from ..imaging.psnr import psnr

WHITE = 32  # grey levels of error that an error map shows in white
_CHANNELS = ("red", "green", "blue")
_RAMP = np.array([[0, 0, 0], [96, 0, 112], [224, 48, 32], [255, 192, 32], [255, 255, 255]])


@dataclass(frozen=True)
class Difference:
    """psnr: in dB over all samples; inf for equal pictures. largest: of any sample, in grey levels, found first at
    column x and row y, counted from 0, in a channel."""

    psnr: float
    largest: int
    x: int
    y: int
    channel: str


def _error(a: Image.Image, b: Image.Image) -> np.ndarray:
    """Absolute, int16 [H, W, 3]. ImageError unless the sizes agree."""
    if a.size != b.size:
        raise ImageError(f"{a.width} x {a.height} against {b.width} x {b.height} pixels; sizes must agree")
    return np.abs(np.asarray(a, np.int16) - np.asarray(b, np.int16))


def difference(a: Image.Image, b: Image.Image) -> Difference:
    """Of two pictures of one size, mode "RGB". ImageError unless the sizes agree."""
    error = _error(a, b)
    y, x, channel = np.unravel_index(error.argmax(), error.shape)
    return Difference(psnr(np.asarray(a), np.asarray(b)), int(error.max()), int(x), int(y), _CHANNELS[channel])


def error_map(a: Image.Image, b: Image.Image) -> Image.Image:
    """The largest error of each pixel's channels, from black, 0, over red and yellow to white, WHITE and more grey
    levels: a fixed scale, so that maps compare. ImageError unless the sizes agree."""
    place = np.minimum(np.arange(256) / WHITE, 1)
    steps = np.linspace(0, 1, len(_RAMP))
    colours = np.stack([np.interp(place, steps, column) for column in _RAMP.T], -1)
    return Image.fromarray(np.uint8(np.rint(colours))[_error(a, b).max(-1)])
