"""Functions that are compiled for this machine: loops that no vectors can do, as each step waits for the last.

What is compiled is kept beside the package, or in the user's cache, where either can be written to.
"""

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path

from numba import njit
from numba.core import event


class _Log(event.Listener):
    """Logs once in the process that loops are compiled; those that were kept are not."""

    told = False

    def on_start(self, event: event.Event) -> None:
        if not self.told:
            self.told = True
            logging.getLogger(__name__).info("compiling loops for this machine: some 15 s, this time")

    def on_end(self, event: event.Event) -> None:
        pass


_LOG = _Log()
event.register("numba:compile", _LOG)


def compiler(room: Path) -> Callable[[Callable], Callable]:
    """What compiles functions of a room, a folder, each at its first call. All that decoding calls works on integers
    and arrays of integers alone, so that it gives the same on every machine; what only encoders call may have real
    numbers."""
    # A kept function is looked up by its name, and made anew if its own file has changed, but not if what it calls has:
    # so that the name has to tell of all the room.
    sources = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(room.glob("*.py")))).hexdigest()

    def compiled(function: Callable) -> Callable:
        function.__qualname__ += f"_{sources[:16]}"
        try:
            return njit(cache=True, nogil=True)(function)
        except RuntimeError:  # no folder can be written to: compiled anew in each process
            return njit(nogil=True)(function)

    return compiled
