"""Seconds to encode and decode in one process, pixels in memory, beside Pillow's codecs."""

import statistics
import time
from collections.abc import Callable

import nccodec

from ..evaluation.codecs import PEERS, Codec, Ncl
from ..evaluation.curve import Pictures

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
    """Means over the pictures of the median of `repeats` runs after a first one, in seconds, all at QUALITY.

    One entry a codec: {"name", "bpp", "encode", "decode", "decode 4x"}, the last of nccodec alone.
    """
    codecs: list[Codec] = [Ncl(f"ncl-e{effort}", effort, weights) for effort in efforts]
    rows = []
    for codec in [*codecs, PEERS["avif"], PEERS["webp"], PEERS["jpeg"]]:
        row = {"name": codec.title, "bpp": 0.0, "encode": 0.0, "decode": 0.0}
        for _, picture in pictures:
            data = codec.prepare(picture)(QUALITY)
            runs = {
                "encode": lambda p=picture, c=codec: c.prepare(p)(QUALITY),
                "decode": lambda d=data, c=codec: c.decode(d),
            }
            if isinstance(codec, Ncl):
                runs["decode 4x"] = lambda d=data: nccodec.decode(d, 4, weights=weights, device="cpu")
            row["bpp"] += 8 * len(data) / (picture.width * picture.height) / len(pictures)
            for key, run in runs.items():
                row[key] = row.get(key, 0.0) + _median(run, repeats) / len(pictures)
        rows.append(row)
    return rows
