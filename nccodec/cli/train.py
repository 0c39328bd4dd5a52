"""`nc train`, which is `python -m nccodec.training` too, for torchrun to start in several processes."""

import json
import sys
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from ..neural.architecture import COLOUR
from .encode import Device


class Loss(str, Enum):
    """What the distortion is measured on."""

    unrolled = "unrolled"
    collage = "collage"


def command(
    crops: Annotated[Path, typer.Argument(metavar="CROPS", help="Folder of pictures, any size and format.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Weights to write (.safetensors).")],
    steps: Annotated[int | None, typer.Option(min=1, help="Length in steps.")] = None,
    minutes: Annotated[float | None, typer.Option(min=0.01, help="Length in minutes, instead of --steps.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue from the checkpoint beside FILE.")] = False,
    device: Annotated[Device, typer.Option(help="Where to compute.")] = Device.auto,
    init: Annotated[str | None, typer.Option(metavar="WEIGHTS", help="Start from these weights.")] = None,
    range_size: Annotated[int | None, typer.Option(help="Side of a range cell, in pixels [16].")] = None,
    kernel: Annotated[int | None, typer.Option(help="Side of an atom, in pixels [32].")] = None,
    atoms: Annotated[int | None, typer.Option(help="Number of atoms [320].")] = None,
    domains: Annotated[int | None, typer.Option(help="Implicit domains a cell, 0 to 4 [0].")] = None,
    width: Annotated[int | None, typer.Option(help="Channels of the encoder at half a cell [128].")] = None,
    depth: Annotated[int | None, typer.Option(help="Channels of the encoder at a cell [256].")] = None,
    blocks: Annotated[int | None, typer.Option(help="Depthwise residual blocks at each of the two [2].")] = None,
    dense: Annotated[int | None, typer.Option(help="Full residual blocks after them, at least --init's [1].")] = None,
    refinement: Annotated[int | None, typer.Option(help="Channels of the decoder's network on cells [192].")] = None,
    filter_: Annotated[
        int | None, typer.Option("--filter", help="Channels of the decoder's filter on pixels [48].")
    ] = None,
    detail: Annotated[int | None, typer.Option(help="Channels of the network for enlargement [24].")] = None,
    lambdas: Annotated[str | None, typer.Option(metavar="L,L,...", help="Lagrange multipliers of the levels.")] = None,
    loss: Annotated[
        Loss, typer.Option(help="Error of the fixed point, or the collage theorem's bound.")
    ] = Loss.unrolled,
    border: Annotated[float, typer.Option(min=0, help="Weight of the error of steps across borders of cells.")] = 0.25,
    colour: Annotated[
        float, typer.Option(min=0, help="Weight of the error of mean chroma over areas of the range size.")
    ] = COLOUR,
    reference_from: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the run after which the self-reference is trained too.")
    ] = 0.75,
    crop: Annotated[int, typer.Option(help="Side of the training crops, in pixels.")] = 128,
    batch: Annotated[int, typer.Option(min=1, help="Crops a step, in each process.")] = 8,
    loaders: Annotated[int, typer.Option(min=0, help="Threads that make the next steps' crops meanwhile.")] = 1,
    screens: Annotated[float, typer.Option(min=0, max=1, help="Share of crops that are rendered screens.")] = 0.05,
    rate: Annotated[float, typer.Option(help="Peak learning rate.")] = 5e-4,
    seed: Annotated[int, typer.Option(min=0, help="Of crops and noise.")] = 0,
    bf16: Annotated[bool, typer.Option("--bf16", help="Convolutions in bfloat16, where the machine has it.")] = False,
    note: Annotated[str, typer.Option(help="For the card: sources and terms of the pictures, say.")] = "",
    force: Annotated[bool, typer.Option("-f", "--force", help="Overwrite FILE and its checkpoint.")] = False,
) -> None:
    """Train a new encoder on a folder of pictures."""
    from ..errors import TrainingError
    from ..neural.analysis import choose_device
    from ..neural.architecture import Architecture
    from ..neural.weights import SUFFIX, named
    from ..training import checkpoint, processes
    from ..training.crops import CropFolder
    from ..training.export import export
    from ..training.loop import Options, Trainer

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
        loss=loss.value, border=border, colour=colour, seed=seed, bf16=bf16,
    )  # fmt: skip
    folder = CropFolder(crops, screens=screens)
    trainer = Trainer(folder, options, processes.join(choose_device(device.value)), start, loaders)
    if resume:
        checkpoint.resume(saved, trainer)
    if trainer.rank > 0:
        trainer.run()
        processes.end()
    for cause in folder.broken.values():
        typer.echo(f"skipped: {cause}", err=True)
    try:
        _run(trainer, saved)
    except KeyboardInterrupt:
        typer.echo(f"interrupted at step {trainer.done}; continue with --resume ({saved})", err=True)
        raise
    processes.leave()
    export(trainer, out)
    _write_card(trainer, out, note)
    typer.echo(f"{out}: {trainer.done} steps, {trainer.elapsed / 60:.1f} min", err=True)


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
                typer.echo(f"{100 * r.progress:5.1f} %  {text}  {left / 60:.1f} min left", err=True)

        trainer.run(report, save=saved)


def _write_card(trainer, out: Path, note: str) -> None:
    """What was trained, on what, and how good it is on the middle of the held-out pictures, in real bytes."""
    from ..evaluation.codecs import codec_named
    from ..evaluation.curve import measure
    from .files import write

    folder = trainer.folder

    def middle(name: str, side: int = 512):
        image = folder.image(name)
        left, top = max(0, image.width - side) // 2, max(0, image.height - side) // 2
        return image.crop((left, top, min(left + side, image.width), min(top + side, image.height)))

    card = {
        "name": out.stem,
        "command": "nc " + " ".join(sys.argv[1:]),
        "note": note,
        "steps": trainer.done,
        "minutes": round(trainer.elapsed / 60, 1),
        "options": asdict(trainer.options) | {"screens": folder.screens, "processes": trainer.processes},
        "pictures": {
            "fingerprint": folder.fingerprint,
            "trained on": len(trainer.train_names),
            "held out": len(trainer.valid_names),
            "megapixels": round(folder.pixels(folder.names) / 1e6, 2),
            "skipped": len(folder.broken),
        },
        "validation": measure([(name, middle(name)) for name in trainer.valid_names], codec_named("ncl-e0", str(out))),
    }
    write(out.with_suffix(".json"), (json.dumps(card, indent=1) + "\n").encode())
    for bpp, db in zip(*(card["validation"]["results"][key] for key in ("bpp", "psnr-rgb")), strict=True):
        typer.echo(f"validation: {bpp:.3f} bpp  {db:.2f} dB", err=True)
