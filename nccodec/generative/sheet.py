"""Many pictures of one size in one."""

import math
from collections.abc import Callable

import numpy as np
from PIL import Image

from ..code import MAX_PIXELS
from ..collage.output import Request, View
from ..errors import LimitError
from .encoding import code_of
from .header import SIDE
from .sampling import STEP
from .synthesis import synthesise
from .weights import Weights


def sheet(
    weights: Weights, latents: np.ndarray, originals: list[np.ndarray], scale: float, columns: int | None = None,
    smooth: bool = False, report: Callable[[float], None] = lambda _: None,
) -> Image.Image:  # fmt: skip
    """Pictures of latents [n, latents], as files of them decode at a scale, in rows without gaps; mid-grey where none
    is. originals: float64 [1, C, size, size] in [0, 1], if given one for each, shown above them by bicubic
    interpolation. columns: by default as many as makes the sheet about square. smooth: see `fixed`. report: called with
    the share done. LimitError for a scale that there is not, and for more pixels than a picture may have."""
    a, kinds = weights.architecture, 2 if originals else 1
    request = Request.of(View(scale=scale, smooth=smooth), (a.size, a.size), SIDE)
    side = request.width
    columns = min(len(latents), columns or math.ceil(math.sqrt(len(latents) * kinds)))
    rows = -(-len(latents) // columns) * kinds
    if rows * columns * side**2 > MAX_PIXELS:
        raise LimitError(f"{columns * side} x {rows * side} pixels are over the limit of {MAX_PIXELS}")
    whole = np.full((rows * side, columns * side, a.channels), 128, np.uint8)
    for number, each in enumerate(latents):
        row, column = number // columns * kinds, number % columns
        made = [synthesise(code_of(weights, each, STEP), weights, request)]
        if originals:
            made.insert(0, _bicubic(originals[number], side))
        for below, picture in enumerate(made):
            place = slice((row + below) * side, (row + below + 1) * side), slice(column * side, (column + 1) * side)
            whole[place] = picture.reshape(side, side, a.channels)
        report((number + 1) / len(latents))
    return Image.fromarray(whole[..., 0] if a.channels == 1 else whole)


def _bicubic(picture: np.ndarray, side: int) -> np.ndarray:
    """float64 [1, C, size, size] in [0, 1] -> uint8 [side, side] or [side, side, 3]."""
    levels = np.rint(255 * picture[0].transpose(1, 2, 0)).astype(np.uint8)  # [C, H, W] -> [H, W, C]
    image = Image.fromarray(levels[..., 0] if levels.shape[2] == 1 else levels)
    return np.asarray(image.resize((side, side), Image.Resampling.BICUBIC))
