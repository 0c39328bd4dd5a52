"""The files that are served, by the identifiers in addresses, and nothing else."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from ..errors import LimitError, NclError

SUFFIX = ".ncl"
MAX_FILE = 2 << 30  # bytes
MAX_LISTED = 10_000  # files


class NotServed(Exception):
    """An identifier of nothing that is served."""


class Unreadable(NclError):
    """A file that cannot be read now, and perhaps can later."""


@dataclass(frozen=True)
class Entry:
    """One file. name: its identifier, before percent-encoding. path: after links. version: changes with the file.
    modified: seconds since the epoch. size: bytes."""

    name: str
    path: str
    version: tuple[int, int, int]
    modified: float
    size: int

    def read(self) -> bytes:
        """Its bytes. LimitError for more than MAX_FILE; Unreadable where they cannot be had, and where something else
        has taken the file's place since it was found."""
        if self.size > MAX_FILE:
            raise LimitError(f"{self.name}: over {MAX_FILE} bytes")
        try:
            with open(self.path, "rb", opener=_opened) as file:
                if _version(os.fstat(file.fileno())) == self.version:
                    return file.read(self.size)
        except OSError as error:
            raise Unreadable(f"{self.name}: {error.strerror}") from None
        raise Unreadable(f"{self.name}: it changes while it is read")


class Library:
    """Files and folders. A file's identifier is its name, one in a folder is named by its path from there; where
    several paths are served, led by the name of the folder, which is made unique by a number."""

    def __init__(self, paths: list[Path]) -> None:
        """NclError for a path that is not there, or is a file of another kind."""
        self._roots: dict[str, Path] = {}
        for path in paths:
            if not path.exists():
                raise NclError(f"{path}: no such file or folder")
            if not path.is_dir() and path.suffix.lower() != SUFFIX:
                raise NclError(f"{path}: not a folder, nor the name of a {SUFFIX}")
            name = path.resolve().name if path.is_dir() else path.name
            if path.is_dir() and len(paths) == 1:
                name = ""
            self._roots[self._unique(name)] = path.resolve()

    def _unique(self, name: str) -> str:
        number, unique = 1, name
        while unique in self._roots:
            number += 1
            stem, dot, suffix = name.rpartition(".")
            unique = f"{stem}-{number}{dot}{suffix}" if dot and suffix == SUFFIX[1:] else f"{name}-{number}"
        return unique

    def find(self, name: str) -> Entry:
        """The file of an identifier, percent-decoded once. NotServed for any other name: of what is not a regular file
        under the paths served once links are followed, or does not end in SUFFIX."""
        parts = name.split("/")
        plain = all(part and part not in (".", "..") and not set(part) & set("\0\\") for part in parts)
        text = not any("\ud800" <= character <= "\udfff" for character in name)  # no address can hold others
        if not plain or not text or os.path.splitdrive(name)[0] or not name.lower().endswith(SUFFIX):
            raise NotServed(name)
        for root, path in self._roots.items():
            inside = parts
            if root:
                if parts[0] != root:
                    continue
                inside = parts[1:]
            if bool(inside) != path.is_dir():
                continue
            return self._entry(name, path, path.joinpath(*inside))
        raise NotServed(name)

    def _entry(self, name: str, root: Path, path: Path) -> Entry:
        try:
            real = Path(os.path.realpath(path, strict=True))
            found = real.stat()
        except (OSError, ValueError):
            raise NotServed(name) from None
        if not stat.S_ISREG(found.st_mode) or not real.is_relative_to(root):
            raise NotServed(name)
        return Entry(name, str(real), _version(found), found.st_mtime, found.st_size)

    def entries(self) -> list[Entry]:
        """All files, at most MAX_LISTED, in the order of their names."""
        found: list[Entry] = []
        for root, path in self._roots.items():
            for name in [root] if path.is_file() else self._inside(root, path):
                try:
                    found.append(self.find(name))
                except NotServed:
                    continue  # a link to somewhere else, a name that is not text, or gone meanwhile
                if len(found) == MAX_LISTED:
                    return sorted(found, key=lambda entry: entry.name)
        return sorted(found, key=lambda entry: entry.name)

    def _inside(self, root: str, path: Path):
        for parent, folders, names in os.walk(path):
            folders.sort()
            for name in sorted(names):
                if name.lower().endswith(SUFFIX):
                    inside = Path(parent, name).relative_to(path).as_posix()
                    yield f"{root}/{inside}" if root else inside


def _opened(path: str, flags: int) -> int:
    """Never a link or a pipe that was put there meanwhile, where the system can tell."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _version(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_mtime_ns, found.st_size, found.st_ino
