"""Decoding end to end: bytes -> bitstream -> the map's fixed point -> picture."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
import zstandard
from PIL import Image

from ..bitstream import container
from ..bitstream.container import Header
from ..bitstream.frame import unframe
from ..bitstream.symbols import SymbolModel
from ..code import Extras, Span, grid_of
from ..collage.device import choose_device
from ..collage.output import Request, checked_crop, grey_levels, output_size
from ..collage.scales import enlarge, reduce_area
from ..errors import LimitError, VerificationError
from ..imaging.alpha import joined
from ..imaging.metadata import info_of
from ..neural.code import CollageCode
from ..neural.packing import write_code
from ..neural.synthesis import neighbourhood, synthesise
from ..neural.weights import Weights, matching
from ..pifs.code import PartitionCode
from ..pifs.packing import write_partition
from ..pifs.synthesis import synthesise as from_partition
from .file import read_file


def decode_picture(
    data: bytes, scale: float, size: tuple[int, int] | None, weights: str | Path | Weights | None, device: str,
    self_reference: bool, detail: bool, smooth: bool, max_pixels: int, crop: tuple[int, int, int, int] | None,
) -> Image.Image:  # fmt: skip
    """See `nccodec.decode`; size: height, width."""
    header = container.Header.unpack(data)
    height, width = output_size((header.height, header.width), scale, size)
    if max(header.width * header.height, height * width) > max_pixels:
        asked = "" if (height, width) == (header.height, header.width) else f" decoded to {width} x {height}"
        raise LimitError(f"{header.width} x {header.height} pixels{asked} are over the limit of {max_pixels}")
    region = None if crop is None else checked_crop(crop, (height, width))

    def cells_of(header: Header) -> tuple[Span, Span]:
        request = Request.of((header.height, header.width), scale, size, header.range_size)
        grid = grid_of(header.height, header.width, header.range_size)
        return neighbourhood(grid, header.range_size, request, *region, referring=header.nonzero_scales > 0)[1]

    code, extras, found = _read(data, weights, None if region is None else cells_of)
    if not self_reference:
        code = code.without_self_reference()
    device = choose_device(device)
    if isinstance(code, PartitionCode):
        colours = from_partition(code, scale, size, device, smooth)
        colours = colours if region is None else colours[slice(*region[0]), slice(*region[1])]
        side = code.layout.root
    else:
        if smooth:
            raise LimitError("smoothing is for partitioned maps, as `nc pifs` makes them")
        colours = synthesise(code, found, scale, size, device, detail, region)
        side = code.range_size
    picture = Image.fromarray(colours)
    if extras.alpha is not None:
        alpha = scaled(extras.alpha, scale, size, side)
        picture = joined(picture, alpha if region is None else alpha[slice(*region[0]), slice(*region[1])])
    picture.info |= info_of(extras.metadata)
    return picture


def test_file(data: bytes, weights: str | Path | None) -> None:
    """See `nccodec.test`."""
    code, extras, found = _read(data, weights)
    header, chunks = container.read(data)
    if isinstance(code, PartitionCode):
        again = write_partition(code, header.packer, extras)
    else:
        again = write_code(code, header.packer, found.symbol_model(header), extras)
    # Of the rest each content is its own only form, or, of transparency, an encoder's choice.
    of_map, anew = ([c for c in part if c.kind < container.ALPHA] for part in (chunks, container.read(again)[1]))
    for chunk, other in zip(of_map, anew, strict=True):
        limit = zstandard.get_frame_parameters(chunk.payload).content_size
        if unframe(chunk.payload, limit) != unframe(other.payload, limit):  # frames may differ by compressor
            raise VerificationError(f"chunk {chunk.name} is not what encoding its contents gives")


def _read(
    data: bytes,
    weights: str | Path | Weights | None,
    cells_of: Callable[[Header], tuple[Span, Span]] | None = None,
) -> tuple[CollageCode | PartitionCode, Extras, Weights | None]:
    """What a file holds, and the weights that it needs. cells_of: see `read_file`."""
    found: Weights | None = None

    def model_of(header: Header) -> SymbolModel:
        nonlocal found
        found = weights if isinstance(weights, Weights) else matching(header.fingerprint, weights)
        return found.symbol_model(header)

    return *read_file(data, model_of, cells_of), found


@torch.no_grad()
def scaled(alpha: np.ndarray, scale: float, size: tuple[int, int] | None, range_size: int) -> np.ndarray:
    """Transparency, uint8 [H, W], at the scale or size (height, width) that a map of such ranges is decoded at:
    itself at scale 1, else enlarged and reduced as the picture is."""
    request = Request.of(alpha.shape, scale, size, range_size)
    z = torch.from_numpy(alpha).float()[None, None] / 255  # [1, 1, H, W]
    if request.down > 1:
        z = F.pad(z, (0, -alpha.shape[1] % request.down, 0, -alpha.shape[0] % request.down), "replicate")
    return grey_levels(request.fitted(reduce_area(enlarge(z, request.up), request.down)), 0)
