"""stdin, stdout and stderr as they may be, closed or of an encoding that does not hold a name, and lines that are safe
to show on a terminal."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# What a terminal obeys: control characters, ends of lines, and marks that turn the direction of writing.
_OBEYED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def prepare() -> None:
    """Let text that stdout's encoding does not hold be escaped there, and a closed stream refuse what is asked of it;
    stderr, closed, takes what it is told."""
    streams = {"stdin": (os.O_WRONLY, "r"), "stdout": (os.O_RDONLY, "w"), "stderr": (os.O_WRONLY, "w")}
    for number, (name, (flags, mode)) in enumerate(streams.items()):
        if getattr(sys, name) is None:
            # Its number is taken, or the next file to be opened would have it, and be what others take for the stream.
            os.dup2(os.open(os.devnull, flags), number)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
    sys.stdout.reconfigure(errors="backslashreplace")


def plain(text: object) -> str:
    """Text in one line, what a terminal would obey as escapes: names of files and what they hold are not ours."""
    return _OBEYED.sub(lambda found: found[0].encode("unicode_escape").decode(), str(text))


def say(line: object) -> None:
    """A line on stderr."""
    print(plain(line), file=sys.stderr)


def tell(text: object) -> None:
    """Text on stdout, which is what was asked for. OSError, which names stdout, where it does not take it."""
    with _stdout():
        print(text, flush=True)


def pour(content: bytes) -> None:
    """Bytes on stdout; see `tell`."""
    with _stdout():
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()


@contextmanager
def _stdout() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or the interpreter would try again at its end
        raise OSError(error.errno, error.strerror, "stdout") from None
