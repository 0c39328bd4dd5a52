"""Where weights files are found, by name or fingerprint, and what can be known of one without its tensors. Only the
standard library is imported, so that `nc info` answers at once."""

import hashlib
import json
import os
import sys
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

SUFFIX = ".safetensors"
MAX_BYTES = 256 << 20
COLLAGE = "collage"  # the kind of map of weights that name none


def fingerprint_of(data: bytes) -> bytes:
    """What a `.ncl` names a weights file by: the first 8 bytes of its SHA-256."""
    return hashlib.sha256(data).digest()[:8]


def described(data: bytes) -> dict:
    """What a weights file, or the beginning of it, says of itself: "format", "architecture" and so on. Unchecked:
    ValueError, LookupError, TypeError or RecursionError where it is no such file."""
    length = int.from_bytes(data[:8], "little")
    return json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["nccodec"])


def user_folder() -> Path | None:
    """Where `nc weights add` keeps what the user made; None for a user without a home."""
    try:
        return _user_data() / "nccodec" / "weights"
    except RuntimeError:  # of Path.home
        return None


def _user_data() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")


def places() -> list[Path]:
    """Folders that are searched, in order: the package's, $NCCODEC_WEIGHTS, the user's."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "weights"  # in a wheel; beside the package in a clone
    found = [shipped if shipped.is_dir() else package.parent / "weights"]
    found += [Path(part) for part in os.environ.get("NCCODEC_WEIGHTS", "").split(os.pathsep) if part]
    own = user_folder()
    return [*found, own] if own else found


def searched() -> str:
    """Where weights were looked for, and what can be done where they are elsewhere."""
    return ", ".join(map(str, places())) + " (name their file with --weights, or copy it there with nc weights add)"


def installed() -> list[Path]:
    """All weights files in the folders that can be looked into, in order of search."""
    found = []
    for place in places():
        with suppress(OSError):
            found += sorted(Path(entry) for entry in os.scandir(place) if entry.name.endswith(SUFFIX))
    return found


def holding(fingerprint: bytes) -> Path | None:
    """The installed weights file of a fingerprint, the first if there are several."""
    for path in installed():
        try:
            stat = path.stat()
            if _fingerprint_in(path, stat.st_mtime_ns, stat.st_size) == fingerprint:
                return path
        except OSError:
            continue
    return None


@lru_cache(maxsize=64)
def _fingerprint_in(path: Path, _time: int, size: int) -> bytes:
    """That of a file as it was at that time, empty for one that is too large for weights."""
    return fingerprint_of(path.read_bytes()) if size <= MAX_BYTES else b""


def levels_in(path: Path) -> int:
    """How many quality levels a weights file was trained at; 0 where it does not say."""
    try:
        return len(_said_by(path)["architecture"]["lambdas"])
    except (LookupError, TypeError):
        return 0


def map_of(path: Path) -> str:
    """The kind of map that a weights file is for; COLLAGE where it does not say."""
    return _said_by(path).get("map", COLLAGE)


def _said_by(path: Path) -> dict:
    """See `described`; empty for what is no weights file."""
    try:
        with path.open("rb") as file:
            start = file.read(8)
            about = described(start + file.read(min(int.from_bytes(start, "little"), MAX_BYTES)))
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return {}
    return about if isinstance(about, dict) else {}
