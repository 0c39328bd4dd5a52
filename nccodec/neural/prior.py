"""The prior in training: a scale and a mean for every coefficient from what is decoded before it.

The integer twin, which the entropy coder uses, is `bitstream.context`; `Prior.export` makes its arrays.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..bitstream.context import FEATURES, PASSES, SCALES, TOTAL, ContextArrays, group_edges
from .architecture import Architecture

OCTAVE = 5  # scale indices for each doubling of the scale
LOWEST = -4.5  # log2 of the scale at index 0, in quantizer steps
_RELATIVE = (1.0, 1.0, 2.5)  # scales of the mixture: logistic, Laplace, Laplace


class Prior(nn.Module):
    """Log-linear scale from the magnitudes of decoded neighbours, mean proportional to theirs.

    Cells are coded in three passes (both coordinates even; both odd; the others) and channels in
    groups, so that all passes of a group come before the next group.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        channels, levels = architecture.channels, len(architecture.lambdas)
        self.architecture = architecture
        self.bias = nn.Parameter(torch.zeros(levels, PASSES, channels))  # log2 of the scale
        self.weight = nn.Parameter(torch.full((PASSES, FEATURES, channels), 0.1))
        self.mean = nn.Parameter(torch.zeros(PASSES, channels))
        self.shape = nn.Parameter(torch.zeros(len(_RELATIVE)))
        edges = group_edges(architecture.atoms, architecture.domains)
        groups = len(edges) - 1
        of_channel = torch.repeat_interleave(torch.arange(groups), torch.tensor(edges).diff())
        self.register_buffer("member", F.one_hot(of_channel, groups).T.float(), persistent=False)
        self.register_buffer("group", of_channel, persistent=False)

    def start_at(self, magnitude: Tensor) -> None:
        """Set the scales to the mean |q| of each level and channel, [levels, channels]."""
        with torch.no_grad():
            self.bias.copy_((magnitude + 0.02).log2()[:, None, :].expand_as(self.bias) - 0.3)

    @torch.no_grad()
    def start_at_export(self, arrays: ContextArrays) -> None:
        """Inverse of `export`, but for the tables, whose shape starts anew."""
        self.bias.copy_(torch.from_numpy(arrays.bias) / (4096 * OCTAVE) + LOWEST)
        self.weight.copy_(torch.from_numpy(arrays.weight) / (16 * OCTAVE))
        self.mean.copy_(torch.from_numpy(arrays.mean) / 64)

    def context(self, rounded: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
        """Scale index (real) and mean of every coefficient.

        rounded: the quantized coefficients [N, channels, rows, columns]. level: int64 [N].
        """
        rows, columns = rounded.shape[-2:]
        diagonal = rounded.new_tensor([[1, 0, 1], [0, 0, 0], [1, 0, 1]])
        direct = rounded.new_tensor([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
        kernels = torch.stack([diagonal, direct])[:, None]  # [2, 1, 3, 3]
        count = F.conv2d(rounded.new_ones(1, 1, rows, columns), kernels, padding=1).clamp(min=1)
        odd = (torch.arange(rows)[:, None] % 2 + torch.arange(columns)[None] % 2).to(rounded.device)
        of_pass = torch.where(odd == 2, 1, torch.where(odd == 1, 2, 0))  # [rows, columns]
        pick = torch.stack([of_pass == 1, of_pass == 2]).to(rounded) / count[0]

        def neighbours(x: Tensor) -> Tensor:
            n, c = x.shape[:2]
            sums = F.conv2d(x.reshape(n * c, 1, rows, columns), kernels, padding=1)
            return (sums * pick).sum(1).reshape(n, c, rows, columns)

        magnitude = rounded.abs()
        totals = torch.einsum("nchw,gc->nghw", magnitude, self.member)
        earlier = F.pad(totals[:, :-1], (0, 0, 0, 0, 1, 0))  # total of the group before
        before = F.pad(totals.cumsum(1)[:, :-1], (0, 0, 0, 0, 1, 0)) - earlier  # of all before that
        per_group = torch.stack([4 * neighbours(totals), earlier, before], 2)[:, self.group]
        features = torch.cat([4 * neighbours(magnitude)[:, :, None], per_group], 2)
        features = (1 + features).log2()  # [N, channels, FEATURES, rows, columns]
        weight = self.weight[of_pass]  # [rows, columns, FEATURES, channels]
        bias = self.bias[level][:, of_pass]  # [N, rows, columns, channels]
        scale = torch.einsum("ncfhw,hwfc->nchw", features, weight) + bias.permute(0, 3, 1, 2)
        mean = neighbours(rounded) * self.mean[of_pass].permute(2, 0, 1)
        index = ((scale - LOWEST) * OCTAVE).clamp(0, SCALES - 1)
        return index, mean + (mean.round() - mean).detach()

    def bits(self, noisy: Tensor, rounded: Tensor, level: Tensor) -> Tensor:
        """Bits of every coefficient, [N, channels, rows, columns]."""
        index, mean = self.context(rounded, level)
        probability = self.probability((noisy - mean).abs(), index)
        return -(probability + 2.0**-20).log2()

    def probability(self, distance: Tensor, index: Tensor) -> Tensor:
        """Mass of the unit interval around a value `distance` from the mean, at a scale index."""
        scale = torch.exp2(LOWEST + index / OCTAVE)
        mix = self.shape.softmax(0)
        low, high = distance - 0.5, distance + 0.5
        total = mix[0] * (torch.sigmoid(-low / scale) - torch.sigmoid(-high / scale))
        for part, relative in zip(mix[1:], _RELATIVE[1:], strict=True):
            b = scale * relative
            below = torch.where(
                low < 0, 1 - 0.5 * torch.exp(low.clamp(max=0) / b), 0.5 * torch.exp(-low.clamp(min=0) / b)
            )
            total = total + part * (below - 0.5 * torch.exp(-high / b))
        return total

    @torch.no_grad()
    def export(self, counts: np.ndarray | None = None) -> ContextArrays:
        """Integer arrays for `bitstream.context`.

        counts: how often each |difference from the mean| was seen at each scale index,
        [SCALES, largest + 1]; they sharpen the tables where there are many.
        """
        bias = ((self.bias.double() - LOWEST) * OCTAVE * 4096).round()
        weight = (self.weight.double() * OCTAVE * 16).round()
        mean = (self.mean.double() * 64).round()
        log = torch.tensor([round(math.log2(1 + f) * 256) for f in range(4096)])
        sizes, entries = [], []
        distance = torch.arange(2048, dtype=torch.float64)
        for index in range(SCALES):
            mass = self.double().probability(distance, torch.tensor(float(index), dtype=torch.float64))
            mass = mass.numpy().copy()
            mass[1:] *= 2  # both signs
            if counts is not None:
                seen = np.zeros_like(mass)
                seen[: counts.shape[1]] = counts[index][: len(mass)]
                mass = seen + 2000 * mass / mass.sum()
            table = integer_table(mass / mass.sum())
            sizes.append(len(table))
            entries.append(table)
        self.float()
        return ContextArrays(
            bias=bias.numpy().astype(np.int32), weight=weight.numpy().astype(np.int32),
            mean=mean.numpy().astype(np.int32), log=log.numpy().astype(np.int32),
            sizes=np.array(sizes, np.int32), tables=np.concatenate(entries).astype(np.int32),
        )  # fmt: skip


def integer_table(mass: np.ndarray) -> np.ndarray:
    """Counts >= 1 that sum to 2^24 for the symbols -m .. m and, last, the escape.

    mass: float64 [M], of |symbol| = 0, 1, ...; m is where the rest weighs less than 2^-18.
    """
    rest = mass[::-1].cumsum()[::-1]
    m = int(np.argmax(rest < 2.0**-18)) if (rest < 2.0**-18).any() else len(mass)
    m = max(1, m - 1)
    half = mass[1 : m + 1] / 2
    full = np.concatenate([half[::-1], mass[:1], half, [max(rest[m + 1] if m + 1 < len(mass) else 0, 2.0**-20)]])
    table = np.maximum(1, np.floor(full / full.sum() * TOTAL)).astype(np.int64)
    table[m] += TOTAL - table.sum()
    return table
