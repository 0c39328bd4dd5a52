"""What a higher effort adds to the single pass: rate-distortion-optimised quantization, and refinement
of one picture's integers by gradients through the map and the prior."""

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

DAMPING = 0.5  # share of the way to the newly wanted coefficients that a step goes
# A squared error counts more than lambda says: best of a few on held-out training pictures, without a theory.
PREFERENCE = 1.4
_ASIDE = 1e-3  # how far from zero a zero's derivative is taken


def improve(
    analysis: "Analysis", scaled: Tensor, level: int, effort: int, progress: Callable[[float], None]
) -> np.ndarray:
    """Integers, int32 [channels, rows, columns], for the analysis's coefficients in quantizer steps.

    effort: 1, rate-distortion-optimised quantization; 2 .. 9, that 1 .. 128 times more, each time with
    regard to what the integers found before do to the picture and to each other's rate.
    """
    weights, model = analysis.weights, analysis.model
    a = weights.architecture
    weight = PREFERENCE * lagrange(a.lambdas, level) * 255**2 / 3
    gain = model.gain(torch.tensor([level / 256], device=scaled.device))[0]
    energy = torch.ones_like(gain)
    energy[: a.atoms] = model.atoms.square().sum((1, 2, 3))
    slope = weight * energy / gain.square()
    prior = IntegerPrior(weights.prior, a.atoms, a.domains, level)

    def quantized(wanted: Tensor) -> np.ndarray:
        numbers = wanted[0].cpu().double().numpy()
        return quantize_rate_distortion(numbers, slope.cpu().double().numpy(), weights.prior, prior, a.atoms)

    wanted, q = scaled, quantized(scaled)
    best, least, steps = q, math.inf, 0 if effort == 1 else 1 << (effort - 2)
    for step in range(steps + 1 if steps else 0):
        cost, gradient = gradients(analysis, q, wanted, level, weight)
        if cost < least:
            best, least = q, cost
        progress(step / steps)
        if step < steps:
            target = torch.from_numpy(q).to(scaled)[None] - gradient / (2 * slope[:, None, None])
            wanted = torch.lerp(wanted, target, DAMPING)
            wanted[:, a.atoms :] = scaled[:, a.atoms :]
            q = quantized(wanted)
    return best


def gradients(analysis: "Analysis", q: np.ndarray, wanted: Tensor, level: int, weight: float) -> tuple[float, Tensor]:
    """The Lagrangian of integers [channels, rows, columns] in bits, and its derivative, [1, channels, rows,
    columns], by each of them, but for what the integer itself costs: the error of the decoded picture and
    the bits of all others, whose context it is part of.

    wanted: like the derivative; its signs say on which side of zero that of a zero is taken. weight: bits
    that a squared error of one in one sample is worth.
    """
    model, network = analysis.model, analysis.weights.prior_network(analysis.device)
    position = torch.tensor([level / 256], device=analysis.device)
    with torch.enable_grad():
        whole = torch.from_numpy(q).to(analysis.padded)[None]
        x = torch.where(whole == 0, _ASIDE * wanted.sign(), whole).requires_grad_()
        bits = network.bits(whole, x, position).sum()
        error = (model.decode(model.dequantize(x, position)) - analysis.padded).square().sum()
        cost = bits + weight * error
        (gradient,) = torch.autograd.grad(cost, x)
    return float(cost.detach()), gradient


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
    values[atoms:] = np.rint(np.clip(scaled[atoms:], -LARGEST, LARGEST))
    bits, starts = code_lengths(arrays)
    middles = arrays.sizes // 2 - 1
    low = np.floor(np.clip(scaled, -LARGEST, LARGEST - 1)).astype(np.int32)
    for group in prior.passes(values, 0, atoms):
        wanted, weight = scaled[group.where], slope[group.where[0]]
        middle, start = middles[group.tables], starts[group.tables]
        best = cost = None
        for candidate in (low[group.where], low[group.where] + 1, np.zeros_like(low[group.where])):
            symbol = np.abs(candidate - group.offsets)
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
