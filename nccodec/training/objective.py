"""What training minimises: the Lagrangian of rate and distortion of a batch of crops."""

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..collage.fixed_point import fixed_point
from ..collage.scales import reduce_area
from ..imaging.colour import to_ycc
from ..neural.architecture import BIAS, Architecture
from ..neural.levels import lagrange
from ..neural.model import colour_error
from ..neural.prior_network import PriorNetwork
from .networks import TrainedCollage

# Of structural similarity at 1/2, 1/4, 1/8 and 1/16, about as MS-SSIM weighs them (Wang, Simoncelli and Bovik 2003,
# section 3.2), and its window and constants, of values in 0 .. 1 (Wang et al. 2004, section III C).
_SCALES = 0.3, 0.3, 0.24, 0.16
_WINDOW, _SIGMA = 11, 1.5
_LUMINANCE, _CONTRAST = 0.01**2, 0.03**2


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


def structure_error(decoded: Tensor, source: Tensor) -> Tensor:
    """What makes pictures look flat: 1 - SSIM of luma at up to four scales, from a half on, halved by area each time,
    [N]. Summed, not multiplied as in MS-SSIM, so that there is a gradient everywhere; at full size it would spend bits
    on noise. Scales too small for the window are left out. decoded, source: [N, 3, H, W] about 0 to 1."""
    pair = [to_ycc(*x.split(1, 1))[0] for x in (decoded, source)]  # [N, 1, H, W]
    total, shares = decoded.new_zeros(len(decoded)), 0.0
    for weight in _SCALES:
        sides = pair[0].shape[-2:]
        if min(sides) < 2 * _WINDOW or any(side % 2 for side in sides):
            break
        pair = [reduce_area(x, 2) for x in pair]
        total = total + weight * (1 - similarity(*pair))
        shares += weight
    return total / max(shares, _SCALES[0])


def similarity(x: Tensor, y: Tensor) -> Tensor:
    """Structural similarity of planes, a mean over the places of the window, [N] (Wang et al. 2004, eq. 13). x, y: [N,
    1, H, W] about 0 to 1, of at least the window's side."""
    down, across = (_gaussian(side, x.device) for side in x.shape[-2:])
    # Products with matrices of few values that are not zero: convolutions of one channel take several times as long.
    x_mean, y_mean, xx, yy, xy = down @ torch.stack([x, y, x * x, y * y, x * y]) @ across.T
    covariance = 2 * (xy - x_mean * y_mean) + _CONTRAST
    variances = (xx - x_mean**2) + (yy - y_mean**2) + _CONTRAST
    luminance = (2 * x_mean * y_mean + _LUMINANCE) / (x_mean**2 + y_mean**2 + _LUMINANCE)
    return (luminance * covariance / variances).mean((1, 2, 3))


@lru_cache
def _gaussian(side: int, device: torch.device) -> Tensor:
    """The window along one side: [places, side], of which each row has the window at its place."""
    offsets = torch.arange(_WINDOW, dtype=torch.float64) - _WINDOW // 2
    window = torch.exp(-(offsets**2) / (2 * _SIGMA**2))
    rows = F.pad(window / window.sum(), (0, side - _WINDOW)).repeat(side - _WINDOW + 1, 1)
    places = torch.arange(side)[None] - torch.arange(len(rows))[:, None]
    return rows.gather(1, places % side).to(device, torch.float32)
