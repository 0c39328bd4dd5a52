"""The search as an encoder: see `codec.kinds.Encoder`."""

import math
from collections.abc import Callable

import numpy as np
from PIL import Image

from ..errors import LimitError
from .candidates import planes_of, sides_of
from .code import LARGEST_ROOT, Layout, PartitionCode
from .header import MAX_CANVAS, TOP, step_of
from .options import Options
from .pruning import grow

_LARGEST_RANGE = 32


def layout_of(options: Options, height: int, width: int, grey: bool, step: int) -> Layout:
    """The layout of a picture; the roots of small pictures are small. step: quantizer step in 1/16 grey level."""
    root = min(LARGEST_ROOT, max(options.range_size, 1 << (max(height, width) - 1).bit_length()))
    largest = min(_LARGEST_RANGE, root) if options.quadtree else options.range_size
    smallest = 1 if options.quadtree else options.range_size
    return Layout(height, width, grey, step, root, largest, smallest, options.domain_step, options.isometries)


class Encoder:
    """The codes of a picture, mode "RGB" or "L", at several levels, from one search.

    progress: called with the share of the search that is done, 0 .. 1. LimitError for too large a picture.
    """

    top = TOP
    effort = 0
    weights = None

    def __init__(
        self, picture: Image.Image, options: Options, device: str = "cpu",
        progress: Callable[[float], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self._options, self._size, self._grey = options, (picture.height, picture.width), picture.mode == "L"
        layout = self._layout(0)
        if math.prod(layout.planes[0].grid(1)) > MAX_CANVAS:
            size = f"{picture.width} x {picture.height} pixels in whole squares of {layout.root}"
            raise LimitError(f"{size} are over the limit of {MAX_CANVAS}")
        finest = options.range_size if options.domains else 2 * layout.largest
        self._canvases, self._sides = planes_of(np.asarray(picture), layout), []
        for grids, canvas in zip(layout.planes, self._canvases, strict=True):
            self._sides.append(sides_of(canvas, grids, finest, options.lean, device))
            progress(len(self._sides) / len(self._canvases))

    def _layout(self, level: int) -> Layout:
        return layout_of(self._options, *self._size, self._grey, step_of(level))

    def code(self, level: int, effort: int) -> PartitionCode:
        """level: 0 .. TOP. effort: 0, there is one."""
        return grow(self._layout(level), self._canvases, self._sides)

    def model(self, code: PartitionCode) -> None:
        """None: a file has its own tables."""
