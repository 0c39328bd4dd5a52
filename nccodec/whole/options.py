"""What the encoder of whole-image maps can be asked for. Only the standard library is imported."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import LimitError

if TYPE_CHECKING:
    from PIL import Image

EFFORTS = range(10)
RANGE_SIZES = (4, 8, 16, 32, 64)


@dataclass(frozen=True)
class Options:
    """range_size: side of a range, about, in pixels: one of RANGE_SIZES; ranges have the shape of the picture.
    strength: 0 .. 1, the least |s| of a range as a share of the most, 15/16; 0 gives the smallest error, more shows
    the copies. upright: copies are neither turned nor mirrored. negatives: s may be negative. effort: 0, closed form;
    1 .. 9, refined through the fixed point in so many rounds. domain: x, y, width, height in pixels of the part of the
    picture that ranges are copies of, instead of the whole; taken in whole ranges and the picture's shape. style:
    another picture, which a range may be a copy of instead, with as much contrast. weights: name or path, of the
    style's own collage. LimitError for what there is not."""

    range_size: int = 16
    strength: float = 0.4
    upright: bool = False
    negatives: bool = False
    effort: int = 1
    domain: tuple[int, int, int, int] | None = None
    style: "Image.Image | None" = None
    weights: str | Path = "photo"

    def __post_init__(self) -> None:
        if self.range_size not in RANGE_SIZES:
            raise LimitError(f"range_size {self.range_size} is none of {', '.join(map(str, RANGE_SIZES))}")
        if not 0 <= self.strength <= 1:
            raise LimitError(f"a strength of {self.strength:g} is outside 0 .. 1")
        if type(self.effort) is not int or self.effort not in EFFORTS:
            raise LimitError(f"effort {self.effort} is outside 0 .. 9")
        if self.style is not None and min(self.style.size) < 2:
            raise LimitError(f"a style of {self.style.width} x {self.style.height} pixels is too small")

    @property
    def slow(self) -> bool:
        """Whether a picture takes so long that its progress is worth telling."""
        return self.effort > 0

    @property
    def gradients(self) -> bool:
        """Whether the encoder needs torch."""
        return False
