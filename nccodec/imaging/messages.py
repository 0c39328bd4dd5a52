"""What Pillow and libtiff say of a file that they read, which would go to stderr without the file's name."""

import ctypes
import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from PIL import Image

_LENGTH = 500  # bytes of a message of libtiff
_HANDLER = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)
_listening = threading.local()
_kept: list = []


@contextmanager
def collected() -> Iterator[list[str]]:
    """A list of what is said within, each message once, a line each."""
    said: list[str] = []

    def say(message: object) -> None:
        line = " ".join(str(message).split())
        if line not in said:
            said.append(line)

    _install()
    before, _listening.say = getattr(_listening, "say", None), say
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield said
    finally:
        _listening.say = before
    for note in caught:
        if note.category is UserWarning:  # and not of deprecation, or of sizes, for which there is a limit here
            say(note.message)


@cache
def _install() -> None:
    """Once and for good, as pictures are read in several threads: what is said in one that listens goes there."""
    handler = _Listener(logging.WARNING)
    logging.getLogger("PIL").addHandler(handler)
    try:
        change, write = ctypes.CDLL(Image.core.__file__).TIFFSetErrorHandler, ctypes.CDLL(None).vsnprintf
    except (OSError, AttributeError, TypeError):  # where the library does not show its names
        return
    change.argtypes, change.restype = [ctypes.c_void_p], ctypes.c_void_p
    write.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_void_p]

    def handle(module: bytes | None, form: bytes, arguments: int) -> None:
        if say := getattr(_listening, "say", None):
            text = ctypes.create_string_buffer(_LENGTH)
            write(text, _LENGTH, form, arguments)
            say(b": ".join(filter(None, (module, text.value))).decode("utf-8", "replace"))
        elif before:
            _HANDLER(before)(module, form, arguments)

    _kept.append(_HANDLER(handle))  # as long as libtiff may call it
    before = change(ctypes.cast(_kept[0], ctypes.c_void_p))


class _Listener(logging.Handler):
    """What Pillow logs."""

    def emit(self, record: logging.LogRecord) -> None:
        if say := getattr(_listening, "say", None):
            say(record.getMessage())
