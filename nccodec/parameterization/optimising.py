"""The loop: a parameterization, an objective, and the steps or minutes that there are."""

import math
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import LimitError, NclWarning
from .fourier import random_picture
from .objectives import Objective
from .parameters import Parameterization

Report = Callable[[float, float, float], None]  # share that is done, loss, seconds left
Look = Callable[[int, Tensor], None]  # steps done, and the picture, as of `Parameterization`
_WARM = 10  # steps in which the rate rises
_FALL = 0.6  # share of the steps after which it falls
_LAST = 0.02  # of the rate, at the end
_MEMORY = 0.8  # of the mean of losses, by which the best is known


@dataclass(frozen=True)
class Rules:
    """steps, minutes: the first that is reached ends it; one at least is given. rate: None for that of the
    parameterization. seed: of backgrounds and transformations."""

    steps: int | None
    minutes: float | None = None
    rate: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps is None and self.minutes is None:
            raise LimitError("an optimisation without end")
        if self.minutes is not None and not (math.isfinite(self.minutes) and self.minutes > 0):
            raise LimitError(f"{self.minutes:g} minutes are no time")


def optimise(
    parameterization: Parameterization, objective: Objective, rules: Rules, report: Report = lambda *_: None,
    look: Look = lambda *_: None,
) -> float:  # fmt: skip
    """Adam's steps; the parameterization is left with the best parameters found, whose mean loss over the last steps is
    returned. Pictures with transparency are shown on random backgrounds, each step on another, and what counts is how
    much less the loss is than that of nothing, times the mean transparency. Ctrl-C ends it with an NclWarning instead
    of KeyboardInterrupt; before the first step the loss is infinite. MemoryError on a GPU that has too little. The same
    steps give the same parameters on one machine with as many threads."""
    run = _Run(parameterization, objective, rules, report, look)
    try:
        run.train()
    except KeyboardInterrupt:
        warnings.warn(f"stopped after {run.steps} steps: the best so far is kept", NclWarning, stacklevel=2)
    except torch.OutOfMemoryError:
        raise MemoryError("a picture of this size takes too much memory") from None
    return run.finish()


class _Run:
    """The state of an optimisation. steps: done."""

    def __init__(
        self, parameterization: Parameterization, objective: Objective, rules: Rules, report: Report, look: Look
    ) -> None:
        self._parameterization, self._objective, self._rules = parameterization, objective, rules
        self._report, self._look = report, look
        self._rate = parameterization.rate if rules.rate is None else rules.rate
        self._optimizer = torch.optim.Adam(parameterization.parameters, self._rate)
        self._random = torch.Generator().manual_seed(rules.seed)
        self._best, self._least, self._mean = self._copies(), math.inf, None
        self.steps, self._began = 0, time.monotonic()

    def train(self) -> None:
        while (share := self._share()) < 1:
            factor = min((self.steps + 1) / _WARM, 1, max(_LAST, (1 - share) / (1 - _FALL)))
            self._optimizer.param_groups[0]["lr"] = self._rate * factor
            self._optimizer.zero_grad()
            picture = self._parameterization.picture()
            loss = self._learn(picture)
            self._watch(loss)
            self._look(self.steps, picture.detach())
            self._optimizer.step()
            self.steps += 1
            share = min(1.0, self._share())
            self._report(share, self._mean, (time.monotonic() - self._began) * (1 - share) / max(share, 1e-9))

    def finish(self) -> float:
        """The best parameters, for good."""
        with torch.no_grad():
            for value, best in zip(self._parameterization.parameters, self._best, strict=True):
                value.copy_(best)
        return self._least

    def _learn(self, picture: Tensor) -> float:
        """The gradients of all frames, one after the other, as the network's part takes most memory; the mean loss."""
        shown = picture.detach().requires_grad_()
        frames, total = len(picture), 0.0
        for number in range(frames):
            loss = self._loss(shown[number : number + 1], number / max(1, frames - 1)) / frames
            loss.backward()
            total += float(loss.detach())
        picture.backward(shown.grad)
        return total

    def _loss(self, frame: Tensor, way: float) -> Tensor:
        if frame.shape[1] == 3:
            return self._objective(frame, way, self._random)
        opacity = frame[:, 3:]
        background = random_picture(frame.shape[2], frame.shape[3], self._random).to(frame.device)
        seen = torch.lerp(background, frame[:, :3], opacity)
        gained = self._objective(seen, way, self._random) - self._objective.nothing
        return gained * (1 - opacity.mean())

    def _share(self) -> float:
        """Of the steps that are done."""
        rules, shares = self._rules, []
        if rules.steps is not None:
            shares.append(self.steps / rules.steps)
        if rules.minutes is not None:
            shares.append((time.monotonic() - self._began) / (60 * rules.minutes))
        return max(shares)

    def _watch(self, loss: float) -> None:
        """Remember the best parameters."""
        self._mean = loss if self._mean is None else _MEMORY * self._mean + (1 - _MEMORY) * loss
        if self._mean < self._least:
            self._least, self._best = self._mean, self._copies()

    def _copies(self) -> list[Tensor]:
        return [value.detach().clone() for value in self._parameterization.parameters]
