"""The training loop: optimizer, schedule, averaging and checkpoints; resumable exactly."""

import math
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ..neural.prior_network import PriorNetwork
from ..neural.tile import pad_to_cells
from ..neural.weights import Weights
from . import checkpoint, processes
from .crops import Ahead, CropFolder
from .networks import TrainedCollage
from .objective import Objective
from .optimizer import Soap
from .options import Options, Report
from .plan import following, measurable
from .start import start_at_weights, start_from

_AVERAGE = 0.999  # decay of the moving average of the parameters, a step
_HIGH, _RARE = 0.35, 0.22  # share of the levels at the upper end, and share of the crops that train it
_STREAM = 2_654_435_761  # 2^32 by the golden ratio


class Trainer:
    """A run in progress: `step` by `step`, or `run` to the end.

    Where torchrun started several processes, each draws its own crops, DistributedDataParallel averages
    their gradients, and parameters, moving average and optimizer state stay the same in all of them.
    """

    def __init__(
        self, folder: CropFolder, options: Options, device: str = "cpu", init: Weights | None = None, loaders: int = 0
    ) -> None:
        """loaders: threads that make the crops of the next steps."""
        self.folder, self.options, self.device = folder, options, torch.device(device)
        self.rank, self.processes = processes.rank(), processes.count()
        self.train_names, self.valid_names = folder.split()
        torch.manual_seed(options.seed)
        o = options
        self.objective = Objective(o.architecture, o.loss, o.border, o.colour, o.structure, o.bf16).to(self.device)
        self.done, self.elapsed = 0, 0.0
        self._ahead = Ahead(lambda step: self._batch(step, options.batch, options.crop), loaders)
        model, prior = self.objective.model, self.objective.prior
        if init is None:
            start_from(model, prior, self.crops(-1, 256))
        else:
            start_at_weights(model, prior, init)
        self.parallel = self._parallel()  # before the average, as it gives all processes rank 0's parameters
        self.average = AveragedModel(self.objective, multi_avg_fn=get_ema_multi_avg_fn(_AVERAGE))
        # Tables of gains and scales act on whole channels in the log domain, where steps of the network's
        # size would take too long; atoms and linear analysis start near their end, where they would be noise.
        tables = [model["log_gain"], prior.bias, prior.weight, prior.mean, prior.shape]
        fast = [*prior.groups.parameters(), *model.of("filter.")]
        slow = [model["atoms"], model["analysis.weight"]]
        taken = {id(p) for group in (tables, fast, slow) for p in group}
        rest = [p for p in self.objective.parameters() if id(p) not in taken and p.requires_grad]
        groups = [{"params": tables, "scale": 10.0, "turned": False}]
        for scale, group in ((2.5, fast), (0.25, slow), (1.0, rest)):
            # Of tables by level, a crop's gradient has one or two rows.
            for turned in (True, False):
                chosen = [p for p in group if (len(p) != len(o.architecture.lambdas)) == turned]
                groups.append({"params": chosen, "scale": scale, "turned": turned})
        self.optimizer = Soap(groups, o.bf16)

    def _parallel(self) -> torch.nn.Module:
        """The objective, with gradients averaged over the processes when there are several."""
        if self.processes == 1:
            return self.objective
        for p in self.objective.parameters():
            # No group comes before the prior's first: the weights for it are empty and get no gradient, for
            # which all would wait.
            p.requires_grad_(p.requires_grad and p.numel() > 0)
        # Gradients of depthwise weights come in another order of memory than the weights: a copy of little.
        warnings.filterwarnings("ignore", "Grad strides do not match")
        return DistributedDataParallel(self.objective)

    @property
    def model(self) -> TrainedCollage:
        """The averaged model, which is what a weights file gets."""
        return self.average.module.model

    @property
    def prior(self) -> PriorNetwork:
        """The averaged prior."""
        return self.average.module.prior

    def crops(self, step: int, count: int, side: int | None = None) -> Tensor:
        """This process's crops of a step, [count, 3, side, side] in [0, 1], of the run's side unless said; step
        -1 are those that training starts from."""
        return self._samples(self._batch(step, count, side or self.options.crop))

    def _batch(self, step: int, count: int, side: int) -> np.ndarray:
        return self.folder.batch(self.train_names, count, side, self.options.seed, step + 1, self.rank)

    def _samples(self, batch: np.ndarray) -> Tensor:
        return torch.from_numpy(batch).to(self.device).float() / 255

    @property
    def identity(self) -> dict[str, Any]:
        """See `checkpoint.Trainer`."""
        o, folder = self.options, self.folder
        fields = {"crop": o.crop, "batch": o.batch, "loss": o.loss, "seed": o.seed, "rate": o.rate}
        fields |= {"border": o.border, "colour": o.colour, "structure": o.structure}
        fields |= {"screens": folder.screens, "processes": self.processes}
        return fields | {"pictures": folder.fingerprint, "architecture": o.architecture.to_dict()}

    @property
    def progress(self) -> float:
        """Share of the training that is done, 0 .. 1: of the steps, or of the minutes less what follows needs."""
        o = self.options
        if o.steps is not None:
            return min(1.0, self.done / o.steps)
        kept = following(o.minutes, self.step_seconds, len(self.valid_names))
        return min(1.0, self.elapsed / (60 * o.minutes - kept))

    @property
    def step_seconds(self) -> float:
        """What a step took so far, what came before the first included."""
        return self.elapsed / max(self.done, 1)

    @property
    def measured(self) -> list[str]:
        """The held-out pictures that there is time to measure."""
        if self.options.minutes is None:
            return self.valid_names
        seconds = max(self.step_seconds, 1e-9)
        return self.valid_names[: measurable(self.options.minutes, seconds, len(self.valid_names))]

    def step(self) -> tuple[float, float, float]:
        """One optimizer step. Returns loss, bits per pixel and MSE of values in [0, 1], of this process."""
        o, a = self.options, self.options.architecture
        crops = self._samples(self._ahead.batch(self.done))
        level, noise = self.draw(self.done)
        progress = self.progress
        referring = a.domains > 0 and progress >= o.reference_from
        loss, bpp, error = self.parallel(crops, level, noise, referring)
        for group in self.optimizer.param_groups:
            warm = min(1.0, (self.done + 1) / 200)
            group["lr"] = group["scale"] * warm * (1e-5 + (o.rate - 1e-5) * 0.5 * (1 + math.cos(math.pi * progress)))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.objective.model.parameters(), 50.0)
        self.optimizer.step()
        self.average.update_parameters(self.objective)
        self.done += 1
        return loss.item(), bpp.item(), error.item()

    def draw(self, step: int) -> tuple[Tensor, Tensor]:
        """Levels [batch] and noise [batch, channels, rows, columns] in -1/2 .. 1/2, of a step of this process.

        Levels are real numbers in 0 .. len(lambdas) - 1, uniform with the chance of a quarter of a level more for each
        end, but that the highest part of them, _HIGH, which few use, gets no more than the share _RARE of all crops.
        """
        o, a = self.options, self.options.architecture
        # The generator looks at 32 bits of its seed, in which multiples of _STREAM lie as far apart as can be.
        random = torch.Generator().manual_seed(o.seed * 1_000_003 + step + self.rank * _STREAM)
        top = len(a.lambdas) - 1
        place = torch.rand(o.batch, generator=random)
        low = place / (1 - _RARE) * (1 - _HIGH)
        place = torch.where(place < 1 - _RARE, low, 1 - (1 - place) / _RARE * _HIGH)
        level = (place * (top + 0.5) - 0.25).clamp(0, top)
        cells = o.crop // a.range_size
        noise = torch.rand(o.batch, a.channels, cells, cells, generator=random) - 0.5
        return level.to(self.device), noise.to(self.device)

    def run(
        self,
        report: Callable[[Report], None] = lambda _: None,
        save: Path | None = None,
        every: float = 10.0,
        save_seconds: float = 120.0,
    ) -> None:
        """Train to the end of the run, reporting the first step and then each `every` seconds, and saving checkpoints.

        A checkpoint is also saved at the end, and when an interruption or an error passes through. Of
        several processes all must run, and one of them report and save.
        """
        sums, since = [0.0, 0.0, 0.0], 0
        last_save = began = time.monotonic()
        base = self.elapsed = processes.first(self.elapsed, self.device)  # or schedules would diverge
        mark, told = began, -math.inf
        try:
            while self.progress < 1 or self.done == 0:
                for i, value in enumerate(self.step()):
                    sums[i] += value
                since += 1
                now = time.monotonic()
                self.elapsed = processes.first(base + now - began, self.device)
                if self.elapsed - told >= every or self.progress >= 1:
                    loss, bpp, error = (s / since for s in processes.mean(sums, self.device))
                    psnr = -10 * math.log10(max(error, 1e-12))
                    report(Report(self.done, self.progress, loss, bpp, psnr, (now - mark) / since, self.elapsed))
                    sums, since, mark, told = [0.0, 0.0, 0.0], 0, now, self.elapsed
                if save and now - last_save > save_seconds:
                    checkpoint.save(save, self)
                    last_save = time.monotonic()
        finally:
            self._ahead.close()
            if save:
                checkpoint.save(save, self)

    def middle(self, name: str, side: int) -> Tensor:
        """The middle of a picture in whole range cells (a smaller one as it is, padded by symmetry)."""
        picture = self.folder.picture(name)
        height, width = picture.shape[:2]
        top, left = max(0, (height - side) // 2), max(0, (width - side) // 2)
        part = picture[top : top + side, left : left + side]
        return torch.from_numpy(pad_to_cells(part, self.options.architecture.range_size)).to(self.device)
