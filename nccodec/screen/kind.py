"""The screen map as a kind of map: see `codec.kinds.Room`."""

from pathlib import Path
from typing import NoReturn

from ..bitstream.container import Chunk, Header
from ..collage.blend import blends
from ..collage.output import Request, View
from ..errors import LimitError
from ..neural.weights import Weights, matching, named
from . import packing
from .code import ScreenCode
from .encoding import Encoder
from .options import Options
from .packing import contents, pack
from .reading import Reader
from .synthesis import synthesise

__all__ = [
    "Descent", "Encoder", "Iteration", "Reader", "align", "blends", "check", "contents", "model", "pack", "prepare",
    "synthesise", "unpack", "weights",
]  # fmt: skip


Descent = None  # nothing in such a picture is a copy of all of it, to fall into
align = None


def weights(header: Header, given: str | Path | Weights | None) -> Weights | None:
    """Those of its collages; None if it has none. WeightsError where they are missing."""
    if not header.fields.collage:
        return None
    return given if isinstance(given, Weights) else matching(header.fields.fingerprint, given)


def model(header: Header, weights: Weights | None) -> Weights | None:
    """The weights: each collage has its own level."""
    return weights


def unpack(header: Header, chunks: list[Chunk], model: Weights | None, request: Request | None = None) -> ScreenCode:
    """See `packing.unpack`. All is read, whatever the request: each pixel's code depends on those before it."""
    return packing.unpack(header, chunks, model)


def check(view: View) -> None:
    """LimitError for what a screen map does not have."""
    if view.smooth:
        raise LimitError("smoothing is for partitioned maps and generative collages")


def Iteration(code: ScreenCode, weights: Weights | None, request: Request, device: str = "cpu") -> NoReturn:
    """LimitError: there is no start that a screen map could be iterated from."""
    raise LimitError("screen maps are not iterated: pixels are copies of others that come before them, or none")


def prepare(options: Options, device: str) -> None:
    """Load the networks."""
    if not options.lossless:
        named(options.weights).model(device)
