"""PartitionCode -> picture: the means and ramps of the ranges, and the fixed point of the map, at any scale."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

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
    kind = np.float64 if code.largest_scale > _SINGLE else np.float32
    planes = [
        decode_plane(code, number, up, down, kind, device) for number, (up, down) in enumerate(scales_of(code, request))
    ]
    return picture_of(code, planes, request)


def scales_of(code: PartitionCode, request: Request) -> list[tuple[int, int]]:
    """Up and down of each plane: chroma is decoded at twice the scale of luma. LimitError for too large a scale."""
    layout = code.layout
    if (canvas := math.prod(layout.planes[0].grid(1)) * request.up**2) > MAX_PIXELS:
        raise LimitError(f"{canvas} samples in whole squares of {layout.root} are over the limit of {MAX_PIXELS}")
    chroma = (2 * request.up, 1) if request.down == 1 else (1, request.down // 2)
    return [(request.up, request.down)] + [chroma] * (len(code.planes) - 1)


def picture_of(code: PartitionCode, planes: Sequence[Array], request: Request, smooth: bool = True) -> np.ndarray:
    """What is asked for of planes on their canvases, see `decode_plane`: uint8 [H, W, 3], or [H, W] if grey. smooth:
    False not to smooth them, even where that is asked for."""
    if smooth and request.view.smooth and request.down == 1:
        scales = scales_of(code, request)
        planes = [smooth_borders(z, code, n, up) for n, (z, (up, _)) in enumerate(zip(planes, scales, strict=True))]
    rows, columns = planes[0].shape[-2:]  # those of chroma are no smaller
    planes = [z[..., :rows, :columns] for z in planes]
    z = planes[0] if code.layout.grey else namespace(planes[0]).concat(to_rgb(*planes), axis=1)  # [1, C, H, W]
    down, across = request.samples(request.rows, request.columns)
    z = z[..., slice(*down), slice(*across)]
    return grey_levels(request.fit(z, request.rows, request.columns), MIDDLE / 255)


def decode_plane(code: PartitionCode, number: int, up: int, down: int, kind: type, device: str) -> Array:
    """One plane on its canvas at scale up / down: [1, 1, H, W], in 1/255 grey level less MIDDLE."""
    plane = map_of_plane(code, number, up, down, kind, device)
    return mixed_fixed_point(plane.affine, plane.references, plane.steps)


@dataclass(frozen=True)
class PlaneMap:
    """The map of one plane at a scale. affine: [1, 1, H, W], as of `decode_plane`. references: of the ranges of each
    side, which at that scale is of `sides`. steps: to the fixed point, 0 without references."""

    affine: Array
    references: list[SelfReference]
    sides: list[int]

    @property
    def steps(self) -> int:
        return nilpotent_steps(max(self.sides)) if self.sides else 0


def map_of_plane(code: PartitionCode, number: int, up: int, down: int, kind: type, device: str) -> PlaneMap:
    """The map of one plane at scale up / down."""
    affine = reduce_area(affine_part(code, number, up, kind, device), down)
    references, sides = [], []
    for side, level, _, _ in nodes_of(code, number):
        # A range of a pixel or less has no contrast of its own.
        if side > down and level.scales.any():
            references.append(_reference(code.layout, side, level, kind, device))
            sides.append(side * up // down)
    return PlaneMap(affine, references, sides)


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
