"""What the encoder of screen maps can be asked for. Only the standard library is imported."""

from dataclasses import dataclass
from typing import ClassVar

from ..neural.options import Options as NeuralOptions


@dataclass(frozen=True)
class Options(NeuralOptions):
    """lossless: keep every pixel. effort, weights, tune: of the collages that hold the photographs in a screen, see
    `neural.options.Options`."""

    lossless: bool = False

    MIXED: ClassVar = False  # whether a picture may become one collage altogether

    @property
    def slow(self) -> bool:
        return not self.lossless and super().slow

    @property
    def gradients(self) -> bool:
        return not self.lossless and super().gradients


@dataclass(frozen=True)
class Mixed(Options):
    """For a picture that may become one collage altogether, where that costs less."""

    MIXED: ClassVar = True
