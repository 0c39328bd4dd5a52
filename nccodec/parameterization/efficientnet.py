"""EfficientNet-Lite0 (M. Tan and Q. V. Le, arXiv 1905.11946; its Lite form: tensorflow/tpu, models/official/
efficientnet/lite, no squeeze-and-excitation, ReLU6), as far as its last block: what its units see in a picture."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import WeightsError

MEAN, DEVIATION = 0.498, 0.502  # of the inputs, 127/255 and 128/255
_STAGES = (  # blocks, side of the kernel, stride of the first, expansion, channels that come out
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_STEM = 32  # channels
_EPSILON = 1e-3  # of BatchNorm


@dataclass(frozen=True)
class Step:
    """A convolution, its BatchNorm and what follows. name: that of its output as a layer; conv, norm: of its tensors.
    inputs, outputs: channels. grouped: each channel by itself. bent: ReLU6 follows. kept: the step before which the
    block began whose input is added, or None."""

    name: str
    conv: str
    norm: str
    inputs: int
    outputs: int
    kernel: int
    stride: int = 1
    grouped: bool = False
    bent: bool = True
    kept: str | None = None

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Of the convolution's weight."""
        return self.outputs, 1 if self.grouped else self.inputs, self.kernel, self.kernel


def steps() -> Iterator[Step]:
    """All in order: "stem", and of each block n "n.expand" (but of the first), "n.depth" and "n"."""
    yield Step("stem", "_conv_stem", "_bn0", 3, _STEM, 3, 2)
    channels, number, before = _STEM, 0, "stem"
    for blocks, kernel, first, expansion, outputs in _STAGES:
        for block in range(blocks):
            at, inner, stride = f"_blocks.{number}.", channels * expansion, first if block == 0 else 1
            if expansion > 1:
                yield Step(f"{number}.expand", f"{at}_expand_conv", f"{at}_bn0", channels, inner, 1)
            yield Step(f"{number}.depth", f"{at}_depthwise_conv", f"{at}_bn1", inner, inner, kernel, stride, True)
            kept = before if stride == 1 and channels == outputs else None
            yield Step(
                str(number), f"{at}_project_conv", f"{at}_bn2", inner, outputs, 1, bent=False, kept=kept
            )  # fmt: skip
            channels, before, number = outputs, str(number), number + 1


STEPS = tuple(steps())
LAYERS = tuple(step.name for step in STEPS)


class EfficientNet:
    """The network with given weights.

    tensors: as published, "_conv_stem.weight", "_bn0.running_mean", ...; what is of the head is not used. BatchNorm
    is that of a trained network (eval mode), and made part of the convolutions. WeightsError for a tensor that is
    missing or of another shape."""

    def __init__(self, tensors: Mapping[str, Tensor], device: str = "cpu") -> None:
        self._convolutions = {step.name: _folded(step, tensors, device) for step in STEPS}

    def __call__(self, pictures: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """pictures: [n, 3, h, w], sRGB values 0 .. 1. layers: of LAYERS. Returns what comes out of each:
        [n, c, h', w'], h' and w' halved, rounded up, at each stride of 2. No further than needed."""
        x = (pictures - MEAN) / DEVIATION
        wanted, found, blocks = set(layers), {}, {}
        for step in STEPS:
            if len(found) == len(wanted):
                break
            weight, bias = self._convolutions[step.name]
            x = F.conv2d(_padded(x, step.kernel, step.stride), weight, bias, step.stride,
                         groups=step.inputs if step.grouped else 1)  # fmt: skip
            if step.bent:
                x = F.relu6(x)
            if step.kept is not None:
                x = x + blocks[step.kept]
            if step.name == "stem" or not step.bent:
                blocks = {step.name: x}
            if step.name in wanted:
                found[step.name] = x
        return found


def _padded(x: Tensor, kernel: int, stride: int) -> Tensor:
    """With the zeros of TensorFlow's "SAME", of which one more is at the end."""
    around = []
    for size in (x.shape[3], x.shape[2]):
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        around += [total // 2, total - total // 2]
    return F.pad(x, around) if any(around) else x


def _folded(step: Step, tensors: Mapping[str, Tensor], device: str) -> tuple[Tensor, Tensor]:
    """Weight and bias of a convolution that its BatchNorm is part of."""

    def tensor(name: str, shape: tuple[int, ...]) -> Tensor:
        if name not in tensors or tuple(tensors[name].shape) != shape:
            raise WeightsError(f"the weights of EfficientNet-Lite0 have no {name} of {shape}")
        return tensors[name].detach().double()

    weight = tensor(f"{step.conv}.weight", step.shape)
    gain, bias, mean, variance = (
        tensor(f"{step.norm}.{name}", (step.outputs,)) for name in ("weight", "bias", "running_mean", "running_var")
    )
    gain = gain / (variance + _EPSILON).sqrt()
    weight, bias = weight * gain[:, None, None, None], bias - mean * gain
    return weight.to(device, torch.float32), bias.to(device, torch.float32)
