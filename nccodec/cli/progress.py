"""The progress bar of what takes its time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


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
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(str(source), total=1.0)
        yield lambda share: progress.update(task, completed=share)
