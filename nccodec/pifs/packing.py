"""PartitionCode <-> the bytes of a `.ncl`."""

from ..bitstream import container
from ..bitstream.container import Chunk, Header, Ranges
from ..bitstream.extras import extra_chunks
from ..bitstream.frame import frame, unframe
from ..code import Extras
from .code import PartitionCode
from .walk import pack_partition, unpack_partition


def write_partition(code: PartitionCode, packer: str = "range", extras: Extras = Extras()) -> bytes:
    """The bytes of a `.ncl` of a partitioned map. packer: "fixed" or "range". LimitError for metadata beyond the
    format's limit."""
    layout = code.layout
    chunks = [Chunk(kind, frame(content)) for kind, content in pack_partition(code, packer).items()]
    header = Header(
        width=layout.width, height=layout.height, grey=layout.grey, packer=packer,
        range_size=layout.root, level=layout.step, atoms=0, domains=1, steps=code.steps,
        scale_sum=code.scale_sum, nonzero_scales=code.nonzero_scales, fingerprint=b"",
        partition=Ranges(layout.largest, layout.smallest, layout.domain_step, layout.isometries),
        alpha=extras.alpha is not None,
    )  # fmt: skip
    return container.write(header, chunks + extra_chunks(extras))


def read_partition(header: Header, chunks: list[Chunk]) -> PartitionCode:
    limit = 1024 + 4 * header.cells * header.range_size**2
    return unpack_partition(header, {chunk.kind: unframe(chunk.payload, limit) for chunk in chunks})
