"""A generative collage for several views of it."""

from ..bitstream.container import Chunk, Header
from ..code import Keep
from ..collage.output import Request
from .code import GenerativeCode
from .packing import unpack


class Reader:
    """The one `GenerativeCode` that a file holds."""

    LOCAL = True

    def __init__(self, header: Header, chunks: list[Chunk], model: None, keep: Keep) -> None:
        """NclError for any fault. keep: not needed, as the integers are few."""
        self._code = unpack(header, chunks)
        self.size = self._code.latents.nbytes

    def code(self, request: Request) -> GenerativeCode:
        """All of it."""
        return self._code
