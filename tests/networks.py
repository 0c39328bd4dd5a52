"""Networks of random arrays, of which every one matters."""

import numpy as np

from nccodec.neural.architecture import Architecture
from nccodec.neural.network import Network
from nccodec.neural.shapes import shapes


def random_arrays(a: Architecture, seed: int, spread: float = 0.15) -> dict[str, np.ndarray]:
    """float32, normal."""
    random = np.random.default_rng(seed)
    return {name: random.normal(0, spread, shape).astype(np.float32) for name, shape in shapes(a).items()}


def part(a: Architecture, name: str, seed: int, spread: float = 0.15) -> Network:
    """One of the networks of an architecture."""
    arrays = random_arrays(a, seed, spread)
    prefix = f"{name}."
    return Network({key: value for key, value in arrays.items() if key.startswith(prefix)}, prefix)


def named(network: Network) -> dict[str, np.ndarray]:
    """Its arrays in float64, under their names in it."""
    return {key.removeprefix(network.prefix): value.astype(np.float64) for key, value in network.arrays.items()}
