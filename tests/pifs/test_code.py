"""Layouts and the means of nodes, by hand."""

import numpy as np
import pytest
from partitions import random_partition

from nccodec.pifs.code import UNIT, Layout, Nodes, nodes_of

LAYOUT = Layout(70, 33, False, 160, 64, 32, 4, 8, 8)


def test_grids_cover_each_plane_by_whole_roots():
    assert [(plane.height, plane.width) for plane in LAYOUT.planes] == [(70, 33), (35, 17), (35, 17)]
    assert LAYOUT.sides == (64, 32, 16, 8, 4)
    assert [LAYOUT.planes[0].grid(side) for side in (64, 4)] == [(2, 1), (32, 16)]
    assert LAYOUT.planes[2].grid(16) == (4, 4)


@pytest.mark.parametrize(("plane", "side", "grid"), [(0, 4, (16, 8)), (0, 16, (7, 3)), (0, 32, (3, 1)), (1, 8, (7, 7))])
def test_domains_lie_on_multiples_of_the_larger_of_side_and_step(plane, side, grid):
    assert LAYOUT.planes[plane].domain_grid(side) == grid


def test_a_canvas_smaller_than_a_domain_has_none():
    assert Layout(16, 60, True, 1, 16, 16, 4, 4, 8).planes[0].domain_grid(16) == (0, 0)


def test_quantizers_are_orthonormal_and_whole():
    """Q = 10 grey levels: a step of 10 / 64 in the means of roots, of half of it in chroma."""
    assert LAYOUT.planes[0].quantizer(64) == UNIT * 10 // 64
    assert LAYOUT.planes[1].quantizer(64) == UNIT * 5 // 64
    assert Layout(8, 8, False, 1, 64, 32, 4, 8, 8).planes[1].quantizer(64) == 1


def test_slopes_are_the_smaller_difference_and_vanish_at_extrema():
    nodes = Nodes.of(np.array([[0, 10, 14, 9, 9, 2]], np.int64))
    assert nodes.across.tolist() == [[10, 4, 0, 0, 0, -7]]
    assert nodes.down.tolist() == [[0] * 6]
    assert nodes.peak.tolist() == [[10, 10, 5, 5, 7, 7]]
    turned = Nodes.of(nodes.values.T)
    assert turned.down.T.tolist() == nodes.across.tolist() and not turned.across.any()


def test_classes_double():
    peaks = np.array([0, 9, 10, 20, 39, 40, 80, 159, 160, 10**6])
    nodes = Nodes(peaks, peaks, peaks, peaks)
    assert nodes.classes(10).tolist() == [0, 0, 1, 2, 2, 3, 4, 4, 5, 7]


def test_children_have_the_mean_of_their_parent_and_the_details_given():
    values = np.array([[100, 120], [80, 64]], np.int64)
    details = np.array([[[3, 0], [0, 0]], [[-2, 0], [0, 0]], [[1, 0], [0, 0]]], np.int64)
    nodes = Nodes.of(values)
    children = nodes.children(details)
    # across 20 >> 2 = 5 and 3 more, down -20 >> 2 = -5 and 2 less, diagonal 1
    assert children[:2, :2].tolist() == [[100 - 8 + 7 + 1, 100 + 8 + 7 - 1], [100 - 8 - 7 - 1, 100 + 8 - 7 + 1]]
    np.testing.assert_array_equal(children.reshape(2, 2, 2, 2).sum((1, 3)), 4 * values)


def test_ranges_cover_the_canvas_once():
    code = random_partition(LAYOUT, 0)
    for number in range(3):
        cover, count = np.zeros(LAYOUT.planes[number].grid(4), int), 0
        for side, _, leaves, nodes in nodes_of(code, number):
            cover += leaves.repeat(side // 4, 0).repeat(side // 4, 1)
            assert nodes.values.shape == leaves.shape
            count += leaves.sum()
        assert (cover == 1).all() and count > 1
    total = sum(int(leaves.sum()) for number in range(3) for _, _, leaves, _ in nodes_of(code, number))
    assert code.ranges == total >= code.references > 0
    assert code.without_self_reference().references == 0 and code.without_self_reference().ranges == total
