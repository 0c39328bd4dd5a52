"""`copies`: what copies of the same scale would save in `nc pifs`, estimated without a file that has any."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image

from ..code import level_of
from ..codec.file import write_file
from ..evaluation.work import picture_files, read
from ..pifs.candidates import LARGEST_SEARCHED, SCALE_STEP, Side, blocks_of, planes_of, ramps, sides_of
from ..pifs.code import SMALLEST_RANGE, PartitionCode, PlaneLayout
from ..pifs.encoding import layout_of
from ..pifs.fitting import Fit, rate_weight, scale_bits
from ..pifs.header import TOP, step_of
from ..pifs.models import Models, Recorder
from ..pifs.options import Options
from ..pifs.pruning import Costs, grow
from ..pifs.search import Pool, best_matches, mean_free, pool_of
from ..pifs.synthesis import decode_plane
from ..pifs.walk import walk
from .common import say

_REACH = 64  # pixels around its root that a range may copy from
_HELD = 2048  # sources that products are held of
_ROUNDS = 3  # chances of the flags are taken from one tree and the next is grown with them
_NAMES = ("luma", "blue chroma", "red chroma")


@dataclass(frozen=True, eq=False)
class Copies:
    """The best copies of the ranges of one side, [rows, columns] each.

    gain: by how much the squared error falls, of the ramp alone. scale: s in eighths, 0 where no copy helps. bits: of s
    and the source. top, left: corner of the source.
    """

    gain: np.ndarray
    scale: np.ndarray
    bits: np.ndarray
    top: np.ndarray
    left: np.ndarray


def command(
    folder: Annotated[Path, typer.Argument(help="Folder of pictures.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    quality: Annotated[list[float] | None, typer.Option(help="Quality; may be given several times.")] = None,
    every: Annotated[int, typer.Option(help="1: all pictures, 2: every other one from the first on, ...")] = 1,
) -> None:
    """What `nc pifs` would save with ranges that copy earlier squares of their own size, beside those it has."""
    rows = []
    for path in picture_files([folder])[::every]:
        rows += [{"picture": path.name, **row} for row in study(read(path), quality or [30, 60])]
        for row in rows[-len(quality or [30, 60]) :]:
            say(f"{path.name} -q {row['quality']:g}: {_line([row])}")
        out.write_text(json.dumps({"reach": _REACH, "pictures": rows}, indent=1) + "\n")
    for q in quality or [30, 60]:
        typer.echo(f"-q {q:g}: {_line([row for row in rows if row['quality'] == q])}")


def _line(rows: list[dict]) -> str:
    """Means over pictures."""

    def mean(value: Callable[[dict], float]) -> float:
        return 100 * float(np.mean([value(row) for row in rows]))

    def luma(key: str) -> float:
        return mean(lambda row: row["planes"][0][key])

    return (
        f"luma: a copy is cheaper in {luma('share'):.2f} % of the ranges and saves {luma('saved'):.2f} % of the cost, "
        f"with flags {luma('saved with flags'):.2f} %; trees grown with copies save {luma('regrown'):.2f} %, "
        f"with flags {luma('regrown with flags'):.2f} %, copies being {luma('regrown share'):.2f} % of their ranges; "
        f"all planes: worth {mean(lambda row: row['of the file']):.2f} % of the bits of the file, "
        f"with flags {mean(lambda row: row['of the file with flags']):.2f} %; luma, domains found in the decode save "
        f"{luma('domains anew'):.2f} %, with copies and flags {luma('domains anew and copies'):.2f} %"
    )


def study(picture: Image.Image, qualities: list[float]) -> list[dict]:
    """For each quality {"quality", "bytes", "planes": see `_compare`, "of the file", "of the file with flags"}: the
    last two what regrown trees save, in all planes, in bits at the encoder's lambda, as a share of the file's bits."""
    picture = picture.convert("L" if picture.mode == "L" else "RGB")
    options, size, grey = Options(), (picture.height, picture.width), picture.mode == "L"
    layout = layout_of(options, *size, grey, step_of(0))
    canvases = planes_of(np.asarray(picture), layout)
    sides = [sides_of(canvas, grids) for grids, canvas in zip(layout.planes, canvases, strict=True)]
    rows = []
    for quality in qualities:
        code = grow(layout_of(options, *size, grey, step_of(level_of(quality, TOP))), canvases, sides)
        length = len(write_file(code, "range", None))
        recorder = Recorder()
        walk(code.layout, recorder, code)
        models = Models(code.layout, recorder.seen)
        planes = [_compare(code, models, i, *both) for i, both in enumerate(zip(canvases, sides, strict=True))]
        row = {"quality": quality, "bytes": length, "planes": planes}
        for key, name in (("bits", "of the file"), ("bits with flags", "of the file with flags")):
            row[name] = sum(plane[key] for plane in planes) / (8 * length)
        rows.append(row)
    return rows


def _compare(code: PartitionCode, models: Models, number: int, canvas: np.ndarray, sides: list[Side]) -> dict:
    """One plane: costs as the encoder counts them, without the means of the roots.

    "cost": of the tree without copies. "ranges": those of 4 pixels or more in the file, "share": of those for which a
    copy is cheaper than what they have, "saved": what that saves, as a share of the cost, "saved with flags": the same
    less the entropy of the share for each. "regrown", ...: the same of trees that are chosen with copies at hand;
    "bits", "bits with flags": what those save, divided by lambda. "domains anew": what pooled domains save that are
    searched in the decode, as copies are, and not in the picture; "domains anew and copies": both, with flags.
    """
    grids = code.layout.planes[number]
    source = 255 * decode_plane(code, number, 1, 1, np.float32, "cpu")[0, 0]
    fit = Fit(grids, models, canvas, source.astype(np.float64))
    sides = [fit.rescored(side) for side in sides]
    copies = {side.side: _copies(grids, models, canvas, source, side) for side in sides if _allowed(grids, side.side)}
    costs = _WithCopies(grids, models, {})
    costs.pruned(sides)
    before, cost, weight = costs.leaves, costs.total, rate_weight(grids)
    ranges, won, saved = 0, 0, 0.0
    for side, level in zip(sides, _leaves(code, number), strict=True):
        if side.side in copies:
            now = before[side.side]
            copied = _copied(side, copies[side.side], weight)
            better = level & (copied < now)
            ranges, won = ranges + np.count_nonzero(level), won + np.count_nonzero(better)
            saved += (now - copied)[better].sum()
    flags = ranges * weight * _entropy(won / max(1, ranges))
    free, flagged = _regrown(grids, models, copies, sides)
    anew = [fit.rescored(_anew(grids, canvas, source, side)) for side in sides]
    control = _WithCopies(grids, models, {})
    control.pruned(anew)
    both = _regrown(grids, models, copies, anew)[1]
    return {
        "plane": _NAMES[number],
        "cost": cost,
        "ranges": int(ranges),
        "share": won / max(1, ranges),
        "saved": saved / cost,
        "saved with flags": (saved - flags) / cost,
        "regrown": (cost - free.total) / cost,
        "regrown with flags": (cost - flagged.total) / cost,
        "regrown share": flagged.share,
        "domains anew": (cost - control.total) / cost,
        "domains anew and copies": (cost - both.total) / cost,
        "bits": (cost - free.total) / weight,
        "bits with flags": (cost - flagged.total) / weight,
    }


def _regrown(
    grids: PlaneLayout, models: Models, copies: dict[int, Copies], sides: list[Side]
) -> tuple["_WithCopies", "_WithCopies"]:
    """Trees with copies, of which the flags are free, and are not."""
    free = _WithCopies(grids, models, copies)
    chances = free.chances(sides)
    for _ in range(_ROUNDS):
        flagged = _WithCopies(grids, models, copies, chances)
        chances = flagged.chances(sides)
    return free, flagged


def _anew(grids: PlaneLayout, canvas: np.ndarray, source: np.ndarray, side: Side) -> Side:
    """With the pooled domains that are best in the source."""
    size, shape = side.side, side.means.shape
    if not _allowed(grids, size):
        return side
    ranges = blocks_of(canvas, size).reshape(-1, size, size) - ramps(side.nodes, size, np.ones(shape, bool))
    pool = Pool(pool_of(source, size, grids.layout.step_of_domains(size)))
    found = best_matches(
        mean_free(ranges.astype(np.float32)), pool, grids.layout.isometries, SCALE_STEP, LARGEST_SEARCHED
    )
    fields = {name: field.reshape(shape) for name, field in vars(found).items()}
    return replace(side, **fields | {"gain": fields["gain"] * side.inside})


def _allowed(grids: PlaneLayout, side: int) -> bool:
    """Where there may be domains there may be copies."""
    return SMALLEST_RANGE <= side <= grids.layout.largest and min(grids.domain_grid(side)) > 0


def _leaves(code: PartitionCode, number: int) -> list[np.ndarray]:
    """Which nodes of each side are ranges."""
    return _ends([level.split for level in code.planes[number].levels])


def _ends(splits: list[np.ndarray]) -> list[np.ndarray]:
    exist, leaves = np.ones_like(splits[0]), []
    for split in splits:
        leaves.append(exist & ~split)
        exist = (exist & split).repeat(2, 0).repeat(2, 1)
    return leaves


def _entropy(share: float) -> float:
    return -sum(p * math.log2(p) for p in (share, 1 - share) if p > 0)


def _copied(side: Side, copies: Copies, weight: float) -> np.ndarray:
    cost = side.flat - copies.gain + weight * copies.bits
    return np.where(copies.scale == 0, np.inf, cost)


class _WithCopies(Costs):
    """Costs of nodes that may be copies. copies: by side. given: chances of the flag, by side; none: it is free."""

    def __init__(
        self, plane: PlaneLayout, models: Models, copies: dict[int, Copies], given: dict[int, float] | None = None
    ) -> None:
        super().__init__(plane, models)
        self._copies, self._given = copies, given
        self.leaves: dict[int, np.ndarray] = {}  # costs of the nodes of each side as ranges
        self._better: dict[int, np.ndarray] = {}
        self.total = self.share = 0.0

    def chances(self, sides: list[Side]) -> dict[int, float]:
        """Share of the copies among the ranges of each side, in the tree of least cost, whose cost is then `total`."""
        used, leaves = {}, {}
        splits = self.pruned(sides)[0]
        for side, level in zip(sides, _ends(splits), strict=True):
            if side.side in self._copies:
                used[side.side] = np.count_nonzero(level & self._better[side.side])
                leaves[side.side] = np.count_nonzero(level)
        self.share = sum(used.values()) / max(1, sum(leaves.values()))
        return {side: (count + 0.5) / (leaves[side] + 1) for side, count in used.items()}

    def _level(self, candidates: Side, below: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        found = super()._level(candidates, below)
        self.total = float(found[1].sum())  # the roots come last
        return found

    def _leaf(self, candidates: Side, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        cost, reference = super()._leaf(candidates, classes)
        self.leaves[candidates.side] = cost
        if candidates.side in self._copies:
            copied = _copied(candidates, self._copies[candidates.side], self.weight)
            if self._given is not None:
                chance = self._given[candidates.side]
                cost, copied = cost - self.weight * math.log2(1 - chance), copied - self.weight * math.log2(chance)
            self._better[candidates.side] = copied < cost
            cost = np.minimum(cost, copied)
        return cost, reference


def _copies(grids: PlaneLayout, models: Models, canvas: np.ndarray, source: np.ndarray, side: Side) -> Copies:
    """With the ramp of the range or instead of it, whichever is better: that choice costs nothing."""
    size, shape = side.side, side.means.shape
    domains = math.prod(grids.domain_grid(size)) * grids.layout.isometries
    bits_of_s = scale_bits(grids, size, models) - math.log2(domains)
    bits_of_s[LARGEST_SEARCHED] = 0
    plain = blocks_of(canvas, size) - side.means[..., None, None]
    ramp = ramps(side.nodes, size, np.ones(shape, bool)).reshape(plain.shape)
    slope = np.square(plain).sum((2, 3)) - np.square(plain - ramp).sum((2, 3))  # what the ramp itself gains
    found = best_copies(np.stack([plain - ramp, plain]), source, grids.layout.root, bits_of_s, rate_weight(grids))
    gains = found.gain - np.stack([np.zeros(shape), slope])
    worth = np.where(found.scale == 0, -np.inf, gains - rate_weight(grids) * found.bits)
    second = worth[1] > worth[0]
    fields = [np.where(second, field[1], field[0]) for field in (gains * side.inside, *vars(found).values())]
    return Copies(fields[0], *fields[2:])


def orders(rows: int, columns: int, root: int) -> np.ndarray:
    """When each pixel of rows x columns roots is decoded: root by root in raster order, in each along a Z-curve, as
    the leaves of a quadtree follow each other whatever their sizes."""
    place, curve = np.arange(root), np.zeros((root, root), np.int64)
    for bit in range(root.bit_length() - 1):
        one = place >> bit & 1
        curve += (2 * one[:, None] + one) << 2 * bit
    numbers = np.arange(rows * columns).reshape(rows, columns)
    return np.kron(numbers, np.ones_like(curve)) * root**2 + np.tile(curve, (rows, columns))


def best_copies(
    targets: np.ndarray, source: np.ndarray, root: int, bits_of_s: np.ndarray, weight: float, reach: int = _REACH
) -> Copies:
    """The best source and s of each target, every source taken that is decoded wholly before its range, at any whole
    offset, with its corner in the root of the range or within `reach` pixels of it.

    targets: mean-free, [k, rows, columns, b, b], k for each range; so the result is [k, rows, columns]. source: [H, W],
    in roots. bits_of_s: of each allowed s. weight: lambda. The source is that of least error, its s then that of least
    cost.
    """
    shape, size = targets.shape[:3], targets.shape[3]
    n = root // size
    order = orders(source.shape[0] // root, source.shape[1] // root, root)
    start, lasts = order[::size, ::size], _windows(_windows(order, size, 0).max(-1), size, 1).max(-1)
    windows = np.lib.stride_tricks.sliding_window_view(source.astype(np.float32), (size, size))
    energies = [_windows(_windows(z, size, 0).sum(-1), size, 1).sum(-1) for z in (source.astype(float) ** 2, source)]
    energies = (energies[0] - energies[1] ** 2 / size**2).astype(np.float32)
    energy, product = np.zeros((2, *shape))
    count, top, left = np.zeros((3, *shape), np.int64)
    for row in range(0, shape[1], n):
        for column in range(0, shape[2], n):
            at = slice(None), slice(row, row + n), slice(column, column + n)
            y, x = max(0, row * size - reach), max(0, column * size - reach)
            area = slice(y, row * size + root), slice(x, column * size + root + reach)
            ys, xs = np.nonzero(lasts[area] < start[at[1:]].max())
            some = _Sources(windows, lasts, energies, ys + y, xs + x)
            starts = np.tile(start[at[1:]].ravel(), shape[0])
            found = _best(targets[at].reshape(len(starts), -1).astype(np.float32), starts, some)
            for whole, part in zip((energy, product, count, top, left), found, strict=True):
                whole[at] = part.reshape(shape[0], n, n)
    scales = np.arange(-LARGEST_SEARCHED, LARGEST_SEARCHED + 1)
    s = scales * SCALE_STEP
    gains = 2 * s * product[..., None] - np.square(s) * energy[..., None]
    best = (gains - weight * bits_of_s).argmax(-1)
    gain, scale = np.take_along_axis(gains, best[..., None], -1)[..., 0], np.where(energy > 0, scales[best], 0)
    bits = np.where(scale == 0, 0, bits_of_s[best] + np.log2(np.maximum(count, 1)))
    return Copies(gain, scale, bits, top, left)


def _windows(plane: np.ndarray, size: int, axis: int) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(plane, size, axis)


@dataclass(frozen=True, eq=False)
class _Sources:
    """windows: [H, W, b, b]; when each is decoded wholly, its energy without its mean, [H, W]; corners that count."""

    windows: np.ndarray
    lasts: np.ndarray
    energies: np.ndarray
    tops: np.ndarray
    lefts: np.ndarray


def _best(targets: np.ndarray, starts: np.ndarray, sources: _Sources) -> tuple[np.ndarray, ...]:
    """For n targets [n, b b]: energy of the best source, product with it, how many are allowed, its corner."""
    gain, energy, product = np.zeros((3, len(targets)), np.float32)
    count, top, left = np.zeros((3, len(targets)), np.int64)
    every = np.arange(len(targets))
    for begin in range(0, len(sources.tops), _HELD):
        at = sources.tops[begin : begin + _HELD], sources.lefts[begin : begin + _HELD]
        allowed = sources.lasts[at] < starts[:, None]  # [n, held]
        energies = sources.energies[at]
        usable = energies > 1e-3 * targets.shape[1]
        inverse = np.where(usable, 1 / (SCALE_STEP * np.where(usable, energies, 1)), 0)
        count += np.count_nonzero(allowed, axis=1)
        products = targets @ sources.windows[at].reshape(-1, targets.shape[1]).T
        s = products * inverse
        np.rint(s, out=s)
        np.clip(s, -LARGEST_SEARCHED, LARGEST_SEARCHED, out=s)
        s *= np.float32(SCALE_STEP)
        gains = (2 * products - s * energies) * s * allowed
        best = gains.argmax(1)
        reached = gains[every, best]
        better = reached > gain
        for whole, part in zip((gain, energy, product, top, left), (gains, energies, products, *at), strict=True):
            found = part[best] if part.ndim == 1 else part[every, best]
            whole[better] = found[better]
    return energy, product, count, top, left
