"""Decoding end to end: bytes -> bitstream -> the map's fixed point -> picture."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from .bitstream.file import read_file
from .collage.scales import enlarge, reduce_area
from .errors import LimitError
from .imaging.alpha import joined
from .imaging.metadata import KINDS, info_of
from .neural.analysis import choose_device
from .neural.synthesis import synthesise
from .neural.weights import matching
from .output import Request, grey_levels
from .partition import PartitionCode
from .pifs.synthesis import synthesise as from_partition


def decode_picture(
    data: bytes, scale: float, size: tuple[int, int] | None, weights: str | Path | None, device: str,
    self_reference: bool, detail: bool, smooth: bool,
) -> Image.Image:  # fmt: skip
    """See `nccodec.decode`; size: height, width."""
    found: Any = None

    def model_of(header: Any) -> Any:
        nonlocal found
        found = matching(header.fingerprint, weights)
        return found.symbol_model(header)

    code, extras = read_file(data, model_of)
    if not self_reference:
        code = code.without_self_reference()
    device = choose_device(device)
    if isinstance(code, PartitionCode):
        colours = from_partition(code, scale, size, device, smooth)
        side = code.layout.root
    else:
        if smooth:
            raise LimitError("smoothing is for partitioned maps, as `nc pifs` makes them")
        colours = synthesise(code, found, scale, size, device, detail)
        side = code.range_size
    picture = Image.fromarray(colours)
    if extras.alpha is not None:
        picture = joined(picture, scaled(extras.alpha, scale, size, side))
    picture.info |= info_of({kind: getattr(extras, kind) for kind in KINDS})
    return picture


@torch.no_grad()
def scaled(alpha: np.ndarray, scale: float, size: tuple[int, int] | None, range_size: int) -> np.ndarray:
    """Transparency, uint8 [H, W], at the scale or size (height, width) that a map of such ranges is decoded at:
    itself at scale 1, else enlarged and reduced as the picture is."""
    request = Request.of(alpha.shape, scale, size, range_size)
    z = torch.from_numpy(alpha).float()[None, None] / 255  # [1, 1, H, W]
    if request.down > 1:
        z = F.pad(z, (0, -alpha.shape[1] % request.down, 0, -alpha.shape[0] % request.down), "replicate")
    return grey_levels(request.fitted(reduce_area(enlarge(z, request.up), request.down)), 0)
