"""Names of what is read and written: paths on this machine, and addresses of what a store holds."""

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import Protocol
from urllib.parse import urlsplit

import typer

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)


class Place(Protocol):
    """What commands ask of a name: a `Path`, or an `Address`."""

    @property
    def name(self) -> str: ...

    @property
    def stem(self) -> str: ...

    @property
    def suffix(self) -> str: ...

    def with_name(self, name: str) -> "Place": ...

    def with_suffix(self, suffix: str) -> "Place": ...

    def __truediv__(self, relative: str | PurePath) -> "Place": ...


@dataclass(frozen=True, order=True)
class Address:
    """What fsspec opens, such as s3://bucket/folder/name.png. A `Path` would make one slash of two.

    url: with its scheme; what is beyond that is the store's, and is kept as it is.
    """

    url: str

    def __str__(self) -> str:
        return self.url

    @property
    def scheme(self) -> str:
        return self.url.partition("://")[0].lower()

    @property
    def is_http(self) -> bool:
        """Whether it can only be read, and may end in a query."""
        return self.scheme in ("http", "https")

    @property
    def name(self) -> str:
        return self._split()[1]

    @property
    def stem(self) -> str:
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.name).suffix

    def with_name(self, name: str) -> "Address":
        return Address(self._split()[0] + name)

    def with_suffix(self, suffix: str) -> "Address":
        return self.with_name(PurePosixPath(self.name).with_suffix(suffix).name)

    def __truediv__(self, relative: str | PurePath) -> "Address":
        tail = relative.as_posix() if isinstance(relative, PurePath) else relative
        return Address(f"{self._folder()}{tail}")

    def holds(self, other: "Address") -> bool:
        """Whether the other is inside this folder."""
        return other.url.startswith(self._folder())

    def relative(self, other: "Address") -> str:
        """The rest of an address inside this folder, as the store has it: with "..", say, or empty names."""
        return other.url.removeprefix(self._folder())

    def _folder(self) -> str:
        return self.url if self.url.endswith("/") else self.url + "/"

    def _split(self) -> tuple[str, str]:
        url = re.sub("[?#].*", "", self.url) if self.is_http else self.url
        head, slash, name = url.rstrip("/").rpartition("/")
        return head + slash, name


def place(text: str) -> Place:
    """What an argument names. BadParameter for an address without anything behind its scheme."""
    match = _SCHEME.match(text)
    if not match:
        return Path(text)
    if match[1].lower() == "file":
        from urllib.request import url2pathname  # which brings all of http along: a tenth of the start of a command

        return Path(url2pathname(urlsplit(text).path))
    if not text[match.end() :].strip("/"):
        raise typer.BadParameter(f"{text} names nothing in a store")
    return Address(text)


def output_place(text: str) -> Place:
    """What an option for an output names. BadParameter for a folder, as its last slash says."""
    if text.endswith(("/", os.sep)):
        raise typer.BadParameter(f"{text} names a folder; --output-dir is for that")
    return place(text)
