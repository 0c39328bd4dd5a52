"""A whole-image map for several views of it."""

from ..bitstream.container import Chunk, Header
from ..code import Keep
from ..collage.output import Request
from ..neural.weights import Weights
from .code import WholeCode
from .packing import unpack


class Reader:
    """The one `WholeCode` that a file holds: each part of a picture is made of its ranges and the small domain."""

    LOCAL = True

    def __init__(self, header: Header, chunks: list[Chunk], model: Weights | None, keep: Keep) -> None:
        """NclError for any fault. keep: not needed, as the integers are few."""
        self._code = unpack(header, chunks, model)
        self.size = self._code.means.nbytes + self._code.scales.nbytes + self._code.isometries.nbytes

    def code(self, request: Request) -> WholeCode:
        """All of it."""
        return self._code
