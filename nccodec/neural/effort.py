"""What a higher effort adds to the single pass: rate-distortion-optimised quantization, and refinement
of one picture's coefficients by gradient through the map and the prior."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ..bitstream.symbols import LARGEST
from .prior import IntegerPrior, PriorArrays

if TYPE_CHECKING:
    from .analysis import Analysis

_FIRST_STEPS = 4  # gradient steps at effort 2; each level doubles them
_RATE = 0.05  # of Adam, in quantizer steps


def improve(
    analysis: "Analysis", scaled: Tensor, level: int, effort: int, progress: Callable[[float], None]
) -> np.ndarray:
    """Integers, int32 [channels, rows, columns], for the analysis's coefficients in quantizer steps.

    effort: 1, rate-distortion-optimised quantization; 2 .. 9, refinement before it in 4 .. 512 gradient
    steps, whose time doubles with each level.
    """
    a = analysis.weights.architecture
    if effort > 1:
        scaled = refine(analysis, scaled, level, _FIRST_STEPS << (effort - 2), progress)
    model = analysis.model
    gain = model.gain(torch.tensor([level / 256], device=scaled.device))[0]
    energy = torch.ones_like(gain)
    energy[: a.atoms] = model.atoms.square().sum((1, 2, 3))
    slope = lagrange(a.lambdas, level) * 255**2 / 3 * energy / gain.square()
    prior = IntegerPrior(analysis.weights.prior, a.atoms, a.domains, level)
    return quantize_rate_distortion(
        scaled[0].cpu().double().numpy(), slope.cpu().double().numpy(), analysis.weights.prior, prior, a.atoms
    )


def lagrange(lambdas: tuple[float, ...], level: int) -> float:
    """lambda at a level in 1/256, interpolated in the log domain."""
    return math.exp(float(np.interp(level / 256, range(len(lambdas)), np.log(lambdas))))


def quantize_rate_distortion(
    scaled: np.ndarray, slope: np.ndarray, arrays: PriorArrays, prior: IntegerPrior, atoms: int
) -> np.ndarray:
    """Of the two integers around each coefficient and zero, the one of least distortion plus rate, in
    coding order, so that the rate of each is the exact one given all before it.

    scaled: float64 [channels, rows, columns]. slope: bits that a squared error of one step is worth,
    [channels]. Channels from `atoms` on, self-reference weights, are rounded. Returns int32.
    """
    values = np.zeros(scaled.shape, np.int32)
    values[atoms:] = np.rint(scaled[atoms:])
    bits, starts = code_lengths(arrays)
    middles = arrays.sizes // 2 - 1
    low = np.floor(np.clip(scaled, -LARGEST, LARGEST - 1)).astype(np.int32)
    for group in prior.passes(values, 0, atoms):
        wanted, weight = scaled[group.where], slope[group.where[0]]
        middle, start = middles[group.tables], starts[group.tables]
        best = cost = None
        for candidate in (low[group.where], low[group.where] + 1, np.zeros_like(low[group.where])):
            symbol = np.abs(candidate - group.offsets + 0)
            place = np.where(symbol <= middle, candidate - group.offsets + middle, 2 * middle + 1)
            rate = bits[start + place] + np.where(symbol > middle, 2 * np.log2(1.0 + np.maximum(symbol - middle, 0)), 0)
            total = weight * (wanted - candidate) ** 2 + rate
            better = None if best is None else total < cost
            best = candidate if best is None else np.where(better, candidate, best)
            cost = total if cost is None else np.where(better, total, cost)
        values[group.where] = best
    return values


def code_lengths(arrays: PriorArrays) -> tuple[np.ndarray, np.ndarray]:
    """Bits of every entry of the tables, and where each table starts."""
    return 24 - np.log2(arrays.tables), np.cumsum(arrays.sizes) - arrays.sizes


def refine(analysis: "Analysis", scaled: Tensor, level: int, steps: int, progress: Callable[[float], None]) -> Tensor:
    """Coefficients of a lower Lagrangian: stochastic Gumbel annealing (Yang, Bamler, Mandt 2020,
    section 3.2) of every coefficient between the two integers around it, by Adam.

    Returns a tensor like `scaled`, [1, channels, rows, columns].
    """
    a, model, device = analysis.weights.architecture, analysis.model, scaled.device
    network = analysis.weights.prior_network(str(device))
    position = torch.tensor([level / 256], device=device)
    weight = lagrange(a.lambdas, level) * 255**2 / 3
    target = analysis.padded
    random = torch.Generator(device).manual_seed(0)
    with torch.inference_mode(False), torch.enable_grad():
        latent = scaled.clone().requires_grad_()
        optimizer = torch.optim.Adam([latent], _RATE)
        for step in range(steps):
            done = step / steps
            temperature = 0.5 * (1 - done) + 0.05
            optimizer.param_groups[0]["lr"] = _RATE * (1 - 0.8 * done)
            q = soften(latent, temperature, random)
            bits = network.bits(q, q, position).sum()
            error = (model.decode(model.dequantize(q, position)) - target).square().sum()
            optimizer.zero_grad(set_to_none=True)
            (bits + weight * error).backward()
            optimizer.step()
            progress((step + 1) / steps)
    return latent.detach()


def soften(latent: Tensor, temperature: float, random: torch.Generator) -> Tensor:
    """A random point between the two integers around each value, nearer to one of them the lower the
    temperature; the nearer integer is the more probable."""
    low = latent.detach().floor()
    part = (latent - low).clamp(1e-4, 1 - 1e-4)
    logits = torch.stack([-torch.atanh(part), -torch.atanh(1 - part)]) / temperature
    noise = -torch.empty_like(logits).exponential_(generator=random).log()
    share = torch.softmax((logits + noise) / temperature, 0)
    return low + share[1]
