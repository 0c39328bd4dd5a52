"""Training of generative collages on the CPU, resumable exactly."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from ..errors import TrainingError
from .architecture import Architecture
from .augmentation import moved
from .objective import SETTLED, Objective
from .weights import Weights

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
    """Networks in training. pixels: uint8 [N, C, size, size]. objective: by default of `architecture`, with random
    weights. init: weights to start from. pictures: fingerprint of where the pixels are from. done: steps. elapsed:
    seconds of training. TrainingError where pixels or weights do not fit the architecture."""

    average: ClassVar = None  # of the parameters: none

    def __init__(
        self, architecture: Architecture, pixels: np.ndarray, run: Run,
        objective: Callable[[Architecture], Objective] = Objective, init: Weights | None = None, pictures: str = "",
    ) -> None:  # fmt: skip
        if pixels.shape[1:] != (architecture.channels, architecture.size, architecture.size):
            raise TrainingError("the pictures are not of the size and colours of the architecture")
        if init is not None and init.architecture != architecture:
            raise TrainingError(f"{init.path}: has another architecture than the one to be trained")
        torch.manual_seed(run.seed)
        self.run, self.done, self.elapsed, self.objective = run, 0, 0.0, objective(architecture)
        if init is not None:
            with torch.no_grad():
                for name, x in self.objective.tensors().items():
                    x.copy_(torch.from_numpy(init.tensors[name]))
        self._pixels, self._pictures = torch.from_numpy(pixels), pictures
        self._latents = architecture.latents + architecture.upper
        self.optimizer = torch.optim.Adam(self.objective.parameters(), run.rate)

    @property
    def identity(self) -> dict[str, Any]:
        """What a resumed run must have in common with the run that wrote its checkpoint."""
        run = self.run
        fields = {"batch": run.batch, "rate": run.rate, "augment": run.augment, "seed": run.seed}
        return fields | {"pictures": self._pictures, "architecture": self.objective.architecture.to_dict()}

    def train(
        self, report: Callable[[Report], None] = lambda _: None, save: Callable[[], None] = lambda: None,
        save_seconds: float = 120.0,
    ) -> None:  # fmt: skip
        """All steps that are left. save: called every so many seconds, at the end, and when an interruption passes
        through. TrainingError where the loss is no number, of which nothing is saved."""
        sums, saved = np.zeros(2), self.elapsed
        try:
            for share in self._paced():
                sums += self._step(share)
                self.done += 1
                if self.done % _TOLD == 0:
                    if not np.isfinite(sums).all():
                        raise TrainingError(f"the loss is no number at step {self.done}; a lower --rate may help")
                    report(Report(self.done, share, *(sums / _TOLD)))
                    sums[:] = 0
                    if self.elapsed - saved > save_seconds:
                        save()
                        saved = self.elapsed
        finally:
            if np.isfinite(sums).all():
                save()

    def _paced(self) -> Iterator[float]:
        """For each step, the share of the run before it."""
        began, run = time.monotonic() - self.elapsed, self.run
        while True:
            self.elapsed = time.monotonic() - began
            share = self.done / run.steps if run.steps else self.elapsed / (60 * run.minutes)
            if share >= 1:
                return
            yield share

    def _step(self, share: float) -> tuple[float, float]:
        run = self.run
        random = torch.Generator().manual_seed(run.seed * 1_000_003 + self.done)  # so that no state has to be kept
        chosen = torch.randint(len(self._pixels), (run.batch,), generator=random)
        pictures = moved(self._pixels[chosen].float() / 255, run.augment, random)
        noise = torch.randn(run.batch, self._latents, generator=random)
        rate = run.rate * min(1, (self.done + 1) / _WARM) * 0.5 * (1 + math.cos(math.pi * share))
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        nats, divergence = self.objective(pictures, noise)
        loss = (nats + min(1.0, share / _RISING) * divergence).mean()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.objective.parameters(), _CLIP)
        self.optimizer.step()
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
