"""Films of a camera that comes closer: without end where a picture has copies of itself, else to 16x and back."""

import math
import warnings
from collections.abc import Callable, Hashable, Iterator
from typing import Any

import numpy as np

from ..code import Extras
from ..errors import LimitError, NclWarning
from .file import read_file
from .kinds import header_of, numbered
from .opened import Opened

SIDES = range(2, 4097)  # pixels along a side of a frame
MOST_FRAMES = 100_000


def frames_of(
    data: bytes, size: tuple[int, int], count: int, at: tuple[float, float] | None = None, number: int | None = None,
    weights: Any = None,
) -> Iterator[np.ndarray]:  # fmt: skip
    """A film that loops: frames, uint8 [height, width, 3] each, of which the first follows the last.

    data: bytes of a `.ncl`. size: width, height. count: of frames. at: x, y in pixels of the place to come closer to,
    by default the middle; or number: of the range of a whole-image map. weights: see `nccodec.decode`. NclWarning for
    transparency, which is left out. LimitError for what is outside the limits, before a frame is asked for. NclError
    for bytes that are no sound `.ncl`; but for whole-image maps, damage may show when it is first looked at.
    """
    width, height = size
    if width not in SIDES or height not in SIDES:
        raise LimitError(f"frames of {width} x {height} are outside {SIDES[0]} .. {SIDES[-1]} pixels to a side")
    if not 1 <= count <= MOST_FRAMES:
        raise LimitError(f"{count} frames are outside 1 .. {MOST_FRAMES}")
    header = header_of(data)
    descent = numbered(header.kind).room().Descent
    if descent is not None:
        file = read_file(data, weights)
        _warn_of_alpha(file.extras)
        camera = descent(file.code, file.weights, size, at, number)
        return (camera.frame(camera.generations * i / count) for i in range(count))
    if number is not None:
        raise LimitError("only whole-image maps, as `nc fractalize` makes them, have ranges to fall into")
    opened = Opened(data, _Kept(), weights)
    _warn_of_alpha(opened.extras)
    return _there_and_back(opened, size, count, at)


def _warn_of_alpha(extras: Extras) -> None:
    if extras.alpha is not None:
        warnings.warn("its transparency is left out", NclWarning, stacklevel=3)


def _there_and_back(
    opened: Opened, size: tuple[int, int], count: int, at: tuple[float, float] | None
) -> Iterator[np.ndarray]:
    """Frames from all that has the frame's shape to `opened.largest`, and back."""
    picture = opened.common.width, opened.common.height
    place = at or tuple(n / 2 for n in picture)
    if not all(0 <= n < side for n, side in zip(place, picture, strict=True)):
        raise LimitError(f"{place[0]:g},{place[1]:g} is not inside {picture[0]} x {picture[1]} pixels")
    pixel = min(side / n for side, n in zip(picture, size, strict=True))  # of a frame, in the picture's
    whole = tuple(min(side, n * pixel) for side, n in zip(picture, size, strict=True))
    corner = tuple((side - n) / 2 for side, n in zip(picture, whole, strict=True))
    corner = tuple(
        min(max(first, p - n), p) for first, p, n in zip(corner, place, whole, strict=True)
    )  # the place is in the first frame, and in all that follow
    closest = max(1.0, opened.largest * pixel)

    def frames() -> Iterator[np.ndarray]:
        for i in range(count):
            closer = closest ** ((1 - math.cos(2 * math.pi * i / count)) / 2)
            first = (p - (p - n) / closer for p, n in zip(place, corner, strict=True))
            region = (*first, *(n / closer for n in whole))
            yield np.asarray(opened.part(_inside(region, picture), size).convert("RGB"))

    return frames()


def _inside(region: tuple[float, ...], picture: tuple[int, int]) -> tuple[float, float, float, float]:
    """The region, but for what rounding put outside of the picture."""
    x, y = (min(max(0.0, n), side) for n, side in zip(region[:2], picture, strict=True))
    return x, y, min(region[2], picture[0] - x), min(region[3], picture[1] - y)


class _Kept:
    """Everything that is made for one film: see `code.Keep`."""

    def __init__(self) -> None:
        self._made: dict[Hashable, Any] = {}

    def __call__(self, key: Hashable, make: Callable[[], Any], size: Callable[[Any], int]) -> Any:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def has(self, key: Hashable) -> bool:
        return key in self._made
