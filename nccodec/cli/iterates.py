"""`nc decode --start`: the way to the fixed point, as a film."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ..errors import NclError
from .files import is_stdout, naming, write
from .tasks import Task
from .views import checked, inside

if TYPE_CHECKING:
    import numpy as np

    from ..collage.iteration import Iterate

FORMAT = "webp"  # extension of a film, if nothing else is asked for
FPS = 2.0
_MOST = 1000  # steps


@dataclass(frozen=True)
class Iterating:
    """Makes the film of one file. options: see `collage.output.View`; weights, device, fit and format: as of
    `decode.Decoding`; start: "noise", "grey" or the path of a picture; steps: None for all; once:
    not shown again and again."""

    options: dict[str, Any]
    weights: str | None
    device: str
    fit: int | None
    format: str
    start: str
    steps: int | None
    fps: float
    once: bool

    def __call__(self, task: Task) -> dict:
        from ..codec.animate import GREY, NOISE, iterates_of, map_of
        from ..collage.output import View
        from ..imaging.film import film_bytes, film_format
        from ..imaging.pictures import read_picture

        named = Path(f"_.{self.format or FORMAT}") if self.format or is_stdout(task.target) else task.target
        form = film_format(named)
        data = checked(task.source)
        start = self.start if self.start in (NOISE, GREY) else read_picture(Path(self.start))
        options = self.options if self.fit is None else self.options | {"size": inside(self.fit, data)}
        try:
            map = map_of(data, View(**options), self.weights, self.device)
        except NclError as error:
            raise naming(task.source, error) from None
        told = {"exact": map.iteration.exact, "largest_scale": map.iteration.largest_scale, "iterates": []}
        try:
            frames = _frames(iterates_of(map, start, self.steps), told)
            content = film_bytes(frames, form, self.fps, not self.once)
        except NclError as error:
            raise naming(task.target, error) from None
        write(task.target, content)
        pixels = told["width"] * told["height"] * len(told["iterates"])
        return told | {"pixels": pixels, "bytes": len(content)}


def _frames(iterates: "Iterator[Iterate]", told: dict) -> "Iterator[np.ndarray]":
    """The pictures; their size and distances are put into `told`."""
    from ..imaging.film import coloured

    for each in iterates:
        told["height"], told["width"] = each.picture.shape[:2]
        bound = each.bound if told["largest_scale"] < 1 or each.bound == 0 else None  # none that would ever fall
        told["iterates"].append(asdict(each.distance) | {"bound": bound})
        yield coloured(each.picture)


def steps_of(text: str | None) -> int | None:
    """Of --steps; None for all. BadParameter for what is no number."""
    if text in (None, "all"):
        return None
    if not re.fullmatch(r"\d{1,4}", text) or int(text) > _MOST:
        raise typer.BadParameter(f"{text!r} is neither all nor a number up to {_MOST}", param_hint="--steps")
    return int(text)


def lines(told: dict) -> list[str]:
    """What is said of a film: how the map gets to its fixed point, and how far it is after each step."""
    target, scale, exact = told["target"], told["largest_scale"], told["exact"]
    size = f"{'stdout' if is_stdout(target) else target}: {told['width']} x {told['height']}"
    film = f"{size}, {len(told['iterates'])} frames"
    if exact == 1:
        reached = "this map has no self-reference to iterate: one step from any start gives its fixed point"
    elif exact is None:
        reached = f"contraction, sums of |s| up to {scale:g}"
    elif scale < 1:
        reached = f"exact after {exact} steps from any start, |s| up to {scale:g}"
    else:
        reached = f"exact after {exact} steps from any start; |s| up to {scale:g}, no factor below 1 bounds the way"
    return [f"{film}; {reached}"] + [
        f"  step {number}: largest {each['largest']:.2f}, RMS {each['rms']:.2f} grey levels from the fixed point"
        + (f" (at most {each['bound']:.2f})" if number and each["bound"] is not None else "")
        for number, each in enumerate(told["iterates"])
    ]
