"""Exhaustive search: for each range the domain, isometry and quantized s that leave the least squared error.

With mean-free ranges r and unit domains d all least-squares fits are one product: the error that s |d| = S
leaves is |r|^2 - S (2 p - S), p = <r, d>. The products are taken twice: once for the largest |p| in each tile of
domains, which bounds from above what any allowed S can gain there, and once more, with S quantized, where that
bound exceeds what is known to be reached. So the result is exact, and most of the work a plain product.
"""

from dataclasses import dataclass
from itertools import product

from ..arrays import Array, form, namespace
from ..collage.operator import isometry

TILE = 512  # domains whose products stay in the cache together
_SHARED = 64  # ranges that are worth a thread
_HELD = 1 << 22  # numbers in the turned ranges, and bounds, that are held at a time
_SLACK = 1e-5  # relative, above what float32 products of one pair differ by


@dataclass(frozen=True, eq=False)
class Matches:
    """What was found for n ranges.

    gain: float32 [n], by how much the squared error falls, >= 0. scale: int64 [n], s in quantizer steps, 0
    where no domain helps. isometry: int64 [n], 0 .. 7. domain: int64 [n], number in the pool.
    """

    gain: Array
    scale: Array
    isometry: Array
    domain: Array


def pool_of(plane: Array, side: int, step: int) -> Array:
    """The domains of ranges of `side`: squares of 2 side, corners on multiples of `step`, in raster order.

    plane: [H, W]; step: even. Returns them pooled by 2 and mean-free, [rows * columns, side, side]; none where
    the plane is smaller than a domain.
    """
    xp, ops = namespace(plane), form(plane)
    if min(plane.shape) < 2 * side:
        return xp.zeros((0, side, side), dtype=plane.dtype, device=plane.device)
    pooled = ops.area_means(plane[None], 2)[0]
    across = xp.permute_dims(ops.windows(pooled, side, step // 2), (1, 2, 0))  # [columns, side, H / 2]
    both = ops.windows(across, side, step // 2)  # [columns, side, rows, side]
    return mean_free(xp.permute_dims(both, (2, 0, 3, 1)).reshape(-1, side, side))


def mean_free(blocks: Array) -> Array:
    """blocks [n, b, b] less their means."""
    return blocks - namespace(blocks).mean(blocks, axis=(1, 2), keepdims=True)


def turned_back(block: Array, number: int) -> Array:
    """The inverse of `collage.operator.isometry`: <block, T d> = <turned_back(block), d>. block: [..., b, b]."""
    block = isometry(block, -number & 3)
    return namespace(block).matrix_transpose(block) if number & 4 else block


class Pool:
    """Domains in tiles, by falling norm, so that what bounded s can do is known for each tile.

    domains: mean-free, [m, b, b]. lean: share of the domains that is kept, those of largest norm; domains
    without any contrast never are.
    """

    def __init__(self, domains: Array, lean: float = 1.0) -> None:
        xp = namespace(domains)
        flat = form(domains).float32(domains.reshape(len(domains), domains.shape[-1] ** 2))  # [m, b b]
        norms = xp.sqrt(xp.sum(flat**2, axis=1))
        order = xp.argsort(-norms, stable=True)
        kept = int(min(int(xp.sum(norms > 1e-3)), -(-len(norms) * lean // 1)))
        self.order = order[:kept]
        self.norms = norms[self.order]
        self.units = flat[self.order] / self.norms[:, None]
        self.tiles = [slice(start, start + TILE) for start in range(0, kept, TILE)]


def best_matches(ranges: Array, pool: Pool, isometries: int, scale_step: float, largest: int) -> Matches:
    """Exact over the whole pool, up to float32 rounding and ties.

    ranges: mean-free, [n, b, b]. isometries: 1 or 8. s is a multiple of scale_step, at most `largest` of them
    up or down.
    """
    xp, ops, device = namespace(ranges), form(ranges), ranges.device
    n, side = len(ranges), ranges.shape[-1]
    made = [xp.zeros(n, dtype=kind, device=device) for kind in (xp.float32, xp.int64, xp.int64, xp.int64)]
    held = max(1, _HELD // (isometries * max(side * side, len(pool.tiles))))

    def work(start: int, stop: int) -> None:
        for at in range(start, stop, held):
            some = slice(at, min(at + held, stop))
            part = ops.float32(ranges[some])
            turned = [turned_back(part, i).reshape(len(part), -1) for i in range(isometries)]
            pieces = _search(xp.stack(turned, axis=1), pool, scale_step, largest)  # of [n, I, b b]
            for whole, piece in zip(made, pieces, strict=True):
                whole[some] = piece

    if pool.tiles:
        ops.share(work, n, _SHARED)
    return Matches(*made)


def _search(turned: Array, pool: Pool, scale_step: float, largest: int) -> tuple[Array, ...]:
    """Gain, scale, isometry and domain for ranges [n, isometries, b b]."""
    xp, device = namespace(turned), turned.device
    n, isometries = turned.shape[:2]
    peak = _peaks(turned.reshape(n * isometries, -1), pool).reshape(n, isometries, -1)
    most, least = (xp.stack([pool.norms[tile][end] for tile in pool.tiles]) for end in (0, -1))
    usable = xp.minimum(peak, scale_step * largest * most)
    bound = usable * (2 * peak - usable) * (1 + _SLACK)
    # Where no domain of a tile is too small for the s that is best, rounding it costs half a step's square at most.
    surely = xp.where(peak <= scale_step * largest * least, peak**2 - (most * scale_step / 2) ** 2, 0.0)
    known = xp.clip(xp.max(surely, axis=(1, 2)), min=0) * (1 - _SLACK)
    gain = xp.zeros(n, dtype=turned.dtype, device=device)
    fields = xp.zeros((3, n), dtype=xp.int64, device=device)
    rows = form(turned).ROWS
    for (number, tile), turn in product(enumerate(pool.tiles), range(isometries)):
        promising = xp.nonzero(bound[:, turn, number] > known)[0]
        for start in range(0, len(promising), rows):
            some = promising[start : start + rows]
            best, scale, domain = _scored(turned[some, turn], pool, tile, scale_step, largest)
            better = best > gain[some]
            where = some[better]
            gain[where] = best[better]
            fields[:, where] = xp.stack([scale, xp.full_like(scale, turn), domain])[:, better]
        known = xp.maximum(known, gain)
    return gain, *(fields[row] for row in range(3))


def _peaks(rows: Array, pool: Pool) -> Array:
    """The largest |p| of rows [m, b b] in each tile, [m, tiles]."""
    xp, held = namespace(rows), form(rows).ROWS
    peak = xp.empty((len(rows), len(pool.tiles)), dtype=rows.dtype, device=rows.device)
    for start in range(0, len(rows), held):
        part = rows[start : start + held]
        for number, tile in enumerate(pool.tiles):
            products = part @ pool.units[tile].T
            peak[start : start + held, number] = xp.maximum(xp.max(products, axis=1), -xp.min(products, axis=1))
    return peak


def _scored(rows: Array, pool: Pool, tile: slice, scale_step: float, largest: int) -> tuple[Array, ...]:
    """The best gain of quantized s of rows [m, b b] in one tile, with its scale and domain."""
    xp = namespace(rows)
    unit_step = pool.norms[tile] * scale_step
    products = rows @ pool.units[tile].T  # [m, tile]
    scales = xp.clip(xp.round(products / unit_step), -largest, largest)
    reached = scales * unit_step
    gains = (2 * products - reached) * reached
    at = xp.argmax(gains, axis=1)
    row = xp.arange(len(rows), device=rows.device)
    return gains[row, at], xp.astype(scales[row, at], xp.int64), pool.order[tile][at]
