"""A screen map for several views of it: all is decoded at once, as each pixel's code depends on those before it."""

from ..bitstream.container import Chunk, Header
from ..code import Keep
from ..collage.output import Request
from ..neural.weights import Weights
from .code import ScreenCode
from .packing import unpack


class Reader:
    """The one `ScreenCode` that a file holds, of whose pixels any part can be enlarged or reduced alone."""

    LOCAL = True

    def __init__(self, header: Header, chunks: list[Chunk], model: Weights | None, keep: Keep) -> None:
        """NclError for any fault. keep: not needed, as the pixels are what views are made of."""
        self._code = unpack(header, chunks, model)
        parts = sum(part.code.atoms.nbytes + part.code.scales.nbytes for part in self._code.parts)
        self.size = self._code.pixels.nbytes + self._code.modes.nbytes + self._code.offsets.nbytes + parts

    def code(self, request: Request) -> ScreenCode:
        """All of it."""
        return self._code
