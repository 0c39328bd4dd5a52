"""Form (a): the contraction, its bound, and the steps that follow from it."""

import numpy as np
import pytest
import torch
from dense import distance, linear_part, random_code, random_image, solved

from nccodec.collage.fixed_point import contraction_factor, contraction_steps, fixed_point, self_reference
from nccodec.collage.operator import Form
from nccodec.errors import CollageError


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
