"""Pictures to look at: what codecs make of the same number of bytes, and enlargements."""

import base64
import io
from collections.abc import Sequence
from itertools import product

import numpy as np
from PIL import Image

import nccodec

from ..imaging.psnr import psnr
from .codecs import Codec, Ncl

LARGEST = (1536, 1024)  # pixels, of a landscape; of a larger picture the middle is shown
QUALITY = 75  # of the file that is enlarged
_SOURCE, _SHOWN = 256, 320  # sides, in pixels: of what is encoded to be enlarged, and of what is shown of it
_STEP = 32  # pixels between the places where it may lie


def shown_part(picture: Image.Image) -> Image.Image:
    """The picture, or its middle where it is larger than LARGEST."""
    most = LARGEST if picture.width >= picture.height else LARGEST[::-1]
    width, height = min(picture.width, most[0]), min(picture.height, most[1])
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return picture.crop((left, top, left + width, top + height))


def webp_uri(picture: Image.Image) -> str:
    """The picture itself, without loss, as a data URI that browsers show."""
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", lossless=True, method=4)
    return data_uri(buffer.getvalue(), "image/webp")


def data_uri(data: bytes, mime: str) -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"


def matched(codec: Codec, picture: Image.Image, sizes: Sequence[int]) -> list[dict]:
    """The shown part of a picture as a codec's file of about each size, in bytes.

    Returns for each {"bytes", "bpp", "psnr", "src"}: src is a data URI, of the file itself where browsers show such
    files, else of its decode without loss; psnr is None where that is without error.
    """
    part = shown_part(picture)
    found = []
    for size in sizes:
        data = codec.fitted(part, size)
        decoded = codec.decode(data)
        db = psnr(np.asarray(part), np.asarray(decoded))
        src = data_uri(data, codec.mime) if codec.mime else webp_uri(decoded)
        bpp = 8 * len(data) / (part.width * part.height)
        found.append({"bytes": len(data), "bpp": bpp, "psnr": db if np.isfinite(db) else None, "src": src})
    return found


def enlargements(codec: Ncl, picture: Image.Image, scales: Sequence[int]) -> list[dict]:
    """The square of most contrast in a picture, encoded at QUALITY, and the middle of its decode at each scale.

    Returns for each {"decoded", "cubic"}, data URIs without loss, of _SHOWN pixels a side where the picture has
    them: cubic is the decode at 1x enlarged by Pillow's BICUBIC.
    """
    square = _most_contrast(picture)
    data = codec.prepare(square)(QUALITY)
    once = codec.decode(data)
    found = []
    for scale in scales:
        decoded = nccodec.decode(data, scale, weights=codec.weights, device="cpu").convert("RGB")
        cubic = once.resize(decoded.size, Image.Resampling.BICUBIC)
        found.append({"decoded": webp_uri(_middle(decoded)), "cubic": webp_uri(_middle(cubic))})
    return found


def _most_contrast(picture: Image.Image) -> Image.Image:
    """The square of _SOURCE pixels a side, or less, whose middle half has the largest deviation of luma."""
    side = min(_SOURCE, *picture.size)
    luma, quarter = np.asarray(picture.convert("L"), np.float32), side // 4
    places = list(product(*(range(0, n - side + 1, _STEP) for n in luma.shape)))
    inner = {(y, x): luma[y + quarter : y + side - quarter, x + quarter : x + side - quarter] for y, x in places}
    top, left = max(places, key=lambda place: float(inner[place].std()))
    return picture.crop((left, top, left + side, top + side))


def _middle(picture: Image.Image) -> Image.Image:
    side = min(_SHOWN, *picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    return picture.crop((left, top, left + side, top + side))
