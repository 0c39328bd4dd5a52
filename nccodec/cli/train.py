"""`nc train`, which is `python -m nccodec.cli train` too, for torchrun to start in several processes."""

import math
import sys
import time
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from ..neural.architecture import Architecture
from ..training.options import SCREENS, Options
from . import progress
from .options import Device
from .streams import say


class Loss(str, Enum):
    """What the distortion is measured on."""

    unrolled = "unrolled"
    collage = "collage"


def _shape(name: str, text: str, *flags: str) -> Any:
    """An option that is a field of the architecture, of --init or else its default."""
    return typer.Option(*flags, help=f"{text} [{getattr(Architecture, name)}].")


def command(
    crops: Annotated[Path, typer.Argument(metavar="CROPS", help="Folder of pictures, any size and format.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Weights to write (.safetensors).")],
    steps: Annotated[int | None, typer.Option(min=1, help="How many steps to train.")] = None,
    minutes: Annotated[
        float | None,
        typer.Option(min=0.01, help="How many minutes the command may take in all, instead of --steps."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint beside FILE.")] = False,
    device: Annotated[
        Device, typer.Option(help="Where to compute. auto: on a GPU if there is one, else on the CPU.")
    ] = Device.auto,
    init: Annotated[str | None, typer.Option(metavar="WEIGHTS", help="Weights to start from, by name or path.")] = None,
    range_size: Annotated[int | None, _shape("range_size", "Side of a cell, in pixels")] = None,
    kernel: Annotated[int | None, _shape("kernel", "Side of an atom, in pixels")] = None,
    atoms: Annotated[int | None, _shape("atoms", "Number of atoms")] = None,
    domains: Annotated[
        int | None, _shape("domains", "Other parts of the picture that a cell refers to, 0 to 4")
    ] = None,
    width: Annotated[int | None, _shape("width", "Channels of the encoder at half the size of a cell")] = None,
    depth: Annotated[int | None, _shape("depth", "Channels of the encoder at the size of a cell")] = None,
    blocks: Annotated[int | None, _shape("blocks", "Depthwise residual blocks at each of these sizes")] = None,
    dense: Annotated[int | None, _shape("dense", "Full residual blocks after them, at least --init's")] = None,
    refinement: Annotated[int | None, _shape("refinement", "Channels of the decoder's network on cells")] = None,
    filter_: Annotated[int | None, _shape("filter", "Channels of the decoder's filter on pixels", "--filter")] = None,
    detail: Annotated[int | None, _shape("detail", "Channels of the network for enlargement")] = None,
    lambdas: Annotated[
        str | None, typer.Option(metavar="L,L,...", help="Weight of the error against bits, for each quality level.")
    ] = None,
    loss: Annotated[
        Loss,
        typer.Option(help="unrolled: the error of the decoded picture. collage: the bound of the collage theorem."),
    ] = Loss.unrolled,
    border: Annotated[float, typer.Option(min=0, help="Weight of errors at the borders of cells.")] = Options.border,
    colour: Annotated[
        float,
        typer.Option(min=0, help="Weight of errors of mean colour, over areas as large as a cell. Encoding takes 1."),
    ] = Options.colour,
    structure: Annotated[
        float, typer.Option(min=0, help="Weight of lost structure: 1 - SSIM of luma at scales from a half on.")
    ] = Options.structure,
    reference_from: Annotated[
        float,
        typer.Option(min=0, max=1, help="Share of the run after which references to other parts are trained too."),
    ] = Options.reference_from,
    crop: Annotated[int, typer.Option(help="Side of the parts of pictures to train on, in pixels.")] = Options.crop,
    batch: Annotated[
        int, typer.Option(min=1, help="How many of these parts a step takes, in each process.")
    ] = Options.batch,
    loaders: Annotated[int, typer.Option(min=0, help="Threads that read the parts for the next steps.")] = 1,
    screens: Annotated[
        float, typer.Option(min=0, max=1, help="Share of parts that are drawn text and screens instead.")
    ] = SCREENS,
    rate: Annotated[float, typer.Option(help="Highest learning rate.")] = Options.rate,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random numbers.")] = Options.seed,
    bf16: Annotated[bool, typer.Option("--bf16", help="Compute encoder and decoder in bfloat16.")] = False,
    note: Annotated[str, typer.Option(help="Text for the card, such as where the pictures come from.")] = "",
    force: Annotated[bool, typer.Option("-f", "--force", help="Overwrite FILE and its checkpoint.")] = False,
) -> None:
    """Train new weights on a folder of pictures."""
    began = time.monotonic()
    from ..collage.device import choose_device
    from ..errors import TrainingError
    from ..evaluation.card import write_card
    from ..neural.places import SUFFIX
    from ..neural.weights import named
    from ..training import checkpoint, processes
    from ..training.crops import CropFolder
    from ..training.export import export
    from ..training.loop import Trainer

    if (steps is None) == (minutes is None):
        raise typer.BadParameter("give either --steps or --minutes", param_hint="--steps")
    if out.suffix != SUFFIX:
        raise typer.BadParameter(f"{out} does not end in {SUFFIX}", param_hint="--out")
    saved = out.with_suffix(".checkpoint")
    if not out.parent.is_dir():
        raise TrainingError(f"{out.parent}: no such folder")
    for path in (out, saved):
        if path.exists() and not (force or resume):
            raise TrainingError(f"{path}: exists already (-f overwrites it, --resume continues)")
    if resume and not saved.exists():
        raise TrainingError(f"{saved}: no checkpoint to resume from")
    start = named(init) if init else None
    chosen = {
        "range_size": range_size, "kernel": kernel, "atoms": atoms, "domains": domains, "width": width,
        "depth": depth, "blocks": blocks, "dense": dense, "refinement": refinement, "filter": filter_, "detail": detail,
        "lambdas": _numbers(lambdas),
    }  # fmt: skip
    fields = (start.architecture if start else Architecture()).to_dict()
    architecture = Architecture.from_dict(fields | {k: v for k, v in chosen.items() if v is not None})
    options = Options(
        architecture, steps, minutes, crop=crop, batch=batch, rate=rate, reference_from=reference_from,
        loss=loss.value, border=border, colour=colour, structure=structure, seed=seed, bf16=bf16,
    )  # fmt: skip
    where = processes.join(choose_device(device.value, gradients=True))
    with progress.phases(shown=processes.rank() == 0) as tell:
        tell("reading the pictures", 0)
        folder = CropFolder(crops, screens=screens)
        tell("preparing the networks", 0)
        trainer = Trainer(folder, options, where, start, loaders)
    if resume:
        checkpoint.resume(saved, trainer)
    began -= trainer.elapsed
    trainer.elapsed = time.monotonic() - began
    if trainer.rank > 0:
        trainer.run()
        processes.end()
    for cause in folder.broken.values():
        say(f"skipped: {cause}")
    try:
        _run(trainer, saved)
    except KeyboardInterrupt:
        say(f"interrupted at step {trainer.done}; continue with --resume ({saved})")
        raise
    processes.leave()
    with progress.phases() as tell:
        left = math.inf if minutes is None else 60 * minutes - (time.monotonic() - began)
        export(trainer, out, left, tell)
        taken, measured = (time.monotonic() - began) / 60, iter(range(1, len(trainer.measured) + 1))
        tell("measuring held-out pictures", 0)
        curve = write_card(
            trainer, out, "nc " + " ".join(sys.argv[1:]), note, taken,
            lambda _: tell("measuring held-out pictures", next(measured) / len(trainer.measured)),
        )  # fmt: skip
    for bpp, db in zip(*(curve["results"][key] for key in ("bpp", "psnr-rgb")), strict=True):
        say(f"validation: {bpp:.3f} bpp  {db:.2f} dB")
    say(f"{out}: {trainer.done} steps, {(time.monotonic() - began) / 60:.1f} min")
    say(f"to encode with it: nc encode PICTURE --weights {out}")
    say(f"for nc decode to find it: nc weights add {out}, or --weights {out} each time")


def _numbers(text: str | None) -> list[float] | None:
    try:
        return None if text is None else [float(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a list of numbers", param_hint="--lambdas") from None


def _run(trainer, saved: Path) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        BarColumn(),
        TextColumn("{task.percentage:.0f} %"),
        TextColumn("{task.description}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("starting", total=1.0, completed=trainer.progress)

        def report(r) -> None:
            text = (
                f"step {r.step}  loss {r.loss:.3f}  {r.bpp:.3f} bpp  {r.psnr:.2f} dB  {r.seconds_per_step:.3f} s/step"
            )
            bar.update(task, completed=r.progress, description=text)
            if not console.is_terminal:
                left = r.elapsed * (1 - r.progress) / max(r.progress, 1e-9)
                say(f"{100 * r.progress:5.1f} %  {text}  {left / 60:.1f} min of training left")

        trainer.run(report, save=saved)
