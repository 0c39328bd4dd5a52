"""Seconds to encode and decode in one process, pixels in memory, beside Pillow's codecs."""

import statistics
import time
from collections.abc import Callable

import nccodec

from .curve import Pictures, pillow

QUALITY = 75


def _median(run: Callable[[], object], repeats: int) -> float:
    run()
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def measure_speed(pictures: Pictures, weights: str, efforts: list[int], repeats: int = 3) -> list[dict]:
    """Means over the pictures of the median of `repeats` runs after a first one, in seconds.

    One entry a codec: {"name", "bpp", "encode", "decode", "decode 4x"}; Pillow's at quality 75.
    """
    decode = lambda data, scale=1: nccodec.decode(data, scale, None, weights)  # noqa: E731
    codecs = {
        f"nccodec -e {effort}": ((lambda p, e=effort: nccodec.encode(p, QUALITY, e, weights)), decode)
        for effort in efforts
    } | {
        "AVIF": _with_quality(pillow("AVIF", speed=6)),
        "WebP": _with_quality(pillow("WEBP", method=6)),
        "JPEG": _with_quality(pillow("JPEG", optimize=True, progressive=True, subsampling=2)),
    }
    rows = []
    for name, (encoder, decoder) in codecs.items():
        row = {"name": name, "bpp": 0.0, "encode": 0.0, "decode": 0.0}
        for _, picture in pictures:
            data = encoder(picture)
            row["bpp"] += 8 * len(data) / (picture.width * picture.height) / len(pictures)
            row["encode"] += _median(lambda p=picture, e=encoder: e(p), repeats) / len(pictures)
            row["decode"] += _median(lambda b=data, d=decoder: d(b), repeats) / len(pictures)
            if decoder is decode:
                four = _median(lambda b=data: decode(b, 4), repeats) / len(pictures)
                row["decode 4x"] = row.get("decode 4x", 0.0) + four
        rows.append(row)
    return rows


def _with_quality(codec: tuple) -> tuple:
    encode, decode = codec
    return (lambda picture: encode(picture, QUALITY)), decode
