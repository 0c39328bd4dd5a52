"""Stores beyond this machine's disk, as fsspec opens them: objects of S3 and the like, and what HTTP serves.

Every error is a StoreError that names the address and the cause.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import NclError, StoreError
from .address import Address

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

# Of these a put is there whole or not at all, in one request; to others it may come in parts.
_BUCKETS = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss"})
_PUT_WHOLE = _BUCKETS | {"memory"}
_EXTRA = frozenset({"s3", "s3a", "http", "https"})  # what the extra "remote" opens


def read(address: Address, most: int) -> bytes:
    """The first `most` bytes of what an address holds, in one request where the store gives parts."""
    with _opened(address) as (store, path):
        try:
            return store.cat_file(path, start=0, end=most)
        except OSError as error:
            if error.errno == errno.EINVAL and store.size(path) == 0:  # S3 has no part of what is empty
                return b""
            raise


def write(address: Address, content: bytes) -> None:
    """Put all of it there, in place of what there was; on any failure nothing, as far as the store can."""
    with _opened(address) as (store, path):
        if address.scheme in _PUT_WHOLE:
            store.pipe_file(path, content)
            return
        store.makedirs(store._parent(path), exist_ok=True)
        with store.transaction, store.open(path, "wb") as file:
            file.write(content)


def exists(address: Address) -> bool:
    """Whether there is a file, as the store says. StoreError where there is a folder."""
    with _opened(address) as (store, path):
        try:
            kind = store.info(path)["type"]
        except FileNotFoundError:
            return False
        if kind == "directory":
            raise IsADirectoryError("is a folder")
        return True


def is_folder(address: Address) -> bool:
    """Whether there is anything below an address; of HTTP, which has no folders, whether it ends like one."""
    if address.is_http:
        return address.url.endswith("/")
    with _opened(address) as (store, path):
        found = store.isdir(path)
        if not found and address.scheme in _BUCKETS and "/" not in path:
            raise FileNotFoundError("no such bucket")
        return found


def find(folder: Address) -> list[Address]:
    """Every file below a folder, in the order of their names."""
    with _opened(folder) as (store, path):
        root = path.rstrip("/") + "/"
        return sorted(folder / name.removeprefix(root) for name in store.find(path) if not name.endswith("/"))


class Listing:
    """What a folder of a store holds, asked for once, as a request for each of very many files takes long."""

    def __init__(self, folder: Address | None = None) -> None:
        self._folder = folder
        self._held = frozenset() if folder is None else frozenset(find(folder))

    def exists(self, address: Address) -> bool:
        """As it was; outside the folder the store is asked."""
        if self._folder is not None and self._folder.holds(address):
            return address in self._held
        return exists(address)


@contextmanager
def _opened(address: Address) -> Iterator[tuple["AbstractFileSystem", str]]:
    """The store of an address, and its path there."""
    try:
        from fsspec.core import url_to_fs

        yield url_to_fs(address.url)
    except NclError:
        raise
    except ImportError as error:
        helped = address.scheme in _EXTRA or (error.name or "") == "fsspec"
        raise StoreError(f"{address}: {'pip install ' + repr('nccodec[remote]') if helped else error}") from None
    except FileNotFoundError as error:
        told = str(error).strip("'\"")
        known = told and not address.url.endswith(told.strip("/"))
        raise StoreError(f"{address}: {told if known else 'no such file'}") from None
    except Exception as error:  # stores have no error in common, and some raise those of their transport
        cause = getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
        raise StoreError(f"{address}: {cause}") from None
