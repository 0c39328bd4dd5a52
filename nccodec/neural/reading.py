"""The integers of a file a part at a time, as views of it ask for them; what was decoded once is kept small."""

from dataclasses import dataclass

import numpy as np
import zstandard

from ..bitstream.container import Chunk, Header
from ..bitstream.frame import unframe
from ..bitstream.packers import tile_contents, unpack_fixed, unpack_tile
from ..bitstream.symbols import SymbolModel
from ..code import TILE, Keep, Span, tiles
from ..collage.output import Request
from .header import ATOMS, SCALES
from .synthesis import neighbourhood

_BLOCK = 32  # cells to a side of what is kept as one piece
_LEVEL = 1  # of zstd: most integers are zero


@dataclass(frozen=True, eq=False)
class Window:
    """A part of a `CollageCode`, of which a view that needs no more can be made.

    held: int16 [channels, rows, columns], the integers from the cell `first` on, row and column. The rest: see
    `CollageCode`, and its whole grid.
    """

    height: int
    width: int
    grey: bool
    level: int
    grid: tuple[int, int]
    nonzero_scales: int
    held: np.ndarray
    first: tuple[int, int]

    def cells(self, rows: Span, columns: Span) -> np.ndarray:
        """See `CollageCode.cells`; inside of what is held."""
        down, across = self.first
        return self.held[:, rows[0] - down : rows[1] - down, columns[0] - across : columns[1] - across]


class Reader:
    """What `CollageCode` a file holds, by windows."""

    LOCAL = True

    def __init__(self, header: Header, chunks: list[Chunk], model: SymbolModel, keep: Keep) -> None:
        """keep: for what is decoded. FormatError for payloads that are not what the header says."""
        common, fields = header.common, header.fields
        self._header, self._model, self._keep = header, model, keep
        self._channels = fields.atoms + fields.domains
        self._parts = {ATOMS: (0, fields.atoms), SCALES: (fields.atoms, self._channels)}
        self._tiles = tiles(*common.grid)
        self._across = -(-common.grid[1] // TILE)
        self._payloads, self._contents = {}, {}
        for chunk in chunks:
            first, last = self._parts[chunk.kind]
            limit = 64 + self._channels + 8 * common.grid[0] * common.grid[1] * (last - first)
            payload = unframe(chunk.payload, limit)
            if common.packer == "fixed":
                self._payloads[chunk.kind] = payload
            else:
                self._contents[chunk.kind] = list(tile_contents(payload, len(self._tiles)))
        self.size = sum(map(len, self._payloads.values()))
        self.size += sum(len(content) for contents in self._contents.values() for content in contents)

    def code(self, request: Request) -> Window:
        """What a request needs. FormatError where the file is damaged there."""
        common, fields = self._header.common, self._header.fields
        referring = fields.nonzero_scales > 0
        _, (rows, columns) = neighbourhood(
            common.grid, common.side, request, request.rows, request.columns, referring
        )  # fmt: skip
        held = np.zeros((self._channels, rows[1] - rows[0], columns[1] - columns[0]), np.int16)
        for top in range(rows[0] // _BLOCK * _BLOCK, rows[1], _BLOCK):
            for left in range(columns[0] // _BLOCK * _BLOCK, columns[1], _BLOCK):
                block = self._block(top, left)
                (down, up), (across, back) = _common(rows, top, block.shape[1]), _common(columns, left, block.shape[2])
                held[:, down - rows[0] : up - rows[0], across - columns[0] : back - columns[0]] = block[
                    :, down - top : up - top, across - left : back - left
                ]
        return Window(
            common.height, common.width, common.grey, fields.level, common.grid, fields.nonzero_scales,
            held, (rows[0], columns[0]),
        )  # fmt: skip

    def _block(self, top: int, left: int) -> np.ndarray:
        """The integers of a square of _BLOCK cells, smaller at the edges: int16 [channels, rows, columns]."""
        number = top // TILE * self._across + left // TILE
        blocks = self._keep(("cells", number), lambda: self._pack(number), lambda kept: sum(map(len, kept.values())))
        shape = [min(_BLOCK, n - start) for n, start in zip(self._header.common.grid, (top, left), strict=True)]
        content = zstandard.ZstdDecompressor().decompress(blocks[top, left])
        return np.frombuffer(content, np.int16).reshape(-1, *shape)

    def _pack(self, number: int) -> dict[tuple[int, int], bytes]:
        """The blocks of a tile, by their first cells."""
        rows, columns = self._tiles[number]
        values = self._unpack(number)
        compressor, blocks = zstandard.ZstdCompressor(_LEVEL), {}
        for y in range(0, values.shape[1], _BLOCK):
            for x in range(0, values.shape[2], _BLOCK):
                block = np.ascontiguousarray(values[:, y : y + _BLOCK, x : x + _BLOCK], np.int16)
                blocks[rows.start + y, columns.start + x] = compressor.compress(block)
        return blocks

    def _unpack(self, number: int) -> np.ndarray:
        """A tile's integers, [channels, rows, columns]."""
        rows, columns = self._tiles[number]
        if self._header.common.packer == "fixed":
            whole = np.zeros((self._channels, *self._header.common.grid), np.int16)
            for kind, payload in self._payloads.items():
                first, last = self._parts[kind]
                whole[first:last] = unpack_fixed(payload, (last - first, *self._header.common.grid))
            return whole[:, rows, columns]
        values = np.zeros((self._channels, rows.stop - rows.start, columns.stop - columns.start), np.int16)
        for kind, contents in self._contents.items():
            unpack_tile(contents[number], self._model, values, *self._parts[kind])
        return values


def _common(span: Span, start: int, length: int) -> Span:
    return max(span[0], start), min(span[1], start + length)
