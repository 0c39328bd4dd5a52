"""A picture -> GenerativeCode: see `codec.kinds.Encoder`."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from ..errors import LimitError
from .code import GenerativeCode, quantized
from .folder import fitted
from .header import TOP, step_of
from .options import Options
from .sampling import latents_of
from .weights import Weights, named


class Encoder:
    """The codes of a picture, mode "RGB" or "L", at several levels. LimitError for a picture that is not of the size
    and colours of the weights."""

    top, effort = TOP, 0

    def __init__(
        self, picture: Image.Image, options: Options, device: str = "cpu",
        progress: Callable[[float], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self.weights: Weights = named(options.weights)
        a = self.weights.architecture
        if len(picture.getbands()) != a.channels:
            colours = {1: "grey", 3: "coloured"}
            have, want = colours[len(picture.getbands())], colours[a.channels]
            raise LimitError(f"a {have} picture; weights {self.weights.name!r} are for {want} ones")
        self._latents = latents_of(self.weights, fitted(picture, a.size, a.channels, 0))

    def model(self, code: GenerativeCode) -> None:
        """None: it is packed without one."""

    def code(self, level: int, effort: int) -> GenerativeCode:
        """level: 0 .. TOP. effort: there is but one."""
        return code_of(self.weights, self._latents, step_of(level))


def code_of(weights: Weights, latents: np.ndarray, step: int) -> GenerativeCode:
    """The code of latents, float [n]. step: their quantizer step, in 1/256."""
    a = weights.architecture
    return GenerativeCode(a.size, a.channels == 1, step, weights.fingerprint, quantized(latents, step))
