"""What higher efforts add: refinement of one picture's integers by gradients through the map and the prior."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from ..arrays import on
from ..errors import WeightsError
from .architecture import COLOUR
from .effort import chosen, worth
from .levels import real
from .masking import Masking
from .model import colour_error, mean_error
from .structure import structure_error
from .tile import Tile

DAMPING = 0.8, 0.1  # share of the way to the newly wanted coefficients that the first and the last step goes
REPEATS = (0, 0, 1, 2, 4, 12, 6, 6, 6, 6)  # of the choice of integers after the first, for each effort
ANNEALING = (0, 0, 0, 0, 0, 0, 30, 84, 192, 408)  # steps that follow, and after them as many repetitions again
TEMPERATURE = 0.5, 0.15  # of the first and the last of them
# How much of the uncertainty between two integers is drawn, by the logistic noise's size, and how much reckoned, by the
# variance's share in the error: best of a few on held-out training pictures, much better than all of either.
DRAWN, RECKONED = 0.5, 0.5
RATE = 0.05  # Adam's, of the first of them
# Weight of lost structure beside the squared error: best of a few on training pictures, at effort 4; more of it, as in
# training, is worse by SSIMULACRA2 too.
STRUCTURE = 0.01
_ASIDE = 1e-3  # how far from zero a zero's derivative is taken


Worth = Callable[[Tensor], Tensor]  # a decoded tile, [1, 3, rows B, columns B] -> bits that its error is worth


def improve(
    tile: Tile, scaled: Tensor, level: int, effort: int, masking: Masking | None, progress: Callable[[float], None]
) -> np.ndarray:
    """Integers, int32 [channels, rows, columns], for the tile's coefficients in quantizer steps.

    effort: 2 .. 9, rate-distortion-optimised quantization and that again, REPEATS times, each time with
    regard to what the integers found before do to the picture and to each other's rate; from 6 on, that
    once more, from coefficients that were annealed for ANNEALING steps. tile: with torch's arrays. masking: of its
    cells.
    """
    a = tile.weights.architecture
    weight, slope = worth(tile, level, masking, colour=1)
    error = worth_of(tile, weight, masking)
    annealing, repeats = ANNEALING[effort], REPEATS[effort]
    every = annealing + 2 * repeats * (2 if annealing else 1)  # a repetition takes about as long as two steps
    done, best, least = 0, np.empty(0), math.inf

    def advance(steps: int) -> None:
        nonlocal done
        done += steps
        progress(done / every)

    def repeat(wanted: Tensor) -> Tensor:
        """The coefficients wanted after REPEATS repetitions; `best` has the best of the integers on the way."""
        nonlocal best, least
        q = chosen(tile, wanted, slope, level)
        for step in range(repeats + 1):
            cost, gradient = gradients(tile, q, wanted, level, error)
            if cost < least:
                best, least = q, cost
            if step < repeats:
                target = torch.from_numpy(q).to(scaled)[None] - gradient / (2 * slope)
                wanted = torch.lerp(wanted, target, DAMPING[0] + (DAMPING[1] - DAMPING[0]) * step / repeats)
                wanted[:, a.atoms :] = scaled[:, a.atoms :]
                q = chosen(tile, wanted, slope, level)
                advance(2)
        return wanted

    wanted = repeat(scaled)
    if annealing:
        repeat(anneal(tile, wanted, level, error, slope, annealing, lambda: advance(1)))
    return best


def anneal(
    tile: Tile, scaled: Tensor, level: int, error: Worth, slope: Tensor, steps: int, advance: Callable[[], None]
) -> Tensor:
    """Coefficients in quantizer steps, [1, channels, rows, columns], near integers of a low Lagrangian:
    stochastic Gumbel annealing (Yang, Bamler and Mandt, arXiv 2006.04240, section 3.2) from `scaled`.

    Each is drawn anew at every step from between the two integers around it, the nearer to one of them the
    lower the temperature, and moved by Adam. Picture and context are those of the drawn values; a value's own bits are
    the mean of those of the two integers, as between integers no table says what a value costs, and RECKONED of the
    error that comes from being one or the other is added. Self-reference weights stay. error: as for
    `gradients`. slope: see `worth`. advance: called after each step.
    """
    atoms, network = tile.weights.architecture.atoms, tile.weights.prior_network(tile.device)
    position = real(level, tile.device)
    random = torch.Generator(scaled.device).manual_seed(0)
    free = scaled[:, :atoms].clone().requires_grad_()
    fixed = scaled[:, atoms:].round()
    optimizer = torch.optim.Adam([free], RATE)
    for step in range(steps):
        share = step / steps
        temperature = TEMPERATURE[0] * (TEMPERATURE[1] / TEMPERATURE[0]) ** share
        with torch.enable_grad():
            low = free.detach().floor()
            above = (free - low).clamp(1e-4, 1 - 1e-4)
            # Gumbel noise of either integer; only the difference matters, which is logistic.
            noise = torch.rand(free.shape, generator=random, device=free.device).clamp(1e-6, 1 - 1e-6).logit()
            chance = (((above.atanh() - (1 - above).atanh()) / temperature + DRAWN * noise) / temperature).sigmoid()
            whole, part = torch.cat([low, fixed], 1), torch.cat([chance, torch.zeros_like(fixed)], 1)
            context = network.context(whole + part, position)
            bits = [network.bits_given(values, *context) for values in (whole, whole + 1)]
            between = RECKONED * slope * part * (1 - part)
            cost = (torch.lerp(*bits, part) + between).sum()
            cost = cost + error(tile.decode(whole + part, level))
            (gradient,) = torch.autograd.grad(cost, free)
        free.grad = _finite(tile, gradient)
        optimizer.param_groups[0]["lr"] = RATE * (1 - share)
        optimizer.step()
        advance()
    return torch.cat([free.detach(), scaled[:, atoms:]], 1)


def gradients(tile: Tile, q: np.ndarray, wanted: Tensor, level: int, error: Worth) -> tuple[float, Tensor]:
    """The Lagrangian of integers [channels, rows, columns] in bits, and its derivative, [1, channels, rows,
    columns], by each of them, but for what the integer itself costs: the error of the decoded picture and
    the bits of all others, whose context it is part of.

    wanted: like the derivative; its signs say on which side of zero that of a zero is taken. error: bits that the
    error of the tile's part of the picture is worth.
    """
    network = tile.weights.prior_network(tile.device)
    position = real(level, tile.device)
    with torch.enable_grad():
        whole = torch.from_numpy(q).to(tile.padded)[None]
        x = torch.where(whole == 0, _ASIDE * wanted.sign(), whole).requires_grad_()
        cost = network.bits(whole, x, position).sum() + error(tile.decode(x, level))
        (gradient,) = torch.autograd.grad(cost, x)
    return float(_finite(tile, cost.detach())), _finite(tile, gradient)


def _finite(tile: Tile, values: Tensor) -> Tensor:
    if not bool(values.isfinite().all()):
        raise WeightsError(f"{tile.weights.path}: the networks give values that are not finite")
    return values


def worth_of(tile: Tile, weight: float, masking: Masking | None) -> Worth:
    """Bits that errors of a tile are worth: the squared one and that of colour; with masking the squared one in each
    cell as masking says, and lost structure too. weight: bits that a squared error of one in one sample is worth."""
    side, source = tile.weights.architecture.range_size, tile.padded
    if masking is None:
        return lambda x: weight * ((x - source).square().sum() + _colour(x - source, side))
    spread = ((masking.fine, side), (masking.coarse, 4))  # to pixels, and to the quarters of the cells' sides
    fine, coarse = (on(np.kron(x, np.ones((n, n))).astype(np.float32), tile.device) for x, n in spread)

    def of(decoded: Tensor) -> Tensor:
        difference = decoded - source
        squared = (fine * difference.square()).sum() + (coarse * mean_error(difference, side // 4)).sum()
        structure = STRUCTURE * source.numel() * structure_error(decoded, source)[0]
        return weight * (squared + structure + _colour(difference, side))

    return of


def _colour(difference: Tensor, side: int) -> Tensor:
    return COLOUR * difference.numel() * colour_error(difference, side)[0]
