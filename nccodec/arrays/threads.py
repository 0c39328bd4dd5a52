"""Threads that share the rows of an array. numpy computes without the interpreter's lock, so that parts of a layer run
beside each other; they wait for work asleep, and take nothing from other programs."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from functools import lru_cache

import numpy as np

_chosen: int | None = None
_PARTS = 4  # for each thread

# Numbers that are not finite are looked for where they matter, not told of by numpy wherever they arise.
QUIET = np.errstate(over="ignore", invalid="ignore", divide="ignore")


def set_threads(count: int | None) -> None:
    """How many threads numpy's form of an operation uses; None for as many as this process may have cores."""
    global _chosen
    _chosen = None if count is None else max(1, count)


def thread_count() -> int:
    """See `set_threads`."""
    if _chosen is not None:
        return _chosen
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


@lru_cache(maxsize=1)
def _pool(count: int, process: int) -> ThreadPoolExecutor:
    """process: a forked one has no threads of its parent's."""
    return ThreadPoolExecutor(count, thread_name_prefix="nccodec")


def share(work: Callable[[int, int], None], length: int, least: int = 1) -> None:
    """Call work(start, stop) for parts of 0 .. length that together are all of it, in threads. least: length of a part
    that is worth a thread.

    Each thread takes the next part when it is done with one, so that none waits for another that gets less of a busy
    processor; one that never came to begin is not waited for.
    """
    available = thread_count()
    threads = min(available, max(1, length // least))
    work = QUIET(work)  # in every thread, as threads do not inherit it
    if threads == 1:
        work(0, length)
        return
    count = min(_PARTS * threads, length // least)
    parts = iter([(length * i // count, length * (i + 1) // count) for i in range(count)])

    def run() -> None:
        for start, stop in parts:
            work(start, stop)

    others = []
    try:
        with suppress(RuntimeError):  # no thread can be had, or the interpreter ends: this one does it all
            pool = _pool(available - 1, os.getpid())
            for _ in range(threads - 1):
                others.append(pool.submit(run))
        run()
    finally:
        begun = [other for other in others if not other.cancel()]
        wait(begun)  # all of them, as they write into what is the caller's
    for other in begun:
        other.result()
