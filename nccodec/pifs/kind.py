"""The partitioned map as a kind of map: see `codec.kinds.Room`."""

from ..bitstream.container import Chunk, Header
from ..bitstream.frame import unframed
from ..bitstream.symbols import SymbolModel
from ..collage.blend import blends
from ..collage.output import Request, View
from ..errors import LimitError
from . import packing, synthesis
from .code import PartitionCode
from .encoding import Encoder
from .iteration import Iteration
from .options import Options
from .packing import pack
from .reading import Reader

__all__ = [
    "Descent", "Encoder", "Iteration", "Reader", "align", "blends", "check", "contents", "model", "pack", "prepare",
    "synthesise", "unpack", "weights",
]  # fmt: skip


Descent = None  # nothing in such a picture is a copy of all of it, to fall into
align = None


def weights(header: Header, given: object) -> None:
    """None: such a file names no weights, so that there is nothing to look for in what is given."""


def model(header: Header, weights: None) -> None:
    """None: the file has its own tables."""


def unpack(
    header: Header, chunks: list[Chunk], model: SymbolModel | None, request: Request | None = None
) -> PartitionCode:
    """See `packing.unpack`. All is read, whatever the request: a range's domain may be anywhere."""
    return packing.unpack(header, chunks)


def contents(chunk: Chunk) -> bytes:
    """What a chunk holds."""
    return unframed(chunk.payload)


def check(view: View) -> None:
    """LimitError for what a partitioned map does not have."""
    if not view.detail:
        raise LimitError("partitioned maps, as `nc pifs` makes them, have no predicted detail to leave out")


def synthesise(code: PartitionCode, weights: None, request: Request, device: str = "cpu"):
    """See `synthesis.synthesise`."""
    return synthesis.synthesise(code, request, device)


def prepare(options: Options, device: str) -> None:
    """Nothing is loaded."""
