"""`nc dream solid`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import LimitError, NclError
from ..parameterization.kinds import STARTING
from . import dreaming
from .dream import AsJson, Every, Kind, Minutes, Parameters, Preview, Quality, Seed, Steps, Where
from .files import check_folder, check_output, naming, naming_warnings, write
from .options import Device, Force, Quiet
from .streams import say, tell

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from ..parameterization.meshes import Mesh
    from ..parameterization.parameters import Parameterization
    from ..parameterization.solids import Scene

_VIEWS, _SIDE = 64, 224
_TURN, _TURN_SIDE, _FPS = 60, 384, 20.0  # a turntable's frames, its pixels along a side, and frames a second
_FOURIER = Parameters("fourier")


def command(
    mesh: Annotated[
        str, typer.Argument(metavar="MESH", help="sphere, torus, or a file: .obj, .glb, .gltf, .ply, .stl or .off.")
    ],
    style: Annotated[Path, typer.Argument(metavar="STYLE", readable=False, help="Picture in whose style.")],
    outputs: Annotated[
        list[Path],
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            help="What to write, once or several times: .ncl, the texture; .obj or .glb, the mesh with it; .webp, "
            ".gif, .png (APNG) or .mp4, a turntable.",
        ),
    ],
    size: Annotated[str, typer.Option(metavar="N|WxH", help="Of the texture, in pixels.")] = "512",
    views: Annotated[int, typer.Option(min=1, max=1024, help="Random cameras that it is seen from.")] = _VIEWS,
    side: Annotated[
        int, typer.Option("--view", min=32, max=1024, metavar="N", help="Pixels along the side of a view.")
    ] = _SIDE,
    content: Annotated[
        bool, typer.Option("--content", help="Keep the mesh's own texture recognisable, and start from it.")
    ] = False,
    content_weight: Annotated[
        float, typer.Option(min=0, help="How much that counts beside the style, whose weight is 1.")
    ] = dreaming.CONTENT,
    parameterization: Kind = _FOURIER,
    steps: Steps = None,
    minutes: Minutes = None,
    seed: Seed = 0,
    frames: Annotated[int, typer.Option(min=2, max=1000, help="Of a turntable, once around.")] = _TURN,
    preview: Preview = None,
    every: Every = 25,
    quality: Quality = dreaming.QUALITY,
    device: Where = Device.auto,
    force: Force = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make a texture for a solid in the style of a picture, through views of it, so that it has no seams.

    Cameras are all around the solid, the style is as large in their views as they are. Ctrl-C keeps what is best so
    far.
    """
    width, height = dreaming.size_of(size)
    _check(outputs, preview, [Path(mesh), style], force)
    features = dreaming.features_of(device.value, textures=not content)

    from ..parameterization.kinds import make
    from ..parameterization.meshes import mesh_of
    from ..parameterization.parameters import Canvas
    from ..parameterization.seams import seam_ratio
    from ..parameterization.solids import Renderings, Scene, Views

    shape = mesh_of(mesh, max(width, height))
    own = _own(mesh, shape, (width, height), features.device) if content else None
    picture = dreaming.read(style, features.device, shorter=side)
    scene = Scene(shape, picture, max(width, height), Views(views, side, seed), features.device)
    start = own[0] if own is not None and parameterization.value in STARTING else None
    colour = tuple(picture.mean((0, 2, 3)).tolist())
    canvas = Canvas(height, width, seed=seed, device=features.device, colour=colour)
    texture = make(parameterization.value, canvas, start, quality)
    objective = Renderings(scene, features, picture, own, content_weight)
    run = dreaming.Run(outputs[0], steps, minutes, seed, preview, every, quiet)
    with naming_warnings(outputs[0]):
        told = {"width": width, "height": height} | dreaming.optimised(texture, objective, run, scene.front)
        contents, final = _contents(outputs, shape, scene, texture, quality, frames)
    for target, data in contents.items():
        write(target, data)
    told["seams"] = seam_ratio(shape, final)
    if as_json:
        tell(json.dumps({"files": {str(path): len(data) for path, data in contents.items()}, **told}))
    elif not quiet:
        sizes = ", ".join(f"{path}: {len(data)} bytes" for path, data in contents.items())
        seams = "" if told["seams"] is None else f", steps at seams {told['seams']:.2f} of others"
        say(f"{sizes}; {dreaming.run_of(told)}{seams}")


def _check(outputs: Sequence[Path], preview: Path | None, sources: Sequence[Path], force: bool) -> None:
    """NclError or BadParameter for what cannot be written."""
    from ..imaging.film import SUFFIXES, film_format
    from ..imaging.pictures import picture_format
    from ..parameterization.meshes import WRITTEN, names_of

    targets: list[Path] = []
    for output in outputs:
        suffix = output.suffix.lower()
        if suffix not in {".ncl"} | WRITTEN | SUFFIXES:
            known = ", ".join([".ncl", *sorted(WRITTEN), *sorted(SUFFIXES)])
            raise LimitError(f"{output}: nothing is known to write as {suffix!r}, only {known}")
        if suffix in SUFFIXES:
            film_format(output)
        targets += names_of(output) if suffix in WRITTEN else [output]
    if preview is not None:
        picture_format(preview)
        targets.append(preview)
    if len(set(targets)) < len(targets):
        raise typer.BadParameter("names a file twice", param_hint="-o")
    for target in targets:
        check_folder(target)
        for source in sources:
            check_output(source, target, force)


def _own(name: str, mesh: "Mesh", size: tuple[int, int], device: str) -> "Tensor":
    """The mesh's texture as [1, 3, h, w], 0 .. 1. size: width, height."""
    from PIL import Image

    from ..parameterization.files import tensor_of

    if mesh.texture is None:
        raise LimitError(f"{name}: has no texture of its own to keep")
    return tensor_of(Image.fromarray(mesh.texture).resize(size, Image.Resampling.LANCZOS), device)


def _contents(
    outputs: Sequence[Path], mesh: "Mesh", scene: "Scene", texture: "Parameterization", quality: float, frames: int
) -> "tuple[dict[Path, bytes], np.ndarray]":
    """The bytes of all files, and the texture, uint8 [h, w, 3]. What a file holds as other than a picture is as it is;
    of others, what no view showed is filled."""
    from dataclasses import replace

    import torch
    from PIL import Image

    from .. import encode
    from ..imaging.film import film_bytes, film_format
    from ..parameterization.files import files_of, samples
    from ..parameterization.meshes import WRITTEN, mesh_bytes
    from ..parameterization.solids import film
    from ..parameterization.views import turntable

    with torch.no_grad():
        picture = texture.picture()
    coded = texture.code(quality) is not None
    picture = picture if coded else scene.filled(picture)
    final, contents = samples(picture[0]), {}
    for output in outputs:
        suffix = output.suffix.lower()
        try:
            if suffix == ".ncl":
                contents[output] = (
                    files_of(texture, quality)[0] if coded else encode(Image.fromarray(final), quality, map="collage")
                )
            elif suffix in WRITTEN:
                contents |= mesh_bytes(replace(mesh, texture=final), output)
            else:
                turn = film(mesh, picture, turntable(frames), _TURN_SIDE)
                contents[output] = film_bytes(turn, film_format(output), _FPS)
        except NclError as error:
            raise naming(output, error) from None
    return contents, final
