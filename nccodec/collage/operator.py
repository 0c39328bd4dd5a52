"""The map F on a uniform grid of range cells: atoms that overlap-add, and the self-reference.

F(z)[r] = sum_k s[r,k] T_k(P(z[D(r,k)]) - mean) + affine part (bitstream_spec.md). The picture is kept
as square tiles, and a step touches only those that a cell with non-zero s reads or writes.
"""

from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import CollageError


class Form(Enum):
    """The two admissible forms of the self-reference."""

    PLAIN = "a"  # s T(P z): contraction when sum |s| <= 15/16
    CENTRED = "b"  # s T(P z - mean) on whole-cell domains: nilpotent for any s


def overlap_add(coefficients: Tensor, atoms: Tensor, range_size: int, reduction: int = 1) -> Tensor:
    """Sum of the atoms, each centred on its range cell, on the canvas of whole cells. What of them lies outside is
    mirrored at the edge: so a lapped orthonormal basis spans pictures that continue by half-sample symmetry.

    coefficients: [N, n, rows, columns]. atoms: [n, C, K, K], K >= range_size and K - range_size even.
    reduction: power of two up to range_size; the result is then `reduce_area` of the full one.
    Returns [N, C, rows * range_size / reduction, columns * range_size / reduction].
    """
    margin = (atoms.shape[-1] - range_size) // 2
    if reduction > 1:
        grown = -(-margin // reduction) * reduction  # so that the reduced atoms stay on the pixel grid
        atoms = F.avg_pool2d(F.pad(atoms, (grown - margin,) * 4), reduction)
        margin = grown // reduction
    side, stride = atoms.shape[-1], range_size // reduction
    rows, columns = coefficients.shape[-2:]
    # A product and a fold: the transposed convolution that it equals is three times slower on CPUs.
    patches = atoms.flatten(1).T @ coefficients.flatten(2)  # [N, C K K, rows * columns]
    size = (rows * stride + 2 * margin, columns * stride + 2 * margin)
    return _mirrored(_mirrored(F.fold(patches, size, side, stride=stride), margin).mT, margin).mT.contiguous()


def _mirrored(z: Tensor, margin: int) -> Tensor:
    """Rows [..., margin + H + margin, W] without those beyond the edges, which are added to what they mirror."""
    inside = z[..., margin : z.shape[-2] - margin, :]
    if margin:
        inside[..., :margin, :] += z[..., :margin, :].flip(-2)
        inside[..., -margin:, :] += z[..., -margin:, :].flip(-2)
    return inside


def pad_symmetric(z: Tensor, margin: int) -> Tensor:
    """z [..., H, W], continued by half-sample symmetry on all sides; margin <= H, W."""
    if margin:
        z = torch.cat([z[..., :margin].flip(-1), z, z[..., -margin:].flip(-1)], -1)
        z = torch.cat([z[..., :margin, :].flip(-2), z, z[..., -margin:, :].flip(-2)], -2)
    return z


def isometry(block: Tensor, number: int) -> Tensor:
    """One of the 8 isometries of the square: bits 0-1 count quarter turns counter-clockwise, bit 2
    transposes first. block: [..., b, b]."""
    if number & 4:
        block = block.transpose(-1, -2)
    return torch.rot90(block, number & 3, (-2, -1))


def neighbour_domains(
    rows: int, columns: int, offsets: list[tuple[int, int]], pooling: int = 2
) -> tuple[Tensor, Tensor]:
    """Implicit whole-cell domains: cell (i, j) reads the `pooling` x `pooling` cells that start at
    (i + dy, j + dx), clamped to the grid.

    Returns the cell rows and columns of the domains' corners, int64 [len(offsets), rows, columns].
    A grid with fewer than `pooling` cells on a side has no domains: CollageError.
    """
    if rows < pooling or columns < pooling:
        raise CollageError(f"a grid of {rows} x {columns} cells holds no {pooling} x {pooling} domain")
    dy = torch.tensor([o[0] for o in offsets])[:, None, None]
    dx = torch.tensor([o[1] for o in offsets])[:, None, None]
    top = (torch.arange(rows)[None, :, None] + dy).clamp(0, rows - pooling)
    left = (torch.arange(columns)[None, None, :] + dx).clamp(0, columns - pooling)
    shape = (len(offsets), rows, columns)
    return top.expand(shape), left.expand(shape)


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
    cell: Tensor
    top: Tensor
    left: Tensor
    isometries: Tensor
    weight: Tensor
    _runs: list[tuple[int, int, int]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        order = torch.argsort(self.isometries, stable=True)
        for name in ("cell", "top", "left", "isometries", "weight"):
            object.__setattr__(self, name, getattr(self, name)[order])
        numbers, counts = torch.unique_consecutive(self.isometries, return_counts=True)
        stops = counts.cumsum(0)
        runs = zip(numbers.tolist(), (stops - counts).tolist(), stops.tolist(), strict=True)
        object.__setattr__(self, "_runs", list(runs))

    def __len__(self) -> int:
        return len(self.cell)

    @cached_property
    def _tiles(self) -> tuple[Tensor, Tensor, Tensor]:
        """The tiles that are read or written, and where among them each term reads and writes.

        Returns int64 [T] (numbered over the batch in raster order), [M, d, d] and [M, c, c].
        """
        across = self.columns * self.range_size // self.unit
        down = self.rows * self.range_size // self.unit
        picture, place = self.cell // (self.rows * self.columns), self.cell % (self.rows * self.columns)

        def squares(y: Tensor, x: Tensor, side: int) -> Tensor:
            step = torch.arange(side, device=self.cell.device)
            y = y[:, None, None] + step[None, :, None]
            x = x[:, None, None] + step[None, None, :]
            return (picture[:, None, None] * down + y) * across + x

        cell = self.range_size // self.unit
        domain = self.pooling * cell
        reads = squares(self.top // self.unit, self.left // self.unit, domain)
        writes = squares(place // self.columns * cell, place % self.columns * cell, cell)
        both = torch.cat([reads.flatten(), writes.flatten()])
        tiles, where = torch.unique(both, return_inverse=True)
        read_at, write_at = where.split([reads.numel(), writes.numel()])
        return tiles, read_at.reshape(reads.shape), write_at.reshape(writes.shape)

    def take(self, z: Tensor, side: int) -> Tensor:
        """The tiles that take part. z: [N, C, H, W]; side: of a tile. Returns [T, C, side, side]."""
        return tile_view(z, side)[self._places(z, side)]

    def put(self, z: Tensor, tiles: Tensor) -> Tensor:
        """A copy of z with those tiles replaced."""
        z = z.clone()
        tile_view(z, tiles.shape[-1])[self._places(z, tiles.shape[-1])] = tiles
        return z

    def _places(self, z: Tensor, side: int) -> tuple[Tensor, Tensor, Tensor]:
        tiles, across, down = self._tiles[0], z.shape[-1] // side, z.shape[-2] // side
        return tiles // (across * down), tiles // across % down, tiles % across

    def term(self, tiles: Tensor) -> Tensor:
        """The self-referential part of F for each term, [M, C, b, b]. tiles: [T, C, u, u]."""
        pooling = self.pooling
        place = self._tiles[1]
        early = tiles.shape[-1] % pooling == 0  # pooling inside the tiles reads each of them once
        if early:
            tiles = F.avg_pool2d(tiles, pooling)
        m, d, _ = place.shape
        c, u = tiles.shape[1], tiles.shape[-1]
        block = tiles.index_select(0, place.flatten()).reshape(m, d, d, c, u, u)
        block = block.permute(0, 3, 1, 4, 2, 5).reshape(m, c, d * u, d * u)  # [M, C, domain, domain]
        if not early:
            block = F.avg_pool2d(block, pooling)
        if self._runs != [(0, 0, m)]:
            block = torch.cat([isometry(block[i:j], number) for number, i, j in self._runs])
        if self.form is Form.CENTRED:
            block = block - block.mean((-2, -1), keepdim=True)
        return block * self.weight.reshape(m, -1, 1, 1)

    def add_to(self, z: Tensor, seen: Tensor) -> None:
        """Add the self-referential part of F at `seen` to z, in place; both [N, C, H, W], contiguous."""
        side = z.shape[-2] // self.rows
        term = self.term(self.take(seen, self.unit * side // self.range_size))
        picture, place = self.cell // (self.rows * self.columns), self.cell % (self.rows * self.columns)
        where = (picture, place // self.columns, place % self.columns)
        tile_view(z, side).index_put_(where, term, accumulate=True)

    def step(self, tiles: Tensor, affine: Tensor) -> Tensor:
        """F on the tiles that take part. tiles and affine: [T, C, u, u]; returns the same."""
        term = self.term(tiles)
        m, c, b, _ = term.shape
        u = tiles.shape[-1]
        parts = term.reshape(m, c, b // u, u, b // u, u).permute(0, 2, 4, 1, 3, 5)
        return affine.index_add(0, self._tiles[2].flatten(), parts.reshape(-1, c, u, u))


def tile_view(z: Tensor, side: int) -> Tensor:
    """A view of z [N, C, H, W] as tiles, [N, H / side, W / side, C, side, side]."""
    n, c, h, w = z.shape
    return z.view(n, c, h // side, side, w // side, side).permute(0, 2, 4, 1, 3, 5)
