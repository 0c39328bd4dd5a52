"""Reading inputs and replacing outputs at once or not at all."""

import os
import stat
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import FormatError, LimitError, NclError, NclWarning
from .streams import pour

MAX_FILE = 2 << 30  # bytes of a .ncl
STREAM = Path("-")  # stdin or stdout


def read_bytes(path: Path) -> bytes:
    """A whole `.ncl` or picture, from stdin if path is STREAM. NclError names what is wrong with the path."""
    name = "stdin" if path == STREAM else path
    try:
        if path == STREAM:
            data = sys.stdin.buffer.read(MAX_FILE + 1)
        elif path.is_fifo():
            with path.open("rb") as file:
                data = file.read(MAX_FILE + 1)
        else:
            data = path.read_bytes() if path.stat().st_size <= MAX_FILE else None
    except OSError as error:
        raise FormatError(f"{name}: {error.strerror}") from None
    if data is None or len(data) > MAX_FILE:
        raise LimitError(f"{name}: over {MAX_FILE} bytes")
    return data


def is_stdout(path: Path) -> bool:
    """Whether a path is STREAM or another name, such as /dev/stdout, of what stdout is."""
    with suppress(OSError):
        return path == STREAM or os.path.samestat(path.stat(), os.fstat(1))
    return False


def check_output(source: Path, target: Path, force: bool) -> None:
    """Refuse what would overwrite: the source always, any other file without --force. LimitError also for what is
    neither a file nor a pipe or device that takes bytes as they come."""
    try:
        found = target.stat()
    except FileNotFoundError:
        return
    if stat.S_ISDIR(found.st_mode):
        raise LimitError(f"{target}: is a folder")
    if source.exists() and target.samefile(source):
        raise LimitError(f"{target}: is the source itself")
    if is_stdout(target) or _takes_bytes(found):
        return
    if not stat.S_ISREG(found.st_mode):
        raise LimitError(f"{target}: is no file that could be written")
    if not force:
        raise LimitError(f"{target}: exists already (-f overwrites it)")


def _takes_bytes(found: os.stat_result) -> bool:
    return stat.S_ISFIFO(found.st_mode) or stat.S_ISCHR(found.st_mode)


def check_folder(target: Path) -> None:
    """Refuse an output in a folder that does not exist, which a user's own -o is not meant to make."""
    if target != STREAM and not target.parent.is_dir():
        raise LimitError(f"{target.parent}: no such folder")


def write(target: Path, content: bytes) -> None:
    """Write to stdout if target is STREAM or so, into a pipe or device as it is, else to a temporary file beside
    `target` that is then renamed, in folders that are made if need be; on any failure no file is left, and what was
    there before is. Of a symbolic link the file that it leads to is replaced; a file keeps its mode. OSError names the
    target."""
    if is_stdout(target):
        pour(content)
        return
    try:
        _write(target, content)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from None


def _write(target: Path, content: bytes) -> None:
    """See write; to a path alone."""
    found = target.stat() if target.exists() else None
    if found and _takes_bytes(found):
        target.write_bytes(content)
        return
    target = Path(os.path.realpath(target))
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".nc-", suffix=target.suffix, dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(stat.S_IMODE(found.st_mode) if found else 0o666 & ~mask)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def bytes_beside(count: int, source: int) -> str:
    """How large a file of `count` bytes is, beside its source of `source` bytes; 0 for a device, which has no size."""
    return f"{count} bytes" + (f" ({100 * count / source:.1f} % of the source)" if source else "")


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
