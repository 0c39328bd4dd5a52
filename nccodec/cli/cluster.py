"""The files of a batch, done by the workers of a Dask cluster that is there already.

Workers do one file at a time, with as many threads as they have, and keep the weights. What a lost one had begun,
others do again: whether outputs may be written was settled before, so that a file done twice is one file in the end.
"""

import asyncio
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING
from uuid import uuid4

from ..errors import ClusterError, NclError, NclWarning
from .address import Address
from .attempts import Result, Work, attempt
from .tasks import Task

if TYPE_CHECKING:
    from distributed import Client

_PATIENCE = 10  # seconds until a scheduler answers
_MOST = 16  # files at a time: a scheduler gives out some thousand parts a second, however large the cluster is
_SHARES = 32  # parts for each thread at least, or the last ones would be waited for

_alone = Lock()


def on_cluster(todo: list[Task], work: Work, address: str) -> Iterator[Result]:
    """In the order of the tasks. address: of the scheduler. ClusterError where none answers within 10 seconds."""
    with _connected(address) as client:
        done, following = {}, 0
        for part, results in _as_they_come(client, todo, work):
            if not isinstance(results, list):
                results = [_not_done(todo[number], address, results) for number in part]
            done.update(zip(part, results, strict=True))
            while following in done:
                yield done.pop(following)
                following += 1


def _as_they_come(
    client: "Client", todo: list[Task], work: Work
) -> Iterator[tuple[range, list[Result] | BaseException]]:
    """Numbers of tasks, and their results or why there are none."""
    from distributed import as_completed
    from distributed.scheduler import KilledWorker

    threads = sum(client.nthreads().values())
    if not threads:
        warnings.warn(f"{client.scheduler.address}: there are no workers yet; they are waited for", NclWarning, 2)
    size = max(1, min(_MOST, len(todo) // (_SHARES * max(1, threads))))
    group, folder, running, suspects = f"nc-{uuid4()}", os.getcwd(), {}, []

    def submit(part: range, *mark: str) -> None:
        key = (group, part.start, *mark)
        running[client.submit(_attempts, [todo[n] for n in part], work, folder, key=key, pure=False)] = part

    def arriving() -> Iterator[tuple[range, list[Result] | BaseException]]:
        for future, told in as_completed(running, loop=client.loop, with_results=True, raise_errors=False):
            yield running.pop(future), told[1] if future.status == "error" else told

    for start in range(0, len(todo), size):
        submit(range(start, min(start + size, len(todo))))
    for part, told in arriving():
        if isinstance(told, KilledWorker):
            suspects.extend(part)
        else:
            yield part, told
    for number in suspects:  # which of them ended the workers? None is beside it any more, or waits behind it
        submit(range(number, number + 1), "alone")
        yield from arriving()


@contextmanager
def _connected(address: str) -> Iterator["Client"]:
    try:
        from distributed import Client
    except ImportError:
        raise ClusterError("--dask: pip install 'nccodec[cluster]'") from None
    for name in logging.root.manager.loggerDict:  # what there is to tell is told of the files
        if name.partition(".")[0] in ("distributed", "tornado", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        asyncio.run(asyncio.wait_for(_greet(address), _PATIENCE))
        client = Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError, asyncio.TimeoutError) as error:
        cause = " ".join(str(error).split()) or f"not a word in {_PATIENCE} s"
        raise ClusterError(f"{address}: no Dask scheduler answers there ({cause})") from None
    try:
        yield client
    finally:
        client.close(timeout=_PATIENCE)


async def _greet(address: str) -> None:
    """A client waits for ever for the greeting of a server of another kind."""
    from distributed.comm import connect, resolve_address
    from distributed.security import Security

    resolved = resolve_address(address)
    comm = await connect(resolved, timeout=_PATIENCE / 2, **Security().get_connection_args("client"))
    await comm.close()


def _not_done(task: Task, address: str, error: BaseException) -> Result:
    from concurrent.futures import CancelledError

    from distributed.scheduler import KilledWorker

    if isinstance(error, CancelledError):
        cause = f"the scheduler at {address} is lost"
    elif isinstance(error, KilledWorker):
        cause = "the workers that began it were ended, perhaps for want of memory"
    else:
        cause = " ".join(f"{type(error).__name__}: {error}".split())
    return task, None, NclError(f"{task.source}: not done: {cause}"), []


def _attempts(tasks: list[Task], work: Work, folder: str) -> list[Result]:
    """What a worker does. folder: where the command runs, for names that are relative to it."""
    from distributed import get_worker

    from ..arrays import set_threads

    with _alone, _inside(folder) as known:
        worker = get_worker()
        set_threads(worker.state.nthreads)
        return [
            attempt(task, work) if known or _is_remote(task) else _out_of_reach(task, worker.address, folder)
            for task in tasks
        ]


@contextmanager
def _inside(folder: str) -> Iterator[bool]:
    """Work in a folder, and go back; gives whether it is there."""
    before = os.getcwd()
    try:
        os.chdir(folder)
    except OSError:
        yield False
        return
    try:
        yield True
    finally:
        os.chdir(before)


def _is_remote(task: Task) -> bool:
    return isinstance(task.source, Address) and isinstance(task.target, Address)


def _out_of_reach(task: Task, worker: str, folder: str) -> Result:
    return task, None, NclError(f"{task.source}: not done: the worker at {worker} has no folder {folder}"), []
