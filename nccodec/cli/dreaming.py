"""What the commands of `nc dream` do: optimise, show how far it is, write the file."""

import json
import math
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..code import MAX_PIXELS
from ..errors import ImageError, LimitError, NclError, NclWarning
from . import progress
from .files import check_folder, check_output, naming, naming_warnings, write
from .streams import say, tell

if TYPE_CHECKING:
    from torch import Tensor

    from ..parameterization.features import Features
    from ..parameterization.objectives import Objective
    from ..parameterization.parameters import Parameterization

STEPS = 300  # where neither steps nor minutes are given
QUALITY = 75.0
CONTENT = 0.3  # weight
# Contrast of random starts, in that of photographs: units of ReLU that see nothing give no gradient.
FAINT, STRONG = 0.02, 0.5
_FPS = 25.0
_LEAST, _MOST = 32, 4096  # pixels along a side


@dataclass(frozen=True)
class Run:
    """How long to optimise, and what is shown meanwhile. output: by which it is named."""

    output: Path
    steps: int | None
    minutes: float | None
    seed: int
    preview: Path | None
    every: int
    quiet: bool


@dataclass(frozen=True)
class Settings(Run):
    """What the commands have in common. output: a .ncl, or of several frames a film. quality: of the file."""

    parameterization: str
    frames: int
    alpha: bool
    quality: float
    device: str
    force: bool
    as_json: bool

    def check(self, sources: Sequence[Path]) -> None:
        """NclError or BadParameter for what cannot be written."""
        suffix = self.output.suffix.lower()
        if self.frames == 1 and suffix != ".ncl":
            raise ImageError(f"{self.output}: only .ncl is written; `nc decode` makes other pictures of it")
        if suffix != ".ncl":
            from ..imaging.film import film_format

            film_format(self.output)
            if self.alpha:
                raise typer.BadParameter("films have no transparency; -o OUT.ncl keeps it", param_hint="--alpha")
        targets = [*self.targets(), *([self.preview] if self.preview else [])]
        for target in targets:
            check_folder(target)
            for source in sources or [Path()]:
                check_output(source, target, self.force)
        if self.preview is not None:
            from ..imaging.pictures import picture_format

            picture_format(self.preview)

    def targets(self) -> list[Path]:
        """The files that are written: OUT, or of several frames as .ncl OUT-00, OUT-01, ..."""
        if self.frames == 1 or self.output.suffix.lower() != ".ncl":
            return [self.output]
        digits = len(str(self.frames - 1))
        names = (f"{self.output.stem}-{number:0{digits}}.ncl" for number in range(self.frames))
        return [self.output.with_name(name) for name in names]


def features_of(device: str, textures: bool) -> "Features":
    """What pictures are compared by. textures: whether random filters will do; else NclError where there is no network
    with published weights."""
    from ..collage.device import choose_device
    from ..parameterization.features import MISSING, load

    features = load(choose_device(device, gradients=True))
    if not features.published and not textures:
        raise NclError("this needs a network with published weights: pip install 'nccodec[dream]'")
    if not features.published:
        warnings.warn(MISSING, NclWarning, stacklevel=2)
    return features


def read(path: Path, device: str, longer: int | None = None, shorter: int | None = None) -> "Tensor":
    """A picture without transparency, float32 [1, 3, h, w], 0 .. 1, reduced where its longer or shorter side has more
    pixels. NclError names the file."""
    from ..imaging.pictures import parts_of, read_picture
    from ..parameterization.features import SMALLEST
    from ..parameterization.files import reduced, tensor_of

    try:
        picture = parts_of(read_picture(path, MAX_PIXELS), ("all",))[0].convert("RGB")
    except NclError as error:
        raise naming(path, error) from None
    picture = reduced(picture, longer, shorter)
    if min(picture.size) < SMALLEST:
        raise LimitError(f"{path}: {picture.width} x {picture.height} pixels are too few, {SMALLEST} to a side are not")
    return tensor_of(picture, device)


def size_of(text: str) -> tuple[int, int]:
    """Width and height of N or WxH. BadParameter for others, and for too few or too many pixels."""
    from . import views

    size = views.size_of(f"{text}x{text}" if text.isdigit() else text)
    if min(size) < _LEAST or max(size) > _MOST:
        raise typer.BadParameter(f"{text}: sides are {_LEAST} to {_MOST} pixels long", param_hint="--size")
    return size


