"""A picture as its spectrum, colours decorrelated, whose amplitudes fall as those of photographs do, as 1 / frequency
(A. Mordvintsev, N. Pezzotti, L. Schubert and C. Olah, "Differentiable image parameterizations", Distill 2018)."""

import torch
from torch import Tensor

from .parameters import Canvas, Shared, check_start, coloured, planes_of

_DEVIATION = 0.02  # of a random start, in planes of which 1 is a photograph's


class Fourier:
    """See `Parameterization`."""

    rate = 0.05

    def __init__(self, canvas: Canvas, start: Tensor | None = None, decay: float = 1.0) -> None:
        """start: [3 or 4, height, width], 0 .. 1, else random. decay: power of 1 / frequency."""
        check_start(canvas, start)
        self._size = canvas.height, canvas.width
        self._scale = amplitudes(*self._size, decay).to(canvas.device)
        random = torch.Generator().manual_seed(canvas.seed)
        shape = canvas.frames, canvas.channels, *self._scale.shape, 2  # real and imaginary parts
        spectrum = (torch.randn(shape, generator=random) * _DEVIATION).to(canvas.device)
        if start is not None:
            given = planes_of(start[None].to(canvas.device, torch.float32))
            values = torch.view_as_real(torch.fft.rfft2(given, norm="ortho") / self._scale)
            spectrum[:, : given.shape[1]] = values
        self._spectrum = spectrum.requires_grad_()
        self._shared = Shared(canvas, random, _DEVIATION)
        self.parameters = [self._spectrum, *self._shared.parameters]

    def picture(self) -> Tensor:
        """See `Parameterization.picture`."""
        values = torch.view_as_complex(self._spectrum) * self._scale
        planes = torch.fft.irfft2(values, s=self._size, norm="ortho")
        return coloured(self._shared.added(planes))

    def code(self) -> None:
        """Its picture is all there is."""


def amplitudes(height: int, width: int, decay: float = 1.0) -> Tensor:
    """float32 [height, width // 2 + 1]: 1 / frequency to the power `decay`, the lowest that of one cycle a picture, in
    proportions that make planes of unit variance of spectra of unit variance."""
    down, across = torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None]  # cycles a pixel
    frequency = (down.square() + across.square()).sqrt().clamp_min(1 / max(height, width))
    scale = frequency**-decay
    # Columns between the first and, of an even width, the last stand for two frequencies each, real and imaginary parts
    # are of unit variance each: E |irfft2|^2 is the mean of their squares.
    count = torch.full((width // 2 + 1,), 2.0)
    count[0] = 1
    if width % 2 == 0:
        count[-1] = 1
    energy = 2 * (scale.square() * count).sum() / (height * width)
    return scale / energy.sqrt()
