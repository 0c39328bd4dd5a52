"""Where to compute."""

import sys

from ..errors import LimitError


def choose_device(device: str, gradients: bool = False) -> str:
    """ "auto" is a GPU where torch sees one and is needed or loaded anyway, else the CPU: nobody waits for torch to
    learn that there is none. gradients: whether the work needs torch. LimitError for what this machine does not have.
    """
    if device == "cpu" or (device == "auto" and not gradients and "torch" not in sys.modules):
        return "cpu"
    import torch

    if device == "auto" and not torch.cuda.is_available():
        return "cpu"
    device = "cuda" if device == "auto" else device
    if not (device.startswith("cuda") and torch.cuda.is_available()):
        raise LimitError(f"device {device!r} is not available here")
    torch.backends.cudnn.allow_tf32 = False  # 10 bits of mantissa are not the decoder's 32-bit floats
    return device
