"""`dream`: what comes out of optimising a picture in one parameterization or another, by the network's own measure and
in sheets to look at."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from PIL import Image
from torch import Tensor

import nccodec

from ..arrays import set_threads
from ..evaluation.work import picture_files, read
from ..parameterization.features import Features, load
from ..parameterization.files import decoded, files_of, reduced, samples, tensor_of
from ..parameterization.fourier import random_picture
from ..parameterization.kinds import NAMES, make
from ..parameterization.objectives import Objective, Texture, Transfer, Unit
from ..parameterization.optimising import Rules, optimise
from ..parameterization.parameters import Canvas, Parameterization
from .common import say

_UNITS = (("5.depth", 10), ("8.depth", 20), ("10.depth", 30))  # layer and channel, of no merit but their number
_BACKGROUNDS = 8
_CONTRAST = 0.5  # of starts, as of `nc dream feature`
_LARGE = 8  # times, that a CPPN is decoded
_TIMED = 4  # steps


class Study(str, Enum):
    """What is measured."""

    textures = "textures"
    transfer = "transfer"
    alpha = "alpha"
    scales = "scales"
    speed = "speed"


@dataclass(frozen=True)
class Setting:
    """What studies are given. styles: name and picture, [1, 3, h, w]."""

    features: Features
    styles: list[tuple[str, Tensor]]
    size: int
    steps: int
    names: list[str]
    content: Path | None
    weight: float
    sheets: Path | None

    def optimised(
        self, name: str, canvas: Canvas, objective: Objective, start: Tensor | None = None
    ) -> tuple[Parameterization, dict]:
        """One optimisation; its seconds."""
        made = make(name, canvas, start)
        wall, processor = time.perf_counter(), time.process_time()
        optimise(made, objective, Rules(self.steps))
        return made, {"seconds": time.perf_counter() - wall, "processor seconds": time.process_time() - processor}

    def show(self, name: str, pictures: list[Tensor]) -> None:
        """A row of pictures, [1, 3, h, w] each of one height, as a PNG."""
        if self.sheets is not None:
            self.sheets.mkdir(parents=True, exist_ok=True)
            Image.fromarray(samples(torch.cat(pictures, 3)[0])).save(self.sheets / f"{name}.png")


def command(
    study: Annotated[
        Study,
        typer.Argument(
            help="textures: style loss of all parameterizations at equal steps. transfer: a content painted in pixels "
            "and in a spectrum. alpha: what transparency leaves. scales: a CPPN at 1x and 8x. speed: seconds a step."
        ),
    ],
    folder: Annotated[Path, typer.Argument(help="Folder of styles.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    size: Annotated[int, typer.Option(help="Pixels along a side.")] = 256,
    steps: Annotated[int, typer.Option(help="Of each optimisation.")] = 150,
    parameterization: Annotated[
        list[str] | None, typer.Option(help="May be given several times [all; of transfer, pixels and fourier].")
    ] = None,
    content: Annotated[Path | None, typer.Option(help="Picture to be painted, of transfer.")] = None,
    content_weight: Annotated[float, typer.Option(help="Of its loss.")] = 0.3,
    sheets: Annotated[Path | None, typer.Option("--sheets", help="Folder for pictures.")] = None,
    threads: Annotated[int | None, typer.Option(help="Threads [as many as cores].")] = None,
) -> None:
    """Pictures as parameters of an optimisation: style losses, minutes, sheets to look at."""
    set_threads(threads)
    if threads is not None:
        torch.set_num_threads(threads)
    if study is Study.transfer and content is None:
        raise typer.BadParameter("transfer needs a content", param_hint="--content")
    styles = [
        (path.stem, tensor_of(reduced(read(path).convert("RGB"), shorter=size))) for path in picture_files([folder])
    ]
    features = load()
    setting = Setting(features, styles, size, steps, parameterization or [], content, content_weight, sheets)
    rows: list[dict] = []
    for row in _STUDIES[study](setting):
        rows.append(row)
        say(" ".join(f"{key} {_shown(value)}" for key, value in row.items()))
        told = {"study": study.value, "published": features.published, "size": size, "steps": steps, "rows": rows}
        out.write_text(json.dumps(told, indent=1) + "\n")
    if sheets is not None:
        join(sheets, study.value)


def join(folder: Path, study: str) -> None:
    """All rows of a study in one picture, STUDY.jpg, one below the other."""
    rows = [read(path) for path in sorted(folder.glob(f"{study}-*.png"))]
    if rows:
        sheet = Image.new("RGB", (max(row.width for row in rows), sum(row.height for row in rows)), "white")
        for number, row in enumerate(rows):
            sheet.paste(row, (0, sum(above.height for above in rows[:number])))
        sheet.save(folder / f"{study}.jpg", quality=75)


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def textures(setting: Setting) -> Iterator[dict]:
    """The style loss of each as optimised, and as its file shows it."""
    for title, style in setting.styles:
        objective, shown = Texture(setting.features, [style]), [_square(style, setting.size)]
        for name in setting.names or NAMES:
            made, row = setting.optimised(name, _canvas(setting.size, style), objective)
            (data,) = files_of(made)
            with torch.no_grad():
                picture, file = made.picture(), decoded(data)
                losses = {"loss": float(objective.measure(picture)), "of the file": float(objective.measure(file))}
            shown.append(picture)
            setting.show(f"textures-{title}", shown)
            yield {"style": title, "parameterization": name, **losses, "bytes": len(data), **row}


def transfer(setting: Setting) -> Iterator[dict]:
    """Losses of style and content; a sheet for each style."""
    content = tensor_of(reduced(read(setting.content).convert("RGB"), longer=setting.size))
    height, width = content.shape[2:]
    for title, style in setting.styles:
        objective = Transfer(setting.features, content, [style], setting.weight)
        shown = [content]
        for name in setting.names or ("pixels", "fourier"):
            canvas = Canvas(height, width, colour=_colour(style))
            start = content[0] if name in ("pixels", "fourier", "collage") else None
            made, row = setting.optimised(name, canvas, objective, start)
            with torch.no_grad():
                parts = [float(part) for part in objective.parts(made.picture())]
            shown.append(made.picture().detach())
            setting.show(f"transfer-{title}", shown)
            row |= {"roughness": roughness(shown[-1]), "roughness of the style": roughness(style)}
            yield {"style": title, "parameterization": name, "style loss": parts[0], "content loss": parts[1], **row}


def alpha(setting: Setting) -> Iterator[dict]:
    """Units with transparency and without: what is opaque, and how strong they are on backgrounds never seen."""
    for layer, channel in _UNITS:
        unit = Unit(setting.features, layer, [channel])
        solid, _ = setting.optimised("fourier", Canvas(setting.size, setting.size, contrast=_CONTRAST), unit)
        made, row = setting.optimised(
            "fourier", Canvas(setting.size, setting.size, alpha=True, contrast=_CONTRAST), unit
        )
        with torch.no_grad():
            whole, picture = solid.picture(), made.picture()
            opacity, random = picture[:, 3:], torch.Generator().manual_seed(1 << 20)
            backgrounds = [random_picture(setting.size, setting.size, random) for _ in range(_BACKGROUNDS)]
            seen = [torch.lerp(background, picture[:, :3], opacity) for background in backgrounds]
            strengths = {
                "opaque alone": -float(unit.measure(whole)),
                "on backgrounds": -_mean(unit.measure, seen),
                "backgrounds alone": -_mean(unit.measure, backgrounds),
            }
        share = float((opacity > 0.5).float().mean())
        setting.show(f"alpha-{layer}-{channel}", [whole, picture[:, :3] * opacity + 1 - opacity, seen[0]])
        yield {
            "layer": layer, "channel": channel, **strengths, "mean alpha": float(opacity.mean()),
            "share over 0.5": share, **row,
        }  # fmt: skip


def scales(setting: Setting) -> Iterator[dict]:
    """A CPPN's file at 1x and 8x beside its 1x enlarged bicubically and a collage's file at 8x: the steepest hundredth
    of slopes, in grey levels a pixel of 1x."""
    for title, style in setting.styles:
        objective = Texture(setting.features, [style])
        made, row = setting.optimised("cppn", _canvas(setting.size, style), objective)
        (data,) = files_of(made)
        once = nccodec.decode(data)
        large = nccodec.decode(data, _LARGE)
        collage = nccodec.decode(nccodec.encode(once, 75, map="collage"), _LARGE)
        bicubic = once.resize(large.size, Image.Resampling.BICUBIC)
        row |= {"style": title, "bytes": len(data), "1x": steepest(once, 1)}
        row |= {"8x": steepest(large, _LARGE), "8x, collage": steepest(collage, _LARGE)}
        row |= {"8x, bicubic": steepest(bicubic, _LARGE)}
        part = setting.size * _LARGE // 2, setting.size * _LARGE // 2
        box = (*part, *(n + setting.size for n in part))
        crops = [tensor_of(picture.crop(box)) for picture in (large, bicubic)]
        setting.show(f"scales-{title}", [tensor_of(once), *crops])
        yield row


def speed(setting: Setting) -> Iterator[dict]:
    """Seconds a step of a few, without the first, and minutes of 300 of them, at --size and at twice that."""
    style = setting.styles[0][1]
    for size in (setting.size, 2 * setting.size):
        objective = Texture(setting.features, [style])
        for name in setting.names or NAMES:
            times: list[tuple[float, float]] = []
            made = make(name, _canvas(size, style))
            optimise(made, objective, Rules(_TIMED + 1), lambda *_, t=times: t.append(_clocks()))
            wall, processor = ((end - start) / (_TIMED - 1) for start, end in zip(times[1], times[-1], strict=True))
            yield {
                "size": size, "parameterization": name, "seconds a step": wall,
                "processor seconds a step": processor, "minutes of 300": 5 * wall,
            }  # fmt: skip


def _clocks() -> tuple[float, float]:
    """Seconds, of the wall and of the processor."""
    return time.perf_counter(), time.process_time()


def _canvas(size: int, style: Tensor) -> Canvas:
    return Canvas(size, size, colour=_colour(style))


def _colour(style: Tensor) -> tuple[float, ...]:
    return tuple(style.mean((0, 2, 3)).tolist())


def _square(picture: Tensor, side: int) -> Tensor:
    """Its middle, [1, 3, side, side], filled with its mean colour where it has fewer pixels."""
    height, width = picture.shape[2:]
    top, left = max(0, (height - side) // 2), max(0, (width - side) // 2)
    part = picture[:, :, top : top + side, left : left + side]
    filled = picture.mean((2, 3), keepdim=True).repeat(1, 1, side, side)
    filled[:, :, : part.shape[2], : part.shape[3]] = part
    return filled


def _mean(measure: Callable[[Tensor], Tensor], pictures: list[Tensor]) -> float:
    return sum(float(measure(picture)) for picture in pictures) / len(pictures)


def roughness(picture: Tensor) -> float:
    """The share of the variance of luma that is in its finest octave: of differences to means over 2 x 2."""
    luma = picture.mean(1, keepdim=True)
    luma = luma[:, :, : luma.shape[2] // 2 * 2, : luma.shape[3] // 2 * 2]
    means = torch.nn.functional.avg_pool2d(luma, 2).repeat_interleave(2, 2).repeat_interleave(2, 3)
    return float((luma - means).square().mean() / luma.var())


def steepest(picture: Image.Image, scale: int) -> float:
    """The 99th percentile of slopes along rows and columns, in grey levels a pixel of 1x."""
    values = np.asarray(picture.convert("L")).astype(float)
    slopes = [np.abs(np.diff(values, axis=axis)).ravel() for axis in (0, 1)]
    return float(np.percentile(np.concatenate(slopes), 99)) * scale


_STUDIES = {
    Study.textures: textures, Study.transfer: transfer, Study.alpha: alpha, Study.scales: scales, Study.speed: speed,
}  # fmt: skip
