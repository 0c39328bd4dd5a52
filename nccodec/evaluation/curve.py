"""Rate-distortion curves from real file bytes."""

import io
import time
from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
from PIL import Image

import nccodec

from .metrics import psnr

Pictures = list[tuple[str, Image.Image]]
Codec = tuple[Callable[[Image.Image, float], bytes], Callable[[bytes], Image.Image]]

QUALITIES = (0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100)
JPEG_QUALITIES = (4, 8, 12, 18, 25, 35, 45, 55, 65, 75, 85, 90, 93)
WEBP_QUALITIES = (1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 88, 93, 96)


def ncl(weights: str, effort: int, device: str = "cpu") -> Codec:
    return (
        lambda picture, quality: nccodec.encode(picture, quality, effort, weights, device=device),
        partial(nccodec.decode, weights=weights, device=device),
    )


def pillow(name: str, **options: object) -> Codec:
    """A codec of Pillow's, its "quality" the setting."""

    def encode(picture: Image.Image, quality: float) -> bytes:
        buffer = io.BytesIO()
        picture.save(buffer, name, quality=int(quality), **options)
        return buffer.getvalue()

    return encode, lambda data: Image.open(io.BytesIO(data)).convert("RGB")


def jpeg() -> Codec:
    """4:2:0, Huffman tables optimised, progressive."""
    return pillow("JPEG", optimize=True, progressive=True, subsampling=2)


def measure(
    pictures: Pictures, codec: Codec, settings: Iterable[float], name: str, description: str,
    progress: Callable[[str], None] = lambda _: None,
) -> dict:  # fmt: skip
    """Bits per pixel, PSNR (RGB, per picture, then the mean) and seconds at each setting.

    Returns {"name", "description", "settings", "results": {"bpp", "psnr-rgb", "encoding_time",
    "decoding_time"}}, each result a list of means over the pictures, one for each setting.
    """
    encode, decode = codec
    settings = list(settings)
    columns: dict[str, list[float]] = {"bpp": [], "psnr-rgb": [], "encoding_time": [], "decoding_time": []}
    for setting in settings:
        rows = []
        for _, picture in pictures:
            started = time.perf_counter()
            data = encode(picture, setting)
            encoded = time.perf_counter()
            decoded = decode(data)
            done = time.perf_counter()
            db = psnr(np.asarray(picture), np.asarray(decoded))
            rows.append((8 * len(data) / (picture.width * picture.height), db, encoded - started, done - encoded))
        for column, values in zip(columns.values(), zip(*rows, strict=True), strict=True):
            column.append(float(np.mean(values)))
        progress(f"{name} {setting:g}: {columns['bpp'][-1]:.4f} bpp, {columns['psnr-rgb'][-1]:.3f} dB")
    return {"name": name, "description": description, "settings": settings, "results": columns}


def measure_ncl(
    pictures: Pictures, settings: Iterable[float], weights: str, effort: int,
    progress: Callable[[str], None] = lambda _: None,
) -> dict:  # fmt: skip
    about = f"nccodec {nccodec.__version__}, -e {effort}, -q"
    return measure(pictures, ncl(weights, effort), settings, f"nccodec -e {effort}", about, progress)


def measure_jpeg(pictures: Pictures, progress: Callable[[str], None] = lambda _: None) -> dict:
    about = f"Pillow {Image.__version__}, optimize, progressive, 4:2:0, quality"
    return measure(pictures, jpeg(), JPEG_QUALITIES, "JPEG", about, progress)


def measure_webp(pictures: Pictures, progress: Callable[[str], None] = lambda _: None) -> dict:
    codec = pillow("WEBP", method=6)
    return measure(pictures, codec, WEBP_QUALITIES, "WebP", f"Pillow {Image.__version__}, method 6, quality", progress)
