"""PartitionCode -> picture: the means and ramps of the ranges, and the fixed point of the map, at any scale."""

import math

import numpy as np
import torch
from torch import Tensor

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


@torch.no_grad()
def synthesise(code: PartitionCode, request: Request, device: str = "cpu") -> np.ndarray:
    """The fixed point as it is asked for: uint8 [H, W, 3], or [H, W] if grey.

    Chroma planes are decoded at twice the scale of luma. Nothing is smoothed where the decode is at a scale below 1.
    Of a crop the whole is computed first. LimitError for too large a scale.
    """
    layout = code.layout
    if (canvas := math.prod(layout.planes[0].grid(1)) * request.up**2) > MAX_PIXELS:
        raise LimitError(f"{canvas} samples in whole squares of {layout.root} are over the limit of {MAX_PIXELS}")
    kind = torch.float64 if code.largest_scale > _SINGLE else torch.float32
    smooth = request.view.smooth and request.down == 1

    def plane(number: int, up: int, down: int) -> Tensor:
        z = decode_plane(code, number, up, down, kind, device)
        return smooth_borders(z, code, number, up) if smooth else z

    planes = [plane(0, request.up, request.down)]
    for number in range(1, len(code.planes)):
        up, down = (2 * request.up, 1) if request.down == 1 else (1, request.down // 2)
        chroma = plane(number, up, down)
        planes.append(chroma[..., : planes[0].shape[-2], : planes[0].shape[-1]])  # its canvas is no smaller
    z = planes[0] if layout.grey else torch.cat(to_rgb(*planes), 1)  # [1, C, H, W]
    return grey_levels(request.fit(z), MIDDLE / 255)[slice(*request.rows), slice(*request.columns)]


def decode_plane(code: PartitionCode, number: int, up: int, down: int, kind: torch.dtype, device: str) -> Tensor:
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


def affine_part(code: PartitionCode, number: int, up: int, kind: torch.dtype, device: str) -> Tensor:
    """Mean and ramp of every range of a plane, at scale `up`: [1, 1, H, W]."""
    rows, columns = code.layout.planes[number].grid(1)
    z = torch.zeros(rows * up, columns * up, dtype=kind, device=device)
    for side, _, leaves, nodes in nodes_of(code, number):
        where = torch.from_numpy(leaves).nonzero(as_tuple=True)
        value, down, across = (
            torch.from_numpy(field[leaves]).to(device, kind)[:, None, None] / (255 * UNIT)
            for field in (nodes.values, nodes.down, nodes.across)
        )
        pixels = side * up
        place = (torch.arange(pixels, dtype=kind, device=device) - (pixels - 1) / 2) / pixels
        squares = z.view(leaves.shape[0], pixels, leaves.shape[1], pixels).transpose(1, 2)
        squares[tuple(axis.to(device) for axis in where)] = value + down * place[:, None] + across * place
    return z[None, None]


def _reference(layout: Layout, side: int, level: Level, kind: torch.dtype, device: str) -> SelfReference:
    """The ranges of one side that have a domain."""
    step = layout.step_of_domains(side)
    fields = (level.isometries, level.tops, level.lefts)
    isometries, tops, lefts = (torch.from_numpy(field.astype(np.int64))[None, None] for field in fields)
    weight = torch.from_numpy(level.scales).to(device, kind)[None, None] / SCALE_UNIT
    return self_reference(
        weight, tops * step, lefts * step, range_size=side, form=Form.CENTRED, isometries=isometries.to(device)
    )
