"""The training loop: Lagrangian of rate and distortion over random crops, resumable exactly."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from ..collage.fixed_point import fixed_point
from ..errors import TrainingError
from ..neural.architecture import BIAS, Architecture
from ..neural.codec import pad_to_cells
from ..neural.model import Collage
from ..neural.prior import Prior
from ..neural.weights import Weights
from . import checkpoint
from .crops import CropFolder
from .start import start_at_weights, start_from


@dataclass(frozen=True)
class Options:
    """What determines a training run, besides its pictures.

    steps or minutes: the length, of which exactly one is given. crop: side in pixels, batch: crops a
    step. rate: peak learning rate. reference_from: share of the run after which the self-reference is
    trained too; until then its weights are zero. loss: "unrolled", the error of the fixed point, or
    "collage", the error |x - F(x)| of one step from the source. bf16: convolutions of the network in
    bfloat16.
    """

    architecture: Architecture = field(default_factory=Architecture)
    steps: int | None = None
    minutes: float | None = None
    crop: int = 128
    batch: int = 8
    rate: float = 4e-4
    reference_from: float = 0.75
    loss: str = "unrolled"
    seed: int = 0
    bf16: bool = False

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.minutes is None):
            raise TrainingError("give either a number of steps or of minutes")
        if self.loss not in ("unrolled", "collage"):
            raise TrainingError(f"unknown loss {self.loss!r}: unrolled or collage")
        if self.crop % self.architecture.range_size or self.crop < 2 * self.architecture.range_size:
            raise TrainingError("the crop must be a multiple of the range size, at least twice it")


@dataclass
class Report:
    """One line of progress: means since the report before."""

    step: int
    progress: float
    loss: float
    bpp: float
    psnr: float
    seconds_per_step: float
    elapsed: float


class Trainer:
    """A run in progress: `step` by `step`, or `run` to the end."""

    def __init__(self, folder: CropFolder, options: Options, device: str = "cpu", init: Weights | None = None) -> None:
        self.folder, self.options, self.device = folder, options, torch.device(device)
        self.train_names, self.valid_names = folder.split()
        torch.manual_seed(options.seed)
        self.model = Collage(options.architecture).to(self.device)
        self.prior = Prior(options.architecture).to(self.device)
        self.done, self.elapsed = 0, 0.0
        if init is None:
            start_from(self.model, self.prior, self.crops(-1, 256))
        else:
            start_at_weights(self.model, self.prior, init)
        # Gains and prior act on whole channels in the log domain, where steps of the network's size
        # would take too long; atoms and linear analysis start near their end, where they would be noise.
        groups: dict[float, list[torch.nn.Parameter]] = {1.0: [], 10.0: list(self.prior.parameters()), 0.25: []}
        scales = {"log_gain": 10.0, "atoms": 0.25, "analysis.weight": 0.25}
        for name, parameter in self.model.named_parameters():
            groups[scales.get(name, 1.0)].append(parameter)
        self.optimizer = torch.optim.Adam([{"params": p, "scale": scale} for scale, p in groups.items()])
        weight = torch.tensor(options.architecture.lambdas)
        self._weight, self._balance = weight.to(self.device), weight.to(self.device).rsqrt()

    def crops(self, step: int, count: int) -> Tensor:
        """The crops of a step, [count, 3, crop, crop] in [0, 1]; step -1 are those that training starts from."""
        batch = self.folder.batch(self.train_names, count, self.options.crop, self.options.seed, step + 1)
        return torch.from_numpy(batch).to(self.device).float() / 255

    @property
    def progress(self) -> float:
        """Share of the run that is done, 0 .. 1."""
        o = self.options
        return min(1.0, self.done / o.steps if o.steps is not None else self.elapsed / (60 * o.minutes))

    def step(self) -> tuple[float, float, float]:
        """One optimizer step. Returns loss, bits per pixel and MSE of values in [0, 1]."""
        o, a = self.options, self.options.architecture
        crops = self.crops(self.done, o.batch)
        random = torch.Generator().manual_seed(o.seed * 1_000_003 + self.done)
        level = torch.randint(len(a.lambdas), (o.batch,), generator=random)
        noise = torch.rand(o.batch, a.channels, o.crop // a.range_size, o.crop // a.range_size, generator=random)
        level, noise = level.to(self.device), noise.to(self.device) - 0.5
        referring = a.domains > 0 and self.progress >= o.reference_from
        with torch.autocast(self.device.type, torch.bfloat16, enabled=o.bf16):
            y = self.model.encode(crops)
        gain = self.model.log_gain[level].exp()[:, :, None, None]
        scaled = y * gain
        rounded = scaled + (scaled.round() - scaled).detach()
        noisy = scaled + noise
        if not referring:
            keep = (torch.arange(a.channels, device=self.device) < a.atoms)[:, None, None]
            rounded, noisy = rounded * keep, noisy * keep
        bits = self.prior.bits(noisy, rounded, level)
        if not referring:
            bits = bits[:, : a.atoms]
        bpp = bits.sum((1, 2, 3)) / (o.crop * o.crop)
        error = (self._reconstruct(rounded / gain, crops, referring) - crops).square().mean((1, 2, 3))
        lagrangian = self._weight[level] * 255**2 * error + bpp
        loss = (lagrangian * self._balance[level]).mean()
        progress = self.progress
        for group in self.optimizer.param_groups:
            warm = min(1.0, (self.done + 1) / 100)
            group["lr"] = group["scale"] * warm * (1e-5 + (o.rate - 1e-5) * 0.5 * (1 + math.cos(math.pi * progress)))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 50.0)
        self.optimizer.step()
        self.done += 1
        return loss.item(), bpp.mean().item(), error.mean().item()

    def _reconstruct(self, parameters: Tensor, crops: Tensor, referring: bool) -> Tensor:
        atoms = self.options.architecture.atoms
        if referring and self.options.loss == "unrolled":
            return self.model.decode(parameters, keep_zeros=True)
        affine = self.model.affine(parameters[:, :atoms])
        reference = self.model.reference(parameters[:, atoms:], keep_zeros=True) if referring else None
        if reference is not None:
            affine = fixed_point(affine, reference, steps=1, start=crops - BIAS)
        return BIAS + affine

    def run(
        self,
        report: Callable[[Report], None] = lambda _: None,
        save: Path | None = None,
        every: int = 50,
        save_seconds: float = 120.0,
    ) -> None:
        """Train to the end of the run, reporting each `every` steps and saving checkpoints.

        A checkpoint is also saved at the end, and when an interruption or an error passes through.
        """
        sums, since = [0.0, 0.0, 0.0], 0
        last_save = began = time.monotonic()
        base, mark = self.elapsed, time.monotonic()
        try:
            while self.progress < 1:
                for i, value in enumerate(self.step()):
                    sums[i] += value
                since += 1
                now = time.monotonic()
                self.elapsed = base + now - began
                if since == every or self.progress >= 1:
                    loss, bpp, error = (s / since for s in sums)
                    psnr = -10 * math.log10(max(error, 1e-12))
                    report(Report(self.done, self.progress, loss, bpp, psnr, (now - mark) / since, self.elapsed))
                    sums, since, mark = [0.0, 0.0, 0.0], 0, now
                if save and now - last_save > save_seconds:
                    checkpoint.save(save, self)
                    last_save = time.monotonic()
        finally:
            if save:
                checkpoint.save(save, self)

    @torch.no_grad()
    def validate(self, side: int = 256) -> list[dict[str, float]]:
        """Bits (the prior's cross-entropy) and PSNR at each trained level, on the middle `side` x
        `side` pixels of the held-out pictures."""
        a = self.options.architecture
        rows = []
        for level, value in enumerate(a.lambdas):
            bpp, psnr = [], []
            for name in self.valid_names:
                x = self.middle(name, side)
                gain = self.model.log_gain[level].exp()[:, None, None]
                q = (self.model.encode(x) * gain).round()
                bits = self.prior.bits(q, q, torch.tensor([level], device=self.device)).sum()
                mse = (self.model.decode(q / gain).clamp(0, 1) - x).square().mean()
                bpp.append(float(bits) / (x.shape[-1] * x.shape[-2]))
                psnr.append(-10 * math.log10(max(float(mse), 1e-12)))
            rows.append({"lambda": value, "bpp": sum(bpp) / len(bpp), "psnr": sum(psnr) / len(psnr)})
        return rows

    def middle(self, name: str, side: int) -> Tensor:
        """The middle of a picture in whole range cells (a smaller one as it is, padded by symmetry)."""
        picture = self.folder.picture(name)
        height, width = picture.shape[:2]
        top, left = max(0, (height - side) // 2), max(0, (width - side) // 2)
        part = picture[top : top + side, left : left + side]
        return pad_to_cells(part, self.options.architecture.range_size).to(self.device)
