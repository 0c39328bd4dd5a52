"""A partitioned map to be iterated: see `collage.iteration.Iteration`."""

import numpy as np

from ..arrays import QUIET, numpy_form, on
from ..collage.fixed_point import largest_sum, mixed_factor, mixed_step
from ..collage.iteration import State
from ..collage.output import Request
from ..imaging.colour import to_ycc
from .code import MIDDLE, PartitionCode
from .synthesis import map_of_plane, picture_of, scales_of


class Iteration:
    """Planes are luma and chroma on their canvases, in float64. Smoothing is done to the decode alone."""

    def __init__(self, code: PartitionCode, weights: None, request: Request, device: str = "cpu") -> None:
        """LimitError for too large a scale."""
        self._code, self._request, self._device = code, request, device
        self._maps = [
            map_of_plane(code, number, up, down, np.float64, device)
            for number, (up, down) in enumerate(scales_of(code, request))
        ]
        layout = code.layout
        self.size = tuple(-(-n * request.up // request.down) for n in (layout.height, layout.width))
        self.exact = max(1, *(plane.steps for plane in self._maps))
        references = [reference for plane in self._maps for reference in plane.references]
        self.largest_scale = max(map(largest_sum, references), default=0.0)

    def factor(self, number: int) -> float:
        return max(mixed_factor(plane.references, number, plane.sides) for plane in self._maps)

    def start(self, picture: np.ndarray) -> State:
        channels = np.moveaxis(picture.astype(np.float64), 2, 0) / 255
        luma, *chroma = to_ycc(*channels)
        planes = [luma - MIDDLE / 255, *chroma]
        return tuple(self._on_canvas(z, plane.affine.shape) for z, plane in zip(planes, self._maps, strict=False))

    @QUIET
    def step(self, state: State) -> State:
        pairs = zip(self._maps, state, strict=True)
        return tuple(mixed_step(plane.affine, plane.references, z) for plane, z in pairs)

    @QUIET
    def picture(self, state: State, last: bool = False) -> np.ndarray:
        return picture_of(self._code, state, self._request, smooth=last)

    def _on_canvas(self, z: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        below, right = (n - m for n, m in zip(shape[-2:], z.shape, strict=True))
        return on(numpy_form.pad(z[None, None], 0, below, 0, right, edge=True), self._device)
