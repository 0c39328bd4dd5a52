"""The networks: picture -> coefficients of the atoms in one pass, and what refines them when decoding."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..collage.fixed_point import fixed_point, self_reference
from ..collage.operator import Form, SelfReference, neighbour_domains, overlap_add, pad_symmetric
from ..collage.scales import reduce_area
from ..imaging.colour import to_ycc
from .architecture import BIAS, COLOUR, OFFSETS, Architecture
from .blocks import Dense, Depthwise
from .detail import FINEST, Detail, enlarge_with
from .filter import UNFILTERED, Filter
from .levels import at_level

RECEPTION = 4  # cells to each side that a cell's refinement depends on


def companded(q: Tensor) -> Tensor:
    """sign(q) log2(1 + |q|): what networks see of quantized coefficients."""
    return q.sign() * (1 + q.abs()).log2()


class Refinement(nn.Module):
    """Decoder-side network: what the quantizer took from the coefficients, predicted from all of them.

    The decoder adds its output, in quantizer steps, to the integers of the file. It runs once on the
    grid of cells whatever the scale, so that every scale remains the fixed point of one and the same map.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        a, width = architecture, architecture.refinement
        self.squeeze = nn.Conv2d(a.atoms, width, 1)
        self.level = nn.Parameter(torch.zeros(len(a.lambdas), width))
        self.blocks = nn.Sequential(Depthwise(width, 2), Depthwise(width, 2))
        self.head = nn.Conv2d(width, a.atoms, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, q: Tensor, level: Tensor) -> Tensor:
        """q: [N, atoms, rows, columns] in quantizer steps. level: real [N]. Returns the same shape as q."""
        x = self.squeeze(companded(q)) + at_level(self.level, level)[:, :, None, None]
        return self.head(F.leaky_relu(self.blocks(x.contiguous(memory_format=torch.channels_last)), 0.1)).contiguous()


def colour_error(difference: Tensor, side: int, stride: int | None = None) -> Tensor:
    """What makes colours change: the squared error of the two chroma planes' means over areas of side x side pixels,
    [N]. difference: decoded less source, RGB, [N, 3, H, W]. stride: between areas, by default `side`."""
    _, blue, red = to_ycc(*difference.unbind(1))
    areas = F.avg_pool2d(torch.stack([blue, red], 1), side, stride)
    return areas.square().mean((2, 3)).sum(1)


def _residual(width: int, growth: int, a: Architecture) -> nn.Sequential:
    depthwise = (Depthwise(width, growth) for _ in range(a.blocks))
    return nn.Sequential(*depthwise, *(Dense(width, 0) for _ in range(a.dense)))


