"""Threads that share the rows of an array. numpy computes without the interpreter's lock, so that parts of a layer run
beside each other; they wait for work asleep, and take nothing from other programs."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np

_chosen: int | None = None

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
    that is worth a thread."""
    parts = min(thread_count(), max(1, length // least))
    work = QUIET(work)  # in every thread, as threads do not inherit it
    if parts == 1:
        work(0, length)
        return
    edges = [length * i // parts for i in range(parts + 1)]
    pool = _pool(thread_count() - 1, os.getpid())
    waiting = [pool.submit(work, *edges[i : i + 2]) for i in range(1, parts)]
    work(0, edges[1])
    for future in waiting:
        future.result()
