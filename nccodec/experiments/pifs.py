"""Rate-distortion of `nc pifs`, and the speed of its search beside that of a plain product."""

import statistics
import time
from collections.abc import Callable, Iterable

import numpy as np
import torch
from PIL import Image

import nccodec

from ..codec.encode import attempts_of
from ..codec.target import Target
from ..collage.output import grey_levels
from ..collage.scales import enlarge
from ..evaluation.curve import Pictures
from ..imaging.psnr import psnr
from ..pifs.candidates import LARGEST_SEARCHED, SCALE_STEP, blocks_of, planes_of
from ..pifs.code import Layout
from ..pifs.encoding import layout_of, step_of
from ..pifs.options import Options
from ..pifs.search import Pool, best_matches, mean_free, pool_of


def measure_pifs(
    pictures: Pictures, settings: Iterable[float], options: dict, name: str, device: str = "cpu",
    progress: Callable[[str], None] = lambda _: None,
) -> dict:  # fmt: skip
    """The curve over qualities, in the schema of `curve.measure`, and "psnr-rgb smoothed", of decodes with smoothing. A
    picture is searched once for all its qualities; each one's encoding time has the search in it."""
    settings = list(settings)
    rows = np.zeros((len(settings), 5))
    for title, picture in pictures:
        source = np.asarray(picture)
        started = time.perf_counter()
        attempts = attempts_of(picture, "pifs", options, device=device)
        searched = time.perf_counter() - started
        for row, quality in zip(rows, settings, strict=True):
            started = time.perf_counter()
            data = attempts.to(Target(quality))
            encoded = time.perf_counter()
            decoded = nccodec.decode(data, device=device)
            done = time.perf_counter()
            bpp = 8 * len(data) / (picture.width * picture.height)
            smooth = psnr(source, np.asarray(nccodec.decode(data, device=device, smooth=True)))
            row += bpp, psnr(source, np.asarray(decoded)), searched + encoded - started, done - encoded, smooth
        progress(f"{name} {title}: search {searched:.2f} s")
    rows /= len(pictures)
    for quality, (bpp, db, *_, smooth) in zip(settings, rows.tolist(), strict=True):
        progress(f"{name} {quality:g}: {bpp:.4f} bpp, {db:.3f} dB, smoothed {smooth:.3f} dB")
    keys = ("bpp", "psnr-rgb", "encoding_time", "decoding_time", "psnr-rgb smoothed")
    about = f"nccodec {nccodec.__version__}, nc pifs, {Options(**options)}, -q"
    return {
        "name": name,
        "description": about,
        "settings": settings,
        "results": dict(zip(keys, rows.T.tolist(), strict=True)),
    }


def spline_4x(picture: Image.Image) -> Image.Image:
    """RGB enlarged 4x by the area-interpolating spline, `collage.scales.enlarge`, alone."""
    z = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None] / 255  # [1, 3, H, W]
    return Image.fromarray(grey_levels(enlarge(z, 4), 0))


def at_rate(curve: dict, bpp: float) -> float | None:
    """PSNR of a curve at a rate, linear over the logarithm of the rate; None beyond its ends."""
    rates, values = (curve["results"][key] for key in ("bpp", "psnr-rgb"))
    if not rates[0] <= bpp <= rates[-1]:
        return None
    return float(np.interp(np.log(bpp), np.log(rates), values))


def leads(ahead: dict, behind: dict) -> list[tuple[float, float]]:
    """Rate and dB that one curve is ahead by, at each rate that the other was measured at and both have."""
    pairs = zip(*(behind["results"][key] for key in ("bpp", "psnr-rgb")), strict=True)
    return [(bpp, value - db) for bpp, db in pairs if (value := at_rate(ahead, bpp)) is not None]


def _seconds(run: Callable[[], object], device: str, repeats: int) -> float:
    """Median of `repeats` runs after a first one."""

    def finished() -> float:
        if device != "cpu":
            torch.cuda.synchronize()
        return time.perf_counter()

    run()
    taken = []
    for _ in range(repeats):
        started = finished()
        run()
        taken.append(finished() - started)
    return statistics.median(taken)


def matmul_rate(device: str = "cpu", size: int = 2048, repeats: int = 5) -> float:
    """Operations a second of a large float32 product; a multiplication and an addition are two."""
    a, b = torch.rand(2, size, size, device=device)
    return 2 * size**3 / _seconds(lambda: a @ b, device, repeats)


def search_rates(picture: np.ndarray, device: str = "cpu", repeats: int = 3) -> list[dict]:
    """Luma of uint8 [H, W, 3] searched with ranges of each side, domains at the default step, 8 isometries.

    One entry a side: {"side", "ranges", "domains", "seconds", "operations", "rate"}, operations being those of
    the products of every range with every domain in every isometry, once.
    """
    height, width = picture.shape[:2]
    layout = layout_of(Options(), height, width, False, step_of(0))
    luma = planes_of(picture, layout)[0][:height, :width]
    return [_search_rate(luma, layout, side, device, repeats) for side in (4, 8, 16, 32)]


def _search_rate(luma: np.ndarray, layout: Layout, side: int, device: str, repeats: int) -> dict:
    whole = luma[: luma.shape[0] // side * side, : luma.shape[1] // side * side]
    plane = torch.from_numpy(whole.copy()).to(device, torch.float32)
    ranges = mean_free(torch.from_numpy(blocks_of(whole, side).reshape(-1, side, side)).to(device, torch.float32))
    domains = pool_of(plane, side, layout.step_of_domains(side))
    seconds = _seconds(lambda: best_matches(ranges, Pool(domains), 8, SCALE_STEP, LARGEST_SEARCHED), device, repeats)
    operations = 2 * len(ranges) * len(domains) * 8 * side * side
    about = {"side": side, "ranges": len(ranges), "domains": len(domains)}
    return about | {"seconds": seconds, "operations": operations, "rate": operations / seconds}
