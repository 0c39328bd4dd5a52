"""`search`: the speed of the search of `nc pifs` beside that of a plain product."""

import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from ..arrays import Array, numpy_of, on, set_threads
from ..collage.device import choose_device
from ..evaluation.work import read
from ..pifs.candidates import LARGEST_SEARCHED, SCALE_STEP, blocks_of, planes_of
from ..pifs.code import Layout
from ..pifs.encoding import layout_of
from ..pifs.header import step_of
from ..pifs.options import Options
from ..pifs.search import Pool, best_matches, mean_free, pool_of


def command(
    source: Annotated[Path, typer.Argument(help="Picture.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    device: Annotated[str, typer.Option(help="Where to compute.")] = "cpu",
    threads: Annotated[int | None, typer.Option(help="Threads [as many as cores].")] = None,
) -> None:
    """Speed of the exhaustive search of `nc pifs` on the luma of a picture, beside that of a large float32 product."""
    set_threads(threads)
    device = choose_device(device)
    rate, rows = matmul_rate(device), search_rates(np.asarray(read(source)), device)
    typer.echo(f"product: {rate / 1e9:.1f} GFLOP/s")
    for row in rows:
        row["share of the product's rate"] = row["rate"] / rate
        typer.echo(
            f"ranges of {row['side']}: {row['ranges']} x {row['domains']} domains x 8 in {row['seconds']:.3f} s, "
            f"{row['rate'] / 1e9:.1f} GFLOP/s, {100 * row['rate'] / rate:.0f} % of the product's rate"
        )
    seconds = {row["side"]: row["seconds"] for row in rows}
    share = sum(seconds.values()) / seconds[8]
    typer.echo(f"all sides, as for a quadtree: {share:.2f} times as long as ranges of 8")
    about = {"threads": threads, "device": device, "machine": platform.machine(), "numpy": np.__version__}
    about |= {"product": rate, "searches": rows, "quadtree in times of ranges of 8": share}
    out.write_text(json.dumps(about, indent=1) + "\n")


def _seconds(run: Callable[[], Array], repeats: int) -> float:
    """Median of `repeats` runs after a first one, until their results are there."""
    taken = []
    for _ in range(repeats + 1):
        started = time.perf_counter()
        numpy_of(run())
        taken.append(time.perf_counter() - started)
    return statistics.median(taken[1:])


def matmul_rate(device: str = "cpu", size: int = 2048, repeats: int = 5) -> float:
    """Operations a second of a large float32 product; a multiplication and an addition are two."""
    a, b = (on(np.random.default_rng(seed).random((size, size), np.float32), device) for seed in range(2))
    return 2 * size**3 / _seconds(lambda: a @ b, repeats)


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
    plane = on(whole.astype(np.float32), device)
    ranges = mean_free(on(blocks_of(whole, side).reshape(-1, side, side).astype(np.float32), device))
    domains = pool_of(plane, side, layout.step_of_domains(side))
    seconds = _seconds(lambda: best_matches(ranges, Pool(domains), 8, SCALE_STEP, LARGEST_SEARCHED).gain, repeats)
    operations = 2 * len(ranges) * len(domains) * 8 * side * side
    about = {"side": side, "ranges": len(ranges), "domains": len(domains)}
    return about | {"seconds": seconds, "operations": operations, "rate": operations / seconds}
