"""The files of a batch, done in several processes on this machine."""

import os
from collections.abc import Iterator

from ..errors import NclError
from .attempts import Result, Work, attempt
from .tasks import Task


def in_processes(todo: list[Task], work: Work, jobs: int) -> Iterator[Result]:
    """In the order of the tasks."""
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


def _attempt_in_worker(task: Task, work: Work) -> Result:
    from ..evaluation.interrupts import heard

    with heard():
        return attempt(task, work)
