"""What the neural encoder can be asked for. Only the standard library is imported."""

from dataclasses import dataclass
from pathlib import Path

from ..errors import LimitError

EFFORTS = range(10)
REFINED = 2  # effort from which gradients are needed, and torch for them
EYE, PSNR = TUNES = ("eye", "psnr")


@dataclass(frozen=True)
class Options:
    """effort: 0, one pass of the network; 1, with rate-distortion-optimised quantization; 2 .. 9, this picture's
    coefficients refined besides, in twice the time at each step. weights: name or path. tune: what efforts from 1 on
    look at: "eye", which sees less where the picture is busy (see `masking`), or "psnr". LimitError for an effort or a
    tune that there is not."""

    effort: int = 1
    weights: str | Path = "photo"
    tune: str = EYE

    def __post_init__(self) -> None:
        if type(self.effort) is not int or self.effort not in EFFORTS:
            raise LimitError(f"effort {self.effort} is outside 0 .. 9")
        if self.tune not in TUNES:
            raise LimitError(f"tune {self.tune!r} is none of {', '.join(TUNES)}")

    @property
    def slow(self) -> bool:
        """Whether a picture takes so long that its progress is worth telling."""
        return self.effort >= REFINED

    @property
    def gradients(self) -> bool:
        """Whether the encoder needs torch."""
        return self.effort >= REFINED
