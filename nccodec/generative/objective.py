"""What training minimises: the evidence lower bound, with its sign, of pictures under a generative collage."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .architecture import Architecture, shapes
from .map import start, step
from .network import Generative

STEPS = 5  # of the map in training, as in the paper
SETTLED = 60  # in measuring: from there on no sample moves by a grey level
_SLOPE = 4.0  # of the logit of a pixel: the probability of white is within 0.12 of the decoded sample, 0 .. 1


class Objective(nn.Module):
    """Networks to be trained, and their loss.

    Grey pictures are taken as probabilities of white (Bernoulli, as in work on MNIST): the expected value over
    binarized pictures. Coloured ones have a logistic density around the decoded sample, over the 256 levels, of a width
    that is learned for each channel.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.arrays = nn.ParameterDict()
        for name, shape in shapes(architecture).items():
            self.arrays[name.replace(".", "/")] = nn.Parameter(_started(name, shape))
        self.network = Generative(architecture, {name.replace("/", "."): x for name, x in self.arrays.items()})

    def tensors(self) -> dict[str, Tensor]:
        """All arrays by the names of `architecture.shapes`."""
        return {name.replace("/", "."): x.detach() for name, x in self.arrays.items()}

    def decoded(self, latents: Tensor, steps: int) -> Tensor:
        """The map of latents [N, L], so many times applied to its `start`: [N, C, size, size]."""
        affine, scales = self.network.decode(latents)
        z = start(affine, scales)
        for _ in range(steps):
            z = step(affine, scales, z)
        return z

    def forward(self, pictures: Tensor, noise: Tensor, steps: int = STEPS) -> tuple[Tensor, Tensor]:
        """Nats of the pictures given their latents, and of both layers of latents (Kullback-Leibler divergence from
        their prior): [N] both. pictures: [N, C, size, size] in [0, 1]. noise: standard normal [N, latents + upper]."""
        count = self.architecture.latents
        mean, log_variance = self.network.encode(pictures)
        drawn = mean + noise * (log_variance / 2).exp()
        prior_mean, prior_log = self.prior(drawn[:, count:])
        divergence = divergence_of(mean[:, :count], log_variance[:, :count], prior_mean, prior_log)
        nothing = torch.zeros(())
        divergence = divergence + divergence_of(mean[:, count:], log_variance[:, count:], nothing, nothing)
        return self.nats(self.decoded(drawn[:, :count], steps), pictures), divergence

    def prior(self, upper: Tensor) -> tuple[Tensor, Tensor]:
        """See `network.Generative.prior`."""
        return self.network.prior(upper)

    def nats(self, z: Tensor, pictures: Tensor) -> Tensor:
        """-log p(picture | decoded samples), [N]."""
        if self.architecture.channels == 1:
            logits = _SLOPE * (z - 0.5)
            return F.binary_cross_entropy_with_logits(logits, pictures, reduction="none").sum((1, 2, 3))
        return -log_logistic(z, pictures, self.arrays["spread"][:, None, None]).sum((1, 2, 3))


def divergence_of(mean: Tensor, log_variance: Tensor, other_mean: Tensor, other_log: Tensor) -> Tensor:
    """Of normal distributions, [N, n] each: [N]."""
    squares = (mean - other_mean) ** 2 + log_variance.exp()
    return 0.5 * (squares * (-other_log).exp() - 1 - log_variance + other_log).sum(1)


def log_logistic(z: Tensor, x: Tensor, spread: Tensor) -> Tensor:
    """log of the mass of the level of x, 0 .. 1 in 255 steps, under a logistic density about z; what lies beyond black
    and white counts for these. spread: logarithm of the density's width."""
    half = 0.5 / 255
    above, below = (x - z + half) / spread.exp(), (x - z - half) / spread.exp()
    inside = (torch.sigmoid(above) - torch.sigmoid(below)).clamp_min(1e-12).log()
    dark, light = F.logsigmoid(above), F.logsigmoid(-below)
    return torch.where(x < half, dark, torch.where(x > 1 - half, light, inside))


def _started(name: str, shape: tuple[int, ...]) -> Tensor:
    """What an array is before training."""
    if name == "atoms":
        window = torch.hann_window(shape[-1] + 2, periodic=False)[1:-1]
        return 0.1 * torch.randn(shape) * window[:, None] * window
    if name == "spread":
        return torch.full(shape, math.log(0.1))
    if not name.endswith("weight"):
        return torch.zeros(shape)
    # Uniform, of the deviation 1 / sqrt(3 inputs).
    return (2 * torch.rand(shape) - 1) / math.prod(shape[1:]) ** 0.5
