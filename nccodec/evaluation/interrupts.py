"""Ctrl-C where several processes work: it reaches all of them at once, and who started the others is to answer."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

_MASKS = hasattr(signal, "pthread_sigmask")  # not on Windows
_came = False


@contextmanager
def held() -> Iterator[None]:
    """Ctrl-C waits until this is over, and in processes that are started meanwhile until `only_note`, so that it ends
    none with a traceback while it imports."""
    if not _MASKS:
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def only_note() -> None:
    """In a process that was started: from now on Ctrl-C, also one that waits, interrupts only what is `heard`."""
    signal.signal(signal.SIGINT, _note)
    if _MASKS:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


@contextmanager
def heard() -> Iterator[None]:
    """A part of such a process's work. KeyboardInterrupt at Ctrl-C, and where it came before."""
    global _came
    if _came:
        raise KeyboardInterrupt
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        _came = True
        raise
    finally:
        signal.signal(signal.SIGINT, _note)


def _note(*_: object) -> None:
    global _came
    _came = True
