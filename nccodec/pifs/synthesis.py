"""PartitionCode -> picture: the means and ramps of the ranges, and the fixed point of the map, at any scale."""

import math

import numpy as np

from ..arrays import QUIET, Array, namespace, on
from ..code import MAX_PIXELS
from ..collage.fixed_point import mixed_fixed_point, nilpotent_steps, self_reference
from ..collage.operator import Form, SelfReference
from ..collage.output import Request, grey_levels
from ..collage.scales import reduce_area
from ..errors import LimitError
from ..imaging.colour import to_rgb
from .code import MIDDLE, UNIT, Layout, Level, PartitionCode, nodes_of
from .header import SCALE_UNIT
from .smoothing import smooth_borders

_SINGLE = 2 * SCALE_UNIT  # largest |s| that is computed in float32: errors grow with it


@QUIET
def synthesise(code: PartitionCode, request: Request, device: str = "cpu") -> np.ndarray:
    """The fixed point as it is asked for: uint8 [H, W, 3], or [H, W] if grey.

    Chroma planes are decoded at twice the scale of luma. Nothing is smoothed where the decode is at a scale below 1.
    Of a crop the whole is computed first. LimitError for too large a scale.
    """
    layout = code.layout
    if (canvas := math.prod(layout.planes[0].grid(1)) * request.up**2) > MAX_PIXELS:
        raise LimitError(f"{canvas} samples in whole squares of {layout.root} are over the limit of {MAX_PIXELS}")
    kind = np.float64 if code.largest_scale > _SINGLE else np.float32
    smooth = request.view.smooth and request.down == 1

    def plane(number: int, up: int, down: int) -> Array:
        z = decode_plane(code, number, up, down, kind, device)
        return smooth_borders(z, code, number, up) if smooth else z

    planes = [plane(0, request.up, request.down)]
    for number in range(1, len(code.planes)):
        up, down = (2 * request.up, 1) if request.down == 1 else (1, request.down // 2)
        chroma = plane(number, up, down)
        planes.append(chroma[..., : planes[0].shape[-2], : planes[0].shape[-1]])  # its canvas is no smaller
    z = planes[0] if layout.grey else namespace(planes[0]).concat(to_rgb(*planes), axis=1)  # [1, C, H, W]
    down, across = request.samples(request.rows, request.columns)
    z = z[..., slice(*down), slice(*across)]
    return grey_levels(request.fit(z, request.rows, request.columns), MIDDLE / 255)


def decode_plane(code: PartitionCode, number: int, up: int, down: int, kind: type, device: str) -> Array:
    """One plane on its canvas at scale up / down: [1, 1, H, W], in 1/255 grey level less MIDDLE."""
    layout = code.layout
    z = reduce_area(affine_part(code, number, up, kind, device), down)
    references = []
    for side, level, _, _ in nodes_of(code, number):
        # A range of a pixel or less has no contrast of its own.
        if side > down and level.scales.any():
            references.append(_reference(layout, side, level, kind, device))
    largest = max((reference.range_size for reference in references), default=1)
    return mixed_fixed_point(z, references, nilpotent_steps(largest * up // down) if references else 0)


def affine_part(code: PartitionCode, number: int, up: int, kind: type, device: str) -> Array:
    """Mean and ramp of every range of a plane, at scale `up`: [1, 1, H, W]."""
    rows, columns = code.layout.planes[number].grid(1)
    z = np.zeros((rows * up, columns * up), kind)
    for side, _, leaves, nodes in nodes_of(code, number):
        value, down, across = (
            field[leaves].astype(kind)[:, None, None] / (255 * UNIT)
            for field in (nodes.values, nodes.down, nodes.across)
        )
        pixels = side * up
        place = (np.arange(pixels, dtype=kind) - (pixels - 1) / 2) / pixels
        squares = z.reshape(leaves.shape[0], pixels, leaves.shape[1], pixels).swapaxes(1, 2)  # a view
        squares[leaves] = value + down * place[:, None] + across * place
    return on(z[None, None], device)


def _reference(layout: Layout, side: int, level: Level, kind: type, device: str) -> SelfReference:
    """The ranges of one side that have a domain."""
    step = layout.step_of_domains(side)
    fields = (level.isometries, level.tops, level.lefts)
    isometries, tops, lefts = (field.astype(np.int64)[None, None] for field in fields)
    weight = on(level.scales.astype(kind)[None, None] / SCALE_UNIT, device)
    return self_reference(weight, tops * step, lefts * step, range_size=side, form=Form.CENTRED, isometries=isometries)
