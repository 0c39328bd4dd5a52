"""What an entropy coder needs to know of a prior."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

TOTAL = 1 << 24  # of the counts in a table
LARGEST = 32767  # bound of |quantized parameter|


@dataclass(frozen=True, eq=False)
class Pass:
    """Symbols that are coded together, given everything before them.

    where: index arrays into the parameters [channels, rows, columns], in the order of the symbols.
    tables: int [n], which table each symbol is coded with. offsets: int [n], subtracted before coding.
    """

    where: tuple[np.ndarray, np.ndarray, np.ndarray]
    tables: np.ndarray
    offsets: np.ndarray


class SymbolModel(Protocol):
    """A prior in integers. The same arrays on every machine, whatever computes them."""

    channels: int

    def table(self, index: int) -> np.ndarray:
        """Counts >= 1, summing to 2^24, of the symbols -m .. m and, last, of the escape."""
        ...

    def passes(self, values: np.ndarray, first: int, last: int) -> Iterator[Pass]:
        """The passes that code channels first .. last - 1.

        values: int16 or int32 [channels, rows, columns], contiguous: a tile. Channels before `first` are known; the
        caller stores the symbols of each pass in `values` before it asks for the next one.
        """
        ...
