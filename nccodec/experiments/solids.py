"""`solids`: textures optimised through renderings of a solid, beside those that were made flat and wrapped on: the
style in views that were not trained on, and the steps in colour at the texture's cuts."""

import json
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from PIL import Image
from torch import Tensor

from ..arrays import set_threads
from ..evaluation.work import picture_files, read
from ..parameterization.features import Features, load
from ..parameterization.files import reduced, samples, tensor_of
from ..parameterization.kinds import make
from ..parameterization.meshes import MADE, Mesh, torus, unwrap
from ..parameterization.optimising import Rules, optimise
from ..parameterization.parameters import Canvas, Parameterization
from ..parameterization.rasteriser import Camera
from ..parameterization.seams import seam_ratio
from ..parameterization.solids import Renderings, Scene, Views, film, style_of_views
from ..parameterization.style import grams, style_loss
from ..parameterization.views import turntable
from .common import say

_WAYS = ("views", 0.0), ("held", 1.0)  # weights of the difference between both sides of cuts
_UNSEEN = 4  # views that nothing is trained on
_SIDE = 256  # of the pictures on sheets, in pixels
_ABOVE = Camera((0.0, 2.9, 0.01))


class Flat:
    """The objective of a texture that knows no solid: parts cut out at random have the style's Gram matrices."""

    nothing = 1.0

    def __init__(self, features: Features, style: Tensor, side: int) -> None:
        """style: [1, 3, h, w]. side: of parts, in pixels."""
        self._features, self._side = features, side
        with torch.no_grad():
            self._wanted = grams(features(style, features.style_layers))

    def __call__(self, picture: Tensor, way: float, random: torch.Generator) -> Tensor:
        """See `Objective`."""
        free = (max(n - self._side, 0) + 1 for n in picture.shape[2:])
        down, across = (int(torch.randint(n, (), generator=random)) for n in free)
        part = picture[:, :, down : down + self._side, across : across + self._side]
        return style_loss(grams(self._features(part, self._features.style_layers)), self._wanted)


def command(
    folder: Annotated[Path, typer.Argument(help="Folder of styles.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    mesh: Annotated[
        list[str], typer.Option(help="torus, sphere or charts, a torus that is unwrapped by xatlas; several times.")
    ] = ["torus"],  # noqa: B006
    parameterization: Annotated[list[str], typer.Option(help="May be given several times.")] = ["fourier"],  # noqa: B006
    steps: Annotated[int, typer.Option(help="Of each optimisation.")] = 100,
    views: Annotated[int, typer.Option(help="To train on.")] = 20,
    view: Annotated[int, typer.Option(help="Pixels along a side of each.")] = 224,
    size: Annotated[int, typer.Option(help="Texels along a side.")] = 512,
    seed: Annotated[int, typer.Option(help="Of starts and cameras.")] = 0,
    threads: Annotated[int, typer.Option(help="Of all that is computed.")] = 1,
    sheets: Annotated[Path | None, typer.Option("--sheets", help="Folder for pictures: flat, views, held.")] = None,
) -> None:  # fmt: skip
    """Style losses of unseen views, seams and seconds of textures of styles, meshes and parameterizations: made flat;
    through views alone; with both sides of cuts held together. Steps at seams are in shares of those beside them, gaps
    the root mean square of what both sides of a cut differ by at one place, colours being 0 to 1."""
    torch.set_num_threads(threads)
    set_threads(threads)
    features, rows = load(), []
    meshes = {name: unwrap(torus(), size) if name == "charts" else MADE[name]() for name in mesh}
    if sheets is not None:
        sheets.mkdir(parents=True, exist_ok=True)
    for path in picture_files([folder]):
        picture = reduced(read(path).convert("RGB"), shorter=view)
        style = tensor_of(picture)
        canvas = Canvas(size, size, seed=seed, colour=tuple(style.mean((0, 2, 3)).tolist()))
        for kind in parameterization:
            flat = _optimised(make(kind, canvas), Flat(features, style, view), Rules(steps, seed=seed))
            for name, solid in meshes.items():
                scene = Scene(solid, style, size, Views(views, view, seed))
                made = {"flat": flat}
                for way, held in _WAYS[: 1 + scene.is_cut]:
                    objective = Renderings(scene, features, style, seams=held)
                    texture, seconds = _optimised(make(kind, canvas), objective, Rules(steps, seed=seed))
                    made[way] = scene.filled(texture), seconds
                unseen = Scene(solid, style, size, Views(_UNSEEN, view, seed + 1))
                for way, (texture, seconds) in made.items():
                    row = {"style": path.name, "mesh": name, "faces": len(solid.faces), "parameterization": kind}
                    row |= {"made": way, "seconds": round(seconds, 1)}
                    row["loss"] = round(style_of_views(unseen, texture, style, features), 4)
                    seams = seam_ratio(solid, samples(texture[0]))
                    row["seams"] = None if seams is None else round(seams, 3)
                    row["gap"] = round(scene.gaps(texture).sqrt().item(), 4) if scene.is_cut else None
                    rows.append(row)
                    say(" ".join(f"{key} {value}" for key, value in row.items()))
                if sheets is not None:
                    sheet = np.concatenate([_row(picture, solid, texture) for texture, _ in made.values()])
                    Image.fromarray(sheet).save(sheets / f"{path.stem}-{name}-{kind}.png")
                told = {"steps": steps, "views": views, "view": view, "size": size, "threads": threads, "rows": rows}
                out.write_text(json.dumps(told, indent=1) + "\n")


def _optimised(texture: Parameterization, objective: Flat | Renderings, rules: Rules) -> tuple[Tensor, float]:
    """A texture [1, 3, h, w], and how many seconds it took."""
    began = time.perf_counter()
    optimise(texture, objective, rules)
    return texture.picture().detach(), time.perf_counter() - began


def _row(style: Image.Image, mesh: Mesh, texture: Tensor) -> np.ndarray:
    """Of a sheet: the style, three sides, and what is seen from above."""
    frames = list(film(mesh, texture, [*turntable(3), _ABOVE], _SIDE))
    return np.concatenate([np.asarray(style.resize((_SIDE, _SIDE))), *frames], 1)
