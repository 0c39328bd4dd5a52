"""The quadtree against every other tree, and the integers against what they stand for."""

from itertools import product

import numpy as np
import pytest

from nccodec.pifs import pruning
from nccodec.pifs.candidates import blocks_of, planes_of, sides_of
from nccodec.pifs.code import UNIT, Layout, Nodes, nodes_of
from nccodec.pifs.models import Models
from nccodec.pifs.pruning import grow


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A ramp, an edge and a corner of noise."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    z = 90 + 2 * x + 60 * (x + 2 * y > width) + random.normal(0, 25, (height, width)) * ((x > 20) & (y < 12))
    return np.clip(z, 0, 255).astype(np.uint8)


def found(source: np.ndarray, layout: Layout):
    canvases = planes_of(source, layout)
    return canvases, [sides_of(canvas, plane) for canvas, plane in zip(canvases, layout.planes, strict=True)]


@pytest.mark.parametrize("step", [100, 400, 1500])
@pytest.mark.parametrize("corner", [(0, 0), (0, 16), (16, 16)])
def test_no_other_tree_costs_less(step, corner):
    """All 17 trees of a root of 16 pixels with ranges down to 4, summed up node by node."""
    source = np.ascontiguousarray(picture(32, 32)[corner[0] : corner[0] + 16, corner[1] : corner[1] + 16])
    layout = Layout(16, 16, True, step, 16, 16, 4, 4, 8)
    _, (sides,) = found(source, layout)
    costs = pruning.Costs(layout.planes[0], Models(layout))
    leaves, flags, details = [], [], []
    for side in sides:
        classes = side.nodes.classes(layout.planes[0].quantizer(side.side))
        leaves.append(costs._leaf(side, classes)[0])
        if side.side > 4:
            flags.append(costs._flag("split", side.side, classes) * costs.weight)
            details.append(costs._details(side, classes))

    def quarter(i: int, j: int, split: bool) -> float:
        if not split:
            return leaves[1][i, j] + flags[1][0, i, j]
        return leaves[2][2 * i : 2 * i + 2, 2 * j : 2 * j + 2].sum() + flags[1][1, i, j] + details[1][i, j]

    every = {"whole": leaves[0][0, 0] + flags[0][0, 0, 0]}
    for choice in product((False, True), repeat=4):
        inner = sum(quarter(*at, split) for at, split in zip(np.ndindex(2, 2), choice, strict=True))
        every[choice] = inner + flags[0][1, 0, 0] + details[0][0, 0]
    splits, _ = costs.pruned(sides)
    chosen = tuple(splits[1].ravel().tolist()) if splits[0].item() else "whole"
    assert every[chosen] == pytest.approx(min(every.values()), abs=1e-6)


def test_means_and_details_are_those_of_the_picture_up_to_their_quantizers():
    """With a fine step and every node split, the means of the smallest ranges are within their error."""
    source = picture(32, 48)
    layout = Layout(32, 48, True, 16, 16, 4, 4, 8, 8)
    canvases, sides = found(source, layout)
    code = grow(layout, canvases, sides)
    side, level, leaves, nodes = list(nodes_of(code, 0))[-1]
    assert side == 4 and leaves.all() and not level.split.any()
    exact = blocks_of(canvases[0], 4).mean((2, 3))
    # one grey level / side each for the root and for three details of two levels, at most 0.65 of it
    assert np.abs(nodes.values / UNIT - exact).max() <= 0.65 * (1 / 16 + 3 / 16 + 3 / 8) + 0.01


def test_the_errors_told_are_those_of_the_blocks():
    source = picture(32, 48, 1)
    layout = Layout(32, 48, True, 100, 16, 16, 4, 8, 8)
    canvases, (sides,) = found(source, layout)
    side = sides[1]
    i, j = 1, 3
    block = canvases[0][8:16, 24:32]
    nodes = Nodes.of(np.rint(side.means * UNIT).astype(np.int64))
    place = np.arange(8) - 3.5
    ramp = (nodes.down[i, j] * place[:, None] + nodes.across[i, j] * place) / (8 * UNIT)
    rest = block - block.mean() - ramp
    assert side.flat[i, j] == pytest.approx(np.square(rest).sum())
    rows, columns = np.divmod(side.domain[i, j], layout.planes[0].domain_grid(8)[1])
    domain = canvases[0][8 * rows : 8 * rows + 16, 8 * columns : 8 * columns + 16]
    pooled = domain.reshape(8, 2, 8, 2).mean((1, 3)) - domain.mean()
    number = side.isometry[i, j]
    turned = np.rot90(pooled.T if number & 4 else pooled, number & 3)
    left = np.square(rest - side.scale[i, j] / 8 * turned).sum()
    assert side.gain[i, j] > 0
    assert side.flat[i, j] - side.gain[i, j] == pytest.approx(left, rel=1e-4)
    assert side.details[0, i, j] == pytest.approx((block[:, 4:].mean() - block[:, :4].mean()) / 2)
    assert side.details[1, i, j] == pytest.approx((block[4:].mean() - block[:4].mean()) / 2)
    quarters = blocks_of(block, 4).mean((2, 3))
    assert side.details[2, i, j] == pytest.approx(
        (quarters[0, 0] + quarters[1, 1] - quarters[0, 1] - quarters[1, 0]) / 4
    )


def test_what_lies_outside_the_picture_costs_nothing():
    layout = Layout(10, 10, True, 100, 32, 16, 4, 8, 8)
    canvases, (sides,) = found(picture(10, 10), layout)
    assert canvases[0].shape == (32, 32)
    assert not sides[1].flat[1].any() and not sides[1].flat[:, 1].any()
    assert sides[1].inside.tolist() == [[100 / 256, 0], [0, 0]]


def test_a_coarser_step_gives_fewer_ranges():
    source = picture(64, 64)
    counts = []
    for step in (50, 300, 2000):
        layout = Layout(64, 64, True, step, 64, 32, 4, 8, 8)
        code = grow(layout, *found(source, layout))
        counts.append(code.ranges)
    assert counts[0] > counts[1] > counts[2]
