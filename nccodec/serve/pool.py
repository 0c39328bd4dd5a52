"""Where requests are worked on: a lane for small ones and one for large ones, neither of which holds up the other."""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")
LARGE = 1 << 20  # pixels from which a request is large
_GENTLER = 5  # added to the niceness of the threads for large ones


class Busy(Exception):
    """More waits already than may."""


class Abandoned(Exception):
    """Nobody waits for the answer any more."""


class Lane:
    """Threads, and at most `queue` requests that wait for one."""

    def __init__(self, name: str, threads: int, queue: int, gentle: bool = False) -> None:
        self._executor = ThreadPoolExecutor(threads, name, _gentle if gentle else None)
        self._free, self._queue = asyncio.Semaphore(threads), queue
        self._waiting = self._active = 0

    @property
    def busy(self) -> bool:
        """Whether anything is at work, or waits."""
        return self._active > 0

    async def run(self, work: Callable[[], T], abandoned: Callable[[], Awaitable[bool]]) -> T:
        """work(), in a thread. Busy if there is no room; Abandoned if it is so when its turn comes."""
        if self._free.locked() and self._waiting >= self._queue:
            raise Busy
        self._waiting += 1
        self._active += 1
        try:
            await self._free.acquire()
        except BaseException:
            self._active -= 1
            raise
        finally:
            self._waiting -= 1
        try:
            if await abandoned():
                raise Abandoned
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        finally:
            self._active -= 1
            self._free.release()

    def close(self) -> None:
        """Let what has begun come to its end, and begin nothing more."""
        self._executor.shutdown(wait=False, cancel_futures=True)


class Pool:
    """The two lanes, and a third for what nobody waits for. threads: for small requests; queue: how many of each kind
    may wait."""

    def __init__(self, threads: int, queue: int) -> None:
        self._small, self._large = Lane("small", threads, queue), Lane("large", 1, queue, gentle=True)
        self._idle = Lane("idle", 1, 1, gentle=True)

    @property
    def busy(self) -> bool:
        """Whether anyone waits for an answer."""
        return self._small.busy or self._large.busy

    async def run_idle(self, work: Callable[[], T]) -> T:
        """See `Lane.run`; the work itself is to look at `busy`."""
        return await self._idle.run(work, _never)

    async def run(self, work: Callable[[], T], pixels: int, abandoned: Callable[[], Awaitable[bool]]) -> T:
        """See `Lane.run`. pixels: that the work makes."""
        lane = self._large if pixels >= LARGE else self._small
        return await lane.run(work, abandoned)

    def close(self) -> None:
        """See `Lane.close`."""
        self._small.close()
        self._large.close()
        self._idle.close()


async def _never() -> bool:
    return False


def _gentle() -> None:
    """Of this thread alone, where the system has that."""
    if hasattr(os, "setpriority") and os.uname().sysname == "Linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _GENTLER)
