"""`nc dream`."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from ..parameterization.kinds import NAMES, STARTING
from . import dreaming
from .dreaming import Settings
from .options import Device, Force, Quiet

app = typer.Typer(
    help="Pictures that a network finds texture, style or one of its units in, optimised in parameters of many kinds.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Parameters = Enum("Parameters", {name: name for name in NAMES}, type=str)
Output = Annotated[
    Path,
    typer.Option(
        "-o", "--output", metavar="OUT", help="A .ncl; of --frames also a film: .webp, .gif, .png (APNG) or .mp4."
    ),
]
Kind = Annotated[
    Parameters,
    typer.Option(
        "--parameterization",
        help="What the picture is optimised in: pixels; fourier, a spectrum with decorrelated colours; cppn, a network "
        "that has no pixels; collage, what `nc encode` writes; whole, a map of copies of all of it.",
    ),
]
Steps = Annotated[
    int | None, typer.Option(min=1, help=f"End after so many steps [{dreaming.STEPS}, unless --minutes is given].")
]
Minutes = Annotated[float | None, typer.Option(help="End after so many minutes.")]
Seed = Annotated[
    int, typer.Option(min=0, max=2**32 - 1, help="Of what is random: the same gives the same file on one machine.")
]
Frames = Annotated[
    int, typer.Option(min=1, max=500, help="So many pictures that share their coarse part, from the first to the last.")
]
Alpha = Annotated[bool, typer.Option("--alpha", help="Optimise transparency too, and show what needs to be opaque.")]
Preview = Annotated[Path | None, typer.Option(metavar="FILE", help="Picture to write to on the way.")]
Every = Annotated[int, typer.Option(min=1, help="Steps from one --preview to the next.")]
Quality = Annotated[
    float, typer.Option("-q", "--quality", min=0, max=100, help="Of the file, 0 (small) to 100 (good).")
]
Where = Annotated[Device, typer.Option(help="Where to compute. auto: on a GPU, if there is one.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
_FOURIER = Parameters("fourier")


@app.command()
def texture(
    styles: Annotated[
        list[Path],
        typer.Argument(metavar="STYLE...", readable=False, help="Picture with the texture; two for a film's ends."),
    ],
    output: Output,
    size: Annotated[str, typer.Option(metavar="N|WxH", help="Side, or width and height, in pixels.")] = "512",
    parameterization: Kind = _FOURIER,
    steps: Steps = None,
    minutes: Minutes = None,
    seed: Seed = 0,
    frames: Frames = 1,
    alpha: Alpha = False,
    preview: Preview = None,
    every: Every = 25,
    quality: Quality = dreaming.QUALITY,
    device: Where = Device.auto,
    force: Force = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make a texture that looks like a picture, and tiles the plane."""
    settings = Settings(
        output, steps, minutes, seed, preview, every, quiet, parameterization.value, frames, alpha, quality,
        device.value, force, as_json,
    )  # fmt: skip
    width, height = dreaming.size_of(size)
    settings.check(styles)
    _check_ends(len(styles), frames, "STYLE...")
    features = dreaming.features_of(device.value, textures=True)
    from ..parameterization.objectives import Texture

    pictures = [dreaming.read(path, features.device, shorter=min(width, height)) for path in styles]
    objective = Texture(features, pictures)
    dreaming.dream(settings, objective, (width, height), objective.measure, pictures[0])


@app.command()
def style(
    content: Annotated[Path, typer.Argument(metavar="CONTENT", readable=False, help="Picture to be painted.")],
    styles: Annotated[
        list[Path],
        typer.Argument(metavar="STYLE...", readable=False, help="Picture in whose style; two for a film's ends."),
    ],
    output: Output,
    size: Annotated[int, typer.Option(min=32, max=4096, help="Pixels along the longer side, at most.")] = 512,
    content_weight: Annotated[
        float, typer.Option(min=0, help="How much the content counts beside the style, whose weight is 1.")
    ] = dreaming.CONTENT,
    parameterization: Kind = _FOURIER,
    steps: Steps = None,
    minutes: Minutes = None,
    seed: Seed = 0,
    frames: Frames = 1,
    alpha: Alpha = False,
    preview: Preview = None,
    every: Every = 25,
    quality: Quality = dreaming.QUALITY,
    device: Where = Device.auto,
    force: Force = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Paint a picture in the style of another."""
    settings = Settings(
        output, steps, minutes, seed, preview, every, quiet, parameterization.value, frames, alpha, quality,
        device.value, force, as_json,
    )  # fmt: skip
    settings.check([content, *styles])
    _check_ends(len(styles), frames, "STYLE...")
    features = dreaming.features_of(device.value, textures=False)
    from ..parameterization.objectives import Transfer

    picture = dreaming.read(content, features.device, longer=size)
    height, width = picture.shape[2:]
    pictures = [dreaming.read(path, features.device, shorter=min(width, height)) for path in styles]
    objective = Transfer(features, picture, pictures, content_weight)
    start = picture[0] if parameterization.value in STARTING else None
    dreaming.dream(settings, objective, (width, height), objective.measure, pictures[0], start)


@app.command()
def feature(
    layer: Annotated[str, typer.Option(help="Layer of the network: stem, 0, 1.expand, 1.depth, 1, ... 15.")],
    channels: Annotated[
        list[int], typer.Option("--channel", min=0, help="Its channel; a second one for a film's end.")
    ],
    output: Output,
    size: Annotated[str, typer.Option(metavar="N|WxH", help="Side, or width and height, in pixels.")] = "256",
    parameterization: Kind = _FOURIER,
    steps: Steps = None,
    minutes: Minutes = None,
    seed: Seed = 0,
    frames: Frames = 1,
    alpha: Alpha = False,
    preview: Preview = None,
    every: Every = 25,
    quality: Quality = dreaming.QUALITY,
    device: Where = Device.auto,
    force: Force = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show what a channel of a network looks for, whether turned, enlarged or shifted a little."""
    settings = Settings(
        output, steps, minutes, seed, preview, every, quiet, parameterization.value, frames, alpha, quality,
        device.value, force, as_json,
    )  # fmt: skip
    width, height = dreaming.size_of(size)
    settings.check([])
    _check_ends(len(channels), frames, "--channel")
    features = dreaming.features_of(device.value, textures=False)
    from ..parameterization.objectives import Unit

    objective = Unit(features, layer, channels)
    dreaming.dream(settings, objective, (width, height), objective.measure, contrast=dreaming.STRONG)


def _check_ends(given: int, frames: int, hint: str) -> None:
    """BadParameter for a second one without a film, or a third."""
    if given > (1 if frames == 1 else 2):
        raise typer.BadParameter("give one, or with --frames two", param_hint=hint)
