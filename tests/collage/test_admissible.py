"""Maps that are admissible, and those that are refused."""

from fractions import Fraction

import pytest
import torch

from nccodec.collage.fixed_point import fixed_point, self_reference
from nccodec.collage.operator import Form
from nccodec.errors import CollageError

OFFSETS = [(0, 0), (-1, 0), (0, -1), (1, 2)]
HALF = Fraction(1, 2)


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
