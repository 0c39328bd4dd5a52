"""GenerativeCode <-> its part of a `.ncl`. bitstream_spec.md, "Generative collage", is normative."""

import numpy as np
from bitarray import bitarray

from ..bitstream.container import Chunk, Header
from ..bitstream.fixed import append, numbers, width_of
from ..bitstream.frame import frame, unframe
from ..errors import FormatError, LimitError
from .code import GenerativeCode
from .header import LARGEST_LATENT, LATENTS, STEP_UNIT, Fields

_WIDEST = 16  # bits


def pack(code: GenerativeCode, packer: str, model: object = None) -> tuple[Fields, list[Chunk]]:
    """What the header says of the map, and its chunk. packer: "fixed" or "range", which for so few integers are the
    same. model: not needed."""
    width = width_of(code.latents)
    if width > _WIDEST:
        raise LimitError(f"latents of {width} bits are over the limit of {_WIDEST}")
    bits = bitarray(endian="big")
    if width:
        append(bits, code.latents, width)
    content = bytes([width]) + bits.tobytes()
    return Fields(len(code.latents), code.step, code.fingerprint), [Chunk(LATENTS, frame(content))]


def unpack(header: Header, chunks: list[Chunk]) -> GenerativeCode:
    """Inverse of `pack`. NclError for any fault."""
    common, fields = header.common, header.fields
    if not chunks:
        raise FormatError("a generative collage without latents")
    content = unframe(chunks[0].payload, 1 + 2 * fields.latents)
    width = content[0] if content else 0
    if width > _WIDEST:
        raise FormatError(f"latents of {width} bits are over the limit of {_WIDEST}")
    bits = bitarray(endian="big")
    bits.frombytes(content[1:])
    needed = width * fields.latents
    if not content or len(content) != 1 + -(-needed // 8) or bits[needed:].any():
        raise FormatError(f"{len(content)} bytes are not {fields.latents} latents of {width} bits")
    latents = numbers(bits[:needed], width, signed=True) if width else np.zeros(fields.latents, np.int64)
    if np.abs(latents).max() * fields.step > LARGEST_LATENT * STEP_UNIT:
        raise FormatError(f"a latent is beyond {LARGEST_LATENT:g}")
    return GenerativeCode(common.width, common.grey, fields.step, fields.fingerprint, latents)
