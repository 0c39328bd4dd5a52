"""`generative`: generative collages beside a plain variational autoencoder of the same encoder; what samples cost."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from PIL import Image
from torch import Tensor, nn

from ..generative import sampling, weights
from ..generative.architecture import LAYERS, Architecture, overlapping
from ..generative.folder import Pictures
from ..generative.map import start, step
from ..generative.objective import Objective
from ..generative.sheet import sheet
from ..generative.training import Run, Trainer, measured
from .common import say

_SCALE, _SHOWN = 40.0, 4


class OneLayer(Objective):
    """Latents that are standard normal: without upper ones, which then cost nothing and say nothing."""

    def prior(self, upper: Tensor) -> tuple[Tensor, Tensor]:
        nothing = torch.zeros(())
        return nothing, nothing


class Affine(Objective):
    """Atoms alone, without copies."""

    def decoded(self, latents: Tensor, steps: int) -> Tensor:
        return self.network.decode(latents)[0]


class Copies(Objective):
    """Copies and one mean for each range, without atoms but a flat one."""

    def decoded(self, latents: Tensor, steps: int) -> Tensor:
        affine, scales = self.network.decode(latents)
        side = self.architecture.side
        flat = affine.unfold(2, side, side).unfold(3, side, side).mean((4, 5))  # [N, C, m, m]
        flat = flat.repeat_interleave(side, 2).repeat_interleave(side, 3)
        z = start(flat, scales)
        for _ in range(steps):
            z = step(flat, scales, z)
        return z


class Pixels(Objective):
    """A plain decoder: a dense layer, then transposed convolutions as wide as the encoder's are."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__(architecture)
        a, width = architecture, architecture.width << LAYERS - 1
        layers = [nn.Linear(a.latents, width * a.smallest**2), nn.LeakyReLU(0.1)]
        layers += [nn.Unflatten(1, (width, a.smallest, a.smallest))]
        for number in range(LAYERS):
            last = number == LAYERS - 1
            layers += [nn.ConvTranspose2d(width, a.channels if last else width // 2, 4, 2, 1)]
            layers += [] if last else [nn.LeakyReLU(0.1)]
            width //= 2
        self.decoder = nn.Sequential(*layers)

    def decoded(self, latents: Tensor, steps: int) -> Tensor:
        size = self.architecture.size
        return 0.5 + self.decoder(latents)[:, :, :size, :size]


VARIANTS: dict[str, Callable[[Architecture], Objective]] = {
    "collage": Objective,
    "one layer of latents": OneLayer,
    "atoms alone": Affine,
    "copies alone": Copies,
    "plain decoder": Pixels,
}


def command(
    folder: Annotated[Path, typer.Argument(help="Folder of small pictures, such as the digits.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    steps: Annotated[int, typer.Option(help="Of each training.")] = 5000,
    names: Annotated[list[str] | None, typer.Option("--variant", help="Which of them [all].")] = None,
    shown: Annotated[str, typer.Option("--weights", help="Weights to time samples with.")] = "digits",
    count: Annotated[int, typer.Option(help="How many samples to time.")] = 64,
    sheets: Annotated[
        Path | None, typer.Option("--sheets", help="Folder for samples at 1x, and 40x by 2 ways.")
    ] = None,
) -> None:
    """The bound on held-out pictures after so many steps, the same for all: with and without the second layer of
    latents, copies and atoms, and for a plain decoder of pixels. Seconds for samples at 1x and at 40x."""
    pictures = Pictures(folder, 0)
    channels, size = pictures.pixels.shape[1:3]
    a = Architecture(size, channels, kernel=overlapping(size // Architecture.ranges))
    used, held_out = pictures.split()
    rows = {
        "steps": steps,
        "parameters of a map": a.parameters,
        "pixels": pictures.pixels[0].size,
        "latents": a.latents,
    }
    for name in names or VARIANTS:
        trainer = Trainer(a, pictures.pixels[used], Run(steps=steps), VARIANTS[name])
        began = time.process_time()
        trainer.train()
        seconds = time.process_time() - began
        rows[name] = measured(trainer.objective, pictures.pixels[held_out]) | {"processor seconds": seconds}
        say(f"{name}: {json.dumps(rows[name])}")
        out.write_text(json.dumps(rows, indent=1) + "\n")
    rows["samples"] = _samples(weights.named(shown), count, sheets)
    out.write_text(json.dumps(rows, indent=1) + "\n")


def _samples(found: weights.Weights, count: int, sheets: Path | None) -> dict[str, float]:
    """Seconds to make samples at 1x and 40x; pictures of them."""
    latents, told = sampling.drawn(found, count), {}
    for scale in (1.0, _SCALE):
        began, busy = time.perf_counter(), time.process_time()
        made = sheet(found, latents, [], scale)
        told[f"{count} at {scale:g}x, seconds"] = time.perf_counter() - began
        told[f"{count} at {scale:g}x, processor seconds"] = time.process_time() - busy
        if sheets is not None and scale == 1:
            sheets.mkdir(parents=True, exist_ok=True)
            made.save(sheets / "samples.png")
    if sheets is not None:
        small, large = (np.asarray(sheet(found, latents[:_SHOWN], [], scale, _SHOWN)) for scale in (1.0, _SCALE))
        enlarged = Image.fromarray(small).resize(large.shape[1::-1], Image.Resampling.BICUBIC)
        Image.fromarray(np.concatenate([large, np.asarray(enlarged)])).save(sheets / "enlarged.png")
    return told
