"""A bounded cache for several threads: what is asked for by many at once is made once."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any


class Kept:
    """The things last asked for, as many as have room in `limit` bytes together. Larger ones are made, not kept."""

    def __init__(self, limit: int) -> None:
        self.limit, self.held = limit, 0
        self._things: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._making: dict[Hashable, Future] = {}
        self._lock = threading.Lock()

    def has(self, key: Hashable) -> bool:
        """Whether something is kept under a key."""
        return key in self._things

    def get(self, key: Hashable) -> Any:
        """What is kept under a key, or None."""
        with self._lock:
            if key not in self._things:
                return None
            self._things.move_to_end(key)
            return self._things[key][0]

    def keep(self, key: Hashable, make: Callable[[], Any], size: Callable[[Any], int]) -> Any:
        """What is kept under a key; else make(), once even if several threads ask, then kept if its size in bytes has
        room. What `make` raises is raised for all that wait for it, and nothing is kept."""
        with self._lock:
            if key in self._things:
                self._things.move_to_end(key)
                return self._things[key][0]
            waiting = self._making.get(key)
            if waiting is None:
                self._making[key] = Future()
        if waiting is not None:
            return waiting.result()
        try:
            made = make()
            self._put(key, made, size(made))
        except BaseException as error:
            self._making.pop(key).set_exception(error)
            raise
        self._making.pop(key).set_result(made)
        return made

    def _put(self, key: Hashable, made: Any, size: int) -> None:
        if size > self.limit:
            return
        with self._lock:
            self._things[key] = made, size
            self.held += size
            while self.held > self.limit:
                _, (_, freed) = self._things.popitem(last=False)
                self.held -= freed
