"""The networks: picture -> coefficients of the atoms and self-reference weights, in one pass."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..collage.fixed_point import fixed_point, self_reference
from ..collage.operator import Form, SelfReference, neighbour_domains, overlap_add
from .architecture import BIAS, OFFSETS, Architecture


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.relu(self.first(F.relu(x))))


class Collage(nn.Module):
    """Encoder network and decoder parameters of one weights file."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = a = architecture
        half = a.range_size // 2
        self.atoms = nn.Parameter(torch.zeros(a.atoms, 3, a.kernel, a.kernel))
        self.analysis = nn.Conv2d(3, a.atoms, a.kernel, stride=a.range_size, bias=False)
        self.stem = nn.Conv2d(3, a.width, half, stride=half)
        self.fine = nn.Sequential(*(_Residual(a.width) for _ in range(a.blocks)))
        self.down = nn.Conv2d(a.width, a.width, 4, stride=2, padding=1)
        self.coarse = nn.Sequential(*(_Residual(a.width) for _ in range(a.blocks)))
        self.head = nn.Conv2d(a.width, a.channels, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        nn.init.normal_(self.head.weight.data[a.atoms :], std=0.02)
        # 1 / quantizer step of each channel at each level: the step at which one more bit for a
        # coefficient of an orthonormal transform lowers lambda 255^2 MSE by as much as it costs.
        gain = 50 * torch.tensor(a.lambdas).sqrt()[:, None].expand(-1, a.channels).clone()
        gain[:, a.atoms :] = 4.0
        self.log_gain = nn.Parameter(gain.log())

    def start_at(self, basis: Tensor) -> None:
        """Set the atoms to orthonormal patches [atoms, 3, B, B], zero-padded, the analysis to their
        transpose."""
        margin = (self.architecture.kernel - self.architecture.range_size) // 2
        padded = F.pad(basis, (margin,) * 4)
        with torch.no_grad():
            self.atoms.copy_(padded)
            self.analysis.weight.copy_(padded)

    def encode(self, picture: Tensor) -> Tensor:
        """picture: [N, 3, rows B, columns B] in [0, 1]. Returns [N, channels, rows, columns]: the
        coefficients of the atoms, then the self-reference weights, not quantized."""
        a = self.architecture
        margin = (a.kernel - a.range_size) // 2
        x = picture - BIAS
        linear = self.analysis(F.pad(x, (margin,) * 4, mode="replicate"))
        y = self.coarse(self.down(self.fine(self.stem(x))))
        y = self.head(F.relu(y)).float()
        return torch.cat([y[:, : a.atoms] + linear, y[:, a.atoms :]], 1)

    def gain(self, level: float) -> Tensor:
        """Gains [channels] at a level in 0 .. len(lambdas) - 1, interpolated in the log domain."""
        low = min(int(level), len(self.architecture.lambdas) - 2)
        part = level - low
        return ((1 - part) * self.log_gain[low] + part * self.log_gain[low + 1]).exp()

    def reference(self, weight: Tensor, keep_zeros: bool = False) -> SelfReference | None:
        """The map's self-reference for s = weight [N, domains, rows, columns]; None if there is none."""
        a = self.architecture
        rows, columns = weight.shape[-2:]
        if a.domains == 0 or min(rows, columns) < 2:
            return None
        top, left = neighbour_domains(rows, columns, list(OFFSETS[: a.domains]))
        return self_reference(
            weight, top * a.range_size, left * a.range_size,
            range_size=a.range_size, form=Form.CENTRED, keep_zeros=keep_zeros,
        )  # fmt: skip

    def affine(self, coefficients: Tensor, reduction: int = 1) -> Tensor:
        """The affine part less BIAS for atoms' coefficients [N, atoms, rows, columns], area-reduced."""
        return overlap_add(coefficients, self.atoms.to(coefficients.dtype), self.architecture.range_size, reduction)

    def decode(self, parameters: Tensor, keep_zeros: bool = False) -> Tensor:
        """The fixed point at scale 1 for dequantized parameters [N, channels, rows, columns]:
        [N, 3, rows B, columns B]."""
        a = self.architecture
        affine = self.affine(parameters[:, : a.atoms])
        reference = self.reference(parameters[:, a.atoms :], keep_zeros)
        return BIAS + (affine if reference is None else fixed_point(affine, reference))
