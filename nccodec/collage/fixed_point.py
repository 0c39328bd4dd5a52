"""The fixed point of the map: how many steps it takes, and taking them, at every scale."""

import math
from fractions import Fraction

import numpy as np

from ..arrays import Array, form, namespace, numpy_of
from ..errors import CollageError
from .operator import Form, SelfReference

PLAIN_LIMIT = Fraction(15, 16)  # largest sum of |s| over the domains of a cell in form (a)
HALF_GREY_LEVEL = 0.5 / 255


def self_reference(
    weight: Array,
    top: Array,
    left: Array,
    *,
    range_size: int,
    form: Form,
    isometries: Array | None = None,
    pooling: int = 2,
    keep_zeros: bool = False,
) -> SelfReference:
    """Collect the self-reference of a batch, and check that it is admissible.

    weight: s, [N, k, rows, columns], or [N, k, C, rows, columns] with one s for each channel.
    top, left: corners of the domains in pixels, int64 broadcastable to [N, k, rows, columns].
    isometries: 0..7, the same shape; None for the identity.
    keep_zeros: keep terms with s = 0, so that gradients reach them.
    Raises CollageError where a domain leaves the canvas, where form (a) exceeds sum |s| <= 15/16,
    and where form (b) has domains that are no whole cells or a range size that is no power of p.
    """
    per_channel = weight.ndim == 5
    n, k, (rows, columns) = weight.shape[0], weight.shape[1], weight.shape[-2:]
    shape = (n, k, rows, columns)
    xp, device = namespace(weight), weight.device

    def of_terms(field: Array) -> Array:
        return xp.broadcast_to(xp.asarray(field, device=device), shape)[used]

    if per_channel:
        weight = xp.moveaxis(weight, 2, -1)  # [N, k, rows, columns, C]
    used = xp.ones(shape, dtype=xp.bool, device=device)
    if not keep_zeros:
        used = xp.any(weight != 0, axis=-1) if per_channel else weight != 0
    picture, _, row, column = xp.nonzero(used)
    cell = (picture * rows + row) * columns + column
    top, left = of_terms(top), of_terms(left)
    isometries = xp.zeros_like(top) if isometries is None else of_terms(isometries)
    domain = pooling * range_size
    if len(top) and (
        min(xp.min(top), xp.min(left)) < 0
        or xp.max(top) > rows * range_size - domain
        or xp.max(left) > columns * range_size - domain
    ):
        raise CollageError("a domain reaches beyond the picture")
    unit = math.gcd(range_size, *xp.unique_values(xp.concat([top, left])).tolist())
    if form is Form.CENTRED:
        if unit != range_size:
            raise CollageError("form (b) admits domains of whole cells only")
        nilpotent_steps(range_size, pooling)
    else:
        total = contraction_factor(weight)
        if not total <= PLAIN_LIMIT:  # also where it is not a number
            raise CollageError(f"sum of |s| is {total:g}, above 15/16: no contraction")
    return SelfReference(
        rows, columns, range_size, unit, pooling, form,
        cell, top, left, isometries, weight[used],
    )  # fmt: skip


def contraction_factor(weight: Array) -> float:
    """Bound of form (a) in the sup norm: the largest sum over domains of |s| in a cell and channel.

    weight: [N, k, ...].
    """
    weight = numpy_of(weight)
    return float(np.abs(weight.astype(np.float64)).sum(1).max()) if weight.size else 0.0


def nilpotent_steps(side: int, pooling: int = 2) -> int:
    """Steps after which form (b) is exact from any start, for cells of `side` pixels: log_p(side) + 1.

    After one step the means of the cells are right, after two those of their p x p parts, and so on
    (Oien & Lepsoy). CollageError where `side` is no power of p, unless p exceeds what is left of it
    by a whole factor.
    """
    if pooling < 2:
        raise CollageError(f"pooling by {pooling} does not contract")
    steps, part = 1, side
    while part > 1:
        if part % pooling and pooling % part:
            raise CollageError(f"form (b): cells of {side} pixels are not nilpotent with pooling {pooling}")
        part = part // pooling if part >= pooling else 1
        steps += 1
    return steps


