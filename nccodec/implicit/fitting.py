"""The training loop: pixels of one picture, a network, and the time that there is."""

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from ..errors import LimitError
from .header import Shape
from .network import Network
from .optimizers import Group, Optimizer
from .parameters import Dense

Report = Callable[[float, float, float], None]  # share that is done, PSNR in dB, seconds left
# Learning rates, by optimizer and network: the highest of a few that stayed stable. README.md has the figures.
RATES = {
    "soap": {"siren": 2e-3, "fourier": 2e-3, "atan": 2e-3, "tanh": 2e-3},
    "adam": {"siren": 3e-3, "fourier": 3e-3, "atan": 5e-3, "tanh": 5e-3},
}
_LARGE = 300  # depth times width of the largest networks that RATES were tried with
_WARM = 0.05  # share of a fit in which the rate rises; after it, it falls evenly to 0
_LOST = 1.15  # a mean loss so many times the lowest is that of a fit that was lost: it falls, but for chance
_MEMORY = 0.98  # of the mean of the losses of batches
# Pixels that a fit is measured on: all, or as many, at random, as take so many products, a fraction of a second.
_MEASURED, _PRODUCTS = 1 << 16, 1 << 33


@dataclass(frozen=True)
class Rules:
    """steps, minutes: the first that is reached ends a fit; one at least is given. batch: pixels. optimizer: of
    OPTIMIZERS. rate: None for that of RATES. seed: of the order of pixels. checks: times that the picture is measured
    on the way, beside first and last."""

    steps: int | None
    minutes: float | None
    batch: int
    optimizer: str = "soap"
    rate: float | None = None
    seed: int = 0
    checks: int = 20


def rate_for(optimizer: str, shape: Shape) -> float:
    """The learning rate of a network: that of RATES up to _LARGE, from there on in inverse proportion to depth times
    width, as what a step changes in the output grows with both."""
    return RATES[optimizer][shape.network] * min(1, _LARGE / (shape.depth * shape.width))


class Parameters(Protocol):
    """What is trained, and the network that it makes. groups: see `optimizers`. masks: which numbers may be other than
    zero, bool; with the groups all that a state is made of. final: whether the states from now on are of the form that
    is wanted, so that the best of them may be the end of a fit."""

    groups: list[Group]
    masks: list[Tensor]
    final: bool

    def spread(self) -> None:
        """Parameters -> numbers of the network."""
        ...

    def collect(self, share: float) -> None:
        """Gradient of the network -> gradients of the parameters. share: of the fit that is done; what is sparse may
        change its places."""
        ...

    def settle(self) -> None:
        """The fit ends, as planned or early: `final` from now on."""
        ...


