"""ImplicitCode <-> its part of a `.ncl`. bitstream_spec.md, section 7, is normative."""

import math
from collections.abc import Callable

import numpy as np

from ..bitstream.coder import SymbolReader, SymbolWriter
from ..bitstream.container import Chunk, Header
from ..bitstream.fixed import Field, FixedReader, FixedWriter
from ..bitstream.frame import frame, unframe
from ..errors import FormatError, LimitError
from .code import Book, Half, ImplicitCode, Steps, Values
from .header import NETWORK, Fields, Shape
from .numbers import Bitmap, Bytes, Differences, Gaps, Indices, Reader, Writer, finite

MOST_ENTRIES = 1024
_POSITIONS = {"gaps": Gaps, "bitmap": Bitmap}
_HALF = Field(16, 1 << 16)


def pack(code: ImplicitCode, packer: str, model: None) -> tuple[Fields, list[Chunk]]:
    """What the header says of the map, and its chunk. packer: of `container.PACKERS`. LimitError for float16 under the
    range coder."""
    if code.values == Half.NAME and packer != "fixed":
        raise LimitError("float16 weights have no tables: packer 'fixed' only")
    forms = tuple(_POSITIONS) if code.form == "sparse" else (code.form,)
    form, content = min(((form, frame(_content(code, form, packer))) for form in forms), key=lambda made: len(made[1]))
    shape, rank = code.shape, code.matrices[0].real().shape[1] if form == "factors" else 0
    fields = Fields(
        shape.network, shape.depth, shape.width, shape.features, shape.sigma, shape.seed, code.values, form, rank,
        code.nonzero,
    )  # fmt: skip
    return fields, [Chunk(NETWORK, content)]


def _content(code: ImplicitCode, form: str, packer: str) -> bytes:
    """What is told before, then what is coded."""
    about: list[bytes] = []
    symbols: list[Callable[[Writer], None]] = []
    for values in code.matrices:
        kept = np.ones(values.real().size, bool)
        if form in _POSITIONS:
            kept = values.real().ravel() != 0
            _add(_POSITIONS[form].of(packer, kept), kept, about, symbols)
        _write(values, kept, packer, about, symbols)
    for values in (code.scales, code.biases):
        if isinstance(values, Half):
            about.append(values.values.astype("<f2").tobytes())
        elif values is not None:
            _write(values, np.ones(code.shape.biases, bool), packer, about, symbols)
    writer = SymbolWriter() if packer == "range" else FixedWriter()
    for write in symbols:
        write(writer)
    return b"".join(about) + writer.content()


def _add(way: Differences | Indices | Gaps | Bitmap, symbols: np.ndarray, about: list, later: list) -> None:
    about.append(way.about)
    later.append(lambda writer: way.write(writer, symbols))


def _write(values: Values, kept: np.ndarray, packer: str, about: list, symbols: list) -> None:
    """Those of a tensor that are kept: bool [n]."""
    if isinstance(values, Half):
        bits = values.values.ravel()[kept].astype("<f2").view("<u2").astype(np.int64)
        symbols.append(lambda writer: writer.symbols(bits, _HALF))
    elif isinstance(values, Book):
        about.append(len(values.entries).to_bytes(2, "little") + values.entries.astype("<f2").tobytes())
        indices = values.indices.ravel()[kept]
        _add(Indices.of(packer, indices, len(values.entries)), indices, about, symbols)
    else:
        about.append(np.float32(values.step).tobytes()[2:])
        q = values.q.ravel()[kept]
        _add(Differences.of(packer, q), q, about, symbols)


