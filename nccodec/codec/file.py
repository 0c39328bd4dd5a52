"""A whole `.ncl`: a code of any kind, and what is held beside it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..bitstream import container
from ..bitstream.container import ALPHA, Header
from ..bitstream.extras import extra_chunks, read_extras
from ..bitstream.symbols import SymbolModel
from ..code import Extras
from .kinds import Code, Kind, numbered, of_code, read

if TYPE_CHECKING:
    from ..collage.output import Request


@dataclass(frozen=True, eq=False)
class File:
    """What a `.ncl` holds. weights, model: that it needs, if any, see `kinds.Room`."""

    kind: Kind
    header: Header
    code: Code
    extras: Extras
    weights: Any
    model: SymbolModel | None


def write_file(code: Code, packer: str = "range", model: SymbolModel | None = None, extras: Extras = Extras()) -> bytes:
    """The bytes of a `.ncl`. packer: "fixed", for which model may be None, or "range". LimitError for metadata beyond
    the format's limit."""
    kind = of_code(code)
    fields, chunks = kind.room().pack(code, packer, model)
    header = Header(kind.number, code.common(packer, extras.alpha is not None), fields)
    return container.write(header, chunks + extra_chunks(extras))


def read_file(data: bytes, weights: Any = None, request: "Request | None" = None) -> File:
    """Inverse of `write_file`, every field of the header verified. NclError for any fault.

    weights: name, path or what `File.weights` is, where the file's own are not installed. request: what is to be made
    of the code, if that need not be whole, see `kinds.Room`.
    """
    header, chunks = read(data)
    kind = numbered(header.kind)
    room = kind.room()
    found = room.weights(header, weights)
    model = room.model(header, found)
    code = room.unpack(header, [chunk for chunk in chunks if chunk.kind < ALPHA], model, request)
    return File(kind, header, code, read_extras(header.common, chunks), found, model)
