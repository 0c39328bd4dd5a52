"""Many files, read and written here, in several processes or on a cluster, and what is told of it."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import typer

from ..errors import LimitError, NclError
from .address import Address, Place
from .attempts import Result, Work, attempt, settled
from .files import check_output, is_stdout
from .stores import Listing
from .streams import plain, say, tell
from .tasks import Task


@dataclass(frozen=True)
class Reporting:
    """What is told: a line a file on stderr, unless quiet, or one JSON object a line on stdout."""

    quiet: bool
    as_json: bool

    def note(self, line: str) -> None:
        """Tell what concerns no file that is done."""
        if not self.quiet:
            say(f"nc: {line}")

    def check(self, todo: list[Task]) -> None:
        """BadParameter where objects and an output would go into one stream."""
        if self.as_json and any(is_stdout(task.target) for task in todo):
            raise typer.BadParameter("goes to stdout, as would the output; -o names a file", param_hint="--json")


class Overwriting:
    """What becomes of outputs that exist, and of what must not be overwritten."""

    def __init__(self, force: bool, skip_existing: bool, folder: Place | None = None) -> None:
        """folder: that holds very many outputs, if any; a store lists it at once. StoreError where it does not.
        BadParameter for what contradicts itself."""
        if force and skip_existing:
            raise typer.BadParameter("give --force or --skip-existing, not both", param_hint="--skip-existing")
        self._force, self._skip_existing = force, skip_existing
        listed = isinstance(folder, Address) and (skip_existing or not force)
        self._listing = Listing(folder if listed else None)

    def __call__(self, task: Task) -> bool:
        """Whether to go on: False where the output is to be skipped. LimitError where it must not be written, or
        StoreError where that is not known."""
        if is_stdout(task.target):
            if sys.stdout.isatty():
                raise LimitError("will not write a picture to a terminal (-o names a file)")
            return True
        if self._skip_existing and self._exists(task.target):
            return False
        check_output(task.source, task.target, self._force, self._listing)
        return True

    def _exists(self, target: Place) -> bool:
        if isinstance(target, Address):
            return not target.is_http and self._listing.exists(target)
        return target.is_file()


def _always(_: Task) -> bool:
    return True


def run(
    todo: list[Task], work: Work, jobs: int, reporting: Reporting, text: Callable[[dict], str | list[str]],
    allowed: Callable[[Task], bool] = _always, dask: str | None = None,
) -> None:  # fmt: skip
    """Do them all, and tell how fast. One that fails stops no other; NclError then names how many did.

    work: does a task; picklable for jobs > 1 and on a cluster. text: the line for what `work` returned, or several.
    allowed: see `Overwriting`; it is asked here, and before any is done elsewhere. dask: address of the scheduler of a
    cluster that does them, instead of this process or `jobs` others. ClusterError where it does not.
    """
    failed, skipped, pixels, started = [], 0, 0, time.monotonic()
    with _progress(len(todo), reporting) as (show, advance):
        for task, result, error, notes in _results(todo, work, allowed, jobs, dask):
            for note in notes:
                show(f"nc: warning: {note}")
            if error is not None:
                if reporting.as_json:
                    tell(json.dumps({"source": str(task.source), "error": str(error)}))
                if len(todo) == 1:
                    raise error
                failed.append(task)
                show(f"nc: {error}")
            elif result is None:
                skipped += 1
                if reporting.as_json:
                    tell(json.dumps({"source": str(task.source), "target": str(task.target), "skipped": True}))
            elif reporting.as_json:
                tell(json.dumps({"source": str(task.source), "target": str(task.target)} | result))
            elif not reporting.quiet:
                said = text({"source": task.source, "target": task.target} | result)
                for line in [said] if isinstance(said, str) else said:
                    show(line)
            more = 0 if result is None else result["pixels"]
            pixels += more
            advance(more)
    if skipped:
        reporting.note(f"{skipped} of {len(todo)} existed already")
    if pixels and len(todo) > 1 and not (reporting.quiet or reporting.as_json):
        seconds, done = time.monotonic() - started, len(todo) - skipped - len(failed)
        say(f"nc: {done} done, {pixels / 1e6:.2f} MP in {seconds:.1f} s, {pixels / 1e6 / seconds:.2f} MP/s")
    if failed:
        names = ", ".join(str(task.source) for task in failed[:5]) + (", ..." if len(failed) > 5 else "")
        raise NclError(f"{len(failed)} of {len(todo)} failed: {names}")


def _results(
    todo: list[Task], work: Work, allowed: Callable[[Task], bool], jobs: int, dask: str | None
) -> Iterator[Result]:
    """In the order of the tasks."""
    if dask is None and min(jobs, len(todo)) < 2:
        for task in todo:
            yield settled(task, allowed) or attempt(task, work)
        return
    known = [settled(task, allowed) for task in todo]
    left = [task for task, result in zip(todo, known, strict=True) if result is None]
    with closing(_elsewhere(left, work, jobs, dask)) as done:
        for result in known:
            yield result or next(done)


def _elsewhere(left: list[Task], work: Work, jobs: int, dask: str | None) -> Iterator[Result]:
    if not left:
        return
    if dask is not None:
        from .cluster import on_cluster

        yield from on_cluster(left, work, dask)
    else:
        from .processes import in_processes

        yield from in_processes(left, work, jobs)


@contextmanager
def _progress(count: int, reporting: Reporting) -> Iterator[tuple[Callable[[str], None], Callable[[int], None]]]:
    """A bar for several files on a terminal, with their number, megapixels a second and the time left; gives
    what to call with lines for stderr, which stand above it, and with the pixels of each file."""
    json_on_terminal = reporting.as_json and sys.stdout.isatty()
    if count == 1 or reporting.quiet or json_on_terminal or not sys.stderr.isatty():
        yield say, lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.text import Text

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    started, pixels, console = time.monotonic(), 0, Console(stderr=True)
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as progress:
        bar = progress.add_task("", total=count)

        def advance(more: int) -> None:
            nonlocal pixels
            pixels += more
            speed = pixels / 1e6 / (time.monotonic() - started)
            progress.update(bar, advance=1, description=f"{speed:.2f} MP/s")

        yield lambda line: console.print(Text(plain(line)), soft_wrap=True), advance
