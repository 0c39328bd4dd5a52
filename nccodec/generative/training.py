"""Training of generative collages on the CPU."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..errors import TrainingError
from .architecture import Architecture
from .augmentation import moved
from .objective import SETTLED, Objective

_WARM = 100  # steps in which the rate rises
_RISING = 0.2  # share of the run in which the weight of the latents' nats rises to 1
_CLIP = 50.0  # of the norm of the gradient
_TOLD = 50  # steps from one report to the next
_DRAWS = 4  # of the latents of each picture, in measuring


@dataclass(frozen=True)
class Run:
    """How long and how to train: so many steps, or else minutes. augment: strength of `augmentation.moved`."""

    steps: int | None = None
    minutes: float | None = None
    batch: int = 64
    rate: float = 1.5e-3
    augment: float = 1.0
    seed: int = 0


@dataclass(frozen=True)
class Report:
    """Means since the last one: nats of the pictures and of their latents."""

    step: int
    progress: float
    pictures: float
    latents: float


class Trainer:
    """Networks in training. pixels: uint8 [N, C, size, size]. done: steps. objective: by default of `architecture`,
    with random weights."""

    def __init__(
        self, architecture: Architecture, pixels: np.ndarray, run: Run,
        objective: Callable[[Architecture], Objective] = Objective,
    ) -> None:  # fmt: skip
        if pixels.shape[1:] != (architecture.channels, architecture.size, architecture.size):
            raise TrainingError("the pictures are not of the size and colours of the architecture")
        torch.manual_seed(run.seed)
        self.run, self.done, self.objective = run, 0, objective(architecture)
        self._pixels, self._random = torch.from_numpy(pixels), torch.Generator().manual_seed(run.seed)
        self._latents = architecture.latents + architecture.upper
        self._optimizer = torch.optim.Adam(self.objective.parameters(), run.rate)

    def train(self, report: Callable[[Report], None] = lambda _: None) -> None:
        """All steps. TrainingError where the loss is no number."""
        sums = np.zeros(2)
        for share in self._paced():
            pictures, latents = self._step(share)
            sums += pictures, latents
            self.done += 1
            if self.done % _TOLD == 0:
                if not np.isfinite(sums).all():
                    raise TrainingError(f"the loss is no number at step {self.done}; a lower --rate may help")
                report(Report(self.done, share, *(sums / _TOLD)))
                sums[:] = 0

    def _paced(self) -> Iterator[float]:
        """For each step, the share of the run before it."""
        began, run = time.monotonic(), self.run
        while True:
            share = self.done / run.steps if run.steps else (time.monotonic() - began) / (60 * run.minutes)
            if share >= 1:
                return
            yield share

    def _step(self, share: float) -> tuple[float, float]:
        run, random = self.run, self._random
        chosen = torch.randint(len(self._pixels), (run.batch,), generator=random)
        pictures = moved(self._pixels[chosen].float() / 255, run.augment, random)
        noise = torch.randn(run.batch, self._latents, generator=random)
        rate = run.rate * min(1, (self.done + 1) / _WARM) * 0.5 * (1 + math.cos(math.pi * share))
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        nats, divergence = self.objective(pictures, noise)
        loss = (nats + min(1.0, share / _RISING) * divergence).mean()
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.objective.parameters(), _CLIP)
        self._optimizer.step()
        return nats.mean().item(), divergence.mean().item()


@torch.no_grad()
def measured(objective: Objective, pixels: np.ndarray, seed: int = 0) -> dict[str, float]:
    """The bound on pictures uint8 [N, C, size, size], a mean over them and over draws of their latents, of the settled
    map: "nats" in all, of which "latents"; "bits" a dimension; "psnr" in dB of the pictures decoded from the means of
    their latents."""
    a, random = objective.architecture, torch.Generator().manual_seed(seed)
    sums, squares = np.zeros(2), 0.0
    for start in range(0, len(pixels), 100):
        pictures = torch.from_numpy(pixels[start : start + 100]).float() / 255
        for _ in range(_DRAWS):
            noise = torch.randn(len(pictures), a.latents + a.upper, generator=random)
            sums += [float(part.sum()) / _DRAWS for part in objective(pictures, noise, SETTLED)]
        decoded = objective.decoded(objective.network.encode(pictures)[0][:, : a.latents], SETTLED).clamp(0, 1)
        squares += float((decoded - pictures).square().sum())
    nats, latents = (sums / len(pixels)).tolist()
    total = nats + latents
    return {
        "nats": total,
        "latents": latents,
        "bits": total / math.log(2) / math.prod(pixels.shape[1:]),
        "psnr": -10 * math.log10(max(squares / pixels.size, 1e-12)),
    }


def arrays_of(objective: Objective) -> dict[str, np.ndarray]:
    """The trained arrays, for `weights.save`."""
    found: dict[str, Tensor] = objective.tensors()
    return {name: x.numpy() for name, x in found.items()}
