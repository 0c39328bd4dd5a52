"""Picture -> CollageCode: one network pass, then the integers of any level."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from ..bitstream.symbols import LARGEST
from ..code import CollageCode
from ..errors import LimitError, WeightsError
from .weights import Weights

MEANS = 3  # leading atoms, those of largest variance, which are rounded without a dead zone


def pad_to_cells(picture: np.ndarray, range_size: int) -> Tensor:
    """uint8 [H, W, 3] -> float32 [1, 3, rows B, columns B] in [0, 1], continued by half-sample symmetry."""
    height, width = picture.shape[:2]
    below, right = -height % range_size, -width % range_size
    padded = np.pad(picture, ((0, below), (0, right), (0, 0)), "symmetric")
    return torch.from_numpy(padded.transpose(2, 0, 1).copy())[None].float() / 255


def choose_device(device: str) -> str:
    """ "auto" is CUDA where there is one. LimitError for what this machine does not have."""
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device != "cpu" and not (device.startswith("cuda") and torch.cuda.is_available()):
        raise LimitError(f"device {device!r} is not available here")
    return device


def quantize(scaled: Tensor, dead_zone: float | Tensor) -> Tensor:
    """Integers for scaled coefficients [N, channels, rows, columns]: rounded, but all except the
    MEANS first channels only away from zero once the fraction exceeds a half by the dead zone (one
    number, or [N, 1, 1, 1])."""
    spared = (torch.arange(scaled.shape[1], device=scaled.device) >= MEANS)[:, None, None]
    return (scaled.abs() + 0.5 - dead_zone * spared).floor().clamp(0, LARGEST).copysign(scaled) + 0.0


class Analysis:
    """What one network pass finds in a picture, from which the codes of all levels are made.

    picture: uint8 [H, W, 3]. grey: the decoder returns one channel.
    """

    @torch.no_grad()
    def __init__(self, picture: np.ndarray, grey: bool, weights: Weights, device: str = "cpu") -> None:
        self.weights, self.device, self.grey = weights, device, grey
        self.height, self.width = picture.shape[:2]
        self.model = weights.model(device)
        self.padded = pad_to_cells(picture, weights.architecture.range_size).to(device)
        self._analysed = self.model.analyse(self.padded)

    @torch.no_grad()
    def scaled(self, level: int) -> Tensor:
        """Coefficients in quantizer steps, [1, channels, rows, columns]. level: in 1/256."""
        scaled = self.model.scaled(self._analysed, torch.tensor([level / 256], device=self.device))
        if not bool(scaled.isfinite().all()):
            raise WeightsError(f"{self.weights.path}: the network gives values that are not finite")
        if min(scaled.shape[2:]) < 2:
            scaled[:, self.weights.architecture.atoms :] = 0  # a grid without domains
        return scaled

    def code(self, level: int, effort: int = 0, progress: Callable[[float], None] = lambda _: None) -> CollageCode:
        """The integers of a level, in 1/256. effort: 0 .. 9, see `neural.effort`. progress: called with the
        share that is done, 0 .. 1."""
        from . import effort as search  # it needs the prior's network, which a single pass does not

        scaled = self.scaled(level)
        if effort == 0:
            dead_zone = np.interp(level / 256, range(len(self.weights.dead_zone)), self.weights.dead_zone)
            q = quantize(scaled, float(dead_zone))[0].to("cpu", torch.int32).numpy()
        else:
            q = search.improve(self, scaled, level, effort, progress)
        a = self.weights.architecture
        return CollageCode(
            self.height, self.width, self.grey, level, a.range_size,
            self.weights.fingerprint, q[: a.atoms], q[a.atoms :],
        )  # fmt: skip
