"""A picture as its pixels, each colour of each by itself."""

import torch
from torch import Tensor

from .parameters import EDGE, Canvas, Shared, check_start


class Pixels:
    """See `Parameterization`."""

    rate = 0.15

    def __init__(self, canvas: Canvas, start: Tensor | None = None) -> None:
        """start: [3 or 4, height, width], 0 .. 1, else random."""
        check_start(canvas, start)
        random = torch.Generator().manual_seed(canvas.seed)
        size = canvas.height, canvas.width
        values = torch.randn(canvas.frames, canvas.channels, *size, generator=random).mul_(canvas.contrast)
        values = values.to(canvas.device)
        values += canvas.flat.clamp(EDGE, 1 - EDGE).logit()
        if start is not None:
            values[:, : start.shape[0]] = start.to(values).clamp(EDGE, 1 - EDGE).logit()
        self._values = values.requires_grad_()
        self._shared = Shared(canvas, canvas.channels, size, random)
        self.parameters = [self._values, *self._shared.parameters]

    def picture(self) -> Tensor:
        """See `Parameterization.picture`."""
        return self._shared.added(self._values).sigmoid()

    def code(self, quality: float) -> None:
        """Its picture is all there is."""