def dream(
    settings: Settings, objective: "Objective", size: tuple[int, int], measure: "Callable[[Tensor], Tensor]",
    like: "Tensor | None" = None, start: "Tensor | None" = None, contrast: float = FAINT,
) -> None:  # fmt: skip
    """Optimise for an objective, and write what comes out. size: width, height. measure: the loss of a picture as it
    is, [1, 3, h, w]. like: a picture, likewise, whose mean colour a random start is near to. start: a picture to start
    from, [3, h, w], if the parameterization can. contrast: of a random start."""
    from ..collage.device import choose_device
    from ..parameterization.kinds import make
    from ..parameterization.parameters import Canvas

    width, height = size
    device = choose_device(settings.device, gradients=True)
    colour = (0.5, 0.5, 0.5) if like is None else tuple(like.mean((0, 2, 3)).tolist())
    canvas = Canvas(height, width, settings.frames, settings.alpha, settings.seed, device, colour, contrast)
    parameterization = make(settings.parameterization, canvas, start, settings.quality)
    with naming_warnings(settings.output):
        told = {"width": width, "height": height} | optimised(parameterization, objective, settings)
        told |= _written(settings, parameterization, measure)
    if settings.as_json:
        tell(json.dumps({"target": str(settings.output), **told}))
    elif not settings.quiet:
        decoded = "" if told.get("decoded_loss") is None else f", {told['decoded_loss']:.4f} of the file"
        say(f"{settings.output}: {width} x {height}, {told['bytes']} bytes, {run_of(told)}{decoded}")


def optimised(
    parameterization: "Parameterization", objective: "Objective", run: Run,
    shown: "Callable[[Tensor], Tensor]" = lambda picture: picture,
) -> dict[str, object]:  # fmt: skip
    """Optimise, with progress and previews; steps, seconds and loss, as they are told. shown: of a picture, what a
    preview is of."""
    from ..parameterization.optimising import Rules, optimise

    steps = STEPS if run.steps is None and run.minutes is None else run.steps
    done = 0

    def look(number: int, picture: "Tensor") -> None:
        nonlocal done
        done = number + 1
        if run.preview is not None and number % run.every == 0:
            write(run.preview, _preview_bytes(shown(picture), run.preview))

    began = time.perf_counter()
    with progress.fitted(run.output, not run.quiet, "loss {:.4f}") as report:
        rules = Rules(steps, run.minutes, seed=run.seed)
        loss = optimise(parameterization, objective, rules, report, look)
    # Of an optimisation that was stopped at once there is no loss.
    known = loss if math.isfinite(loss) else None
    return {"steps": done, "seconds": time.perf_counter() - began, "loss": known}


def run_of(told: dict) -> str:
    """What `optimised` tells, in words."""
    loss = math.inf if told["loss"] is None else told["loss"]
    return f"{told['steps']} steps in {told['seconds']:.0f} s, loss {loss:.4f}"


def _written(
    settings: Settings, parameterization: "Parameterization", measure: "Callable[[Tensor], Tensor]"
) -> dict[str, object]:
    """Write all files; what is told of them."""
    import torch

    from ..parameterization.files import decoded, files_of, samples

    told: dict[str, object] = {}
    with torch.no_grad():
        picture = parameterization.picture()
    if settings.alpha:
        told["mean_alpha"] = float(picture[:, 3].mean())
    if settings.output.suffix.lower() != ".ncl":
        from ..imaging.film import film_bytes, film_format

        try:
            content = film_bytes(map(samples, picture), film_format(settings.output), _FPS)
        except NclError as error:
            raise naming(settings.output, error) from None
        write(settings.output, content)
        return told | {"bytes": len(content)}
    contents = files_of(parameterization, settings.quality)
    for target, content in zip(settings.targets(), contents, strict=True):
        write(target, content)
    if settings.frames == 1 and not settings.alpha:
        with torch.no_grad():
            told["decoded_loss"] = float(measure(decoded(contents[0], str(picture.device))))
    return told | {"bytes": sum(map(len, contents))}


def _preview_bytes(picture: "Tensor", target: Path) -> bytes:
    """The first frame as a picture file."""
    from PIL import Image

    from ..imaging.pictures import picture_bytes, picture_format
    from ..parameterization.files import samples

    return picture_bytes(Image.fromarray(samples(picture[0])), picture_format(target))
