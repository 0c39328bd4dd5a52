"""`nc train-generative`."""

import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from ..generative.architecture import Architecture, overlapping
from . import progress
from .background import Background, level_of
from .streams import say


def _shape(name: str, text: str) -> Any:
    """An option that is a field of the architecture, of --init or else its default."""
    return typer.Option(min=1, help=f"{text} [{getattr(Architecture, name)}].")


def command(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER", help="Folder of square pictures of one size, a multiple of 4 from 8 to 64 pixels."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Weights to write (.safetensors).")],
    steps: Annotated[int | None, typer.Option(min=1, help="How many steps to train.")] = None,
    minutes: Annotated[float | None, typer.Option(min=0.01, help="How many minutes, instead of --steps [10].")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint beside FILE.")] = False,
    init: Annotated[str | None, typer.Option(metavar="WEIGHTS", help="Weights to start from, by name or path.")] = None,
    ranges: Annotated[int | None, _shape("ranges", "Copies of the picture along a side: 2, 4 or 8")] = None,
    kernel: Annotated[
        int | None, typer.Option(min=1, help="Side of an atom, in pixels [nearly two ranges, or --init's].")
    ] = None,
    atoms: Annotated[int | None, _shape("atoms", "Number of atoms")] = None,
    latents: Annotated[int | None, _shape("latents", "How many numbers a picture becomes")] = None,
    upper: Annotated[int | None, _shape("upper", "How many numbers these are drawn from, in sampling")] = None,
    hidden: Annotated[int | None, _shape("hidden", "Units in each of the decoder's two layers")] = None,
    width: Annotated[int | None, _shape("width", "Channels of the encoder's first layer")] = None,
    augment: Annotated[
        float, typer.Option(min=0, max=4, help="How much pictures are moved, turned and warped in training, 0 for not.")
    ] = 1.0,
    background: Annotated[
        Background, typer.Option(help="What shows through where pictures are transparent.")
    ] = Background.white,
    batch: Annotated[int, typer.Option(min=1, help="How many pictures a step takes.")] = 64,
    rate: Annotated[float, typer.Option(help="Highest learning rate.")] = 1.5e-3,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random numbers.")] = 0,
    note: Annotated[str, typer.Option(help="Text for the card, such as where the pictures come from.")] = "",
    force: Annotated[bool, typer.Option("-f", "--force", help="Overwrite FILE and its checkpoint.")] = False,
) -> None:
    """Train weights for `nc sample` on a folder of small pictures: digits, letters, sprites.

    A tenth of the pictures, up to 500, is held out; the card beside FILE tells how well they are described.
    """
    began = time.monotonic()
    from ..errors import TrainingError
    from ..neural.places import SUFFIX
    from .files import check_folder, check_output

    if steps is not None and minutes is not None:
        raise typer.BadParameter("give either --steps or --minutes", param_hint="--steps")
    if out.suffix != SUFFIX:
        raise typer.BadParameter(f"{out} does not end in {SUFFIX}", param_hint="--out")
    saved = out.with_suffix(".checkpoint")
    check_folder(out)
    for path in (out, saved):
        check_output(folder, path, force or resume)
    if resume and not saved.exists():
        raise TrainingError(f"{saved}: no checkpoint to resume from")
    from ..generative import training, weights
    from ..generative.card import write_card
    from ..generative.folder import Pictures
    from ..training import checkpoint

    start = weights.named(init) if init else None
    pictures = Pictures(folder, level_of(background))
    for cause in pictures.broken.values():
        say(f"skipped: {cause}")
    channels, size = pictures.pixels.shape[1:3]
    if start is None:
        fields = {"kernel": overlapping(size // (ranges or Architecture.ranges))}
    else:
        fields = start.architecture.to_dict()
    chosen = {
        "size": size, "channels": channels, "ranges": ranges, "kernel": kernel, "atoms": atoms, "latents": latents,
        "upper": upper, "hidden": hidden, "width": width,
    }  # fmt: skip
    architecture = Architecture(**fields | {name: value for name, value in chosen.items() if value is not None})
    run = training.Run(steps, None if steps else minutes or 10.0, batch, rate, augment, seed)
    used, held_out = pictures.split()
    trainer = training.Trainer(architecture, pictures.pixels[used], run, init=start, pictures=pictures.fingerprint)
    if resume:
        checkpoint.resume(saved, trainer)
    began -= trainer.elapsed
    try:
        with progress.phases() as tell:

            def report(r: training.Report) -> None:
                tell(f"training: {r.pictures:.1f} + {r.latents:.1f} nats", r.progress)

            trainer.train(report, lambda: checkpoint.save(saved, trainer))
    except KeyboardInterrupt:
        say(f"interrupted at step {trainer.done}; continue with --resume ({saved})")
        raise
    if trainer.done == 0:
        raise TrainingError("no step was made in so short a time")
    weights.save(out, architecture, training.arrays_of(trainer.objective))
    found = training.measured(trainer.objective, pictures.pixels[held_out])
    minutes = (time.monotonic() - began) / 60
    write_card(out, "nc " + " ".join(sys.argv[1:]), note, trainer, pictures, minutes, found)
    say(
        f"held-out pictures: {found['nats']:.1f} nats ({found['bits']:.3f} bits a dimension), of which latents "
        f"{found['latents']:.1f}; {found['psnr']:.2f} dB"
    )
    say(f"{out}: {trainer.done} steps, {minutes:.1f} min")
    say(f"to see what it learned: nc sample {out} -o sheet.png")
