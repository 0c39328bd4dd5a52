"""A partitioned map for several views of it: any part may depend on any other, so that nothing can be left out."""

from ..bitstream.container import Chunk, Header
from ..code import Keep
from ..collage.output import Request
from .code import PartitionCode
from .packing import unpack


class Reader:
    """The one `PartitionCode` that a file holds."""

    LOCAL = False

    def __init__(self, header: Header, chunks: list[Chunk], model: None, keep: Keep) -> None:
        """FormatError for any fault. keep: not needed, as what is decoded is small."""
        self._code = unpack(header, chunks)
        common = header.common
        self.size = 16 * common.grid[0] * common.grid[1] + sum(len(chunk.payload) for chunk in chunks)

    def code(self, request: Request) -> PartitionCode:
        """All of it."""
        return self._code
