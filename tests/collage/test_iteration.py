"""Iterating maps whose fixed points and distances are known in closed form."""

import math

import numpy as np
import pytest

from nccodec.collage.blend import Blend, blends
from nccodec.collage.iteration import distance, iterates, settled
from nccodec.errors import CollageError


class Line:
    """z -> q z + c on a single grey plane, whose fixed point is c / (1 - q)."""

    size, exact = (2, 3), None

    def __init__(self, q: float, c: float) -> None:
        self.q, self.c, self.largest_scale = q, c, abs(q)
        self.shown = []

    def factor(self, number):
        return abs(self.q)

    def start(self, picture):
        return (picture[None, None, :, :, 0] / 255,)

    def step(self, state):
        return (self.q * state[0] + self.c,)

    def picture(self, state, last=False):
        self.shown.append(last)
        return np.uint8(np.clip(255 * state[0][0, 0] + 0.5, 0, 255))


BLACK = np.zeros((2, 3, 3), np.uint8)


@pytest.mark.parametrize("q", [0.0, 0.5, -0.9, 0.99])
def test_a_contraction_settles_within_half_a_grey_level(q):
    f = Line(q, 0.3 * (1 - q))
    (z,) = settled(f, f.start(BLACK))
    assert np.abs(z - 0.3).max() <= 0.5 / 255


@pytest.mark.parametrize("q", [1.0, -1.5])
def test_what_does_not_contract_is_refused(q):
    f = Line(q, 0.1)
    with pytest.raises(CollageError, match="no fixed point after 1000 steps"):
        settled(f, f.start(BLACK))


@pytest.mark.parametrize("q", [0.5, 0.75])
def test_distances_of_a_contraction_fall_by_its_factor(q):
    """From 0 to 0.8, 204 grey levels: 204 q^n after n steps, until that is half a grey level. The fixed point itself is
    found to a hundredth of that."""
    f = Line(q, 0.8 * (1 - q))
    found = list(iterates(f, f.start(BLACK), None))
    assert len(found) == 1 + math.ceil(math.log(0.5 / 204) / math.log(q))
    for each in found:
        expected = 204 * q**each.number
        np.testing.assert_allclose([each.distance.largest, each.distance.rms], expected, atol=0.005)
        assert each.bound == pytest.approx(expected, rel=1e-4)
    assert f.shown == [False] * (len(found) - 1) + [True]


def test_steps_that_do_not_reach_it_do_not_show_the_decode():
    f = Line(0.5, 0.4)
    assert len(list(iterates(f, f.start(BLACK), 3))) == 4 and f.shown == [False] * 4


def test_distance_by_hand():
    one = (np.zeros((1, 1, 2, 2)), np.zeros((1, 1, 1, 1)))
    other = (np.array([[[[0.0, 3.0], [-4.0, 0.0]]]]) / 255, np.array([[[[2.0]]]]) / 255)
    found = distance(one, other)
    assert found.largest == pytest.approx(4) and found.rms == pytest.approx(math.sqrt(29 / 5))


@pytest.mark.parametrize("t", [0.0, 0.25, 0.5, 1.0])
def test_the_fixed_point_of_a_blend(t):
    """(1 - t) F + t G is z -> q z + c with both between; its fixed point is not between those of F and G in the same
    shares: at t = 1/2 of 0.9 (q = 0) and 0.1 (q = 0.8) it is (0.45 + 0.01) / 0.6."""
    f, g = Line(0.0, 0.9), Line(0.8, 0.02)
    between = Blend(f, g, t)
    q, c = 0.8 * t, 0.9 * (1 - t) + 0.02 * t
    np.testing.assert_allclose([between.factor(1), between.largest_scale], q)
    (z,) = settled(between, between.start(BLACK), 1e-6)
    assert np.abs(z - c / (1 - q)).max() < 2e-6
    if t == 0.5:
        assert c / (1 - q) == pytest.approx(0.46 / 0.6) and c / (1 - q) > 0.75


def test_frames_of_a_blend_go_from_one_to_the_other():
    f, g = Line(0.5, 0.1), Line(-0.5, 1.2)
    values = [int(picture[0, 0]) for picture in blends(f, g, 5)]
    expected = [255 * (0.1 + 1.1 * t) / (0.5 + t) for t in (0, 0.25, 0.5, 0.75, 1)]
    np.testing.assert_allclose(values, expected, atol=1.01)
