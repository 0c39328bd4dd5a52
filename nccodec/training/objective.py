"""What training minimises: the Lagrangian of rate and distortion of a batch of crops."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..collage.fixed_point import fixed_point
from ..neural.architecture import BIAS, Architecture
from ..neural.levels import lagrange
from ..neural.model import colour_error
from ..neural.prior_network import PriorNetwork
from ..neural.structure import structure_error
from .networks import TrainedCollage


class Objective(nn.Module):
    """Model and prior with their loss; what an optimizer, an average or several processes share.

    loss: "unrolled", the error of the fixed point, or "collage", the error |x - F(x)| of one step from
    the source. border, colour, structure: weights of `border_error`, `model.colour_error`, whose areas overlap by
    half, and `structure_error` beside the squared error. bf16: the convolutions and matrix products of encoder and
    decoder in bfloat16.
    """

    def __init__(
        self, architecture: Architecture, loss: str = "unrolled", border: float = 0.0, colour: float = 0.0,
        structure: float = 0.0, bf16: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.border, self.colour, self.structure = border, colour, structure
        self.architecture, self.loss, self.bf16 = architecture, loss, bf16
        self.model, self.prior = TrainedCollage(architecture), PriorNetwork(architecture)
        for p in self.model.of("detail."):  # `export` fits it to the finished codec
            p.requires_grad_(False)

    def forward(self, crops: Tensor, level: Tensor, noise: Tensor, referring: bool) -> tuple[Tensor, Tensor, Tensor]:
        """crops: [N, 3, H, W] in [0, 1]. level: real [N]. noise: [N, channels, rows, columns] in
        -1/2 .. 1/2, the stand-in for rounding in the rate. referring: with the self-reference, whose
        weights are zero otherwise. Returns loss, bits per pixel and squared error, means of the batch.
        """
        atoms = self.architecture.atoms
        with self._fast():
            scaled = self.model.in_steps(self.model.analyse(crops), level)
        rounded = scaled + (scaled.round() - scaled).detach()
        noisy = scaled + noise
        if not referring:
            empty = (0, 0, 0, 0, 0, scaled.shape[1] - atoms)
            rounded, noisy = F.pad(rounded[:, :atoms], empty), F.pad(noisy[:, :atoms], empty)
        bits = self.prior.bits(noisy, rounded, level)
        if not referring:
            bits = bits[:, :atoms]
        bpp = bits.sum((1, 2, 3)) / (crops.shape[-1] * crops.shape[-2])
        with self._fast():
            parameters = self.model.dequantize(rounded, level)
        error, distortion = self.distortion(self._reconstruct(parameters, level, crops, referring), crops)
        return self.lagrangian(level, distortion, bpp), bpp.mean(), error.mean()

    def lagrangian(self, level: Tensor, distortion: Tensor, bpp: Tensor) -> Tensor:
        """The loss of crops from their levels, distortions and bits per pixel, [N] each: the mean of their Lagrangians,
        weighted so that all levels count alike."""
        weight = lagrange(self.architecture.lambdas, level)
        return ((weight * 255**2 * distortion + bpp) * weight.rsqrt()).mean()

    def distortion(self, decoded: Tensor, source: Tensor) -> tuple[Tensor, Tensor]:
        """Squared error, and the distortion that is minimised, of each crop, [N] both. decoded, source: [N, 3, H, W]
        about 0 to 1."""
        size, difference = self.architecture.range_size, decoded - source
        error = difference.square().mean((1, 2, 3))
        seen = self.border * border_error(difference, size) + self.colour * colour_error(difference, size, size // 2)
        if self.structure:
            seen = seen + self.structure * structure_error(decoded, source)
        return error, error + seen

    def _reconstruct(self, parameters: Tensor, level: Tensor, crops: Tensor, referring: bool) -> Tensor:
        atoms = self.architecture.atoms
        with self._fast():
            affine = self.model.affine(parameters[:, :atoms], level).float()
        reference = self.model.reference(parameters[:, atoms:], keep_zeros=True) if referring else None
        if reference is None:
            return BIAS + affine
        one_step = {"steps": 1, "start": crops - BIAS} if self.loss == "collage" else {}
        return BIAS + fixed_point(affine, reference, **one_step)

    def _fast(self) -> torch.autocast:
        return torch.autocast(self.model["atoms"].device.type, torch.bfloat16, enabled=self.bf16)


def border_error(difference: Tensor, side: int) -> Tensor:
    """What makes borders of cells show: the squared error of the steps across them, summed and divided by the number of
    samples, [N]. difference: decoded less source, [N, C, H, W]. side: of a cell in pixels."""
    down = difference[:, :, side::side] - difference[:, :, side - 1 : -1 : side]
    across = difference[..., side::side] - difference[..., side - 1 : -1 : side]
    return (down.square().sum((1, 2, 3)) + across.square().sum((1, 2, 3))) / difference[0].numel()
