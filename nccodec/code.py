"""What all kinds of maps share. Imported by every other room, and imports nothing that takes time."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np

MAX_PIXELS = 178_956_970  # of a picture, and of what is decoded


@dataclass(frozen=True, eq=False)
class Extras:
    """What a file holds beside the map: nothing of it is changed by encoding.

    alpha: uint8 [height, width], 0 transparent to 255 opaque; None if all is opaque. icc, exif, xmp: metadata,
    as Pillow reads and writes them.
    """

    alpha: "np.ndarray | None" = None
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None

    @property
    def metadata(self) -> dict[str, bytes | None]:
        """By kind."""
        return {"icc": self.icc, "exif": self.exif, "xmp": self.xmp}


def level_of(quality: float, top: int) -> int:
    """The level, 0 .. top, of a quality, 0 .. 100."""
    return round(quality / 100 * top)


def quality_of(level: int, top: int) -> float | None:
    """The roundest quality that gives a level, to two decimals at most; None where there is no such level."""
    if not 0 <= level <= top or top == 0:
        return None
    rounded = (round(100 * level / top, digits) for digits in range(3))
    return next((quality for quality in rounded if level_of(quality, top) == level), 100 * level / top)


class Keep(Protocol):
    """What keeps things that were made, within bounds, for any number of threads."""

    def __call__(self, key: Hashable, make: Callable[[], Any], size: Callable[[Any], int]) -> Any:
        """What is kept under a key, or make(), then kept if there is room for its size in bytes."""
        ...

    def has(self, key: Hashable) -> bool:
        """Whether something is kept under a key."""
        ...


Span = tuple[int, int]  # from, to: of rows or columns


def grid_of(height: int, width: int, range_size: int) -> tuple[int, int]:
    """Rows and columns of cells of side `range_size` that cover `height` x `width` pixels."""
    return -(-height // range_size), -(-width // range_size)


TILE = 128  # cells to a side that are coded, and analysed, apart from all others


def tiles(rows: int, columns: int) -> list[tuple[slice, slice]]:
    """The parts of a grid that are coded on their own, in raster order: squares of TILE cells from the top left
    corner, and what is left of them."""
    return [
        (slice(y, min(y + TILE, rows)), slice(x, min(x + TILE, columns)))
        for y in range(0, rows, TILE)
        for x in range(0, columns, TILE)
    ]
