"""Reading inputs and replacing outputs at once or not at all."""

import os
import stat
import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from ..errors import FormatError, LimitError, NclError, NclWarning
from . import stores
from .address import Address, Place
from .streams import pour

MAX_FILE = 2 << 30  # bytes of a .ncl
STREAM = Path("-")  # stdin or stdout
T = TypeVar("T")


def read_bytes(path: Place) -> bytes:
    """A whole `.ncl` or picture, from stdin if path is STREAM. NclError names what is wrong with the path."""
    name = "stdin" if path == STREAM else path
    try:
        if isinstance(path, Address):
            data = stores.read(path, MAX_FILE + 1)
        elif path == STREAM:
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


def is_streamed(path: Place) -> bool:
    """Whether a path is no file that can be opened again and again, so that `read_bytes` is the way to it."""
    return isinstance(path, Address) or path == STREAM or path.is_fifo()


def is_folder(path: Place) -> bool:
    """StoreError where it is a store's, and that does not answer."""
    return stores.is_folder(path) if isinstance(path, Address) else os.path.isdir(path)


def exists(path: Place) -> bool:
    """StoreError as for `is_folder`."""
    return stores.exists(path) if isinstance(path, Address) else path.exists()


def is_stdout(path: Place) -> bool:
    """Whether a path is STREAM or another name, such as /dev/stdout, of what stdout is."""
    if isinstance(path, Address):
        return False
    with suppress(OSError):
        return path == STREAM or os.path.samestat(path.stat(), os.fstat(1))
    return False


def check_output(source: Place, target: Place, force: bool, listing: stores.Listing | None = None) -> None:
    """Refuse what would overwrite: the source always, any other file without --force. LimitError also for what is
    neither a file nor a pipe or device that takes bytes as they come. listing: of folders of stores, if made."""
    if isinstance(target, Address):
        if target.is_http:
            raise LimitError(f"{target}: can only be read (-o or --output-dir says where to write)")
        if source == target:
            raise LimitError(f"{target}: is the source itself")
        if not force and (listing or stores.Listing()).exists(target):
            raise LimitError(f"{target}: exists already (-f overwrites it)")
        return
    try:
        found = target.stat()
    except FileNotFoundError:
        return
    if stat.S_ISDIR(found.st_mode):
        raise LimitError(f"{target}: is a folder")
    if not isinstance(source, Address) and source.exists() and target.samefile(source):
        raise LimitError(f"{target}: is the source itself")
    if is_stdout(target) or _takes_bytes(found):
        return
    if not stat.S_ISREG(found.st_mode):
        raise LimitError(f"{target}: is no file that could be written")
    if not force:
        raise LimitError(f"{target}: exists already (-f overwrites it)")


def _takes_bytes(found: os.stat_result) -> bool:
    return stat.S_ISFIFO(found.st_mode) or stat.S_ISCHR(found.st_mode)


def check_folder(target: Place) -> None:
    """Refuse an output in a folder that does not exist, which a user's own -o is not meant to make."""
    if isinstance(target, Address) or target == STREAM:
        return
    folder = Path(os.path.realpath(target)).parent if target.is_symlink() else target.parent
    if not folder.is_dir():
        raise LimitError(f"{folder}: no such folder")


def write(target: Place, content: bytes) -> None:
    """Write to stdout if target is STREAM or so, into a pipe or device as it is, to a store by one put, else to a
    temporary file beside `target` that is then renamed, in folders that are made if need be; on any failure no file is
    left, and what was there before is. Of a symbolic link the file that it leads to is replaced; a file keeps its mode.
    OSError names the target, as does StoreError."""
    if isinstance(target, Address):
        stores.write(target, content)
        return
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


def naming(path: Place, error: NclError) -> NclError:
    """The same error, its message led by the file unless it is already."""
    return type(error)(led(path, str(error)))


def naming_each(path: Place, things: Iterable[T]) -> Iterator[T]:
    """The things, one by one; an NclError of making one is led by the file."""
    try:
        yield from things
    except NclError as error:
        raise naming(path, error) from None


@contextmanager
def naming_warnings(path: Place) -> Iterator[None]:
    """Lead the warnings of what is done inside by the file."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", NclWarning)
        yield
    for note in caught:
        warnings.warn(led(path, str(note.message)), note.category, stacklevel=3)


def led(path: Place, message: str) -> str:
    """A message, led by the file unless it is already."""
    name = "stdin" if path == STREAM else str(path)
    return message if message.startswith(name) else f"{name}: {message}"
