"""Decoding end to end: bytes -> code -> the map's fixed point -> picture."""

from typing import Any

import numpy as np
from PIL import Image

from ..arrays import numpy_form
from ..bitstream import container
from ..code import Span
from ..collage.device import choose_device
from ..collage.output import Request, View, grey_levels
from ..collage.scales import enlarge, reduce_area
from ..errors import VerificationError
from ..imaging.alpha import joined
from ..imaging.metadata import info_of
from .file import read_file, write_file
from .kinds import header_of, numbered, read

_REACH = 16  # pixels to each side that enlargement depends on


def decode_picture(data: bytes, view: View, weights: Any, device: str) -> Image.Image:
    """See `nccodec.decode`. weights: see `file.read_file`."""
    header = header_of(data)
    room = numbered(header.kind).room()
    request = Request.of(view, (header.common.height, header.common.width), header.common.side)
    room.check(view)
    file = read_file(data, weights, request)
    code = file.code if view.self_reference else file.code.without_self_reference()
    picture = Image.fromarray(room.synthesise(code, file.weights, request, choose_device(device)))
    if file.extras.alpha is not None:
        picture = joined(picture, alpha_of(file.extras.alpha, request))
    picture.info |= info_of(file.extras.metadata)
    return picture


def test_file(data: bytes, weights: Any) -> None:
    """See `nccodec.test`."""
    file = read_file(data, weights)
    room = file.kind.room()
    again = write_file(file.code, file.header.common.packer, file.model, file.extras)
    # Of the rest each content is its own only form, or, of transparency, an encoder's choice.
    of_map, anew = ([c for c in read(part)[1] if c.kind < container.ALPHA] for part in (data, again))
    for chunk, other in zip(of_map, anew, strict=True):
        if room.contents(chunk) != room.contents(other):
            name = file.header.names[chunk.kind]
            raise VerificationError(f"chunk {name} is not what encoding its contents gives")


def alpha_of(alpha: np.ndarray, request: Request) -> np.ndarray:
    """Transparency, uint8 [H, W], as it is asked for: itself at scale 1, else enlarged and reduced as pictures are. Of
    a crop nothing but its neighbourhood is made."""
    up, down = request.up, request.down
    samples = request.samples(request.rows, request.columns)
    around = [_around(span, up, down, n) for span, n in zip(samples, alpha.shape, strict=True)]
    z = alpha[tuple(slice(*span) for span in around)].astype(np.float32)[None, None] / 255  # [1, 1, H, W]
    below, right = (-n % down for n in z.shape[-2:])
    z = reduce_area(enlarge(numpy_form.pad(z, 0, below, 0, right, edge=True), up), down)
    first = [start * up // down for start, _ in around]
    z = z[(..., *(slice(a - n, b - n) for (a, b), n in zip(samples, first, strict=True)))]
    return grey_levels(request.fit(z, request.rows, request.columns), 0)


def _around(samples: Span, up: int, down: int, size: int) -> Span:
    """The pixels, of `size`, that samples at scale up / down are made from, from the first of a square on."""
    margin = _REACH if up > 1 else 0
    start, stop = samples[0] * down // up - margin, -(-samples[1] * down // up) + margin
    return max(0, start), min(size, stop)
