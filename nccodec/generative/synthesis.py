"""GenerativeCode -> picture, at any scale, a part at a time."""

import numpy as np

from ..arrays import QUIET
from ..code import Span
from ..collage import windows
from ..collage.output import Request
from .code import GenerativeCode
from .fixed import Map, map_of
from .weights import Weights


def synthesise(code: GenerativeCode, weights: Weights, request: Request, device: str = "cpu") -> np.ndarray:
    """The fixed point as it is asked for: uint8 [H, W, 3], or [H, W] if grey."""
    return picture_of(map_of(code, weights), request)


@QUIET
def picture_of(map: Map, request: Request) -> np.ndarray:
    """The fixed point of a map as it is asked for: uint8 [H, W, 3], or [H, W] for one channel."""
    smooth = request.view.smooth
    shown = map.shown(request.up, smooth)

    def window(rows: Span, columns: Span) -> np.ndarray:
        return map.window(shown, request.up, rows, columns, smooth)[None]

    side = map.size * request.up
    return windows.picture_of(window, request, (side, side), len(map.affine) == 1, 0.0)
