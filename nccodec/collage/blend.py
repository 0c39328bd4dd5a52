"""Maps between two maps, and their fixed points."""

from collections.abc import Callable, Iterator

import numpy as np

from ..errors import CollageError
from .iteration import Iteration, State, settled


class Blend:
    """(1 - t) F + t G: see `Iteration`. Its fixed point is between those of F and G, but is not their mean: what refers
    to the picture refers to the picture between. F and G: of one kind and scale, on canvases of one size. t: 0 .. 1."""

    def __init__(self, f: Iteration, g: Iteration, t: float) -> None:
        self._f, self._g, self._t = f, g, t
        self.size = f.size
        self.exact = None if None in (f.exact, g.exact) else max(f.exact, g.exact)
        self.largest_scale = self._between(lambda one: one.largest_scale)

    def factor(self, number: int) -> float:
        return self._between(lambda one: one.factor(number))

    def start(self, picture: np.ndarray) -> State:
        return self._f.start(picture)

    def step(self, state: State) -> State:
        if self._t in (0, 1):  # no rounding at the ends
            return (self._g if self._t else self._f).step(state)
        parts = zip(self._f.step(state), self._g.step(state), strict=True)
        return tuple((1 - self._t) * one + self._t * other for one, other in parts)

    def picture(self, state: State, last: bool = False) -> np.ndarray:
        return self._f.picture(state, last)

    def _between(self, value: Callable[[Iteration], float]) -> float:
        return (1 - self._t) * value(self._f) + self._t * value(self._g)


def blends(f: Iteration, g: Iteration, frames: int) -> Iterator[np.ndarray]:
    """Pictures of the fixed points of (1 - t) F + t G for `frames` t, at least 2, from 0 to 1: uint8 [H, W, 3], or
    [H, W] if grey. CollageError, before the first is asked for, for maps of which states differ in shape."""
    grey = np.full((*f.size, 3), 128, np.uint8)
    state = f.start(grey)
    if [z.shape for z in state] != [z.shape for z in g.start(grey)]:
        raise CollageError("there are no maps between two that cut the picture in different ways")

    def pictures(state: State) -> Iterator[np.ndarray]:
        for number in range(frames):
            between = Blend(f, g, number / (frames - 1))
            state = settled(between, state)
            yield between.picture(state)

    return pictures(state)
