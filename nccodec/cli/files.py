"""Reading inputs and replacing outputs at once or not at all."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from ..errors import FormatError, LimitError, NclError

MAX_FILE = 2 << 30  # bytes of a .ncl


def read_bytes(path: Path) -> bytes:
    """A whole `.ncl`. NclError names what is wrong with the path."""
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
        if target.samefile(source):
            raise LimitError(f"{target}: is the source itself")
        if not force:
            raise LimitError(f"{target}: exists already (-f overwrites it)")
    elif not target.parent.is_dir():
        raise LimitError(f"{target.parent}: no such folder")


def replace(target: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file beside `target`, then rename it; on any failure remove it."""
    handle, name = tempfile.mkstemp(prefix=".nc-", suffix=target.suffix, dir=target.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def naming(path: Path, error: NclError) -> NclError:
    """The same error, its message led by the file unless it is already."""
    text = str(error)
    return type(error)(text if text.startswith(str(path)) else f"{path}: {text}")
