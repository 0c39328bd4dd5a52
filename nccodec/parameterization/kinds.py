"""The parameterizations that there are, by name. Nothing heavy is imported before one is used."""

from typing import TYPE_CHECKING

from ..errors import LimitError

if TYPE_CHECKING:
    from torch import Tensor

    from .parameters import Canvas, Parameterization

NAMES = ("pixels", "fourier", "cppn", "collage", "whole")
STARTING = ("pixels", "fourier", "collage")  # those that can start from a picture


def make(name: str, canvas: "Canvas", start: "Tensor | None" = None, quality: float = 75) -> "Parameterization":
    """name: of NAMES; LimitError for others. start: [3, height, width], 0 .. 1, where it is of STARTING, else random.
    quality: of the file that is to be."""
    if name == "pixels":
        from .pixels import Pixels

        return Pixels(canvas, start)
    if name == "fourier":
        from .fourier import Fourier

        return Fourier(canvas, start)
    if name == "cppn":
        from .cppn import Cppn

        return Cppn(canvas, start)
    if name == "collage":
        from .collage import Collage

        return Collage(canvas, start, quality)
    if name == "whole":
        from .whole import Whole

        return Whole(canvas, start)
    raise LimitError(f"parameterization {name!r} is none of {', '.join(NAMES)}")
