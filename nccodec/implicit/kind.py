"""The implicit network as a kind of map: see `codec.kinds.Room`."""

from ..bitstream.container import Chunk, Header
from ..bitstream.frame import unframed
from ..collage.output import Request, View
from ..errors import LimitError
from . import packing, synthesis
from .code import ImplicitCode
from .encoding import Encoder
from .iteration import Iteration, blends
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
    """None: such a file is its own network, so that there is nothing to look for in what is given."""


def model(header: Header, weights: None) -> None:
    """None: the file has its own tables."""


def unpack(header: Header, chunks: list[Chunk], model: None, request: Request | None = None) -> ImplicitCode:
    """See `packing.unpack`. All is read, whatever the request: every sample is made of all of it."""
    return packing.unpack(header, chunks)


def contents(chunk: Chunk) -> bytes:
    """What a chunk holds."""
    return unframed(chunk.payload)


def check(view: View) -> None:
    """LimitError for what an implicit network does not have."""
    if view.smooth:
        raise LimitError("smoothing is for partitioned maps and generative collages")
    if not view.detail:
        raise LimitError("implicit networks, as `nc implicit` makes them, have no predicted detail to leave out")


def synthesise(code: ImplicitCode, weights: None, request: Request, device: str = "cpu"):
    """See `synthesis.synthesise`."""
    return synthesis.synthesise(code, request, device)


def prepare(options: Options, device: str) -> None:
    """Load torch, which fits."""
    import torch  # noqa: F401
