"""The prior as a network to be trained: scale and mean of every coefficient from those decoded before it.

Weights and activations are rounded in training just as `neural.prior`, the integer twin that the
entropy coder uses, will hold them; `PriorNetwork.export` makes its arrays.
"""

from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .architecture import Architecture
from .levels import at_level
from .model import companded
from .prior import (  # fmt: skip
    ACTIVATION,
    BEFORE,
    BOUND,
    FEATURE,
    FRACTIONS,
    HIDDEN,
    LARGEST_ACTIVATION,
    MEAN_UNIT,
    OUT_SHIFT,
    PASSES,
    SCALE_UNIT,
    SCALES,
    SHIFT,
    Layers,
    PriorArrays,
    group_edges,
)
from .tables import LOWEST, OCTAVE, log_table, mass, shape_of, tables


def _straight_through(x: Tensor, rounded: Tensor) -> Tensor:
    return x + (rounded - x).detach()


def _unit(weight: Tensor) -> Tensor:
    """The step of each row of weights [H, ...] that makes them int8 and keeps sums of products below 2^24,
    whatever rounding adds to each weight."""
    flat = weight.detach().abs().flatten(1)
    return torch.maximum(flat.amax(1) / 127, flat.sum(1) * 127 / (BOUND - 64 * flat.shape[1])).clamp(min=1e-8)


def _eighth_bit(weights: list[Tensor]) -> list[Tensor]:
    """Weights of one layer, [H, inputs, ...] each, rounded with a common step for each row."""
    unit = _unit(torch.cat([w.flatten(1) for w in weights], 1))
    steps = [unit.reshape(-1, *(1,) * (w.dim() - 1)) for w in weights]
    return [_straight_through(w, (w / s).round() * s) for w, s in zip(weights, steps, strict=True)]


def _activation(x: Tensor) -> Tensor:
    x = x.clamp(0, LARGEST_ACTIVATION / ACTIVATION)
    return _straight_through(x, (x * ACTIVATION).round() / ACTIVATION)


def _features(q: Tensor) -> Tensor:
    """Signed and absolute companded integers of [N, C, ...]: [N, 2 C, ...] in steps of 1 / FEATURE."""
    f = companded(q)
    f = _straight_through(f, (f * FEATURE).round().clamp(-127, 127) / FEATURE)
    return torch.cat([f, f.abs()], 1)


