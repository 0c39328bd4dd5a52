"""Random codes of implicit networks."""

import numpy as np

from nccodec.implicit.code import Book, Half, ImplicitCode, Steps, Values
from nccodec.implicit.header import Shape, side_of

FOURIER = {"features": 5, "sigma": 6, "seed": 7}


def random_values(random: np.random.Generator, size: tuple[int, ...], kind: str, spread: float, zeros: float) -> Values:
    """Of `size`, of deviation `spread`, a share of them zeros."""
    real = random.normal(0, spread, size)
    zero = random.random(size) < zeros
    if kind == "float16":
        return Half(np.where(zero, 0, real).astype(np.float16))
    if kind == "uniform":
        step = 2.0**-7 * 1.5
        return Steps(np.where(zero, 0, np.rint(real / step)).astype(np.int64), step)
    entries = np.unique(np.append(random.normal(0, spread, 11), 0).astype(np.float16))
    indices = random.integers(0, len(entries), size)
    return Book(np.where(zero, np.flatnonzero(entries == 0)[0], indices), entries)


def random_implicit(
    seed: int, network: str = "siren", form: str = "dense", values: str = "uniform", size: tuple[int, int] = (24, 36),
    depth: int = 2, width: int = 7, grey: bool = False, zeros: float = 0.0, rank: int = 3,
) -> ImplicitCode:  # fmt: skip
    """size: height, width. zeros: share of the weights of "sparse" ones. rank: of "factors"."""
    random = np.random.default_rng(seed)
    shape = Shape(network, depth, width, 1 if grey else 3, **(FOURIER if network == "fourier" else {}))
    sizes, spread, scales = shape.layers, 0.4, None
    if form == "factors":
        side = side_of(shape.weights)
        sizes, spread = ((side, rank), (rank, side)), 0.5
        scales = Half(random.uniform(0.3, 1, len(shape.layers)).astype(np.float16))
    spread = spread / 3 if network == "siren" else spread
    matrices = tuple(random_values(random, size, values, spread, zeros) for size in sizes)
    kind = "uniform" if values == "uniform" else "float16"
    return ImplicitCode(
        *size, grey, shape, form, matrices, scales, random_values(random, (shape.biases,), kind, 0.3, 0)
    )
