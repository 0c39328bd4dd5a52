"""The map F on a uniform grid of range cells: atoms that overlap-add, and the self-reference.

F(z)[r] = sum_k s[r,k] T_k(P(z[D(r,k)]) - mean) + affine part (bitstream_spec.md). The picture is kept
as square tiles, and a step touches only those that a cell with non-zero s reads or writes.
"""

import math
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from itertools import accumulate

import numpy as np

from ..arrays import Array, form, namespace
from ..errors import CollageError


class Form(Enum):
    """The two admissible forms of the self-reference."""

    PLAIN = "a"  # s T(P z): contraction when sum |s| <= 15/16
    CENTRED = "b"  # s T(P z - mean) on whole-cell domains: nilpotent for any s


def overlap_add(coefficients: Array, atoms: Array, range_size: int, reduction: int = 1) -> Array:
    """Sum of the atoms, each centred on its range cell, on the canvas of whole cells. What of them lies outside is
    mirrored at the edge: so a lapped orthonormal basis spans pictures that continue by half-sample symmetry.

    coefficients: [N, n, rows, columns]. atoms: [n, C, K, K], K >= range_size and K - range_size even.
    reduction: power of two up to range_size; the result is then `reduce_area` of the full one.
    Returns [N, C, rows * range_size / reduction, columns * range_size / reduction].
    """
    margin = (atoms.shape[-1] - range_size) // 2
    ops = form(atoms)
    if reduction > 1:
        grown = -(-margin // reduction) * reduction  # so that the reduced atoms stay on the pixel grid
        atoms = ops.area_means(ops.pad(atoms, *(grown - margin,) * 4), reduction)
        margin = grown // reduction
    z = ops.spread(coefficients, atoms, range_size // reduction)
    turned = namespace(z).matrix_transpose
    return ops.contiguous(turned(_mirrored(turned(_mirrored(z, margin)), margin)))


def _mirrored(z: Array, margin: int) -> Array:
    """Rows [..., margin + H + margin, W] without those beyond the edges, which are added to what they mirror."""
    inside = z[..., margin : z.shape[-2] - margin, :]
    if margin:
        flip = namespace(z).flip
        inside[..., :margin, :] += flip(z[..., :margin, :], axis=-2)
        inside[..., -margin:, :] += flip(z[..., -margin:, :], axis=-2)
    return inside


def pad_symmetric(z: Array, margin: int) -> Array:
    """z [..., H, W], continued by half-sample symmetry on all sides; margin <= H, W."""
    if margin:
        xp = namespace(z)
        z = xp.concat([xp.flip(z[..., :margin], axis=-1), z, xp.flip(z[..., -margin:], axis=-1)], axis=-1)
        above, below = xp.flip(z[..., :margin, :], axis=-2), xp.flip(z[..., -margin:, :], axis=-2)
        z = xp.concat([above, z, below], axis=-2)
    return z


def isometry(block: Array, number: int) -> Array:
    """One of the 8 isometries of the square: bits 0-1 count quarter turns counter-clockwise, bit 2
    transposes first. block: [..., b, b]."""
    xp = namespace(block)
    if number & 4:
        block = xp.matrix_transpose(block)
    if number & 1:
        block = xp.flip(xp.matrix_transpose(block), axis=-2)
    return xp.flip(block, axis=(-2, -1)) if number & 2 else block


def neighbour_domains(
    rows: int, columns: int, offsets: list[tuple[int, int]], pooling: int = 2
) -> tuple[np.ndarray, np.ndarray]:
    """Implicit whole-cell domains: cell (i, j) reads the `pooling` x `pooling` cells that start at
    (i + dy, j + dx), clamped to the grid.

    Returns the cell rows and columns of the domains' corners, int64 [len(offsets), rows, columns].
    A grid with fewer than `pooling` cells on a side has no domains: CollageError.
    """
    if rows < pooling or columns < pooling:
        raise CollageError(f"a grid of {rows} x {columns} cells holds no {pooling} x {pooling} domain")
    dy, dx = np.array(offsets, np.int64).reshape(-1, 2, 1, 1).swapaxes(0, 1)
    top = np.clip(np.arange(rows)[:, None] + dy, 0, rows - pooling)
    left = np.clip(np.arange(columns) + dx, 0, columns - pooling)
    shape = (len(offsets), rows, columns)
    return np.broadcast_to(top, shape).copy(), np.broadcast_to(left, shape).copy()


@dataclass(frozen=True)
class SelfReference:
    """The non-zero terms of the self-reference of a batch of pictures, sorted by isometry.

    rows, columns: the grid. range_size: side B of a cell at scale 1. unit: side at scale 1 of the
    tiles that all domain corners and cells are made of. pooling: p. form: which of the two.
    cell: int64 [M], picture * rows * columns + row * columns + column.
    top, left: int64 [M], the domain's corner in pixels at scale 1.
    isometries: int64 [M]. weight: [M] or, one for each channel, [M, C].
    """

    rows: int
    columns: int
    range_size: int
    unit: int
    pooling: int
    form: Form
    cell: Array
    top: Array
    left: Array
    isometries: Array
    weight: Array
    _runs: list[tuple[int, int, int]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        xp = namespace(self.cell)
        order = xp.argsort(self.isometries, stable=True)
        for name in ("cell", "top", "left", "isometries", "weight"):
            object.__setattr__(self, name, getattr(self, name)[order])
        counts = [int(xp.sum(xp.astype(self.isometries == number, xp.int64))) for number in range(8)]
        stops = accumulate(counts)
        runs = [(number, stop - n, stop) for number, (n, stop) in enumerate(zip(counts, stops, strict=True)) if n]
        object.__setattr__(self, "_runs", runs)

    def __len__(self) -> int:
        return len(self.cell)

    @cached_property
    def _tiles(self) -> tuple[Array, Array, Array]:
        """The tiles that are read or written, and where among them each term reads and writes.

        Returns int64 [T] (numbered over the batch in raster order), [M, d, d] and [M, c, c].
        """
        xp = namespace(self.cell)
        across = self.columns * self.range_size // self.unit
        down = self.rows * self.range_size // self.unit
        picture, place = self.cell // (self.rows * self.columns), self.cell % (self.rows * self.columns)

        def squares(y: Array, x: Array, side: int) -> Array:
            step = xp.arange(side, device=self.cell.device)
            y = y[:, None, None] + step[None, :, None]
            x = x[:, None, None] + step[None, None, :]
            return (picture[:, None, None] * down + y) * across + x

        cell = self.range_size // self.unit
        domain = self.pooling * cell
        reads = squares(self.top // self.unit, self.left // self.unit, domain)
        writes = squares(place // self.columns * cell, place % self.columns * cell, cell)
        both = xp.concat([xp.reshape(reads, (-1,)), xp.reshape(writes, (-1,))])
        tiles, where = xp.unique_inverse(both)
        count = math.prod(reads.shape)
        return tiles, where[:count].reshape(reads.shape), where[count:].reshape(writes.shape)

    def take(self, z: Array, side: int) -> Array:
        """The tiles that take part. z: [N, C, H, W]; side: of a tile. Returns [T, C, side, side]."""
        return tile_view(z, side)[self._places(z, side)]

    def put(self, z: Array, tiles: Array) -> Array:
        """A copy of z with those tiles replaced."""
        z = form(z).copy(z)
        tile_view(z, tiles.shape[-1])[self._places(z, tiles.shape[-1])] = tiles
        return z

    def _places(self, z: Array, side: int) -> tuple[Array, Array, Array]:
        tiles, across, down = self._tiles[0], z.shape[-1] // side, z.shape[-2] // side
        return tiles // (across * down), tiles // across % down, tiles % across

    def term(self, tiles: Array) -> Array:
        """The self-referential part of F for each term, [M, C, b, b]. tiles: [T, C, u, u]."""
        pooling, ops, xp = self.pooling, form(tiles), namespace(tiles)
        place = self._tiles[1]
        early = tiles.shape[-1] % pooling == 0  # pooling inside the tiles reads each of them once
        if early:
            tiles = ops.area_means(tiles, pooling)
        m, d, _ = place.shape
        c, u = tiles.shape[1], tiles.shape[-1]
        block = tiles[place]  # [M, d, d, C, u, u]
        block = xp.permute_dims(block, (0, 3, 1, 4, 2, 5)).reshape(m, c, d * u, d * u)  # [M, C, domain, domain]
        if not early:
            block = ops.area_means(block, pooling)
        if self._runs != [(0, 0, m)]:
            block = xp.concat([isometry(block[i:j], number) for number, i, j in self._runs])
        if self.form is Form.CENTRED:
            block = block - xp.mean(block, axis=(-2, -1), keepdims=True)
        return block * self.weight.reshape(m, -1, 1, 1)

    def add_to(self, z: Array, seen: Array) -> None:
        """Add the self-referential part of F at `seen` to z, in place; both [N, C, H, W], contiguous."""
        side = z.shape[-2] // self.rows
        term = self.term(self.take(seen, self.unit * side // self.range_size))
        picture, place = self.cell // (self.rows * self.columns), self.cell % (self.rows * self.columns)
        where = (picture, place // self.columns, place % self.columns)
        form(z).add_into(tile_view(z, side), where, term)

    def step(self, tiles: Array, affine: Array) -> Array:
        """F on the tiles that take part. tiles and affine: [T, C, u, u]; returns the same."""
        term = self.term(tiles)
        m, c, b, _ = term.shape
        u = tiles.shape[-1]
        parts = term.reshape(m, c, b // u, u, b // u, u)
        parts = namespace(term).permute_dims(parts, (0, 2, 4, 1, 3, 5)).reshape(-1, c, u, u)  # [M c c, C, u, u]
        return form(affine).add_at(affine, self._tiles[2].reshape(-1), parts)


def tile_view(z: Array, side: int) -> Array:
    """A view of z [N, C, H, W] as tiles, [N, H / side, W / side, C, side, side]."""
    n, c, h, w = z.shape
    tiles = z.reshape(n, c, h // side, side, w // side, side)  # of contiguous memory, a view
    return namespace(z).permute_dims(tiles, (0, 2, 4, 1, 3, 5))
