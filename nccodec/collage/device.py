"""Where to compute."""

import torch

from ..errors import LimitError


def choose_device(device: str) -> str:
    """ "auto" is CUDA where there is one. LimitError for what this machine does not have."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device != "cpu" and not (device.startswith("cuda") and torch.cuda.is_available()):
        raise LimitError(f"device {device!r} is not available here")
    if device != "cpu":
        torch.backends.cudnn.allow_tf32 = False  # 10 bits of mantissa are not the decoder's 32-bit floats
    return device
