"""How the minutes of a run are divided: training, then the fits and measurements that follow it, within them too."""

import math
import time
from collections.abc import Iterator

DECODER, DETAIL = 600, 2000  # steps of the two fits, at most
_SHARE = 0.4  # of the minutes, at most, that is kept for what follows training
_MEASURING = 0.15  # of the minutes, at most, for measuring held-out pictures
# What follows training, in steps of training: of the fits a step, and dead zones and curve a held-out picture. Measured
# on a CPU with the default architecture and options; where they are others, fits end by the clock.
_DECODER_STEP, _DETAIL_STEP, _ZONES, _CURVE = 0.7, 0.45, 4, 8


def following(minutes: float, step: float, pictures: int) -> float:
    """Seconds to keep for what follows training. step: seconds a step took. pictures: held out."""
    whole = DECODER * _DECODER_STEP + DETAIL * _DETAIL_STEP + pictures * (_ZONES + _CURVE)
    return min(_SHARE * 60 * minutes, whole * step)


def measurable(minutes: float, step: float, pictures: int) -> int:
    """How many of the held-out pictures there is time to measure, at least one."""
    return max(1, min(pictures, int(_MEASURING * 60 * minutes / ((_ZONES + _CURVE) * step))))


def for_fits(seconds: float, step: float, measured: int) -> tuple[float, float]:
    """Seconds of the two fits. seconds: left to the end of the run. measured: pictures whose curve is still to come."""
    left = max(0.0, seconds - measured * _CURVE * step)
    decoder = DECODER * _DECODER_STEP / (DECODER * _DECODER_STEP + DETAIL * _DETAIL_STEP)
    return decoder * left, (1 - decoder) * left


def paced(steps: int, seconds: float = math.inf) -> Iterator[tuple[int, float]]:
    """Steps 0 .. steps - 1, each with the share done before it, 0 .. 1, which is that of the steps or of the seconds,
    whichever are used up first."""
    began = time.monotonic()
    for step in range(steps):
        spent = time.monotonic() - began
        if spent >= seconds:
            return
        yield step, max(step / steps, spent / seconds)
