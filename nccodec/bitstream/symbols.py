"""What an entropy coder needs to know of a prior."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

TOTAL = 1 << 24  # of the counts in a table
LARGEST = 32767  # bound of |quantized parameter|
MOST_REMEMBERED = 1 << 22  # symbols


@dataclass(frozen=True, eq=False)
class Pass:
    """Symbols that are coded together, given everything before them.

    where: int [n], places in the parameters [channels, rows, columns] in raster order, in the order of the symbols.
    tables: int [n], which table each symbol is coded with. offsets: int [n], subtracted before coding.
    """

    where: np.ndarray
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


class Remembered:
    """A model whose passes over all channels of a tile are kept until someone has stored the same symbols again: an
    encoder that chose them pass by pass packs them without doing that work twice."""

    def __init__(self, model: SymbolModel) -> None:
        self.channels, self._model = model.channels, model
        self._seen: list[tuple[Pass, np.ndarray]] = []  # with the symbols that were stored
        self._of: tuple = ()  # shape of the tile, and last channel
        self._complete = False

    def table(self, index: int) -> np.ndarray:
        return self._model.table(index)

    def passes(self, values: np.ndarray, first: int, last: int) -> Iterator[Pass]:
        """See SymbolModel. Of tiles with more than MOST_REMEMBERED symbols nothing is kept."""
        if first or values.size > MOST_REMEMBERED:
            yield from self._model.passes(values, first, last)
            return
        flat = values.reshape(-1)
        if self._of != (values.shape, last):
            self._seen, self._of, self._complete = [], (values.shape, last), False
        for count, (part, symbols) in enumerate(self._seen):
            yield part
            if not np.array_equal(flat[part.where], symbols):
                self._seen[count:], self._complete = [(part, flat[part.where])], False
                break
        if self._complete:
            self._seen, self._of = [], ()  # chosen and packed: nobody asks again
            return
        # New, or different from there on: the model is led past what is stored already.
        for count, part in enumerate(self._model.passes(values, first, last)):
            if count >= len(self._seen):
                yield part
                self._seen.append((part, flat[part.where]))
        self._complete = True