class Collage(nn.Module):
    """Encoder network and decoder parameters of one weights file."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = a = architecture
        half = a.range_size // 2
        self.atoms = nn.Parameter(torch.zeros(a.atoms, 3, a.kernel, a.kernel))
        self.analysis = nn.Conv2d(3, a.atoms, a.kernel, stride=a.range_size, bias=False)
        self.stem = nn.Conv2d(3, a.width, half, stride=half)
        self.fine = _residual(a.width, 3, a)
        self.down = nn.Conv2d(a.width, a.depth, 2, stride=2)
        self.lift = nn.Conv2d(a.atoms, a.depth, 1)
        self.coarse = _residual(a.depth, 2, a)
        self.head = nn.Conv2d(a.depth, a.atoms, 1)
        self.level = nn.Parameter(torch.zeros(len(a.lambdas), a.depth))
        self.late = Depthwise(a.depth, 2)
        self.late_head = nn.Conv2d(a.depth, a.channels, 1)
        for head in (self.head, self.late_head):
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)
        # 1 / quantizer step of each channel at each level: the step at which one more bit for a
        # coefficient of an orthonormal transform lowers lambda 255^2 MSE by as much as it costs.
        gain = 50 * torch.tensor(a.lambdas).sqrt()[:, None].expand(-1, a.channels).clone()
        gain[:, a.atoms :] = 4.0
        self.log_gain = nn.Parameter(gain.log())
        self.refinement = Refinement(a)
        self.filter = Filter(a)
        self.detail = Detail(a)

    def analyse(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """What the encoder computes once for all levels. picture: [N, 3, rows B, columns B] in [0, 1].

        Returns the coefficients of the atoms [N, atoms, rows, columns] and features for `in_steps`.
        """
        a = self.architecture
        margin = (a.kernel - a.range_size) // 2
        x = picture - BIAS
        linear = self.analysis(pad_symmetric(x, margin))
        x = self.fine(self.stem(x.contiguous(memory_format=torch.channels_last)))
        features = self.coarse(self.down(x) + self.lift(linear))
        return linear + self.head(F.leaky_relu(features, 0.1)).float(), features

    def in_steps(self, analysed: tuple[Tensor, Tensor], level: Tensor) -> Tensor:
        """Coefficients and self-reference weights in quantizer steps, [N, channels, rows, columns].

        level: real [N], 0 .. len(lambdas) - 1.
        """
        coefficients, features = analysed
        features = self.late(features + at_level(self.level, level)[:, :, None, None])
        late = self.late_head(F.leaky_relu(features, 0.1)).float()
        gain = self.gain(level)[:, : self.architecture.atoms, None, None]
        empty = late.shape[1] - coefficients.shape[1]
        return F.pad(coefficients * gain, (0, 0, 0, 0, 0, empty)) + late

    def gain(self, level: Tensor) -> Tensor:
        """Gains [N, channels] at real levels [N], interpolated in the log domain."""
        return at_level(self.log_gain, level).exp()

    def dequantize(self, q: Tensor, level: Tensor) -> Tensor:
        """Parameters of the map from what the file holds, [N, channels, rows, columns]. level: real [N]."""
        atoms = self.architecture.atoms
        refined = q[:, :atoms] + self.refinement(q[:, :atoms], level)
        return torch.cat([refined, q[:, atoms:]], 1) / self.gain(level)[:, :, None, None]

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

    def energy(self) -> Tensor:
        """What a change by one of each parameter adds to the error of a picture, squared and of colour, if it comes
        alone: [channels], 1 for domains."""
        a = self.architecture
        margin = (a.kernel - a.range_size) // 2
        middle = self.atoms[..., margin : margin + a.range_size, margin : margin + a.range_size]
        colour = COLOUR * middle[0].numel() * colour_error(middle, a.range_size)
        return F.pad(self.atoms.square().sum((1, 2, 3)) + colour, (0, a.domains), value=1.0)

    def affine(self, coefficients: Tensor, level: Tensor, reduction: int = 1) -> Tensor:
        """The affine part less BIAS for atoms' coefficients [N, atoms, rows, columns]: the atoms' sum, filtered.

        level: real [N]. reduction: power of two; the affine part reduced by it by area is returned, from 4 on
        without the filter, whose means over that many pixels are too small to be seen.
        """
        filtered = reduction < UNFILTERED
        z = overlap_add(
            coefficients, self.atoms.to(coefficients.dtype), self.architecture.range_size, 1 if filtered else reduction
        )
        return reduce_area(self.filter(z, level), reduction) if filtered else z

    def enlarge(self, affine: Tensor, level: Tensor, factor: int) -> Tensor:
        """The affine part less BIAS at scale `factor`, a power of two from 2: [N, 3, H, W] at scale 1 ->
        [N, 3, factor H, factor W]. level: real [N]."""
        row = at_level(self.detail.level, level)
        detail = self.detail(affine.float(), row, min(factor, FINEST))
        return enlarge_with(affine, detail.to(affine), factor)

    def decode(self, parameters: Tensor, level: Tensor, keep_zeros: bool = False) -> Tensor:
        """The fixed point at scale 1 for dequantized parameters [N, channels, rows, columns]:
        [N, 3, rows B, columns B]. level: real [N]."""
        a = self.architecture
        affine = self.affine(parameters[:, : a.atoms], level)
        reference = self.reference(parameters[:, a.atoms :], keep_zeros)
        return BIAS + (affine if reference is None else fixed_point(affine, reference))
