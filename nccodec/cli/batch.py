"""Many files, read and written in one process or several, and what is told of it."""

import json
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..errors import LimitError, NclError
from .files import check_output, is_stdout, led
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


def allowed(task: Task, force: bool, skip_existing: bool) -> bool:
    """Whether to go on: False where the output is to be skipped. LimitError where it must not be overwritten."""
    if is_stdout(task.target):
        if sys.stdout.isatty():
            raise LimitError("will not write a picture to a terminal (-o names a file)")
        return True
    if skip_existing and task.target.is_file():
        return False
    check_output(task.source, task.target, force)
    return True


def run(
    todo: list[Task], work: Callable[[Task], dict | None], jobs: int, reporting: Reporting,
    text: Callable[[dict], str | list[str]],
) -> None:  # fmt: skip
    """Do them all, and tell how fast. One that fails stops no other; NclError then names how many did.

    work: does a task and returns what there is to tell of it, with its "pixels", or None if it was skipped; it
    must be picklable for jobs > 1. text: the line for what `work` returned, or several.
    """
    failed, skipped, pixels, started = [], 0, 0, time.monotonic()
    with _progress(len(todo), reporting) as (show, advance):
        for task, result, error, notes in _results(todo, work, jobs):
            for note in notes:
                show(f"nc: warning: {note}")
            if error is not None and len(todo) == 1:
                raise error
            if error is not None:
                failed.append(task)
                show(f"nc: {error}")
                if reporting.as_json:
                    tell(json.dumps({"source": str(task.source), "error": str(error)}))
            elif result is None:
                skipped += 1
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


Result = tuple[Task, dict | None, NclError | None, list[str]]


def _results(todo: list[Task], work: Callable[[Task], dict | None], jobs: int) -> Iterator[Result]:
    """In the order of the tasks."""
    if min(jobs, len(todo)) < 2:
        for task in todo:
            yield _attempt(task, work)
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    from ..arrays import thread_count
    from ..evaluation.interrupts import held

    workers = min(jobs, len(todo))
    threads = max(1, thread_count() // workers)
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _start_worker, (threads,))
    try:
        with held():
            futures = [pool.submit(_attempt_in_worker, task, work) for task in todo]
        for task, future in zip(todo, futures, strict=True):
            try:
                yield future.result()
            except BrokenProcessPool:
                ended = "not done: a process was ended from outside, perhaps for want of memory (try fewer -j)"
                yield task, None, NclError(f"{task.source}: {ended}"), []
    finally:
        pool.shutdown(cancel_futures=True)


def _start_worker(threads: int) -> None:
    from ..arrays import set_threads
    from ..evaluation.interrupts import only_note

    only_note()
    set_threads(threads)
    os.environ["OMP_NUM_THREADS"] = str(threads)  # of torch, which is not imported yet


def _attempt_in_worker(task: Task, work: Callable[[Task], dict | None]) -> Result:
    from ..evaluation.interrupts import heard

    with heard():
        return _attempt(task, work)


def _attempt(task: Task, work: Callable[[Task], dict | None]) -> Result:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            if task.refused:
                raise LimitError(task.refused)
            result, error = work(task), None
        except NclError as raised:
            result, error = None, raised
        except MemoryError:
            result, error = None, NclError(f"{task.source}: not enough memory")
        except OSError as raised:
            result, error = None, NclError(f"{raised.filename or task.target}: {raised.strerror or raised}")
    from ..errors import NclWarning

    notes = [led(task.source, str(note.message)) for note in caught if issubclass(note.category, NclWarning)]
    return task, result, error, notes


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
