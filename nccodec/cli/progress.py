"""The progress bar of what takes its time."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from .streams import plain


@contextmanager
def bar(source: Path, shown: bool = True) -> Iterator[Callable[[float], None]]:
    """A bar on a terminal, named by the picture; gives what to call with the share done, 0 .. 1. shown: False for
    none anywhere."""
    if not shown:
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(plain(source), total=1.0)
        yield lambda share: progress.update(task, completed=share)


@contextmanager
def fitted(
    source: Path, shown: bool = True, told: str = "{:.2f} dB"
) -> Iterator[Callable[[float, float, float], None]]:
    """Of a fit that takes minutes: a bar on a terminal, elsewhere a line at each tenth. Gives what to call with the
    share done, the PSNR so far in dB and the seconds left. shown: False for nothing anywhere. told: how that number is
    written, where it is no PSNR."""
    if not shown:
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    console, tenths = Console(stderr=True), 0
    columns = (TextColumn("{task.description}", markup=False), BarColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(plain(source), total=1.0)

        def report(share: float, psnr: float, seconds: float) -> None:
            nonlocal tenths
            text = f"{plain(source)}: {told.format(psnr)}, {seconds / 60:.1f} min left"
            progress.update(task, completed=share, description=text)
            if not console.is_terminal and int(10 * share) > tenths:
                tenths = int(10 * share)
                print(text, file=sys.stderr)

        yield report


T = TypeVar("T")


def counted(things: Iterable[T], count: int, report: Callable[[float], None]) -> Iterator[T]:
    """The things, one by one; tells the share of `count` that was taken."""
    for number, thing in enumerate(things, 1):
        yield thing
        report(number / count)


@contextmanager
def phases(shown: bool = True) -> Iterator[Callable[[str, float], None]]:
    """What is being done, one thing after another: a bar on a terminal, elsewhere a line at the start of each and then
    every 30 seconds. Gives what to call with its name and the share of it that is done, 0 .. 1. shown: False for
    nothing anywhere."""
    if not shown:
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task, current, told = progress.add_task("", total=1.0), "", 0.0

        def tell(name: str, share: float) -> None:
            nonlocal current, told
            now = time.monotonic()
            if name != current:
                progress.reset(task, description=name)
            if not console.is_terminal and (name != current or now - told > 30):
                print(name if name != current else f"{name}: {100 * share:.0f} %", file=sys.stderr)
                told = now
            current = name
            progress.update(task, completed=share)

        yield tell


@contextmanager
def count(what: str) -> Iterator[Callable[[int, int], None]]:
    """Counts on stderr, with the time left: a bar on a terminal, elsewhere a line at each tenth. Gives what to call
    with how many are done, and out of how many."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal, speed_estimate_period=600
    ) as progress:
        task, started, told = progress.add_task(what), time.monotonic(), 0

        def report(done: int, of: int) -> None:
            nonlocal told
            progress.update(task, completed=done, total=of)
            if not console.is_terminal and done and 10 * done // of > told:
                told = 10 * done // of
                left = (time.monotonic() - started) * (of - done) / done
                print(f"{what}: {done}/{of}, {left / 60:.1f} min left", file=sys.stderr)

        yield report
