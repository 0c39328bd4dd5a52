"""The packer `fixed` for partitioned maps: every kind of symbol at one width."""

import numpy as np

from ..bitstream.fixed import Field, width_of
from ..errors import FormatError
from .code import Layout
from .header import MEANS
from .keys import Key, Uniform
from .models import keys_of

_WIDEST = 24


class Widths:
    """Instead of `models.Models`: the width of the differences of each key, which begin the chunk of
    the means with a byte each; other symbols have the width that their number asks for."""

    def __init__(self, layout: Layout, seen: dict[Key, np.ndarray] | None = None) -> None:
        """seen: the symbols of a map by key."""
        self._layout = layout
        self._widths = {key: width_of(symbols) for key, symbols in (seen or {}).items()}

    def table(self, key: Key | Uniform) -> Field:
        return key.field(self._widths.get(key, 0))

    def head(self, part: int) -> bytes:
        return bytes(self._widths.get(key, 0) for key in keys_of(self._layout, part)) if part == MEANS else b""

    def take_head(self, part: int, content: bytes) -> bytes:
        """Fills in the widths and returns the rest of the content. FormatError."""
        if part != MEANS:
            return content
        keys = keys_of(self._layout, part)
        if len(content) < len(keys) or max(content[: len(keys)]) > _WIDEST:
            raise FormatError(f"fixed packer: a width is missing or over {_WIDEST} bits")
        self._widths = dict(zip(keys, content, strict=False))
        return content[len(keys) :]
