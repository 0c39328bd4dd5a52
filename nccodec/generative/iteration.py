"""A generative collage to be iterated: see `collage.iteration.Iteration`."""

import numpy as np

from ..arrays import QUIET
from ..collage.iteration import State
from ..collage.output import Request, grey_levels
from ..collage.windows import reduced
from ..imaging.colour import to_ycc
from .code import GenerativeCode
from .fixed import map_of
from .map import step
from .synthesis import picture_of
from .weights import Weights


class Iteration:
    """One state: all of the picture at the scale of the request, 0 black to 1 white. Below scale 1 the map is iterated
    at 1, and what is seen is reduced. Smoothing, which is no part of the map, is of the last picture alone."""

    def __init__(self, code: GenerativeCode, weights: Weights, request: Request, device: str = "cpu") -> None:
        map, self._request = map_of(code, weights), request
        self._map = map
        side = map.size * request.up
        self.size = side, side
        self.largest_scale = map.factor
        self.exact = None if map.factor else 1
        self._affine = map.enlarged(request.up, (0, side), (0, side))[None]
        self._scales = map.scales[None].astype(np.float32)

    def factor(self, number: int) -> float:
        return self.largest_scale

    def start(self, picture: np.ndarray) -> State:
        z = picture.astype(np.float32).transpose(2, 0, 1)[None] / 255  # [H, W, C] -> [1, C, H, W]
        return (z if self._affine.shape[1] == 3 else to_ycc(z[:, :1], z[:, 1:2], z[:, 2:])[0],)

    @QUIET
    def step(self, state: State) -> State:
        return (step(self._affine, self._scales, state[0]),)

    @QUIET
    def picture(self, state: State, last: bool = False) -> np.ndarray:
        request = self._request
        if last and request.view.smooth:
            return picture_of(self._map, request)
        down, whole = request.down, self.size[0]
        wanted = request.samples(request.rows, request.columns)
        spans = tuple(slice(a * down, min(b * down, whole)) for a, b in wanted)
        z = reduced(state[0][(..., *spans)], down)
        return grey_levels(request.fit(z, request.rows, request.columns), 0.0)
