"""The distributions that coefficients are coded with: a mixture at each of 64 scales, as integer tables."""

import math

import numpy as np
import torch
from torch import Tensor

from ..bitstream.symbols import TOTAL
from .prior import FINE, FRACTIONS, LOG, SCALES, PriorArrays, table_number

OCTAVE = 5  # scale indices for each doubling of the scale
LOWEST = -4.5  # log2 of the scale at index 0, in quantizer steps
LAPLACE = 2.0  # scale of the Laplace part of the mixture, that of the logistic one being 1


def mass(distance: Tensor, index: Tensor, shape: Tensor) -> Tensor:
    """Mass of the unit interval around a value `distance` >= 0 from the mean, at a real scale index: a
    mixture of a logistic and a wider Laplace distribution.

    shape: [SCALES], logits of the logistic's share at each whole index.
    """
    inverse = torch.exp2(-LOWEST - index / OCTAVE)
    low, high = (distance - 0.5) * inverse, (distance + 0.5) * inverse
    logistic = torch.sigmoid(-low) - torch.sigmoid(-high)
    tail = 0.5 * torch.exp(low.abs() * (-1 / LAPLACE))
    laplace = torch.where(low < 0, 1 - tail, tail) - 0.5 * torch.exp(high * (-1 / LAPLACE))
    return torch.lerp(laplace, logistic, shape.sigmoid()[(index.detach() + 0.5).long()])


def log_table() -> np.ndarray:
    """int32 [LOG]: 256 log2(1 + n), rounded."""
    return np.array([round(256 * math.log2(1 + n)) for n in range(LOG)], np.int32)


@torch.no_grad()
def tables(shape: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Sizes, int32, and counts, int32, of all tables in order (`neural.prior.table_number`)."""
    sizes, entries = [], []
    shape = shape.detach().double().cpu()
    for index in range(SCALES):
        reach = 2 + math.ceil(2 ** (LOWEST + index / OCTAVE) * LAPLACE * 18)
        symbols = torch.arange(-reach, reach + 1, dtype=torch.float64)
        for fraction in range(-FRACTIONS // 2, FRACTIONS // 2) if index < FINE else (0,):
            distance = (symbols - fraction / FRACTIONS).abs()
            share = mass(distance, torch.full_like(distance, index), shape).numpy()
            table = integer_table(share)
            sizes.append(len(table))
            entries.append(table)
    return np.array(sizes, np.int32), np.concatenate(entries).astype(np.int32)


@torch.no_grad()
def shape_of(arrays: PriorArrays) -> Tensor:
    """The shape [SCALES] that `tables` made these tables from: the share of the logistic part that fits
    the counts best, in least squares."""
    share = []
    for index in range(SCALES):
        table = arrays.table(int(table_number(np.array(index), np.array(0))))
        counts = torch.tensor(table[:-1] / TOTAL)
        distance = torch.arange(len(counts), dtype=torch.float64).sub(len(counts) // 2).abs()
        at = torch.full_like(distance, index)
        logistic, laplace = (mass(distance, at, torch.full((SCALES,), logit).double()) for logit in (40.0, -40.0))
        apart = (logistic - laplace) * (distance > 0)  # the middle count also holds what rounding left over
        share.append(((counts - laplace) * apart).sum() / apart.square().sum())
    return torch.stack(share).clamp(1e-4, 1 - 1e-4).logit().float()


def integer_table(share: np.ndarray) -> np.ndarray:
    """Counts >= 1 that sum to TOTAL for the symbols -m .. m and, last, the escape.

    share: float64 [2 M + 1], of the symbols -M .. M; m is where what is outside weighs less than 2^-18.
    """
    middle = len(share) // 2
    share = share / share.sum()
    both = share[middle:].copy()
    both[1:] += share[middle - 1 :: -1] if middle else 0
    outside = np.append(both[::-1].cumsum()[::-1][1:], 0.0)  # weight beyond each |symbol|
    m = max(1, int(np.argmax(outside < 2.0**-18)))
    full = np.append(share[middle - m : middle + m + 1], max(outside[m], 2.0**-20))
    table = np.maximum(1, np.floor(full / full.sum() * TOTAL)).astype(np.int64)
    table[int(np.argmax(table))] += TOTAL - table.sum()
    return table
