"""Arrays of numpy or of torch. What the map and the networks compute is written once, over the functions that the
Python array API standard gives both (`namespace`) and the few that it lacks (`form`). torch is imported only where
tensors are asked for: on a GPU, for gradients.
"""

from types import ModuleType
from typing import Any

import numpy as np

from . import numpy_form
from .threads import QUIET, set_threads, share, thread_count

__all__ = [
    "GRADIENTS", "QUIET", "Array", "form", "namespace", "numpy_of", "on", "set_threads", "share", "thread_count",
]  # fmt: skip

Array = Any  # a numpy array or a torch tensor, in and out alike
GRADIENTS = "torch"  # the device that is the CPU with torch, which differentiates; "cpu" is numpy


def namespace(x: Array) -> ModuleType:
    """The standard's functions for x: numpy, which has had them since 2.1, or array_api_compat's torch."""
    if isinstance(x, np.ndarray):
        return np
    import array_api_compat.torch

    return array_api_compat.torch


def form(x: Array) -> ModuleType:
    """The module with the operations of x: `numpy_form` or `torch_form`, which have the same functions."""
    if isinstance(x, np.ndarray):
        return numpy_form
    from . import torch_form

    return torch_form


def on(array: np.ndarray, device: str) -> Array:
    """An array where `device`, see `collage.device.choose_device`, computes."""
    if device == "cpu":
        return array
    import torch

    return torch.from_numpy(np.ascontiguousarray(array)).to("cpu" if device == GRADIENTS else device)


def numpy_of(x: Array) -> np.ndarray:
    """Its values, detached from gradients."""
    return x if isinstance(x, np.ndarray) else x.detach().cpu().numpy()
