"""A picture as the coefficients of a neural collage: the decoder of `nc encode`, filter on pixels included, is what is
differentiated, and integers of a file are what comes out."""

import torch
from torch import Tensor

from ..arrays import GRADIENTS, numpy_of
from ..bitstream.symbols import LARGEST
from ..code import grid_of
from ..neural.code import CollageCode
from ..neural.levels import real
from ..neural.weights import named
from .fourier import Spectrum, random_picture
from .parameters import Canvas, Shared, Within, check_start

WEIGHTS = "photo"


class Collage:
    """See `Parameterization`. Parameters are coefficients in shares of those that pictures have whose amplitudes fall
    as 1 / frequency, as each atom's of a photograph do. Without self-reference."""

    rate = 0.3

    def __init__(self, canvas: Canvas, start: Tensor | None = None, quality: float = 75) -> None:
        """start: [3 or 4, height, width], 0 .. 1, else random. quality: of the file, 0 .. 100, which says how large the
        quantizer's steps are. WeightsError where weights "photo" are missing."""
        check_start(canvas, start)
        self._canvas, self._weights = canvas, named(WEIGHTS)
        self._device = GRADIENTS if canvas.device == "cpu" else canvas.device
        self._model, a = self._weights.model(self._device), self._weights.architecture
        self._level = round(quality / 100 * self._weights.levels)
        self._atoms, self._side = a.atoms, a.range_size
        self._domains = a.channels - a.atoms
        self._grid = grid_of(canvas.height, canvas.width, a.range_size)
        random = torch.Generator().manual_seed(canvas.seed)
        typical = random_picture(256, 256, torch.Generator().manual_seed(1)).to(canvas.device)
        self._spread = self._in_steps(typical).std((0, 2, 3), keepdim=True).clamp_min(1e-3)
        shape = canvas.frames, a.atoms, *self._grid
        values = torch.randn(shape, generator=random).mul_(canvas.contrast).to(canvas.device)
        flat = self._in_steps(canvas.flat[:, :3].expand(-1, -1, 64, 64))
        values += flat.mean((2, 3), keepdim=True) / self._spread
        if start is not None:
            values[:] = self._in_steps(start[None, :3].to(canvas.device, torch.float32)) / self._spread
        self._values = values.requires_grad_()
        self._shared = Shared(canvas, a.atoms, self._grid, random)
        self._opacity = Spectrum(canvas, 1, random) if canvas.alpha else None
        opacity = [self._opacity.values] if self._opacity else []
        self.parameters = [self._values, *self._shared.parameters, *opacity]

    def picture(self) -> Tensor:
        """See `Parameterization.picture`."""
        level = real(self._level, self._device)
        parameters = self._model.dequantize(self._steps(), level)
        z = self._model.decode(parameters, level)[:, :, : self._canvas.height, : self._canvas.width]
        z = Within.apply(z)
        return z if self._opacity is None else torch.cat([z, self._opacity.planes().sigmoid()], 1)

    def code(self, quality: float) -> CollageCode:
        """Its coefficients, rounded. quality: has no say any more, the steps are those of the start."""
        with torch.no_grad():
            q = numpy_of(self._steps()[0].round().clamp(-LARGEST, LARGEST)).astype("int16")
        height, width = self._canvas.height, self._canvas.width
        return CollageCode(
            height, width, False, self._level, self._side, self._weights.fingerprint, q[: self._atoms], q[self._atoms :]
        )

    def _steps(self) -> Tensor:
        """In quantizer steps, [frames, atoms and domains, rows, columns]."""
        values = self._shared.added(self._values) * self._spread
        zeros = values.new_zeros(values.shape[0], self._domains, *self._grid)
        return torch.cat([values, zeros], 1) if self._domains else values

    def _in_steps(self, picture: Tensor) -> Tensor:
        """The encoder's coefficients in quantizer steps. picture: [1, 3, h, w] -> [1, atoms, rows, columns]."""
        height, width = picture.shape[2:]
        rows, columns = grid_of(height, width, self._side)
        down = [min(n, 2 * height - 1 - n) for n in range(rows * self._side)]  # half-sample symmetry
        across = [min(n, 2 * width - 1 - n) for n in range(columns * self._side)]
        with torch.no_grad():
            padded = picture[:, :, down][..., across]
            analysed = self._model.analyse(padded.contiguous())
            return self._model.in_steps(analysed, real(self._level, self._device))[:, : self._atoms]