def unpack(header: Header, chunks: list[Chunk]) -> ImplicitCode:
    """Inverse of `pack`, what the header states verified. NclError for any fault."""
    common, fields = header.common, header.fields
    held = {chunk.kind: chunk.payload for chunk in chunks}
    if NETWORK not in held:
        raise FormatError("an implicit network without its chunk")
    shape = fields.shape(common.grey)
    sizes = shape.held(fields.rank)
    numbers = sum(map(math.prod, sizes)) + shape.biases
    content = Bytes(unframe(held[NETWORK], 64 * 1024 + 16 * numbers))
    form = "sparse" if fields.form in _POSITIONS else fields.form
    reads = [_matrix(content, size, fields, common.packer) for size in sizes]
    scales = Half(content.halves(len(shape.layers))) if form == "factors" else None
    biases = _biases(content, shape, fields, common.packer)
    reader = (SymbolReader if common.packer == "range" else FixedReader)(content.rest())
    matrices = tuple(read(reader) for read in reads)
    code = ImplicitCode(
        common.height, common.width, common.grey, shape, form, matrices, scales, biases(reader)
    )  # fmt: skip
    reader.finish()
    if code.nonzero != fields.nonzero:
        raise FormatError(f"header states {fields.nonzero} numbers that are not zero, not {code.nonzero}")
    return code


def _biases(content: Bytes, shape: Shape, fields: Fields, packer: str) -> Callable[[Reader], Values]:
    if fields.values != Steps.NAME:
        halves = Half(content.halves(shape.biases))
        return lambda reader: halves
    read = _steps(content, packer)
    return lambda reader: read(reader, np.ones(shape.biases, bool), (shape.biases,))


def _matrix(content: Bytes, size: tuple[int, int], fields: Fields, packer: str) -> Callable[[Reader], Values]:
    """What reads the symbols of a matrix, once what is told of it before is read."""
    positions = _POSITIONS[fields.form].told(packer, content) if fields.form in _POSITIONS else None
    read = {Half.NAME: _halves, Steps.NAME: _steps, Book.NAME: _book}[fields.values](content, packer)

    def matrix(reader: Reader) -> Values:
        count = math.prod(size)
        kept = np.ones(count, bool) if positions is None else positions.read(reader, count)
        values = read(reader, kept, size)
        if positions is not None and not np.array_equal(values.real().ravel() != 0, kept):
            raise FormatError("a weight that is told not to be zero is zero")
        return values

    return matrix


def _halves(content: Bytes, packer: str) -> Callable[[Reader, np.ndarray, tuple[int, ...]], Half]:
    def read(reader: Reader, kept: np.ndarray, size: tuple[int, ...]) -> Half:
        bits = reader.symbols(int(kept.sum()), _HALF).astype(np.uint16)
        return Half(_spread(finite(bits.view(np.float16)), kept, size, np.float16(0)))

    return read


def _steps(content: Bytes, packer: str) -> Callable[[Reader, np.ndarray, tuple[int, ...]], Steps]:
    step = float(np.frombuffer(bytes(2) + content.take(2), "<f4")[0])
    if not 2.0**-100 <= step <= 2.0**100:
        raise FormatError(f"a step of {step:g} in an implicit network")
    way = Differences.told(packer, content)

    def read(reader: Reader, kept: np.ndarray, size: tuple[int, ...]) -> Steps:
        return Steps(_spread(way.read(reader, int(kept.sum())), kept, size, 0), step)

    return read


def _book(content: Bytes, packer: str) -> Callable[[Reader, np.ndarray, tuple[int, ...]], Book]:
    count = content.number(2)
    if not 2 <= count <= MOST_ENTRIES:
        raise FormatError(f"{count} entries of a codebook")
    entries = content.halves(count)
    if (np.diff(entries.astype(np.float64)) <= 0).any():
        raise FormatError("the entries of a codebook do not rise")
    way, zero = Indices.told(packer, content, count), np.flatnonzero(entries == 0)

    def read(reader: Reader, kept: np.ndarray, size: tuple[int, ...]) -> Book:
        if not kept.all() and not len(zero):
            raise FormatError("a codebook without the zero that is told of")
        indices = way.read(reader, int(kept.sum()))
        return Book(_spread(indices, kept, size, int(zero[0]) if len(zero) else 0), entries)

    return read


def _spread(values: np.ndarray, kept: np.ndarray, size: tuple[int, ...], rest: float) -> np.ndarray:
    """Values in their places, in row order, the others being `rest`: of `size`."""
    if kept.all():
        return values.reshape(size)
    spread = np.full(len(kept), rest, values.dtype)
    spread[kept] = values
    return spread.reshape(size)
