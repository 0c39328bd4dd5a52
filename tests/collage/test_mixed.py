"""Cells of several sides in one picture: the fixed point is exact in log2(largest side) + 1 steps."""

import math

import pytest
import torch
from torch import Tensor

from nccodec.collage.fixed_point import mixed_fixed_point, self_reference
from nccodec.collage.operator import Form, SelfReference
from nccodec.collage.scales import enlarge, reduce_area

CANVAS = (32, 48)


def random_references(seed: int, size: float, scale: float = 1) -> list[SelfReference]:
    """Cells of 16, 8, 4 and 2 pixels side by side, |s| up to `size`, all isometries, domains on multiples of
    the side. scale: for references whose sides are to be 1 pixel or more there."""
    g = torch.Generator().manual_seed(seed)
    free = torch.ones(CANVAS[0] // 16, CANVAS[1] // 16, dtype=torch.bool)
    found = []
    for side in (16, 8, 4, 2):
        shape = (CANVAS[0] // side, CANVAS[1] // side)
        here = free & (torch.rand(shape, generator=g) < (0.5 if side > 2 else 1))
        free = (free & ~here).repeat_interleave(2, 0).repeat_interleave(2, 1)
        weight = (2 * torch.rand(shape, generator=g, dtype=torch.float64) - 1) * size * here
        corners = [torch.randint(0, n // side - 1, shape, generator=g) * side for n in CANVAS]
        turns = torch.randint(0, 8, shape, generator=g)
        terms = (x[None, None] for x in (weight, *corners))
        reference = self_reference(*terms, range_size=side, form=Form.CENTRED, isometries=turns[None, None])
        if side * scale > 1:
            found.append(reference)
    return found


def picture(seed: int) -> Tensor:
    return torch.rand(1, 1, *CANVAS, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("size", [1.0, 3.0])
@pytest.mark.parametrize("scale", [1, 2])
def test_it_forgets_its_start_in_exactly_the_steps_given(size, scale):
    references = random_references(1, size)
    affine, steps = enlarge(picture(2), scale), int(math.log2(16 * scale)) + 1
    z = mixed_fixed_point(affine, references, steps)
    tolerance = 1e-12 * float(z.abs().max())
    start = 100 * torch.randn(affine.shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    assert float((mixed_fixed_point(affine, references, steps, start) - z).abs().max()) < 100 * tolerance
    assert float((mixed_fixed_point(affine, references, steps + 3) - z).abs().max()) < tolerance
    assert float((mixed_fixed_point(affine, references, steps - 1, start) - z).abs().max()) > 1e-3
    assert float((z - affine).abs().max()) > 0.1


@pytest.mark.parametrize("scale", [2, 4])
def test_an_enlarged_decode_reduces_to_the_plain_one(scale):
    references, affine = random_references(4, 1.5), picture(5)
    z = mixed_fixed_point(affine, references, 5)
    large = mixed_fixed_point(enlarge(affine, scale), references, 5 + int(math.log2(scale)))
    assert float((reduce_area(large, scale) - z).abs().max()) < 1e-11 * float(z.abs().max())
    assert float((large - enlarge(z, scale)).abs().max()) > 0.1


@pytest.mark.parametrize("reduction", [2, 4, 8])
def test_a_reduced_decode_is_the_full_one_reduced(reduction):
    """Cells of one reduced pixel or less are left out."""
    affine = picture(7)
    z = reduce_area(mixed_fixed_point(affine, random_references(6, 1.5), 5), reduction)
    some = random_references(6, 1.5, 1 / reduction)
    assert 0 < len(some) < 4
    small = mixed_fixed_point(reduce_area(affine, reduction), some, 5)
    assert float((small - z).abs().max()) < 1e-12 * float(z.abs().max())


def test_without_references_it_is_the_affine_part():
    assert torch.equal(mixed_fixed_point(picture(8), [], 3), picture(8))
