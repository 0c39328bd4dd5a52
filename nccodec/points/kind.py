"""The set of points as a kind of map: see `codec.kinds.Room`."""

from collections.abc import Callable

from ..bitstream.container import Header
from ..collage.blend import blends
from ..collage.output import Request, View
from ..errors import LimitError
from .code import PointsCode
from .options import Options
from .packing import contents, pack, unpack
from .reading import Reader
from .synthesis import synthesise

__all__ = [
    "Descent", "Encoder", "Iteration", "Reader", "align", "blends", "check", "contents", "model", "pack", "prepare",
    "synthesise", "unpack", "weights",
]  # fmt: skip

Descent = align = None


def weights(header: Header, given: object) -> None:
    """It names none."""


def model(header: Header, weights: None) -> None:
    """It needs none."""


def check(view: View) -> None:
    """LimitError for what a set of points does not have."""
    for asked, what in (
        (view.smooth, "blocks to smooth"),
        (not view.detail, "predicted detail to leave out"),
        (not view.self_reference, "parts but its self-reference"),
    ):
        if asked:
            raise LimitError(f"sets of points, as `nc points` makes them, have no {what}")


def Iteration(code: PointsCode, weights: None, request: Request, device: str) -> None:
    """LimitError: its map is one of sets, not of pictures."""
    raise LimitError("sets of points, as `nc points` makes them, have no steps to show")


def prepare(options: Options, device: str) -> None:
    """There is nothing to load."""


def Encoder(picture: object, options: Options, device: str, progress: Callable[[float], None]) -> None:
    """LimitError: a picture is no set of points."""
    raise LimitError("pictures are not encoded as sets of points; `nc points fit` takes a drawing as a cloud of them")
