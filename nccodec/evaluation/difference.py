"""Where two pictures differ, and by how much."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..errors import ImageError
from ..imaging.psnr import psnr

WHITE = 32  # grey levels of error that an error map shows in white
_CHANNELS = ("red", "green", "blue")
_RAMP = np.array([[0, 0, 0], [255, 0, 0], [255, 255, 0], [255, 255, 255]])
_NARROWEST = 240  # pixels of a legend
_PAPER = (64, 64, 64)


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
    levels: a fixed scale, so that maps compare. Below it stands a legend, for which narrow maps are made wider.
    ImageError unless the sizes agree."""
    colours = _colours()
    legend = _legend(max(a.width, _NARROWEST), colours)
    sheet = Image.new("RGB", (legend.width, a.height + legend.height), _PAPER)
    sheet.paste(Image.fromarray(colours[_error(a, b).max(-1)]))
    sheet.paste(legend, (0, a.height))
    return sheet


def _colours() -> np.ndarray:
    """Of each error from 0 to 255, uint8 [256, 3]."""
    place = np.minimum(np.arange(256) / WHITE, 1)
    steps = np.linspace(0, 1, len(_RAMP))
    return np.uint8(np.rint(np.stack([np.interp(place, steps, column) for column in _RAMP.T], -1)))


def _legend(width: int, colours: np.ndarray) -> Image.Image:
    """A bar of the colours over their errors."""
    size = max(12, width // 80)  # of the letters
    step = min(width - 4 * size, 24 * size) // WHITE  # pixels a grey level
    legend = Image.new("RGB", (width, 9 * size // 2), _PAPER)
    draw, font = ImageDraw.Draw(legend), ImageFont.load_default(size)
    for error in range(WHITE + 1):
        left = size + error * step
        draw.rectangle((left, size // 2, left + step - 1, 3 * size // 2), tuple(map(int, colours[error])))
        if error % (WHITE // 4) == 0:
            text = f"{error}+" if error == WHITE else f"{error}"
            draw.text((left + step / 2, 7 * size // 4), text, "white", font, anchor="ma")
    draw.text((size, 3 * size), "largest error, in grey levels", "white", font)
    return legend
