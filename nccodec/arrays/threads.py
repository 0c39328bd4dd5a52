"""Threads that share the rows of an array. numpy computes without the interpreter's lock, so that parts of a layer run
beside each other; they wait for work asleep, and take nothing from other programs."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

_chosen: int | None = None


def set_threads(count: int) -> None:
    """How many threads numpy's form of an operation uses, by default as many as this process may have cores."""
    global _chosen
    _chosen = max(1, count)


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
    if parts == 1:
        work(0, length)
        return
    edges = [length * i // parts for i in range(parts + 1)]
    pool = _pool(thread_count() - 1, os.getpid())
    waiting = [pool.submit(work, *edges[i : i + 2]) for i in range(1, parts)]
    work(0, edges[1])
    for future in waiting:
        future.result()
