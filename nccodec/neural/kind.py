"""The collage as a kind of map: see `codec.kinds.Room`."""

from pathlib import Path

from ..arrays import GRADIENTS
from ..bitstream.container import Chunk, Header
from ..bitstream.frame import unframed
from ..bitstream.symbols import SymbolModel
from ..collage.blend import blends
from ..collage.output import Request, View
from ..errors import LimitError
from . import packing
from .code import CollageCode
from .encoding import Encoder
from .iteration import Iteration
from .options import Options
from .packing import pack
from .reading import Reader
from .synthesis import neighbourhood, synthesise
from .weights import Weights, matching, named

__all__ = [
    "Descent", "Encoder", "Iteration", "Reader", "align", "blends", "check", "contents", "model", "pack", "prepare",
    "synthesise", "unpack", "weights",
]  # fmt: skip


Descent = None  # nothing in such a picture is a copy of all of it, to fall into
align = None


def weights(header: Header, given: str | Path | Weights | None) -> Weights:
    """Those that the file names. WeightsError where they are missing."""
    return given if isinstance(given, Weights) else matching(header.fields.fingerprint, given)


def model(header: Header, weights: Weights) -> SymbolModel:
    """The prior at the file's level. FormatError where the header does not fit the weights."""
    return weights.symbol_model(header)


def unpack(
    header: Header, chunks: list[Chunk], model: SymbolModel | None, request: Request | None = None
) -> CollageCode:
    """See `packing.unpack`; for a crop only the tiles that it needs."""
    needed = None
    if request is not None and request.cropped:
        common, referring = header.common, header.fields.nonzero_scales > 0
        _, needed = neighbourhood(common.grid, common.side, request, request.rows, request.columns, referring)
    return packing.unpack(header, chunks, model, needed)


def contents(chunk: Chunk) -> bytes:
    """What a chunk holds."""
    return unframed(chunk.payload)


def check(view: View) -> None:
    """LimitError for what a collage does not have."""
    if view.smooth:
        raise LimitError("smoothing is for partitioned maps and generative collages")


def prepare(options: Options, device: str) -> None:
    """Load the networks, and torch if it will be needed."""
    named(options.weights).model(GRADIENTS if options.gradients and device == "cpu" else device)
    if options.gradients:
        from . import refining  # noqa: F401
