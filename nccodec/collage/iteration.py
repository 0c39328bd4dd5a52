"""Iterating a map: what its kind gives for it, and the way to the fixed point, step by step."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Protocol

import numpy as np

from ..arrays import QUIET, Array, numpy_of
from ..errors import CollageError
from .fixed_point import HALF_GREY_LEVEL

State = tuple[Array, ...]  # the planes of a picture that is mapped: [1, C, H, W] each, a grey level being 1/255
_MOST = 1000  # steps of a contraction


class Iteration(Protocol):
    """The map F of one file at the scale of a request: affine part and self-reference, to be applied step by step.

    size: height, width of the picture at that scale, of which states are made. exact: steps after which any state is
    the fixed point; 1 if nothing refers to the picture itself; None for a contraction that only comes nearer. Between
    two maps of one kind every convex combination is exact after the larger of both: of form (b) since means of squares
    of side u follow from those of side 2 u in both maps, and where no cell of either is larger than u, from the affine
    parts alone. largest_scale: the largest sum of |s|.
    """

    size: tuple[int, int]
    exact: int | None
    largest_scale: float

    def factor(self, number: int) -> float:
        """A bound of what step `number`, from 1 on, leaves of the largest distance to the fixed point."""
        ...

    def start(self, picture: np.ndarray) -> State:
        """picture: uint8 [height, width, 3]."""
        ...

    def step(self, state: State) -> State:
        """F(state)."""
        ...

    def picture(self, state: State, last: bool = False) -> np.ndarray:
        """What is seen of a state: uint8 [H, W, 3], or [H, W] if grey. last: as the decode, with what is done to the
        fixed point after it is found."""
        ...


@dataclass(frozen=True)
class Distance:
    """Of two states, over all samples of all planes, in grey levels: the largest difference, and the root of the mean
    square."""

    largest: float
    rms: float


@dataclass(frozen=True)
class Iterate:
    """number: of steps from the start. picture: see `Iteration.picture`. distance: to the fixed point. bound: that
    `distance.largest` cannot exceed, by the factors of the steps; 0 where the map is exact."""

    number: int
    picture: np.ndarray
    distance: Distance
    bound: float


@QUIET
def distance(a: State, b: State) -> Distance:
    """Of two states of one map."""
    largest = squares = samples = 0
    for one, other in zip(a, b, strict=True):
        difference = np.abs(numpy_of(one - other))
        largest = max(largest, float(difference.max()))
        squares, samples = squares + float((difference**2).sum()), samples + difference.size
    return Distance(255 * largest, 255 * math.sqrt(squares / samples))


@QUIET
def settled(f: Iteration, state: State, tolerance: float = HALF_GREY_LEVEL) -> State:
    """The fixed point from any state: exact, or of a contraction within `tolerance`, 1 being white. CollageError where
    that is not reached."""
    if f.exact is not None:
        for _ in range(f.exact):
            state = f.step(state)
        return state
    for number in range(1, _MOST + 1):
        before, state = state, f.step(state)
        factor = f.factor(number)
        # By the geometric series of what is still to come.
        if factor < 1 and distance(before, state).largest * factor <= 255 * tolerance * (1 - factor):
            return state
    raise CollageError(f"no fixed point after {_MOST} steps: sums of |s| up to {f.largest_scale:g}")


@QUIET
def iterates(f: Iteration, state: State, steps: int | None) -> Iterator[Iterate]:
    """The start, then F of it, F of that, and so on. steps: how many; None for all until the fixed point, of a
    contraction until no sample is further from it than half a grey level. The last is shown as the decode if it is the
    fixed point."""
    fixed = settled(f, state, HALF_GREY_LEVEL / 100)
    apart = distance(state, fixed)
    bound = apart.largest
    last = steps == 0
    for number in count():
        yield Iterate(number, f.picture(state, last and _there(f, number, apart)), apart, bound)
        if last:
            return
        state = f.step(state)
        bound = 0.0 if f.exact is not None and number + 1 >= f.exact else bound * f.factor(number + 1)
        apart = distance(state, fixed)
        last = _there(f, number + 1, apart) or number + 1 == _MOST if steps is None else number + 1 == steps


def _there(f: Iteration, number: int, apart: Distance) -> bool:
    return number >= f.exact if f.exact is not None else apart.largest <= 255 * HALF_GREY_LEVEL
