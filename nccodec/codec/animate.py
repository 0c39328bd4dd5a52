"""Pictures that move: the iterates of a file's map, and the maps between two files."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from ..bitstream.container import Header
from ..collage.blend import blends
from ..collage.device import choose_device
from ..collage.iteration import Iterate, Iteration, iterates
from ..collage.output import Request, View
from ..errors import LimitError, NclWarning
from ..imaging.pictures import parts_of
from .file import read_file
from .kinds import header_of, numbered

NOISE, GREY = "noise", "grey"
_MIDDLE = 128


def iterates_of(
    data: bytes, start: Image.Image | str, steps: int | None, view: View, weights: Any = None, device: str = "auto"
) -> tuple[Iteration, Iterator[Iterate]]:
    """The map of a `.ncl`, and the pictures on the way to its fixed point: see `collage.iteration.iterates`.

    start: a picture, which is resized to the decode, its colours alone; or NOISE, the same each time, or GREY. steps:
    None for all. NclError as of `nccodec.decode`; LimitError too for a kind of map that has no steps.
    """
    f = _iteration(data, view, weights, device)
    return f, iterates(f, f.start(_sized(start, f.size)), steps)


def blends_of(
    data: bytes, other: bytes, frames: int, view: View, weights: Any = None, device: str = "auto"
) -> Iterator[np.ndarray]:
    """The fixed points of the maps (1 - t) F + t G between those of two `.ncl`, for `frames` t from 0 to 1, at least 2:
    uint8 [H, W, 3], or [H, W] if grey. NclError as of `nccodec.decode`; LimitError too for files that differ in kind,
    size or colours, before any picture is made."""
    headers = [header_of(each) for each in (data, other)]
    kinds = [numbered(header.kind).name for header in headers]
    if kinds[0] != kinds[1]:
        raise LimitError(f"there are no maps between a {kinds[0]} and a {kinds[1]}")
    sizes = [_size(header) for header in headers]
    if sizes[0] != sizes[1]:
        raise LimitError(f"there are no maps between pictures of {sizes[0]} and {sizes[1]}")
    return blends(*(_iteration(each, view, weights, device) for each in (data, other)), frames)


def _size(header: Header) -> str:
    common = header.common
    return f"{common.width} x {common.height} {'grey' if common.grey else 'colour'} pixels"


def _iteration(data: bytes, view: View, weights: Any, device: str) -> Iteration:
    header = header_of(data)
    room = numbered(header.kind).room()
    request = Request.of(view, (header.common.height, header.common.width), header.common.side)
    room.check(view)
    file = read_file(data, weights)
    if file.extras.alpha is not None:
        warnings.warn("its transparency is left out", NclWarning, stacklevel=4)
    code = file.code if view.self_reference else file.code.without_self_reference()
    return room.Iteration(code, file.weights, request, choose_device(device))


def _sized(start: Image.Image | str, size: tuple[int, int]) -> np.ndarray:
    """See `iterates_of`. size: height, width. uint8 [height, width, 3]."""
    if start == GREY:
        return np.full((*size, 3), _MIDDLE, np.uint8)
    if start == NOISE:
        return np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    colours, _ = parts_of(start)
    return np.asarray(colours.convert("RGB").resize(size[::-1], Image.Resampling.LANCZOS))
