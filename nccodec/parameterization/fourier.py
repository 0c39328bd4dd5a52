"""A picture as its spectrum, colours decorrelated, whose amplitudes fall as those of photographs do, as 1 / frequency
(A. Mordvintsev, N. Pezzotti, L. Schubert and C. Olah, "Differentiable image parameterizations", Distill 2018)."""

import torch
from torch import Tensor

from .parameters import Canvas, Shared, check_start, coloured, planes_of


class Spectrum:
    """Planes [frames, channels, height, width] of unit variance, if that of the parameters is 1. start: such planes, of
    the first channels or of all, [1, c, height, width]; the rest is random."""

    def __init__(self, canvas: Canvas, channels: int, random: torch.Generator, start: Tensor | None = None) -> None:
        self._size = canvas.height, canvas.width
        self._scale = amplitudes(*self._size).to(canvas.device)
        shape = canvas.frames, channels, *self._scale.shape, 2  # real and imaginary parts
        self.values = (torch.randn(shape, generator=random) * canvas.contrast).to(canvas.device)
        if start is not None:
            spectrum = torch.fft.rfft2(start, norm="ortho") / self._scale
            self.values[:, : start.shape[1]] = torch.view_as_real(spectrum)
        self.values.requires_grad_()

    def planes(self) -> Tensor:
        """Differentiable by `values`."""
        spectrum = torch.view_as_complex(self.values) * self._scale
        return torch.fft.irfft2(spectrum, s=self._size, norm="ortho")


class Fourier:
    """See `Parameterization`."""

    rate = 0.2

    def __init__(self, canvas: Canvas, start: Tensor | None = None) -> None:
        """start: [3 or 4, height, width], 0 .. 1, else random."""
        check_start(canvas, start)
        random = torch.Generator().manual_seed(canvas.seed)
        self._middle, given = planes_of(canvas.flat), None
        if start is not None:
            given = planes_of(start[None].to(canvas.device, torch.float32)) - self._middle[:, : len(start)]
        self._spectrum = Spectrum(canvas, canvas.channels, random, given)
        self._shared = Shared(canvas, canvas.channels, (canvas.height, canvas.width), random)
        self.parameters = [self._spectrum.values, *self._shared.parameters]

    def picture(self) -> Tensor:
        """See `Parameterization.picture`."""
        return coloured(self._middle + self._shared.added(self._spectrum.planes()))

    def code(self, quality: float) -> None:
        """Its picture is all there is."""


def amplitudes(height: int, width: int) -> Tensor:
    """float32 [height, width // 2 + 1]: 1 / frequency, the lowest that of one cycle a picture, in proportions that make
    planes of unit variance of spectra of unit variance."""
    down, across = torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None]  # cycles a pixel
    frequency = (down.square() + across.square()).sqrt().clamp_min(1 / max(height, width))
    scale = 1 / frequency
    # Columns between the first and, of an even width, the last stand for two frequencies each, real and imaginary parts
    # are of unit variance each: E |irfft2|^2 is the mean of their squares.
    count = torch.full((width // 2 + 1,), 2.0)
    count[0] = 1
    if width % 2 == 0:
        count[-1] = 1
    energy = 2 * (scale.square() * count).sum() / (height * width)
    return scale / energy.sqrt()


def random_picture(height: int, width: int, random: torch.Generator) -> Tensor:
    """With colours and spectrum of photographs, but nothing to be seen: [1, 3, height, width], 0 .. 1."""
    with torch.no_grad():
        return coloured(Spectrum(Canvas(height, width, contrast=1.0), 3, random).planes())
