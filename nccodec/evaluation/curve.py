"""Rate-distortion curves from real file bytes."""

import json
import math
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
from PIL import Image

from ..errors import ComparisonError
from ..imaging.psnr import psnr
from .artefacts import SIDE, blockiness, colour_error
from .codecs import Codec
from .metrics import MS_SSIM_SIDE, ms_ssim
from .ssimulacra2 import SSIMULACRA2_SIDE, ssimulacra2

Pictures = list[tuple[str, Image.Image]]
# By the names that `nc compare --metrics` takes, what the results are called. Of the last two lower is better.
METRICS = {
    "psnr": "psnr-rgb", "ms-ssim": "ms-ssim-rgb", "ssimulacra2": "ssimulacra2", "blockiness": "blockiness",
    "colour": "colour-error",
}  # fmt: skip
SHORTEST = {  # side, in pixels, that has the metric
    "ms-ssim": MS_SSIM_SIDE, "ssimulacra2": SSIMULACRA2_SIDE, "blockiness": SIDE + 1, "colour": SIDE,
}  # fmt: skip
_MODULES = {"ms-ssim": ["pytorch_msssim"], "ssimulacra2": ["ssimulacra2", "scipy"]}  # that metrics are of


def measured(
    codec: Codec, picture: Image.Image, settings: Sequence[float], metrics: Sequence[str] = ("psnr",)
) -> list[dict[str, float | None]]:
    """One picture at each setting: {"bpp", "encoding_time", "decoding_time"} and as of `values_of`.

    bpp: of the file's bytes. Times in seconds, those to load networks left out; what a codec prepares for all
    settings counts in each.
    """
    _warm_up(codec)
    pixels = np.asarray(picture)
    started = time.perf_counter()
    encode = codec.prepare(picture)
    prepared, rows = time.perf_counter() - started, []
    for setting in settings:
        started = time.perf_counter()
        data = encode(setting)
        encoded = time.perf_counter()
        decoded = np.asarray(codec.decode(data))
        done = time.perf_counter()
        row = {"bpp": 8 * len(data) / (picture.width * picture.height)} | values_of(pixels, decoded, metrics)
        rows.append(row | {"encoding_time": prepared + encoded - started, "decoding_time": done - encoded})
    return rows


def values_of(pixels: np.ndarray, decoded: np.ndarray, metrics: Sequence[str]) -> dict[str, float | None]:
    """What is measured of a decoded picture, uint8 [H, W, 3] as the original, by METRICS.

    metrics: keys of METRICS. None for the PSNR of equal pictures, and where a side is shorter than SHORTEST, or
    `blockiness` finds nothing to measure.
    """
    return {key: _MEASURES[metric](pixels, decoded) for metric, key in METRICS.items() if metric in metrics}


def versions_of(metrics: Sequence[str]) -> list[str]:
    """Of the packages that measure them, "name version"."""
    return [f"{name} {version(name)}" for metric in _MODULES if metric in metrics for name in _MODULES[metric]]


def _finite_psnr(pixels: np.ndarray, decoded: np.ndarray) -> float | None:
    db = psnr(pixels, decoded)
    return db if math.isfinite(db) else None


_MEASURES: dict[str, Callable[[np.ndarray, np.ndarray], float | None]] = {
    "psnr": _finite_psnr,
    "ms-ssim": ms_ssim,
    "ssimulacra2": ssimulacra2,
    "blockiness": lambda _, decoded: blockiness(decoded),
    "colour": colour_error,
}


@lru_cache
def _warm_up(codec: Codec) -> None:
    codec.warm_up()


def curve_of(codec: Codec, settings: Sequence[float], pictures: Sequence[list[dict]]) -> dict:
    """Means over pictures. pictures: for each, its rows as of `measured`, one a setting.

    Returns {"name", "description", "settings", "results": {"bpp", ...}}, each result a list of one mean a setting.
    A setting at which a picture came back without error has no PSNR and is left out; another metric is, where a
    picture has none. ComparisonError where no setting is left.
    """
    kept = [i for i in range(len(settings)) if all(rows[i].get("psnr-rgb", 0) is not None for rows in pictures)]
    if not kept:
        raise ComparisonError(f"{codec.title} codes a picture without error at every setting: it has no curve")
    keys = [key for key in pictures[0][0] if all(rows[i][key] is not None for rows in pictures for i in kept)]
    results = {key: [float(np.mean([rows[i][key] for rows in pictures])) for i in kept] for key in keys}
    about = {"name": codec.title, "description": codec.description}
    return about | {"settings": [settings[i] for i in kept], "results": results}


def measure(pictures: Pictures, codec: Codec, progress: Callable[[str], None] = lambda _: None) -> dict:
    """The curve of a codec over its ladder, in this process, with PSNR; see `curve_of`."""
    rows = []
    for name, source in pictures:
        rows.append(measured(codec, source, codec.ladder))
        progress(f"{codec.title}: {name}")
    return curve_of(codec, codec.ladder, rows)


def read_curves(path: Path) -> list[dict]:
    """Curves of a JSON file: one {"name", "results": {"bpp", "psnr-rgb", ...}}, a list of them, or what `nc compare
    --json` writes.

    Other projects publish such files: CompressAI's, and those that follow it. A metric is a list as long as "bpp".
    ComparisonError for anything else.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ComparisonError(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise ComparisonError(f"{path}: is not JSON") from None
    if isinstance(found, dict):
        found = found.get("curves", [found])
    if not isinstance(found, list) or not found:
        raise ComparisonError(f"{path}: holds no curves")
    return [_checked(path, entry) for entry in found]


def _checked(path: Path, entry: object) -> dict:
    name = entry.get("name") if isinstance(entry, dict) else None
    results = entry.get("results") if isinstance(entry, dict) else None
    if not isinstance(name, str) or not isinstance(results, dict):
        raise ComparisonError(f'{path}: a curve without "name" and "results"')
    known = ("bpp", *METRICS.values(), "encoding_time", "decoding_time")
    columns = {key: results[key] for key in known if key in results}
    if "psnr-rgb" not in columns and "psnr" in results:
        columns["psnr-rgb"] = results["psnr"]
    if "bpp" not in columns or not set(METRICS.values()) & set(columns):
        wanted = ", ".join(f'"{key}"' for key in METRICS.values())
        raise ComparisonError(f'{path}: {name} has no "bpp" beside one of {wanted}')
    for key, column in columns.items():
        if not isinstance(column, list) or len(column) != len(columns["bpp"]) or not column:
            raise ComparisonError(f'{path}: {name}: "{key}" is not a list as long as "bpp"')
        if not all(type(value) in (int, float) and math.isfinite(value) for value in column):
            raise ComparisonError(f'{path}: {name}: "{key}" holds what is not a number')
    if min(columns["bpp"]) <= 0:
        raise ComparisonError(f"{path}: {name}: a rate that is not positive")
    about = {"name": name, "description": str(entry.get("description", ""))}
    settings = entry.get("settings")
    if isinstance(settings, list) and len(settings) == len(columns["bpp"]):
        about["settings"] = settings
    return about | {"results": columns}
