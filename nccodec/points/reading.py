"""A set of points for several views of it."""

from ..bitstream.container import Chunk, Header
from ..code import Keep
from ..collage.output import Request
from .code import PointsCode
from .packing import unpack


class Reader:
    """The one `PointsCode` that a file holds. The chaos game is played for all of a picture, whatever part is seen."""

    LOCAL = False

    def __init__(self, header: Header, chunks: list[Chunk], model: None, keep: Keep) -> None:
        """NclError for any fault. keep: not needed, as the maps are few."""
        self._code = unpack(header, chunks, model)
        self.size = self._code.matrices.nbytes

    def code(self, request: Request) -> PointsCode:
        """All of it."""
        return self._code
