"""The whole-image map as a kind of map: see `codec.kinds.Room`."""

from pathlib import Path

from ..bitstream.container import Chunk, Header
from ..collage.blend import blends
from ..collage.output import Request, View
from ..errors import LimitError
from ..neural.weights import Weights, matching, named
from . import packing
from .code import WholeCode
from .descent import Descent
from .encoding import Encoder
from .iteration import Iteration
from .options import Options
from .packing import contents, pack
from .reading import Reader
from .synthesis import synthesise

__all__ = [
    "Descent", "Encoder", "Iteration", "Reader", "align", "blends", "check", "contents", "model", "pack", "prepare",
    "synthesise", "unpack", "weights",
]  # fmt: skip


def weights(header: Header, given: str | Path | Weights | None) -> Weights | None:
    """Those of its style; None if it has none. WeightsError where they are missing."""
    if not header.fields.styled:
        return None
    return given if isinstance(given, Weights) else matching(header.fields.fingerprint, given)


def model(header: Header, weights: Weights | None) -> Weights | None:
    """The weights."""
    return weights


def unpack(header: Header, chunks: list[Chunk], model: Weights | None, request: Request | None = None) -> WholeCode:
    """See `packing.unpack`. All is read, whatever the request: every range shows all of the domain."""
    return packing.unpack(header, chunks, model)


def check(view: View) -> None:
    """LimitError for what a whole-image map does not have."""
    if view.smooth:
        raise LimitError("smoothing is for partitioned maps and generative collages")
    if not view.detail:
        raise LimitError("whole-image maps, as `nc fractalize` makes them, have no predicted detail to leave out")


def align(code: WholeCode, other: WholeCode) -> WholeCode:
    """See `WholeCode.aligned`. LimitError where they have not as many ranges."""
    if code.ranges != other.ranges:
        raise LimitError(f"{code.ranges} and {other.ranges} ranges to a side cannot be aligned")
    return code.aligned(other)


def prepare(options: Options, device: str) -> None:
    """Load the networks, if there is a style."""
    if options.style is not None:
        named(options.weights).model(device)
