"""PointsCode -> picture: counts of the chaos game -> tone curve -> what is asked for."""

import math

import numpy as np

from ..arrays import QUIET
from ..collage.output import Request, grey_levels
from ..collage.windows import reduced
from ..errors import LimitError
from .code import PointsCode
from .header import GAMMA_UNIT, GROWTH_UNIT, MAX_SAMPLES, WHITE_UNIT
from .orbit import count

_STRIP = 256  # rows that get their tones at a time


@QUIET
def synthesise(code: PointsCode, weights: None, request: Request, device: str = "cpu") -> np.ndarray:
    """The attractor as it is asked for: uint8 [H, W, 3], or [H, W] if grey. LimitError for more than MAX_SAMPLES at the
    scale of the decode."""
    up, down = request.up, request.down
    height, width = code.height * up, code.width * up
    if height * width > MAX_SAMPLES:
        raise LimitError(f"a set of points is decoded at up to {MAX_SAMPLES} samples, not at {width} x {height}")
    wanted = request.samples(request.rows, request.columns)
    rows, columns = ((a * down, min(b * down, n)) for (a, b), n in zip(wanted, (height, width), strict=True))
    z = toned(code, up, count(code, up, rows, columns))[None]
    return grey_levels(request.fit(reduced(z, down), request.rows, request.columns), 0)


def toned(code: PointsCode, up: int, counts: np.ndarray) -> np.ndarray:
    """What counts, see `orbit.count`, look like: float32 [C, rows, columns], 0 black to 1 white."""
    white = white_of(code, up)
    ground, ink = (1.0, 0.0) if code.tone.paper else (0.0, 1.0)
    result = np.empty((1 if code.grey else 3, *counts.shape[:2]), np.float32)
    for at in range(0, len(counts), _STRIP):
        part = counts[at : at + _STRIP].astype(np.float64)
        bright = np.minimum(part[..., 0] / white, 1) ** (GAMMA_UNIT / code.tone.gamma)
        colours = [ink] if code.grey else [part[..., c] / (255 * np.maximum(part[..., 0], 1)) for c in (1, 2, 3)]
        for plane, colour in zip(result, colours, strict=True):
            plane[at : at + _STRIP] = ground + bright * (colour - ground)
    return result


def white_of(code: PointsCode, up: int) -> float:
    """The count that is full brightness at scale `up`."""
    return code.tone.white / WHITE_UNIT * 2.0 ** (code.tone.growth * math.log2(up) / GROWTH_UNIT)
