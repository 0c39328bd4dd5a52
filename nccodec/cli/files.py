"""Reading inputs and replacing outputs at once or not at all."""

import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import FormatError, LimitError, NclError, NclWarning

MAX_FILE = 2 << 30  # bytes of a .ncl
STREAM = Path("-")  # stdin or stdout


def read_bytes(path: Path) -> bytes:
    """A whole `.ncl`, from stdin if path is STREAM. NclError names what is wrong with the path."""
    if path == STREAM:
        data = sys.stdin.buffer.read(MAX_FILE + 1)
        if len(data) > MAX_FILE:
            raise LimitError(f"stdin: over {MAX_FILE} bytes")
        return data
    try:
        if path.stat().st_size > MAX_FILE:
            raise LimitError(f"{path}: over {MAX_FILE} bytes")
        return path.read_bytes()
    except OSError as error:
        raise FormatError(f"{path}: {error.strerror}") from None


def check_output(source: Path, target: Path, force: bool) -> None:
    """Refuse what would overwrite: the source always, anything else without --force."""
    if target.exists():
        if target.is_dir():
            raise LimitError(f"{target}: is a folder")
        if source.exists() and target.samefile(source):
            raise LimitError(f"{target}: is the source itself")
        if not force:
            raise LimitError(f"{target}: exists already (-f overwrites it)")


def check_folder(target: Path) -> None:
    """Refuse an output in a folder that does not exist, which a user's own -o is not meant to make."""
    if target != STREAM and not target.parent.is_dir():
        raise LimitError(f"{target.parent}: no such folder")


def write(target: Path, content: bytes) -> None:
    """Write to stdout if target is STREAM, else to a temporary file beside `target` that is then renamed, in
    folders that are made if need be; on any failure no file is left, and what was there before is."""
    if target == STREAM:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".nc-", suffix=target.suffix, dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def naming(path: Path, error: NclError) -> NclError:
    """The same error, its message led by the file unless it is already."""
    return type(error)(led(path, str(error)))


@contextmanager
def naming_warnings(path: Path) -> Iterator[None]:
    """Lead the warnings of what is done inside by the file."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", NclWarning)
        yield
    for note in caught:
        warnings.warn(led(path, str(note.message)), note.category, stacklevel=3)


def led(path: Path, message: str) -> str:
    """A message, led by the file unless it is already."""
    name = "stdin" if path == STREAM else str(path)
    return message if message.startswith(name) else f"{name}: {message}"