class _Group(nn.Module):
    """Two hidden layers: from the groups before (3 x 3 cells) and this group's decoded neighbours."""

    def __init__(self, before: int, channels: int, hidden: int, levels: int) -> None:
        super().__init__()

        def weights(rows: int, inputs: int, *window: int) -> nn.Parameter:
            fan = max(1, inputs * int(np.prod(window)))
            return nn.Parameter((torch.rand(rows, inputs, *window) * 2 - 1) * (1 / fan) ** 0.5)

        self.channels = channels
        self.before = weights(hidden, 2 * before, 3, 3)
        self.diagonal, self.direct = weights(hidden, 8 * channels), weights(hidden, 8 * channels)
        self.second = weights(hidden, hidden)
        self.out = nn.Parameter(torch.zeros(2 * channels, hidden))
        self.first_bias = nn.Parameter(torch.zeros(levels, PASSES * hidden))
        self.second_bias = nn.Parameter(torch.zeros(hidden))

    def forward(self, own: Tensor, before: Tensor, level: Tensor, of_pass: Tensor) -> tuple[Tensor, Tensor]:
        """own: features [N, 2 C, rows, columns]; before: those of the earlier groups.

        Returns what the network adds to mean and to log2 of the scale, [N, C, rows, columns] each.
        """
        n, _, rows, columns = own.shape
        first, diagonal, direct = _eighth_bit([self.before, self.diagonal, self.direct])
        padded = F.pad(own, (1, 1, 1, 1))
        bias = at_level(self.first_bias, level).reshape(n, PASSES, -1)
        hidden = bias[:, of_pass].permute(0, 3, 1, 2)  # [N, hidden, rows, columns]
        if before.shape[1]:
            hidden = hidden + F.conv2d(before, first, padding=1)
        near = torch.zeros_like(hidden)
        for number, (y, x) in ((1, (1, 1)), (2, (0, 1)), (2, (1, 0))):
            if y >= rows or x >= columns:
                continue
            taps = [
                padded[:, :, 1 + y + dy : 1 + rows + dy : 2, 1 + x + dx : 1 + columns + dx : 2]
                for dy, dx in BEFORE[number]
            ]
            weight = diagonal if number == 1 else direct
            near[:, :, y::2, x::2] = F.conv2d(torch.cat(taps, 1), weight[:, :, None, None])
        hidden = _activation(hidden + near)
        second, out = _eighth_bit([self.second])[0], _eighth_bit([self.out])[0]
        hidden = _activation(F.conv2d(hidden, second[:, :, None, None], self.second_bias))
        mean, scale = F.conv2d(hidden, out[:, :, None, None]).split(self.channels, 1)
        return mean, scale

    @torch.no_grad()
    def export(self) -> Layers:
        first, second, out = self._first_unit(), _unit(self.second), _unit(self.out)
        levels = len(self.first_bias)

        def int8(weight: Tensor, unit: Tensor) -> np.ndarray:
            return (weight / unit.reshape(-1, *(1,) * (weight.dim() - 1))).round().cpu().numpy().astype(np.int8)

        return Layers(
            before=int8(self.before, first), diagonal=int8(self.diagonal, first), direct=int8(self.direct, first),
            first_multiplier=_integers(first * 2**SHIFT),
            first_bias=_integers(self.first_bias * ACTIVATION * 4096).reshape(levels, PASSES, -1),
            second=int8(self.second, second), second_multiplier=_integers(second * 2**SHIFT),
            second_bias=_integers(self.second_bias * ACTIVATION * 4096),
            out=int8(self.out, out), out_multiplier=_integers(out * self._out_units() * 2**OUT_SHIFT),
        )  # fmt: skip

    @torch.no_grad()
    def start_at_export(self, layers: Layers) -> None:
        """Inverse of `export`."""
        first = _floats(layers.first_multiplier) / 2**SHIFT
        for name in ("before", "diagonal", "direct"):
            weight = _floats(getattr(layers, name))
            getattr(self, name).copy_(weight * first.reshape(-1, *(1,) * (weight.dim() - 1)))
        self.second.copy_(_floats(layers.second) * _floats(layers.second_multiplier)[:, None] / 2**SHIFT)
        self.out.copy_(
            _floats(layers.out) * (_floats(layers.out_multiplier) / 2**OUT_SHIFT / self._out_units())[:, None]
        )
        self.first_bias.copy_(_floats(layers.first_bias).flatten(1) / (ACTIVATION * 4096))
        self.second_bias.copy_(_floats(layers.second_bias) / (ACTIVATION * 4096))

    def _first_unit(self) -> Tensor:
        return _unit(torch.cat([w.flatten(1) for w in (self.before, self.diagonal, self.direct)], 1))

    def _out_units(self) -> Tensor:
        """What a product of an activation step and a weight of 1 is in the units of the outputs, [2 channels]."""
        mean, scale = MEAN_UNIT / ACTIVATION, OCTAVE * SCALE_UNIT / ACTIVATION
        return self.second_bias.new_tensor([mean] * self.channels + [scale] * self.channels)


