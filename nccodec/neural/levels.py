"""What lies between the trained quality levels."""

import numpy as np

from ..arrays import Array, namespace, on
from .header import LEVEL_UNIT


def real(level: int, device: str) -> Array:
    """A level of a file, in 1/LEVEL_UNIT, as the real number that networks take: [1]."""
    return on(np.array([level / LEVEL_UNIT], np.float32), device)


def at_level(table: Array, level: Array) -> Array:
    """Rows of a table [levels, ...] at real levels [N], interpolated linearly: [N, ...]."""
    xp = namespace(table)
    low = xp.clip(xp.astype(level, xp.int64), max=len(table) - 2)
    part = xp.astype(level - low, table.dtype).reshape(-1, *(1,) * (table.ndim - 1))
    return (1 - part) * table[low] + part * table[low + 1]


def lagrange(lambdas: tuple[float, ...], level: Array) -> Array:
    """lambda at real levels [N], interpolated in the log domain: [N]."""
    xp = namespace(level)
    return xp.exp(at_level(xp.asarray(np.log(lambdas), dtype=level.dtype, device=level.device), level))