def contraction_steps(factor: float, amplitude: float, tolerance: float = HALF_GREY_LEVEL) -> int:
    """Steps after which form (a), started at the affine part c, is within `tolerance` of its fixed point.

    factor: the bound q < 1. amplitude: a bound of |c|. The error after n steps is at most
    q^(n+1) / (1 - q) * amplitude, by the geometric series.
    """
    if factor >= 1:
        raise CollageError(f"contraction factor {factor:g} is not below 1")
    if factor <= 0 or amplitude <= 0:
        return 0
    steps = math.log(tolerance * (1 - factor) / amplitude) / math.log(factor) - 1
    return max(0, math.ceil(steps))


def fixed_point(affine: Array, reference: SelfReference, steps: int | None = None, start: Array | None = None) -> Array:
    """z = F(z) by iteration from `start`, by default from the affine part.

    affine: [N, C, rows * side, columns * side], at any scale that leaves the domains' corners on
    whole pixels (side is the range size at that scale). steps: by default what reaches the fixed
    point, exactly in form (b), to half a grey level in form (a).
    """
    if len(reference) == 0:
        return affine
    side = affine.shape[-2] // reference.rows
    unit = reference.unit * side // reference.range_size
    if side == 0 or affine.shape[-2:] != (reference.rows * side, reference.columns * side):
        raise CollageError(f"an affine part of {tuple(affine.shape[-2:])} pixels does not fit the grid")
    if unit * reference.range_size != reference.unit * side:
        raise CollageError("the domains do not lie on whole pixels at this scale")
    if steps is None and reference.form is Form.CENTRED:
        steps = nilpotent_steps(side, reference.pooling)
    if steps is None:
        steps = contraction_steps(largest_sum(reference), float(np.abs(numpy_of(affine)).max()))
    constant = reference.take(affine, unit)
    tiles = constant if start is None else reference.take(start, unit)
    for _ in range(steps):
        tiles = reference.step(tiles, constant)
    return reference.put(affine, tiles)


def mixed_fixed_point(affine: Array, references: list[SelfReference], steps: int, start: Array | None = None) -> Array:
    """z = F(z) where cells have several sides: one SelfReference of form (b) for each, all terms added.

    affine: [N, C, H, W], contiguous, at a scale at which every side is 2 pixels or more. With sides that are
    powers of two, domains' corners on multiples of their cell's side and pooling by 2, the means of the squares of
    side u of F(z) follow from the means of those of side 2 u of z, and where a cell is not larger than u, from the
    affine part alone: by induction from the largest side b down, log2(b) + 1 steps are exact from any start,
    whatever the size of s. start: by default the affine part.
    """
    z = affine if start is None else start
    for _ in range(steps):
        z = mixed_step(affine, references, z)
    return z


def mixed_step(affine: Array, references: list[SelfReference], z: Array) -> Array:
    """F(z); see `mixed_fixed_point`."""
    following = form(affine).copy(affine)
    for reference in references:
        reference.add_to(following, z)
    return following


def mixed_factor(references: list[SelfReference], number: int, sides: list[int]) -> float:
    """A bound of what step `number` of `mixed_fixed_point`, from 1 on, leaves of the largest error of any sample.

    sides: of the references' cells at the scale of z. Of errors whose means over the squares of side u are 0, which
    after n steps are those of u = b / 2^(n - 1) and above, a term keeps |s| where its cell is no smaller: its domain is
    of such squares. Elsewhere the mean over the domain is taken from errors that it is part of, which leaves up to
    2 (1 - 1 / pixels) |s|.
    """
    largest = max(sides, default=1)
    factors = []
    for reference, side in zip(references, sides, strict=True):
        right = number > 1 and side * 2 ** (number - 2) >= largest
        factors.append(largest_sum(reference) * (1 if right else 2 * (1 - 1 / side**2)))
    return max(factors, default=0.0)


def largest_sum(reference: SelfReference) -> float:
    """The largest sum over the terms of |s| in a cell and channel."""
    if len(reference) == 0:
        return 0.0
    weight, cell = np.abs(numpy_of(reference.weight).astype(np.float64)), numpy_of(reference.cell)
    total = np.zeros((cell.max() + 1, *weight.shape[1:]))
    np.add.at(total, cell, weight)
    return float(total.max())
