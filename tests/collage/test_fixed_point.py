"""The fixed point against a dense linear solve that is built pixel by pixel."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
import torch

from nccodec.collage.fixed_point import (
    contraction_factor,
    contraction_steps,
    fixed_point,
    nilpotent_steps,
    self_reference,
)
from nccodec.collage.operator import Form, SelfReference, neighbour_domains, overlap_add
from nccodec.collage.scales import enlarge, reduce_area
from nccodec.errors import CollageError

OFFSETS = [(0, 0), (-1, 0), (0, -1), (1, 2)]
HALF = Fraction(1, 2)


@dataclass
class Code:
    """The self-reference of a batch, and its literal description."""

    reference: SelfReference
    weight: torch.Tensor  # [N, k, C or 1, rows, columns]
    top: torch.Tensor  # [N, k, rows, columns]
    left: torch.Tensor
    isometries: torch.Tensor
    form: Form
    b: int
    pooling: int


def source(number: int, i: int, j: int, n: int) -> tuple[int, int]:
    """Where element (i, j) of an n x n block turned by isometry `number` comes from."""
    e = n - 1
    return [(i, j), (j, e - i), (e - i, e - j), (e - j, i), (j, i), (e - i, j), (e - j, e - i), (i, e - j)][number]


def random_code(
    seed: int,
    form: Form,
    grid: tuple[int, int] = (3, 4),
    b: int = 4,
    pooling: int = 2,
    k: int = 2,
    batch: int = 2,
    channels: int | None = None,
    size: float = 3.0,
    addresses: str | int = "cells",
    dtype: torch.dtype = torch.float64,
) -> Code:
    """Random s of mixed signs, some zero, and random isometries.

    channels: None for one s shared by all. size: largest |s| of form (b), sum |s| of form (a) in each
    cell. addresses: "neighbours", "cells" for random whole cells, or the grid step of random corners.
    """
    g = torch.Generator().manual_seed(seed)
    rows, columns = grid
    shape = (batch, k, rows, columns)
    weight = torch.rand(batch, k, channels or 1, rows, columns, generator=g, dtype=torch.float64) * 2 - 1
    if form is Form.PLAIN:
        weight *= size / weight.abs().sum(1, keepdim=True)
    else:
        weight *= size
    weight[(torch.rand(weight.shape, generator=g) < 0.1)] = 0
    isometries = (torch.randperm(torch.Size(shape).numel(), generator=g) % 8).reshape(shape)
    if addresses == "neighbours":
        top, left = neighbour_domains(rows, columns, OFFSETS[:k], pooling)
        top, left = (top * b).expand(shape), (left * b).expand(shape)
    else:
        step = b if addresses == "cells" else addresses
        top = torch.randint(0, (rows - pooling) * b // step + 1, shape, generator=g) * step
        left = torch.randint(0, (columns - pooling) * b // step + 1, shape, generator=g) * step
    given = (weight if channels else weight[:, :, 0]).to(dtype)
    reference = self_reference(given, top, left, range_size=b, form=form, isometries=isometries, pooling=pooling)
    return Code(reference, weight, top, left, isometries, form, b, pooling)


def linear_part(code: Code, picture: int, channel: int, scale: Fraction = Fraction(1)) -> np.ndarray:
    """W of z = W z + c, one row for each pixel."""
    k, rows, columns = code.top.shape[1:]
    b, p = int(code.b * scale), code.pooling
    index = np.arange(rows * b * columns * b).reshape(rows * b, columns * b)
    matrix = np.zeros((index.size, index.size))
    for n in range(k):
        for i in range(rows):
            for j in range(columns):
                s = float(code.weight[picture, n, min(channel, code.weight.shape[2] - 1), i, j])
                number = int(code.isometries[picture, n, i, j])
                top, left = (Fraction(int(corner[picture, n, i, j])) * scale for corner in (code.top, code.left))
                assert top.denominator == left.denominator == 1
                domain = index[int(top) : int(top) + p * b, int(left) : int(left) + p * b]
                for y in range(b):
                    for x in range(b):
                        row = matrix[index[i * b + y, j * b + x]]
                        v, u = source(number, y, x, b)
                        for dy in range(p):
                            for dx in range(p):
                                row[domain[v * p + dy, u * p + dx]] += s / p**2
                        if code.form is Form.CENTRED:
                            row[domain] -= s / domain.size
    return matrix


def solved(code: Code, affine: torch.Tensor, scale: Fraction = Fraction(1)) -> torch.Tensor:
    """(I - W) z = c, solved for each picture and channel."""
    z = np.empty(affine.shape)
    for picture in range(affine.shape[0]):
        for channel in range(affine.shape[1]):
            if channel == 0 or code.weight.shape[2] > 1:
                matrix = linear_part(code, picture, channel, scale)
            c = affine[picture, channel].double().numpy()
            z[picture, channel] = np.linalg.solve(np.eye(len(matrix)) - matrix, c.ravel()).reshape(c.shape)
    return torch.from_numpy(z)


def random_image(code: Code, channels: int, seed: int, scale: Fraction = Fraction(1)) -> torch.Tensor:
    n, _, rows, columns = code.top.shape
    b = int(code.b * scale)
    g = torch.Generator().manual_seed(seed)
    return torch.rand(n, channels, rows * b, columns * b, generator=g, dtype=torch.float64)


def distance(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).abs().max())


# The fixed point


@pytest.mark.parametrize(
    ("options", "channels", "scale"),
    [
        (dict(b=4, addresses=1), 1, 1),
        (dict(b=4, addresses=1, channels=3, batch=1), 3, 1),
        (dict(b=4, addresses=1, batch=1, grid=(3, 2), k=3), 3, 2),
        (dict(b=4, addresses=2, k=1), 1, HALF),
        (dict(b=4, addresses="neighbours", grid=(2, 5), k=4), 3, 1),
        (dict(b=4, addresses="cells", k=3), 1, HALF),
        (dict(b=3, addresses=1, grid=(4, 3)), 3, 1),
        (dict(b=5, pooling=3, addresses=1, grid=(3, 5), batch=1), 1, 1),
        (dict(b=9, pooling=3, addresses="cells", grid=(3, 4), batch=1), 1, 1),
        (dict(b=3, pooling=4, addresses=1, grid=(5, 4), k=3), 1, 1),
        (dict(b=2, pooling=4, addresses=1, grid=(4, 6)), 1, 2),
    ],
)
def test_form_a_is_the_dense_solve(options, channels, scale):
    code = random_code(1, Form.PLAIN, size=0.93749, **options)
    affine = random_image(code, channels, 2, Fraction(scale))
    z = fixed_point(affine, code.reference, steps=420)  # 0.9375 ** 420 is 2e-12
    assert distance(z, affine) > 0.1
    assert distance(z, solved(code, affine, Fraction(scale))) < 1e-9


@pytest.mark.parametrize("size", [1.0, 3.0])
@pytest.mark.parametrize(
    ("options", "channels", "scale"),
    [
        (dict(b=4, addresses="neighbours"), 1, 1),
        (dict(b=4, addresses="neighbours", k=4, grid=(4, 2)), 3, 1),
        (dict(b=4, addresses="cells", channels=3, batch=1), 3, 1),
        (dict(b=4, addresses="cells", k=3, grid=(2, 3)), 1, 2),
        (dict(b=4, addresses="neighbours", channels=3, k=3), 3, HALF),
        (dict(b=8, addresses="cells", grid=(2, 3)), 1, HALF),
        (dict(b=8, addresses="cells", grid=(3, 2), k=1, batch=1), 1, 1),
        (dict(b=9, pooling=3, addresses="cells", grid=(3, 4), k=1, batch=1), 1, 1),
        (dict(b=3, pooling=3, addresses="neighbours", grid=(4, 3)), 3, 1),
        (dict(b=4, pooling=4, addresses="cells", grid=(4, 5), batch=1), 1, 1),
        (dict(b=4, pooling=4, addresses="neighbours", grid=(5, 4)), 3, HALF),
        (dict(b=2, pooling=4, addresses="cells", grid=(4, 6)), 1, 2),
    ],
)
def test_form_b_is_the_dense_solve(options, channels, scale, size):
    """With the default number of steps, for s that is no contraction at all."""
    code = random_code(3, Form.CENTRED, size=size, **options)
    affine = random_image(code, channels, 4, Fraction(scale))
    z = fixed_point(affine, code.reference)
    assert distance(z, affine) > 0.1
    assert distance(z, solved(code, affine, Fraction(scale))) < 1e-11 * float(z.abs().max())


def test_one_picture_of_a_batch_does_not_touch_another():
    code = random_code(5, Form.CENTRED)
    affine = random_image(code, 1, 6)
    z = fixed_point(affine, code.reference)
    other = affine.clone()
    other[1] += random_image(code, 1, 7)[1]
    moved = fixed_point(other, code.reference)
    assert torch.equal(moved[0], z[0])
    assert distance(moved[1], z[1]) > 0.1


def test_an_affine_part_that_is_not_contiguous():
    code = random_code(8, Form.CENTRED, addresses="neighbours")
    affine = random_image(code, 1, 9)
    turned = affine.transpose(-1, -2).contiguous().transpose(-1, -2)
    assert not turned.is_contiguous()
    assert torch.equal(fixed_point(turned, code.reference, start=turned), fixed_point(affine, code.reference))


# Form (b): nilpotent


@pytest.mark.parametrize(("b", "scale", "steps"), [(2, 1, 2), (4, 1, 3), (4, 2, 4), (8, 1, 4), (4, HALF, 2)])
def test_form_b_forgets_its_start_in_exactly_the_steps_given(b, scale, steps):
    """log2(S B) + 1 from any start, and none less."""
    code = random_code(10, Form.CENTRED, b=b, grid=(4, 3), k=3)
    assert nilpotent_steps(int(b * scale)) == steps
    affine, one, other = (random_image(code, 3, seed, Fraction(scale)) for seed in (11, 12, 13))
    z = fixed_point(affine, code.reference, steps, one)
    tolerance = 1e-12 * float(z.abs().max())
    assert distance(z, fixed_point(affine, code.reference, steps, 100 * other)) < 100 * tolerance
    assert distance(z, fixed_point(affine, code.reference, steps)) < tolerance
    assert distance(z, fixed_point(affine, code.reference, start=other)) < tolerance
    assert distance(z, fixed_point(affine, code.reference, steps + 5, one)) < tolerance
    for fewer in range(1, steps):
        assert distance(z, fixed_point(affine, code.reference, fewer, one)) > 1e-3


@pytest.mark.parametrize(
    ("side", "pooling", "steps"),
    [(1, 2, 1), (2, 2, 2), (4, 2, 3), (8, 2, 4), (3, 3, 2), (9, 3, 3), (2, 4, 2), (4, 4, 2), (8, 4, 3), (3, 6, 2)],
)
def test_nilpotent_steps_is_the_order_of_the_matrix(side, pooling, steps):
    """W ** steps is zero, W ** (steps - 1) is not."""
    assert nilpotent_steps(side, pooling) == steps
    code = random_code(14, Form.CENTRED, b=side, pooling=pooling, grid=(pooling, pooling), batch=1, k=1)
    matrix = linear_part(code, 0, 0)
    assert np.abs(np.linalg.matrix_power(matrix, steps)).max() < 1e-12
    assert side == 1 or np.abs(np.linalg.matrix_power(matrix, steps - 1)).max() > 1e-3


@pytest.mark.parametrize(
    ("side", "pooling", "steps"),
    [(16, 2, 5), (1024, 2, 11), (27, 3, 4), (16, 4, 3), (32, 4, 4), (12, 6, 3), (6, 12, 2)],
)
def test_nilpotent_steps_of_larger_cells(side, pooling, steps):
    assert nilpotent_steps(side, pooling) == steps


def test_cell_means_are_those_of_the_affine_part():
    code = random_code(15, Form.CENTRED, b=8, k=4)
    affine = random_image(code, 3, 16)
    z = fixed_point(affine, code.reference)
    assert distance(z, affine) > 1
    assert distance(reduce_area(z, 8), reduce_area(affine, 8)) < 1e-12 * float(z.abs().max())


def test_a_cell_of_one_pixel_is_affine_in_form_b():
    code = random_code(17, Form.CENTRED, b=4)
    affine = random_image(code, 1, 18, Fraction(1, 4))
    z = fixed_point(affine, code.reference, start=random_image(code, 1, 19, Fraction(1, 4)))
    assert distance(z, affine) < 1e-14


@pytest.mark.parametrize(("side", "pooling"), [(12, 2), (6, 2), (3, 2), (8, 3), (12, 4), (4, 6), (4, 1), (4, 0)])
def test_sides_that_are_not_nilpotent(side, pooling):
    with pytest.raises(CollageError):
        nilpotent_steps(side, pooling)


def test_a_side_that_is_no_power_of_the_pooling_never_becomes_exact():
    """What the refusal above is for: with cells of 3 pixels the matrix has an eigenvalue other than 0."""
    weight = torch.full((1, 1, 1, 2, 2), 3.0)
    zero = torch.zeros(1, 1, 2, 2, dtype=torch.int64)
    code = Code(None, weight, zero, zero, zero, Form.CENTRED, 3, 2)
    assert np.abs(np.linalg.matrix_power(linear_part(code, 0, 0), 20)).max() > 1


# Form (a): a contraction


@pytest.mark.parametrize(
    "options",
    [
        dict(addresses=1, k=1),
        dict(addresses=1, k=3),
        dict(addresses=1, channels=3),
        dict(addresses="cells", k=4),
        dict(b=3, pooling=3, addresses=1, grid=(4, 3)),
    ],
)
@pytest.mark.parametrize("size", [0.3, 0.93749])
def test_form_a_contracts_by_no_more_than_the_factor(options, size):
    """For random pairs, and for those that the worst row of the matrix asks for."""
    code = random_code(20, Form.PLAIN, size=size, **options)
    channels = code.weight.shape[2]
    factor = contraction_factor(code.weight)
    assert factor == pytest.approx(float(code.weight.abs().sum(1).max()), rel=1e-15)
    if channels == 1:
        assert contraction_factor(code.weight[:, :, 0]) == factor
    affine = random_image(code, channels, 21)

    def ratio(z, y):
        images = (fixed_point(affine, code.reference, 1, start) for start in (z, y))
        return distance(*images) / distance(z, y)

    for seed in range(5):
        z, y = random_image(code, channels, 22 + seed), random_image(code, channels, 32 + seed)
        assert 0 < ratio(z, y) <= factor * (1 + 1e-12)
    reached = 0
    for picture in range(len(affine)):
        for channel in range(channels):
            rows = linear_part(code, picture, channel)
            worst = int(np.abs(rows).sum(1).argmax())
            z = affine.clone()
            z[picture, channel] += torch.from_numpy(np.sign(rows[worst])).reshape(z.shape[-2:])
            measured = ratio(z, affine)
            assert measured == pytest.approx(np.abs(rows[worst]).sum(), rel=1e-12)
            assert measured <= factor * (1 + 1e-12)
            reached = max(reached, measured)
    assert reached > 0.9 * factor  # the bound is no idle one


@pytest.mark.parametrize(
    ("factor", "amplitude", "tolerance", "steps"),
    [
        (0.5, 1.0, 0.07, 4),  # the error is 2 ** -n: 1/8, then 1/16
        (0.5, 2.0, 0.07, 5),
        (0.5, 1.0, 0.9, 1),
        (0.5, 1.0, 1.1, 0),
        (0.1, 1.0, 0.2, 0),
        (0.0, 1.0, 1e-9, 0),
        (0.5, 0.0, 1e-9, 0),
        (0.75, 2.0, 0.5 / 255, 28),  # 0.75 ** 29 * 8 = 0.00190, 0.75 ** 28 * 8 = 0.00254
        (0.9375, 1.0, 0.5 / 255, 139),  # ln(8160) / ln(16 / 15) = 139.56
    ],
)
def test_contraction_steps_by_hand(factor, amplitude, tolerance, steps):
    assert contraction_steps(factor, amplitude, tolerance) == steps


def test_contraction_steps_default_to_half_a_grey_level():
    assert contraction_steps(0.9375, 1.0) == 139


@pytest.mark.parametrize("factor", [1.0, 1.5])
def test_no_number_of_steps_without_contraction(factor):
    with pytest.raises(CollageError, match="not below 1"):
        contraction_steps(factor, 1.0)


@pytest.mark.parametrize("value", [0.8, -3.0])
@pytest.mark.parametrize("s", [0.5, -0.9, 0.9375])
def test_the_number_of_steps_is_the_smallest_for_a_constant(s, value):
    """z = c / (1 - s) in closed form; with s > 0 the bound is sharp, so one step less is too few."""
    weight = torch.full((1, 1, 2, 3), s, dtype=torch.float64)
    corner = torch.zeros((), dtype=torch.int64)
    reference = self_reference(weight, corner, corner, range_size=4, form=Form.PLAIN)
    affine = torch.full((1, 1, 8, 12), value, dtype=torch.float64)
    steps = contraction_steps(abs(s), abs(value))
    errors = [distance(fixed_point(affine, reference, n), affine / (1 - s)) for n in (steps - 1, steps)]
    assert distance(fixed_point(affine, reference), affine / (1 - s)) == pytest.approx(errors[1], rel=1e-9)
    assert errors[1] <= 0.5 / 255
    assert s < 0 or errors[0] > 0.5 / 255


@pytest.mark.parametrize(
    "options", [dict(addresses=1, k=1), dict(addresses=1, channels=3), dict(addresses="neighbours", k=4)]
)
@pytest.mark.parametrize("size", [0.2, 0.7, 0.93749])
def test_form_a_keeps_its_bound_at_every_step(options, size):
    """After n steps at most q^(n+1) / (1-q) max|c| off, by default half a grey level."""
    code = random_code(40, Form.PLAIN, size=size, **options)
    channels = code.weight.shape[2]
    affine = random_image(code, channels, 41) - 0.3
    exact = solved(code, affine)
    q, amplitude = contraction_factor(code.weight), float(affine.abs().max())
    for n in (0, 1, 2, 5, 12):
        error = distance(fixed_point(affine, code.reference, n), exact)
        assert 0 < error <= q ** (n + 1) / (1 - q) * amplitude * (1 + 1e-9) + 1e-12
    assert distance(fixed_point(affine, code.reference), exact) <= 0.5 / 255
    assert torch.equal(
        fixed_point(affine, code.reference), fixed_point(affine, code.reference, contraction_steps(q, amplitude))
    )


# Gradients


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("per_channel", [False, True])
def test_gradients_are_those_of_finite_differences(form, per_channel):
    """For s, among it zeros that are kept, and for the affine part."""
    g = torch.Generator().manual_seed(50)
    shape = (1, 2, 3, 2, 3) if per_channel else (1, 2, 2, 3)
    weight = (torch.rand(shape, generator=g, dtype=torch.float64) - 0.5) * (0.9 if form is Form.PLAIN else 4)
    weight[..., 0, :] = 0
    weight.requires_grad_()
    affine = torch.rand(1, 3 if per_channel else 1, 4, 6, generator=g, dtype=torch.float64, requires_grad=True)
    isometries = torch.randint(0, 8, (1, 2, 2, 3), generator=g)
    left = torch.tensor([[[0, 2, 2], [2, 0, 2]], [[2, 2, 0], [0, 2, 0]]])
    if form is Form.PLAIN:
        left = (left - 1).abs()  # odd ones

    def decode(s, c):
        reference = self_reference(
            s, torch.tensor(0), left, range_size=2, form=form, isometries=isometries, keep_zeros=True
        )
        return fixed_point(c, reference, 4 if form is Form.PLAIN else None)

    assert torch.autograd.gradcheck(decode, (weight, affine))
    decode(weight, affine).square().sum().backward()
    assert bool((weight.grad != 0).all())
    assert bool((affine.grad != 0).all())


# Scales


@pytest.mark.parametrize("scale", [2, 4, 8])
@pytest.mark.parametrize(
    ("form", "options"),
    [
        (Form.CENTRED, dict(addresses="neighbours", k=4, size=0.7)),
        (Form.CENTRED, dict(addresses="cells", size=1, channels=3)),
        (Form.PLAIN, dict(addresses=1, size=0.6)),
        (Form.PLAIN, dict(addresses="cells", size=0.6, channels=3)),
        (Form.PLAIN, dict(b=3, pooling=3, addresses=1, grid=(4, 3), size=0.6)),
    ],
)
def test_an_enlarged_decode_reduces_to_the_plain_one(form, options, scale):
    code = random_code(60, form, dtype=torch.float32, **options)
    affine = random_image(code, 3, 61).float()
    steps = 30 if form is Form.PLAIN else None
    z = fixed_point(affine, code.reference, steps)
    large = fixed_point(enlarge(affine, scale), code.reference, steps)
    assert large.shape[-2:] == (scale * z.shape[-2], scale * z.shape[-1])
    assert distance(reduce_area(large, scale), z) < 1e-5
    assert distance(z, affine) > 0.1
    assert distance(large, enlarge(z, scale)) > 0.1  # the self-reference adds what no spline knows


@pytest.mark.parametrize("reduction", [2, 4, 8])
@pytest.mark.parametrize("kernel", [8, 10, 12, 24])
@pytest.mark.parametrize("form", list(Form))
def test_a_reduced_decode_is_the_full_one_reduced(form, kernel, reduction):
    """Cells of 8 pixels at 1/2, 1/4 and 1/B; form (a) with corners that stay on whole pixels."""
    g = torch.Generator().manual_seed(62)
    addresses = "cells" if form is Form.CENTRED else reduction
    code = random_code(63, form, b=8, size=0.9, addresses=addresses, dtype=torch.float32)
    coefficients = torch.rand(2, 4, 3, 4, generator=g)
    atoms = torch.rand(4, 3, kernel, kernel, generator=g) / 4 * (8 / kernel) ** 2
    steps = 40 if form is Form.PLAIN else None
    full = overlap_add(coefficients, atoms, 8)
    z = reduce_area(fixed_point(full, code.reference, steps), reduction)
    small = overlap_add(coefficients, atoms, 8, reduction)
    assert distance(fixed_point(small, code.reference, steps), z) < 1e-5
    if form is Form.PLAIN or reduction < 8:
        assert distance(small, z) > 0.01


# Errors


def plain(weight: torch.Tensor, top=0, left=0, form: Form = Form.PLAIN, b: int = 4, pooling: int = 2):
    return self_reference(weight, torch.as_tensor(top), torch.as_tensor(left), range_size=b, form=form, pooling=pooling)


def test_form_a_admits_sums_up_to_15_16_and_none_above():
    weight = torch.tensor([0.5, -0.4375])[None, :, None, None].repeat(1, 1, 2, 2)  # exactly 15/16
    assert len(plain(weight)) == 8
    weight[0, 1, 1, 0] = -0.4376
    with pytest.raises(CollageError, match="15/16"):
        plain(weight)
    assert len(plain(weight, form=Form.CENTRED)) == 8


def test_form_a_counts_each_channel_by_itself():
    weight = torch.full((1, 2, 3, 2, 2), 0.4)  # 0.8 in a channel, 2.4 in all
    assert len(plain(weight)) == 8
    weight[0, :, 2, 1, 1] = -0.47
    with pytest.raises(CollageError, match="15/16"):
        plain(weight)


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize(
    ("top", "left", "pooling"), [(8, 0, 2), (0, 12, 2), (-4, 0, 2), (0, -4, 2), (4, 4, 3), (0, 0, 4)]
)
def test_domains_stay_on_the_canvas(form, top, left, pooling):
    """A grid of 3 x 4 cells of 4 pixels."""
    with pytest.raises(CollageError, match="beyond"):
        plain(torch.full((1, 1, 3, 4), 0.5), top, left, form, pooling=pooling)


@pytest.mark.parametrize("form", list(Form))
def test_the_last_domain_of_the_canvas_is_allowed(form):
    assert len(plain(torch.full((1, 1, 3, 4), 0.5), 4, 8, form)) == 12


def test_one_pixel_beyond_the_canvas_is_refused():
    weight = torch.full((1, 1, 3, 4), 0.5)
    for top, left in ((5, 8), (4, 9)):
        with pytest.raises(CollageError, match="beyond"):
            plain(weight, top, left)


@pytest.mark.parametrize(("top", "left"), [(2, 0), (0, 1), (3, 4), (4, 6)])
def test_form_b_admits_whole_cells_only(top, left):
    weight = torch.full((1, 1, 3, 4), 0.5)
    with pytest.raises(CollageError, match="whole cells"):
        plain(weight, top, left, Form.CENTRED)
    assert len(plain(weight, top, left)) == 12


@pytest.mark.parametrize(("b", "pooling"), [(12, 2), (3, 2), (8, 3)])
def test_form_b_admits_powers_of_the_pooling_only(b, pooling):
    weight = torch.full((1, 1, 4, 4), 0.5)
    with pytest.raises(CollageError, match="nilpotent"):
        plain(weight, form=Form.CENTRED, b=b, pooling=pooling)
    assert len(plain(weight, b=b, pooling=pooling)) == 16


def test_odd_corners_have_no_half_scale():
    weight = torch.full((1, 1, 3, 4), 0.5)
    for top, left, admitted in ((1, 0, False), (0, 3, False), (2, 0, True), (0, 4, True)):
        reference = plain(weight, top, left)
        half = torch.rand(1, 1, 6, 8)
        if admitted:
            assert fixed_point(half, reference).shape == half.shape
        else:
            with pytest.raises(CollageError, match="whole pixels"):
                fixed_point(half, reference)
    with pytest.raises(CollageError, match="whole pixels"):
        fixed_point(torch.rand(1, 1, 3, 4), plain(weight, 2, 0))
