"""What lies between the trained quality levels."""

import torch
from torch import Tensor

from .header import LEVEL_UNIT


def real(level: int, device: str | torch.device) -> Tensor:
    """A level of a file, in 1/LEVEL_UNIT, as the real number that networks take: [1]."""
    return torch.tensor([level / LEVEL_UNIT], device=device)


def at_level(table: Tensor, level: Tensor) -> Tensor:
    """Rows of a table [levels, ...] at real levels [N], interpolated linearly: [N, ...]."""
    low = level.long().clamp(max=len(table) - 2)
    part = (level - low).to(table.dtype).reshape(-1, *(1,) * (table.dim() - 1))
    return (1 - part) * table[low] + part * table[low + 1]


def lagrange(lambdas: tuple[float, ...], level: Tensor) -> Tensor:
    """lambda at real levels [N], interpolated in the log domain: [N]."""
    return at_level(torch.tensor(lambdas, device=level.device).log(), level).exp()
