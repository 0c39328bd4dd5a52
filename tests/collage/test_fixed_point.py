"""Fixed points against the dense linear solve, at every scale, and their gradients."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from dense import HALF, Code, distance, linear_part, random_code, random_image, solved

from nccodec.collage.fixed_point import fixed_point, nilpotent_steps, self_reference
from nccodec.collage.operator import Form, overlap_add
from nccodec.collage.scales import enlarge, reduce_area
from nccodec.errors import CollageError


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
