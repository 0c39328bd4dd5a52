"""Numbers of a fitted network -> values of a code."""

import math

import numpy as np
import torch

from ..bitstream.symbols import LARGEST
from .code import Book, Half, Layer, Steps, Values, round_step
from .fitting import Pixels
from .network import Network
from .packing import MOST_ENTRIES

_SAMPLE = 4096  # pixels that sensitivities are taken from
_ROUNDS = 30  # of k-means


def sensitivities(network: Network, pixels: Pixels, seed: int = 0) -> np.ndarray:
    """For each number of theta, the mean over pixels and channels of the squared derivative of the output by it:
    float64, estimated with random signs on the output of _SAMPLE pixels, one at a time in effect."""
    random = torch.Generator().manual_seed(seed)
    index = torch.randint(pixels.count, (_SAMPLE,), generator=random)
    places, targets = pixels.at(index.to(network.device))
    with torch.no_grad():
        return network.squares(places, targets.shape[0], random).double().cpu().numpy()


def steps_for(shape_layers, square: np.ndarray, noise: float) -> list[float]:
    """A step for each layer and, last, for the biases, so that rounding adds a mean squared error of `noise` to the
    output. Bits are spent best where each number adds as much: step^2 times the layer's mean sensitivity is equal."""
    matrices, biases = _split(square, shape_layers)
    share = math.sqrt(12 * noise / len(square))
    return [share / math.sqrt(max(float(part.mean()), 1e-12)) for part in [*matrices, np.concatenate(biases)]]


def steps_of(bits: float, network: list[Layer], shape_layers, square: np.ndarray) -> list[float]:
    """Steps as those of `steps_for`, of which the matrices' integers need so many bits: log2(2 max |q| + 1) of a layer,
    the mean over numbers that are not zero."""
    counts = [np.count_nonzero(matrix) for matrix, _ in network]
    largest = [float(np.abs(matrix).max()) for matrix, _ in network]

    def width(noise: float) -> float:
        steps = steps_for(shape_layers, square, noise)
        each = [math.log2(2 * most / step + 1) for most, step in zip(largest, steps, strict=False)]
        return sum(count * bits for count, bits in zip(counts, each, strict=True)) / max(sum(counts), 1)

    low, high = 1e-30, 1e10
    for _ in range(60):  # halves the interval of the logarithm
        noise = math.sqrt(low * high)
        low, high = (noise, high) if width(noise) > bits else (low, noise)
    return steps_for(shape_layers, square, high)


def uniform(network: list[Layer], steps: list[float]) -> tuple[tuple[Values, ...], Values]:
    """Matrices and biases at steps of `steps_for`."""
    made = [rounded(matrix, step) for (matrix, _), step in zip(network, steps, strict=False)]
    return tuple(made), rounded(np.concatenate([bias for _, bias in network]), steps[-1])


def rounded(values: np.ndarray, step: float) -> Steps:
    """Values to the nearest multiples of a step, which is enlarged where it must be."""
    step = round_step(max(step, float(np.abs(values).max(initial=0)) / (LARGEST - 200), 1e-20))
    return Steps(np.rint(values / step).astype(np.int64), step)


def halves(network: list[Layer]) -> tuple[tuple[Values, ...], Values]:
    """All as float16."""
    biases = np.concatenate([bias for _, bias in network])
    return tuple(half(matrix) for matrix, _ in network), half(biases)


def half(values: np.ndarray) -> Half:
    return Half(np.clip(values, -65504, 65504).astype(np.float16))


def book(values: np.ndarray, step: float) -> Book:
    """k-means, of as few entries as have the squared error of a uniform step. Zeros stay: one entry is zero."""
    weights, count = _told(values), 2
    most = min(MOST_ENTRIES - 1, len(np.unique(weights)))
    while True:
        entries = means(weights, count)
        error = ((entries[nearest(weights, entries)] - weights) ** 2).mean()
        if error <= step**2 / 12 or count >= most:
            break
        count = min(most, count * 5 // 4 + 1)
    return _book(values, entries)


def book_of(values: np.ndarray, count: int) -> Book:
    """k-means, of `count` entries or as many as there are numbers. Zeros stay: one entry is zero."""
    return _book(values, means(_told(values), count - bool((values == 0).any())))


def _told(values: np.ndarray) -> np.ndarray:
    """Those that are not zero, if any."""
    flat = values.ravel()
    return flat[flat != 0] if (flat != 0).any() else flat


def _book(values: np.ndarray, entries: np.ndarray) -> Book:
    if (values == 0).any():
        entries = np.append(entries, 0)
    entries = np.unique(entries.astype(np.float16))
    if len(entries) < 2:
        entries = np.array([entries[0], entries[0] + np.float16(1)], np.float16)
    return Book(nearest(values, entries.astype(np.float64)), entries)


def means(values: np.ndarray, count: int, rounds: int = _ROUNDS) -> np.ndarray:
    """The centres of at most `count` groups of values, rising: Lloyd's iteration, from groups of one size each."""
    ordered = np.sort(values)
    entries = np.unique([part.mean() for part in np.array_split(ordered, min(count, len(ordered)))])
    for _ in range(rounds):
        index = nearest(values, entries)
        sums, sizes = np.bincount(index, values, len(entries)), np.bincount(index, minlength=len(entries))
        moved = sums[sizes > 0] / sizes[sizes > 0]
        if len(moved) == len(entries) and np.allclose(moved, entries, rtol=0, atol=1e-12):
            break
        entries = moved
    return entries


def nearest(values: np.ndarray, entries: np.ndarray) -> np.ndarray:
    """Index of the nearest of rising entries, int64 of the shape of values."""
    return np.searchsorted((entries[1:] + entries[:-1]) / 2, values).astype(np.int64)


def _split(flat: np.ndarray, layers) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Matrices and biases of a vector like theta."""
    parts = np.split(flat, np.cumsum([outputs * (inputs + 1) for outputs, inputs in layers])[:-1])
    both = [part.reshape(outputs, inputs + 1) for part, (outputs, inputs) in zip(parts, layers, strict=True)]
    return [part[:, :-1] for part in both], [part[:, -1] for part in both]
