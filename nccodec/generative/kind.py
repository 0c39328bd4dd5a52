"""The generative collage as a kind of map: see `codec.kinds.Room`."""

from pathlib import Path

from ..bitstream.container import Chunk, Header
from ..bitstream.frame import unframed
from ..collage.blend import blends
from ..collage.output import Request, View
from ..errors import LimitError
from . import packing
from .code import GenerativeCode
from .encoding import Encoder
from .iteration import Iteration
from .options import Options
from .packing import pack
from .reading import Reader
from .synthesis import synthesise
from .weights import Weights, matching, named

__all__ = [
    "Descent", "Encoder", "Iteration", "Reader", "align", "blends", "check", "contents", "model", "pack", "prepare",
    "synthesise", "unpack", "weights",
]  # fmt: skip


Descent = None  # a copy is one of eight that lie over each other: a camera cannot fall into one
align = None


def weights(header: Header, given: str | Path | Weights | None) -> Weights:
    """Those that the file names. WeightsError where they are missing."""
    return given if isinstance(given, Weights) else matching(header.fields.fingerprint, given)


def model(header: Header, weights: Weights) -> None:
    """None. FormatError where the header does not fit the weights."""
    weights.check(header)


def unpack(header: Header, chunks: list[Chunk], model: None, request: Request | None = None) -> GenerativeCode:
    """See `packing.unpack`. All is read, whatever the request."""
    return packing.unpack(header, chunks)


def contents(chunk: Chunk) -> bytes:
    """What a chunk holds."""
    return unframed(chunk.payload)


def check(view: View) -> None:
    """LimitError for what a generative collage does not have."""
    if not view.detail:
        raise LimitError("generative collages, as `nc sample` makes them, have no predicted detail to leave out")


def prepare(options: Options, device: str) -> None:
    """Load the network."""
    _ = named(options.weights).network
