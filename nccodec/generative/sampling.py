"""Points of the latent space: drawn at random, those of pictures, and those on the way between two."""

import numpy as np

from ..arrays import QUIET
from .weights import Weights

STEP = 16  # quantizer step of latents in samples, in 1/256


@QUIET
def drawn(weights: Weights, count: int, temperature: float = 1.0, seed: int = 0) -> np.ndarray:
    """Latents of pictures that there are not: float64 [count, latents]. temperature: factor of all deviations; less
    than 1 gives plainer pictures, 0 the one in the middle. The same for the same seed."""
    a, random = weights.architecture, np.random.default_rng(seed)
    upper = temperature * random.standard_normal((count, a.upper))
    mean, log_variance = weights.network.prior(upper)
    return mean + temperature * np.exp(log_variance / 2) * random.standard_normal((count, a.latents))


@QUIET
def latents_of(weights: Weights, picture: np.ndarray) -> np.ndarray:
    """The mean latents of a picture float64 [1, C, size, size] in [0, 1]: float64 [latents]."""
    return weights.network.encode(picture)[0][0, : weights.architecture.latents]


def between(first: np.ndarray, last: np.ndarray, count: int) -> np.ndarray:
    """Latents on the straight way from one point to another, with both: float64 [count, latents]."""
    return first + np.linspace(0, 1, count)[:, None] * (last - first)
