"""An implicit network for several views of it."""

from ..bitstream.container import Chunk, Header
from ..code import Keep
from ..collage.output import Request
from .code import ImplicitCode
from .packing import unpack


class Reader:
    """The one `ImplicitCode` that a file holds: each sample is made of all of it, and of no other sample."""

    LOCAL = True

    def __init__(self, header: Header, chunks: list[Chunk], model: None, keep: Keep) -> None:
        """NclError for any fault. keep: not needed, as the numbers are few."""
        self._code = unpack(header, chunks)
        self.size = 16 * (self._code.shape.weights + self._code.shape.biases)

    def code(self, request: Request) -> ImplicitCode:
        """All of it."""
        return self._code
