"""WholeCode <-> its part of a `.ncl`. bitstream_spec.md, section 6, is normative."""

import numpy as np

from ..bitstream.container import Chunk, Header
from ..bitstream.frame import frame, unframe, unframed
from ..errors import FormatError, LimitError
from ..neural import nested
from ..neural import packing as neural
from ..neural.weights import Weights
from .code import LARGEST_MEAN, Style, WholeCode, range_size, turns
from .header import CELLS, STYLE, Fields
from .synthesis import style_request
from .walk import Reader, Recorder, Writer, walk

MAX_STYLE = 1 << 20  # pixels of a style
_NO_WEIGHTS = bytes(8)


def pack(code: WholeCode, packer: str, model: Weights | None) -> tuple[Fields, list[Chunk]]:
    """What the header says of the map, and its chunks. packer: "range"; LimitError for another. model: the weights of
    the style, if there is one."""
    if packer != "range":
        raise LimitError(f"a whole-image map has no packer {packer!r}, only 'range'")
    styles = None if code.style is None else code.style.weights
    parts = tuple(None if part is None else part.astype(np.int64) for part in _parts(code, styles))
    recorder = Recorder()
    walk(recorder, *parts, write=True)
    writer = Writer(recorder.seen, code.grey, styles is not None)
    walk(writer, *parts, write=True)
    chunks = [Chunk(CELLS, frame(writer.content()))]
    if code.style is not None:
        chunks.append(Chunk(STYLE, frame(nested.write(code.style.code, packer, model))))
    styled = 0 if styles is None else int(np.count_nonzero(styles))
    fingerprint = _NO_WEIGHTS if code.style is None else code.style.code.fingerprint
    return Fields(code.ranges, code.step, *code.domain, code.largest_scale, styled, fingerprint), chunks


def _parts(code: WholeCode, styles: np.ndarray | None) -> tuple[np.ndarray | None, ...]:
    return code.means, code.scales, code.isometries, styles


def unpack(header: Header, chunks: list[Chunk], model: Weights | None) -> WholeCode:
    """Inverse of `pack`, what the header states verified. NclError for any fault."""
    common, fields = header.common, header.fields
    if common.packer != "range":
        raise FormatError(f"a whole-image map with packer {common.packer!r}")
    cells = fields.ranges**2
    limits = {CELLS: 1024 + 32 * cells, STYLE: 64 * MAX_STYLE}
    held = {chunk.kind: unframe(chunk.payload, limits[chunk.kind]) for chunk in chunks}
    if CELLS not in held or (STYLE in held) != (fields.styled > 0):
        raise FormatError("the header and the chunks disagree on what there is")
    style = _style(held[STYLE], header, model) if STYLE in held else None
    planes = 1 if common.grey else 3
    parts = [np.zeros((planes, fields.ranges, fields.ranges), np.int64)]
    parts += [np.zeros((fields.ranges, fields.ranges), np.int64) for _ in range(2)]
    parts.append(np.zeros((fields.ranges, fields.ranges), np.int64) if style else None)
    reader = Reader(held[CELLS], common.grey, style is not None)
    walk(reader, *parts, write=False)
    reader.finish()
    means, scales, isometries, styles = parts
    code = WholeCode(
        common.height, common.width, common.grey, fields.step, common.side, (fields.top, fields.left, fields.side),
        means, scales, isometries, style and Style(style, styles),
    )  # fmt: skip
    if np.abs(code.levels).max() > LARGEST_MEAN:
        raise FormatError(f"the mean of a range is beyond {LARGEST_MEAN:g} grey levels")
    if not np.isin(isometries, turns(common.height, common.width, fields.ranges)).all():
        raise FormatError("an isometry lays ranges that are no squares across themselves")
    stated, found = (fields.largest_scale, fields.styled), (code.largest_scale, int(np.count_nonzero(styles)))
    if style is None:
        found = (code.largest_scale, 0)
    if stated != found:
        raise FormatError(f"header states largest scale, ranges with style {stated}, not {found}")
    return code


def _style(content: bytes, header: Header, model: Weights):
    """The collage that a file's style is. NclError for any fault."""
    inner, chunks = nested.read(content, header, header.fields.fingerprint)
    if inner.common.width * inner.common.height > MAX_STYLE:
        raise LimitError(f"a style of {inner.common.width} x {inner.common.height} is over {MAX_STYLE} pixels")
    size = range_size(header.common.height, header.common.width, header.fields.ranges)
    style_request((inner.common.height, inner.common.width), inner.common.side, *size)
    return neural.unpack(inner, chunks, model.symbol_model(inner))


def contents(chunk: Chunk) -> bytes:
    """What a chunk holds, without zstd's frames."""
    content = unframed(chunk.payload)
    return content if chunk.kind == CELLS else nested.contents(content)
