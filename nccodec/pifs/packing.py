"""PartitionCode <-> its part of a `.ncl`."""

from ..bitstream.container import Chunk, Header
from ..bitstream.frame import frame, unframe
from ..bitstream.symbols import SymbolModel
from ..errors import FormatError
from .code import Layout, PartitionCode
from .header import Fields
from .walk import pack_partition, unpack_partition


def pack(code: PartitionCode, packer: str, model: SymbolModel | None = None) -> tuple[Fields, list[Chunk]]:
    """What the header says of the map, and its chunks. packer: "fixed" or "range". model: none, the file has its own
    tables."""
    layout = code.layout
    chunks = [Chunk(kind, frame(content)) for kind, content in pack_partition(code, packer).items()]
    fields = Fields(
        layout.step, layout.largest, layout.smallest, layout.domain_step, layout.isometries,
        code.iterations, code.largest_scale, code.references,
    )  # fmt: skip
    return fields, chunks


def unpack(header: Header, chunks: list[Chunk]) -> PartitionCode:
    """Inverse of `pack`, what the header states verified. FormatError for any fault."""
    common, fields = header.common, header.fields
    rows, columns = common.grid
    limit = 1024 + 4 * rows * columns * common.side**2
    layout = Layout(
        common.height, common.width, common.grey, fields.step, common.side,
        fields.largest, fields.smallest, fields.domain_step, fields.isometries,
    )  # fmt: skip
    contents = {chunk.kind: unframe(chunk.payload, limit) for chunk in chunks}
    code = unpack_partition(layout, common.packer, contents)
    stated = (fields.iterations, fields.largest_scale, fields.references)
    held = (code.iterations, code.largest_scale, code.references)
    if stated != held:
        raise FormatError(f"header states iterations, largest scale, ranges with a domain {stated}, not {held}")
    return code
