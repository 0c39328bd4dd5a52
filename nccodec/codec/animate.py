"""Pictures that move: the iterates of a file's map, and the maps between two files."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image

from ..bitstream.container import Common
from ..collage.device import choose_device
from ..collage.iteration import Iterate, Iteration, iterates
from ..collage.output import Request, View
from ..errors import LimitError, NclWarning
from ..imaging.pictures import parts_of
from .file import read_file
from .kinds import Code, Kind

NOISE, GREY = "noise", "grey"
_MIDDLE = 128


@dataclass(frozen=True)
class Map:
    """The map of a `.ncl`. common: what its header says of every kind. code: its parameters."""

    kind: Kind
    common: Common
    code: Code
    iteration: Iteration


def map_of(data: bytes, view: View, weights: Any = None, device: str = "auto", like: Map | None = None) -> Map:
    """The map of a `.ncl`, without its transparency. like: that its parts are to be aligned with, if these two can be
    blended. NclError as of `nccodec.decode`; LimitError too for a kind of map that has no steps, or cannot be aligned;
    NclWarning for transparency."""
    file = read_file(data, weights)
    common, room = file.header.common, file.kind.room()
    size = common.height, common.width
    Request.of(replace(view, crop=None), size, common.side)  # all of it is iterated, whatever part is shown
    request = Request.of(view, size, common.side)
    room.check(view)
    if file.extras.alpha is not None:
        warnings.warn("its transparency is left out", NclWarning, stacklevel=2)
    code = file.code if view.self_reference else file.code.without_self_reference()
    if like is not None and (file.kind, _size(common)) == (like.kind, _size(like.common)):
        if room.align is None:
            raise LimitError("only whole-image maps, as `nc fractalize` makes them, can be aligned with each other")
        code = room.align(code, like.code)
    return Map(file.kind, common, code, room.Iteration(code, file.weights, request, choose_device(device)))


def iterates_of(map: Map, start: Image.Image | str, steps: int | None) -> Iterator[Iterate]:
    """The pictures on the way to the map's fixed point: see `collage.iteration.iterates`.

    start: a picture, which is resized to the decode, its colours alone; or NOISE, the same each time, or GREY. steps:
    None for all.
    """
    f = map.iteration
    return iterates(f, f.start(_sized(start, f.size)), steps)


def blends_of(map: Map, other: Map, frames: int) -> Iterator[np.ndarray]:
    """The fixed points of the maps between two: see `collage.blend.blends`. LimitError for maps that differ in kind,
    size or colours."""
    if map.kind != other.kind:
        raise LimitError(f"there are no maps between a {map.kind.name} and a {other.kind.name}")
    sizes = [_size(each.common) for each in (map, other)]
    if sizes[0] != sizes[1]:
        raise LimitError(f"there are no maps between {sizes[0]} and {sizes[1]}")
    return map.kind.room().blends(map.iteration, other.iteration, frames)


def _size(common: Common) -> str:
    cells = f"in cells of {common.side}"
    return f"{common.width} x {common.height} {'grey' if common.grey else 'colour'} pixels {cells}"


def _sized(start: Image.Image | str, size: tuple[int, int]) -> np.ndarray:
    """See `iterates_of`. size: height, width. uint8 [height, width, 3]."""
    if start == GREY:
        return np.full((*size, 3), _MIDDLE, np.uint8)
    if start == NOISE:
        return np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    colours, _ = parts_of(start)
    return np.asarray(colours.convert("RGB").resize(size[::-1], Image.Resampling.LANCZOS))
