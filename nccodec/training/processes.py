"""The processes of one run, as torchrun starts them: which one this is, and what all of them agree on.

Without torchrun there is a single process, and values are returned as they are.
"""

import os
from typing import NoReturn

import torch
import torch.distributed as dist


def join(device: str) -> str:
    """Meet the other processes, if torchrun started this one; returns the device of this process."""
    if not dist.is_torchelastic_launched():
        return device
    if device == "cuda":
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    return device


def leave() -> None:
    """Part from the others, if there are any: this process works on while they end."""
    if dist.is_initialized():
        dist.destroy_process_group()


def end() -> NoReturn:
    """Part from the others and end this process, without the interpreter's own ending: where a thread of gloo
    still holds the tensor of what was exchanged last, that would abort."""
    leave()
    os._exit(0)


def rank() -> int:
    """0 .. count() - 1. Rank 0 is the one that reports and writes files."""
    return dist.get_rank() if dist.is_initialized() else 0


def count() -> int:
    return dist.get_world_size() if dist.is_initialized() else 1


def first(value: float, device: torch.device) -> float:
    """Rank 0's value, on all ranks."""
    if count() == 1:
        return value
    shared = torch.tensor(value, dtype=torch.float64, device=device)
    dist.broadcast(shared, 0)
    return shared.item()


def mean(values: list[float], device: torch.device) -> list[float]:
    """Means over the ranks, on all ranks."""
    if count() == 1:
        return values
    shared = torch.tensor(values, dtype=torch.float64, device=device)
    dist.all_reduce(shared)
    return (shared / count()).tolist()
