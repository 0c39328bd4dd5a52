"""A collage to be iterated: see `collage.iteration.Iteration`."""

import numpy as np

from ..arrays import QUIET, namespace, numpy_form, on
from ..collage.fixed_point import largest_sum, mixed_factor, mixed_step, nilpotent_steps
from ..collage.iteration import State
from ..collage.output import Request
from .architecture import BIAS
from .code import CollageCode
from .synthesis import map_of_cells, picture_of
from .weights import Weights


class Iteration:
    """One plane of three channels on the canvas of whole cells, in float64. All of the canvas is made, whatever is
    asked for. Filter and detail are in the affine part, and so in every step."""

    @QUIET
    def __init__(self, code: CollageCode, weights: Weights, request: Request, device: str = "cpu") -> None:
        self._code, self._request, self._device = code, request, device
        everything = tuple((0, n) for n in code.grid)
        made = map_of_cells(code, weights, request.down, device, everything, everything)
        affine = made.enlarged(made.affine, request)
        self._affine = namespace(affine).astype(affine, namespace(affine).float64)
        self._references = [made.reference] if code.nonzero_scales else []
        self.size = tuple(-(-n * request.up // request.down) for n in (code.height, code.width))
        self._sides = [code.range_size * request.up // request.down] * len(self._references)
        self.exact = nilpotent_steps(self._sides[0]) if self._references else 1
        self.largest_scale = max(map(largest_sum, self._references), default=0.0)

    def factor(self, number: int) -> float:
        return mixed_factor(self._references, number, self._sides)

    def start(self, picture: np.ndarray) -> State:
        z = np.moveaxis(picture.astype(np.float64), 2, 0)[None] / 255 - BIAS
        below, right = (n - m for n, m in zip(self._affine.shape[-2:], z.shape[-2:], strict=True))
        return (on(numpy_form.pad(z, 0, below, 0, right, edge=True), self._device),)

    @QUIET
    def step(self, state: State) -> State:
        return (mixed_step(self._affine, self._references, *state),)

    @QUIET
    def picture(self, state: State, last: bool = False) -> np.ndarray:
        request = self._request
        down, across = request.samples(request.rows, request.columns)
        z = state[0][..., slice(*down), slice(*across)]
        return picture_of(self._code, request.fit(z, request.rows, request.columns))
