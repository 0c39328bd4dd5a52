"""What Pillow and libtiff say of a file that they read, which would go to stderr without the file's name."""

import ctypes
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PIL import Image

_LENGTH = 500  # bytes of a message of libtiff
_HANDLER = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)


@contextmanager
def collected() -> Iterator[list[str]]:
    """A list of what is said within, each message once, a line each."""
    said: list[str] = []

    def say(message: object) -> None:
        line = " ".join(str(message).split())
        if line not in said:
            said.append(line)

    with warnings.catch_warnings(record=True) as caught, _of_logging(say), _of_libtiff(say):
        warnings.simplefilter("always")
        yield said
        for note in caught:
            if note.category is UserWarning:  # and not of deprecation, or of sizes, for which there is a limit here
                say(note.message)


@contextmanager
def _of_logging(say: Callable[[object], None]) -> Iterator[None]:
    handler, logger = logging.Handler(logging.WARNING), logging.getLogger("PIL")
    handler.emit = lambda record: say(record.getMessage())
    propagate, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate


@contextmanager
def _of_libtiff(say: Callable[[object], None]) -> Iterator[None]:
    """Errors, of which many leave a picture that is damaged in part. Warnings are off in Pillow."""
    try:
        change, write = ctypes.CDLL(Image.core.__file__).TIFFSetErrorHandler, ctypes.CDLL(None).vsnprintf
    except (OSError, AttributeError, TypeError):  # where the library does not show its names
        yield
        return
    change.argtypes, change.restype = [ctypes.c_void_p], ctypes.c_void_p
    write.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_void_p]

    def handle(module: bytes | None, form: bytes, arguments: int) -> None:
        text = ctypes.create_string_buffer(_LENGTH)
        write(text, _LENGTH, form, arguments)
        say(b": ".join(filter(None, (module, text.value))).decode("utf-8", "replace"))

    handler = _HANDLER(handle)
    before = change(ctypes.cast(handler, ctypes.c_void_p))
    try:
        yield
    finally:
        change(before)