class PriorNetwork(nn.Module):
    """Cells are coded in three passes (both coordinates even; both odd; the others) and channels in
    groups, so that all passes of a group come before the next group.

    hidden: hidden units of each group, where they are not those that training gives them.
    """

    def __init__(self, architecture: Architecture, hidden: list[int] | None = None) -> None:
        super().__init__()
        channels, levels = architecture.channels, len(architecture.lambdas)
        self.architecture = architecture
        self.edges = group_edges(architecture.atoms, architecture.domains)
        self.bias = nn.Parameter(torch.zeros(levels, PASSES * channels))  # log2 of the scale
        self.weight = nn.Parameter(torch.full((PASSES, channels), 0.3))
        self.mean = nn.Parameter(torch.zeros(PASSES, channels))
        self.shape = nn.Parameter(torch.zeros(SCALES))
        if hidden is None:
            hidden = [*HIDDEN[: len(group_edges(architecture.atoms, 0)) - 1], HIDDEN[0]]
        self.groups = nn.ModuleList(
            _Group(start, stop - start, units, levels)
            for (start, stop), units in zip(pairwise(self.edges), hidden, strict=False)
        )

    def start_at(self, magnitude: Tensor) -> None:
        """Set the scales to the mean |q| of each level and channel, [levels, channels]."""
        with torch.no_grad():
            self.bias.copy_(((magnitude + 0.02).log2() - 0.3).repeat(1, PASSES))

    def context(self, q: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
        """Scale index (real) and mean (in eighths) of every coefficient.

        q: the quantized coefficients [N, channels, rows, columns]. level: real [N].
        """
        n, channels, rows, columns = q.shape
        odd = (torch.arange(rows)[:, None] % 2 + torch.arange(columns)[None] % 2).to(q.device)
        of_pass = torch.where(odd == 2, 1, torch.where(odd == 1, 2, 0))  # [rows, columns]

        def sums(x: Tensor) -> Tensor:
            padded = F.pad(x, (1, 1, 1, 1))
            shifted = [
                sum(padded[..., 1 + dy : 1 + dy + rows, 1 + dx : 1 + dx + columns] for dy, dx in BEFORE[number])
                for number in (1, 2)
            ]
            return shifted[0] * (of_pass == 1) + shifted[1] * (of_pass == 2)

        count = sums(q.new_ones(rows, columns)).clamp(min=1)

        def neighbours(x: Tensor) -> Tensor:
            return sums(x) / count

        bias = at_level(self.bias, level).reshape(n, PASSES, channels)[:, of_pass].permute(0, 3, 1, 2)
        scale = bias + (1 + 4 * neighbours(q.abs())).log2() * self.weight[of_pass].permute(2, 0, 1)
        mean = neighbours(q) * self.mean[of_pass].permute(2, 0, 1)
        parts = [_features(q[:, a:b]) for a, b in pairwise(self.edges)]
        more = [
            group(part, torch.cat([q[:, :0], *parts[:i]], 1), level, of_pass)
            for i, (group, part) in enumerate(zip(self.groups, parts, strict=True))
        ]
        mean = mean + torch.cat([m for m, _ in more], 1)
        scale = scale + torch.cat([s for _, s in more], 1)
        index = ((scale - LOWEST) * OCTAVE).clamp(0, SCALES - 1)
        return index, _straight_through(mean, (mean * FRACTIONS).round() / FRACTIONS)

    def bits(self, noisy: Tensor, rounded: Tensor, level: Tensor) -> Tensor:
        """Bits of every coefficient, [N, channels, rows, columns]."""
        return self.bits_given(noisy, *self.context(rounded, level))

    def bits_given(self, values: Tensor, index: Tensor, mean: Tensor) -> Tensor:
        """Bits of coefficients [N, channels, rows, columns] of which the `context` is known."""
        return -(mass((values - mean).abs(), index, self.shape) + 2.0**-20).log2()

    @torch.no_grad()
    def export(self) -> PriorArrays:
        """The integer twin."""
        levels, channels = len(self.bias), self.architecture.channels
        shape = (levels, PASSES, channels)
        sizes, counts = tables(self.shape)
        return PriorArrays(
            bias=_integers((self.bias.double() - LOWEST) * OCTAVE * SCALE_UNIT).reshape(shape),
            weight=_integers(self.weight * OCTAVE * 16),
            mean=_integers(self.mean * MEAN_UNIT),
            log=log_table(), sizes=sizes, tables=counts,
            groups=tuple(group.export() for group in self.groups),
        )  # fmt: skip

    @torch.no_grad()
    def start_at_export(self, arrays: PriorArrays) -> None:
        """Inverse of `export`."""
        self.shape.copy_(shape_of(arrays))
        self.bias.copy_(_floats(arrays.bias).flatten(1) / (OCTAVE * SCALE_UNIT) + LOWEST)
        self.weight.copy_(_floats(arrays.weight) / (OCTAVE * 16))
        self.mean.copy_(_floats(arrays.mean) / MEAN_UNIT)
        for group, layers in zip(self.groups, arrays.groups, strict=True):
            group.start_at_export(layers)


def _integers(x: Tensor) -> np.ndarray:
    return x.double().round().cpu().numpy().astype(np.int32)


def _floats(array: np.ndarray) -> Tensor:
    return torch.from_numpy(array.astype(np.float32))
