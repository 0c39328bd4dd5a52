"""What pictures are optimised in: the interface, and what several parameterizations share."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import LimitError

if TYPE_CHECKING:
    from ..implicit.code import ImplicitCode
    from ..neural.code import CollageCode
    from ..whole.code import WholeCode

# Red, green, blue of one standard deviation along the axes along which the colours of photographs do not correlate:
# eigenvectors times roots of eigenvalues of the covariance of 193 photographs, the first one's length being 1.
COLOURS = torch.tensor([[0.568, 0.581, 0.582], [-0.282, 0.0, 0.275], [0.073, -0.145, 0.074]])
_SHARED = (4, 8, 16)  # reductions of what frames share
EDGE = 0.004  # how near to 0 and 1 a picture that is started from may be


@dataclass(frozen=True)
class Canvas:
    """height, width: in pixels. frames: pictures that share a part. alpha: whether there is transparency. seed: of what
    is random at the start. colour: red, green and blue, 0 .. 1, that random starts are near to. contrast:
    their deviation, in that of photographs."""

    height: int
    width: int
    frames: int = 1
    alpha: bool = False
    seed: int = 0
    device: str = "cpu"
    colour: tuple[float, float, float] = (0.5, 0.5, 0.5)
    contrast: float = 0.02

    @property
    def flat(self) -> Tensor:
        """The picture of its colour, half transparent: [1, 3 or 4, 1, 1]."""
        values = torch.tensor([*self.colour, 0.5][: self.channels], device=self.device)
        return values[None, :, None, None]

    @property
    def channels(self) -> int:
        return 4 if self.alpha else 3


class Parameterization(Protocol):
    """parameters: leaves, float32, that need gradients. rate: Adam's that suits them."""

    parameters: list[Tensor]
    rate: float

    def picture(self) -> Tensor:
        """float32 [frames, 3 or 4, height, width]: sRGB values and, last, opacity; all 0 .. 1, differentiable."""
        ...

    def code(self, quality: float) -> "ImplicitCode | CollageCode | WholeCode | None":
        """What a file may hold of it, transparency apart, of one frame. quality: 0 .. 100. None where that is no more
        than its picture."""
        ...


def coloured(planes: Tensor) -> Tensor:
    """planes: [n, 3 or 4, h, w], of about unit variance, along COLOURS and of opacity. Returns what `Parameterization`
    does as its picture."""
    colours = torch.einsum("ncyx,cd->ndyx", planes[:, :3], COLOURS.to(planes))
    return torch.cat([colours, planes[:, 3:]], 1).sigmoid()


def planes_of(picture: Tensor) -> Tensor:
    """The inverse of `coloured`: picture [n, 3 or 4, h, w], 0 .. 1, of which 0 and 1 are taken for values near them."""
    values = picture.clamp(EDGE, 1 - EDGE).logit()
    colours = torch.einsum("ndyx,dc->ncyx", values[:, :3], torch.linalg.inv(COLOURS).to(values))
    return torch.cat([colours, values[:, 3:]], 1)


class Shared:
    """The part that frames share: sums of grids of 1/4, 1/8 and 1/16 of the samples, enlarged. One frame has none."""

    def __init__(self, canvas: Canvas, channels: int, size: tuple[int, int], random: torch.Generator) -> None:
        """size: rows and columns of samples."""
        self._size = size
        self.parameters: list[Tensor] = []
        for by in _SHARED if canvas.frames > 1 else ():
            grid = torch.randn(1, channels, *(math.ceil(n / by) for n in size), generator=random).mul_(canvas.contrast)
            self.parameters.append(grid.to(canvas.device).requires_grad_())

    def added(self, planes: Tensor) -> Tensor:
        """planes: [frames, channels, rows, columns]."""
        for grid in self.parameters:
            planes = planes + F.interpolate(grid, self._size, mode="bilinear", align_corners=False)
        return planes


class Within(torch.autograd.Function):
    """Values clamped to 0 .. 1; gradients pass where a step against them leads back."""

    @staticmethod
    def forward(ctx, values: Tensor) -> Tensor:
        ctx.save_for_backward(values)
        return values.clamp(0, 1)

    @staticmethod
    def backward(ctx, slope: Tensor) -> Tensor:
        (values,) = ctx.saved_tensors
        outward = (values > 1) & (slope < 0) | (values < 0) & (slope > 0)
        return slope.masked_fill(outward, 0)


def check_start(canvas: Canvas, start: Tensor | None) -> None:
    """LimitError unless a picture to start from is of the canvas' size: [3 or 4, h, w]."""
    if start is not None and start.shape[1:] != (canvas.height, canvas.width):
        raise LimitError(
            f"a start of {start.shape[2]} x {start.shape[1]} pixels for {canvas.width} x {canvas.height}"
        )  # fmt: skip
