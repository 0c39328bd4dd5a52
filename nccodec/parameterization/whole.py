"""A picture as a map whose every range is a small copy of all of it, so that it is made of itself, down to what no
pixel shows. Colours, strengths and turns of the copies are what is optimised, through the fixed point."""

import torch
from torch import Tensor

from ..collage.operator import isometry
from ..errors import LimitError
from ..imaging.colour import to_ycc
from ..whole.code import MIDDLE, WholeCode, range_size, turns
from ..whole.geometry import ranges_of
from ..whole.header import LARGEST_SCALE, SCALE_UNIT, STEP_UNIT, TOP, step_of
from .fourier import Spectrum
from .parameters import Canvas, Shared, Within, coloured, planes_of

_SIDE = 16  # of a range, about, in pixels
_STEPS = 4  # to the fixed point, whose details are then smaller than a pixel
_BIAS = 0.5  # of strengths at the start, before the hyperbolic tangent


class Whole:
    """See `Parameterization`. Turns are chosen by logits: the map has the largest one's, the gradient is that of the
    mean of all by their chances."""

    rate = 0.2

    def __init__(self, canvas: Canvas, start: Tensor | None = None) -> None:
        """start: has to be None; LimitError."""
        if start is not None:
            raise LimitError("a whole-picture map cannot start from a picture: see `nc fractalize`")
        self._canvas, n = canvas, canvas.frames
        self._ranges = r = ranges_of(canvas.height, canvas.width, _SIDE)
        self._size = range_size(canvas.height, canvas.width, r)
        self._turns = turns(canvas.height, canvas.width, r)
        random = torch.Generator().manual_seed(canvas.seed)
        shapes = (n, 3, r, r), (n, 1, r, r), (1, len(self._turns), r, r)  # frames turn their copies alike
        made = [torch.randn(shape, generator=random).to(canvas.device) for shape in shapes]
        self._means, self._strengths, self._logits = made
        self._means.mul_(canvas.contrast).add_(planes_of(canvas.flat[:, :3]))
        self._strengths.mul_(canvas.contrast).add_(_BIAS)
        self._shared = Shared(canvas, 3, (r, r), random)
        self._opacity = Spectrum(canvas, 1, random) if canvas.alpha else None
        opacity = [self._opacity.values] if self._opacity else []
        self.parameters = [*(values.requires_grad_() for values in made), *self._shared.parameters, *opacity]

    def picture(self) -> Tensor:
        """See `Parameterization.picture`."""
        means = coloured(self._shared.added(self._means))
        scales = self._strengths.tanh() * (LARGEST_SCALE / SCALE_UNIT)
        chances = self._logits.softmax(1)
        chosen = torch.zeros_like(chances).scatter_(1, chances.argmax(1, keepdim=True), 1.0)
        weights = scales * (chosen + chances - chances.detach())  # [frames, turns, ranges, ranges]
        t = means.new_zeros(means.shape[0], 3, *self._size)
        for _ in range(_STEPS):
            t = self._pooled(self._applied(means, weights, t))
        z = Within.apply(self._applied(means, weights, t)[:, :, : self._canvas.height, : self._canvas.width])
        return z if self._opacity is None else torch.cat([z, self._opacity.planes().sigmoid()], 1)

    def code(self, quality: float) -> WholeCode:
        """The map with rounded means and strengths. quality: 0 .. 100, of the steps of means."""
        canvas, step = self._canvas, step_of(round(quality / 100 * TOP))
        with torch.no_grad():
            means = coloured(self._shared.added(self._means))[0].double().cpu() * 255 - MIDDLE
            means = torch.stack(to_ycc(*means)).numpy()
            scales = (self._strengths[0, 0].tanh() * LARGEST_SCALE).round().long().cpu().numpy()
            chosen = torch.tensor(self._turns)[self._logits[0].argmax(0).cpu()].numpy()
        chosen[scales == 0] = 0
        return WholeCode(
            canvas.height, canvas.width, False, step, _SIDE, (0, 0, self._ranges),
            (means * (STEP_UNIT / step)).round().astype("int64"), scales, chosen,
        )  # fmt: skip

    def _applied(self, means: Tensor, weights: Tensor, t: Tensor) -> Tensor:
        """One step of the map. t: what ranges show, [frames, 3, rows, columns]. Returns [frames, 3, H, W] of whole
        ranges."""
        n, r, (rows, columns) = t.shape[0], self._ranges, self._size
        shown = torch.stack([isometry(t, turn) for turn in self._turns], 1)  # [frames, turns, 3, rows, columns]
        taken = torch.einsum("ntij,ntcyx->nciyjx", weights, shown)
        return (means[:, :, :, None, :, None] + taken).reshape(n, 3, r * rows, r * columns)

    def _pooled(self, z: Tensor) -> Tensor:
        """What ranges show of a picture: reduced to one range, less its mean."""
        t = torch.nn.functional.avg_pool2d(z, self._ranges)
        return t - t.mean((2, 3), keepdim=True)
