"""Exhaustive search: for each range the domain, isometry and quantized s that leave the least squared error.

With mean-free ranges r and unit domains d all least-squares fits are one product: the error that s |d| = S
leaves is |r|^2 - S (2 p - S), p = <r, d>. The products are taken twice: once for the largest |p| in each tile of
domains, which bounds from above what any allowed S can gain there, and once more, with S quantized, where that
bound exceeds what is known to be reached. So the result is exact, and most of the work a plain product.
"""

from dataclasses import dataclass
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor

TILE = 512  # domains whose products stay in the cache together
_ROWS = {"cpu": 512, "cuda": 1 << 14}  # turned ranges of one product
_HELD = 1 << 22  # numbers in the turned ranges, and bounds, that are held at a time
_SLACK = 1e-5  # relative, above what float32 products of one pair differ by


@dataclass(frozen=True, eq=False)
class Matches:
    """What was found for n ranges.

    gain: float32 [n], by how much the squared error falls, >= 0. scale: int64 [n], s in quantizer steps, 0
    where no domain helps. isometry: int64 [n], 0 .. 7. domain: int64 [n], number in the pool.
    """

    gain: Tensor
    scale: Tensor
    isometry: Tensor
    domain: Tensor


def pool_of(plane: Tensor, side: int, step: int) -> Tensor:
    """The domains of ranges of `side`: squares of 2 side, corners on multiples of `step`, in raster order.

    plane: [H, W]; step: even. Returns them pooled by 2 and mean-free, [rows * columns, side, side]; none where
    the plane is smaller than a domain.
    """
    if min(plane.shape) < 2 * side:
        return plane.new_zeros(0, side, side)
    pooled = F.avg_pool2d(plane[None, None], 2)[0, 0]
    windows = pooled.unfold(0, side, step // 2).unfold(1, side, step // 2)  # [rows, columns, side, side]
    return mean_free(windows.reshape(-1, side, side))


def mean_free(blocks: Tensor) -> Tensor:
    """blocks [n, b, b] less their means."""
    return blocks - blocks.mean((1, 2), keepdim=True)


def turned_back(block: Tensor, number: int) -> Tensor:
    """The inverse of `collage.operator.isometry`: <block, T d> = <turned_back(block), d>. block: [..., b, b]."""
    block = torch.rot90(block, -(number & 3), (-2, -1))
    return block.transpose(-1, -2) if number & 4 else block


class Pool:
    """Domains in tiles, by falling norm, so that what bounded s can do is known for each tile.

    domains: mean-free, [m, b, b]. lean: share of the domains that is kept, those of largest norm; domains
    without any contrast never are.
    """

    def __init__(self, domains: Tensor, lean: float = 1.0) -> None:
        flat = domains.flatten(1).float()
        norms, order = flat.norm(dim=1).sort(descending=True, stable=True)
        kept = min(int((norms > 1e-3).sum()), -(-len(norms) * lean // 1))
        self.order, self.norms = order[: int(kept)], norms[: int(kept)]
        self.units = flat[self.order] / self.norms[:, None]
        self.tiles = [slice(start, start + TILE) for start in range(0, len(self.order), TILE)]


def best_matches(ranges: Tensor, pool: Pool, isometries: int, scale_step: float, largest: int) -> Matches:
    """Exact over the whole pool, up to float32 rounding and ties.

    ranges: mean-free, [n, b, b]. isometries: 1 or 8. s is a multiple of scale_step, at most `largest` of them
    up or down.
    """
    n, side = len(ranges), ranges.shape[-1]
    kinds = (torch.float32, *(torch.int64,) * 3)
    found = [torch.zeros(n, dtype=kind, device=ranges.device) for kind in kinds]
    if pool.tiles:
        held = max(1, _HELD // (isometries * max(side * side, len(pool.tiles))))
        for start in range(0, n, held):
            part = ranges[start : start + held].float()
            turned = torch.stack([turned_back(part, i).flatten(1) for i in range(isometries)], 1)  # [n, I, b b]
            for whole, piece in zip(found, _search(turned, pool, scale_step, largest), strict=True):
                whole[start : start + held] = piece
    return Matches(*found)


def _search(turned: Tensor, pool: Pool, scale_step: float, largest: int) -> tuple[Tensor, ...]:
    """Gain, scale, isometry and domain for ranges [n, isometries, b b]."""
    n, isometries = turned.shape[:2]
    peak = _peaks(turned.flatten(0, 1), pool).view(n, isometries, -1)
    most, least = (torch.stack([pool.norms[tile][end] for tile in pool.tiles]) for end in (0, -1))
    usable = torch.minimum(peak, scale_step * largest * most)
    bound = usable * (2 * peak - usable) * (1 + _SLACK)
    # Where no domain of a tile is too small for the s that is best, rounding it costs half a step's square at most.
    surely = (peak.square() - (most * scale_step / 2).square()) * (peak <= scale_step * largest * least)
    known = surely.amax((1, 2)).clamp_(min=0) * (1 - _SLACK)
    gain = turned.new_zeros(n)
    fields = torch.zeros(3, n, dtype=torch.int64, device=turned.device)
    for (number, tile), isometry in product(enumerate(pool.tiles), range(isometries)):
        promising = (bound[:, isometry, number] > known).nonzero()[:, 0]
        for some in promising.split(_ROWS[turned.device.type]):
            best, scale, domain = _scored(turned[some, isometry], pool, tile, scale_step, largest)
            better = best > gain[some]
            where = some[better]
            gain[where] = best[better]
            fields[:, where] = torch.stack([scale, torch.full_like(scale, isometry), domain])[:, better]
        torch.maximum(known, gain, out=known)
    return gain, *fields


def _peaks(rows: Tensor, pool: Pool) -> Tensor:
    """The largest |p| of rows [m, b b] in each tile, [m, tiles]."""
    held = _ROWS[rows.device.type]
    peak = rows.new_empty(len(rows), len(pool.tiles))
    space = rows.new_empty(held * TILE)
    for start in range(0, len(rows), held):
        part = rows[start : start + held]
        for number, tile in enumerate(pool.tiles):
            units = pool.units[tile]
            products = torch.mm(part, units.T, out=space[: len(part) * len(units)].view(len(part), len(units)))
            peak[start : start + held, number] = products.abs_().amax(1)
    return peak


def _scored(rows: Tensor, pool: Pool, tile: slice, scale_step: float, largest: int) -> tuple[Tensor, ...]:
    """The best gain of quantized s of rows [m, b b] in one tile, with its scale and domain."""
    unit_step = pool.norms[tile] * scale_step
    products = rows @ pool.units[tile].T  # [m, tile]
    scales = (products / unit_step).round_().clamp_(-largest, largest)
    reached = scales * unit_step
    best, at = products.mul_(2).sub_(reached).mul_(reached).max(1)
    return best, scales.gather(1, at[:, None])[:, 0].long(), pool.order[tile][at]
