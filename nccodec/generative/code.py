"""GenerativeCode: what a `.ncl` of a generative collage holds."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ..bitstream.container import Common
from .header import LARGEST_LATENT, SIDE, STEP_UNIT


@dataclass(frozen=True, eq=False)
class GenerativeCode:
    """A picture as the latents from which a network makes the parameters of its map.

    size: of the picture in pixels, along both sides. grey: one channel. step: quantizer step of latents in 1/256.
    fingerprint: of the weights, 8 bytes. latents: int [n], in steps. referring: with the self-reference, which is not
    the file's to say.
    """

    size: int
    grey: bool
    step: int
    fingerprint: bytes
    latents: np.ndarray
    referring: bool = True

    KIND: ClassVar = "generative collage"

    def common(self, packer: str, alpha: bool) -> Common:
        """What the header says of every map."""
        return Common(self.size, self.size, self.grey, alpha, packer, SIDE)

    @property
    def values(self) -> np.ndarray:
        """The latents themselves: float64 [n]."""
        return self.latents * (self.step / STEP_UNIT)

    def without_self_reference(self) -> "GenerativeCode":
        """The affine part alone."""
        return replace(self, referring=False)


def quantized(latents: np.ndarray, step: int) -> np.ndarray:
    """Latents, float [..., n], in steps of step / 256, those beyond LARGEST_LATENT at it: int64 [..., n]."""
    most = int(LARGEST_LATENT * STEP_UNIT // step)
    return np.clip(np.rint(latents * (STEP_UNIT / step)), -most, most).astype(np.int64)