class Pixels:
    """A picture: uint8 [H, W] or [H, W, 3]."""

    def __init__(self, picture: np.ndarray, device: str = "cpu") -> None:
        self.height, self.width = picture.shape[:2]
        self.count = self.height * self.width
        self._device = torch.device(device)
        self._samples = torch.from_numpy(picture.reshape(self.count, -1).copy()).to(self._device)

    def at(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """Places [2, n], u and v, and targets [C, n], -1 black to 1 white, of pixels by number, in raster order."""
        row = index.div(self.width, rounding_mode="floor")
        column = index - row * self.width
        middles = torch.stack([2 * column + (1 - self.width), 2 * row + (1 - self.height)])
        places = middles.to(torch.float32).div_(max(self.width, self.height))
        targets = self._samples[index].t().to(torch.float32, memory_format=torch.contiguous_format)
        return places, targets.div_(127.5).sub_(1)

    def batches(self, size: int, seed: int):
        """Index after index of pixels: every pixel once, in random order, then again, without end. The last ones of a
        round that make no batch are left out."""
        if size >= self.count:
            every = torch.arange(self.count, device=self._device)
            while True:
                yield every
        random = torch.Generator().manual_seed(seed)
        while True:
            order = torch.randperm(self.count, generator=random).to(self._device)
            for start in range(0, self.count - size + 1, size):
                yield order[start : start + size]

    def sample(self, most: int) -> Tensor:
        """Numbers of all pixels, or of `most` of them, the same at each call, at random."""
        if most >= self.count:
            return torch.arange(self.count, device=self._device)
        random = torch.Generator().manual_seed(0)
        return torch.randint(self.count, (most,), generator=random).sort().values.to(self._device)

    def error(self, network: Network, sample: Tensor, pool: ThreadPoolExecutor | None = None) -> float:
        """Mean squared error of pixels by their number in the units of targets."""
        total = 0.0
        for part in sample.split(1 << 18):
            total += network.error(*self.at(part), pool) * len(part)
        return total / len(sample)


def psnr_of(error: float) -> float:
    """dB, of a mean squared error in the units of targets."""
    return -10 * math.log10(max(error, 1e-12) / 4)


def rate_at(share: float) -> float:
    """Of the highest learning rate. share: of the fit."""
    return min(share / _WARM, (1 - share) / (1 - _WARM))


def fit(
    network: Network, pixels: Pixels, rules: Rules, report: Report = lambda *_: None,
    parameters: Parameters | None = None,
) -> float:  # fmt: skip
    """Train; the network is left with the best parameters found, whose PSNR is returned: of all pixels, or of a sample
    of so many that measuring takes no time. The same steps of the same network give the same result on one machine.
    KeyboardInterrupt: `Stopped` is raised when the network has the best parameters so far. LimitError where the first
    parameters give what is no number."""
    parameters = Dense(network) if parameters is None else parameters
    try:
        with torch.no_grad(), workers(network) as pool:
            run = _Run(network, pixels, rules, parameters, pool, report)
            try:
                run.train()
            except KeyboardInterrupt:
                raise Stopped(run.steps, run.finish()) from None
            return run.finish()
    except torch.OutOfMemoryError:
        raise MemoryError(f"a batch of {rules.batch} pixels takes too much memory") from None


class Stopped(Exception):
    """A fit ended early, by Ctrl-C. steps: done. psnr: as `fit` returns it."""

    def __init__(self, steps: int, psnr: float) -> None:
        super().__init__(steps, psnr)
        self.steps, self.psnr = steps, psnr


@contextmanager
def workers(network: Network):
    """A thread beside this one where there are two cores for it. Within, torch uses no others on its own: what is so
    small is done sooner in two wholes than in many halves."""
    threads = torch.get_num_threads()
    two = network.device.type == "cpu" and threads > 1
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(1, "nccodec-fit", lambda: torch.set_num_threads(1)) if two else nullcontext() as pool:
            yield pool
    finally:
        torch.set_num_threads(threads)


class _Run:
    """The state of a fit. steps: done."""

    def __init__(
        self, network: Network, pixels: Pixels, rules: Rules, parameters: Parameters, pool: ThreadPoolExecutor | None,
        report: Report,
    ) -> None:  # fmt: skip
        self._network, self._pixels, self._rules, self._parameters = network, pixels, rules, parameters
        self._pool, self._report = pool, report
        self._optimizer = Optimizer(parameters.groups, rules.optimizer)
        self._rate = rules.rate or rate_for(rules.optimizer, network.shape)
        self._sample = pixels.sample(max(_MEASURED, _PRODUCTS // network.shape.weights))
        self._best, self._least = [value.clone() for value in self._state()], math.inf
        self._final = False  # whether the best is
        self.steps, self._began, self._mean, self._lowest = 0, time.monotonic(), math.inf, math.inf

    def train(self) -> None:
        every = 1 / (self._rules.checks + 1)
        next_check = every
        self._check()
        if self._least == math.inf:
            raise LimitError("the network that the fit starts from gives what is no number")
        for index in self._pixels.batches(self._rules.batch, self._rules.seed):
            share = self._share()
            if share >= 1 and self.steps:
                return
            if share >= next_check:
                self._check()
                next_check = share + every
            self._parameters.spread()
            loss = self._network.learn(*self._pixels.at(index), self._pool)
            self._watch(loss)
            self._parameters.collect(share)
            if self._parameters.final and not self._final:
                self._check()
            self._optimizer.step(self._rate * rate_at(min(share, 1.0)))
            self.steps += 1
            if self.steps % 10 == 0 and self._mean < math.inf:
                self._report(share, psnr_of(self._mean), self._left(share))

    def finish(self) -> float:
        """The best parameters, for good."""
        self._parameters.settle()
        self._check()
        self._go_back()
        self._parameters.settle()  # where nothing final was a number
        self._report(1.0, psnr_of(self._least), 0.0)
        return psnr_of(self._least)

    def _share(self) -> float:
        """Of the fit that is done."""
        rules, shares = self._rules, []
        if rules.steps is not None:
            shares.append(self.steps / rules.steps)
        if rules.minutes is not None:
            shares.append((time.monotonic() - self._began) / (60 * rules.minutes))
        return max(shares)

    def _left(self, share: float) -> float:
        """Seconds."""
        return (time.monotonic() - self._began) * (1 - share) / max(share, 1e-9)

    def _state(self) -> list[Tensor]:
        return [*(value for value, _ in self._parameters.groups), *self._parameters.masks]

    def _check(self) -> None:
        """Measure the picture, and remember the best parameters."""
        self._parameters.spread()
        error = self._pixels.error(self._network, self._sample, self._pool)
        better = error < self._least or (self._parameters.final and not self._final and math.isfinite(error))
        if better:
            for value, best in zip(self._state(), self._best, strict=True):
                best.copy_(value)
            self._least, self._final = error, self._parameters.final

    def _go_back(self) -> None:
        """To the best parameters."""
        for value, best in zip(self._state(), self._best, strict=True):
            value.copy_(best)
        self._parameters.final = self._final
        self._parameters.spread()

    def _watch(self, loss: float) -> None:
        """Where steps were too large and the fit is lost, go back to the best and on with half the rate."""
        self._mean = loss if self._mean == math.inf else _MEMORY * self._mean + (1 - _MEMORY) * loss
        self._lowest = min(self._lowest, self._mean)
        if math.isfinite(self._mean) and self._mean < _LOST * self._lowest:
            return
        self._go_back()
        self._rate /= 2
        self._mean = self._lowest = math.inf
        self._network.gradient.zero_()
        self._optimizer.forget()
