"""Borders by hand, and what smoothing leaves as it was."""

import numpy as np
import pytest
from partitions import random_partition

import nccodec
from nccodec.codec.file import write_file
from nccodec.collage.scales import reduce_area
from nccodec.errors import LimitError
from nccodec.pifs.code import Layout, Level, PartitionCode, Plane
from nccodec.pifs.smoothing import smooth_borders
from nccodec.pifs.synthesis import decode_plane


def squares(*roots: int) -> PartitionCode:
    """Squares of 4 pixels in a row, their means in steps of 2.5 grey levels, the quantizer being 10."""
    layout = Layout(4, 4 * len(roots), True, 160, 4, 4, 4, 4, 1)
    shape = (1, len(roots))
    grids = [np.zeros(shape, kind) for kind in (np.int32, np.uint8, np.int32, np.int32)]
    level = Level(np.zeros(shape, bool), np.zeros((3, *shape), np.int32), *grids)
    return PartitionCode(layout, (Plane(np.array([roots], np.int32), (level,)),))


def levels(code: PartitionCode, up: int, smooth: bool) -> np.ndarray:
    z = decode_plane(code, 0, up, 1, np.float64, "cpu")
    return 255 * (smooth_borders(z, code, 0, up) if smooth else z)[0, 0]


@pytest.mark.parametrize(("root", "step"), [(4, 5), (8, 5), (2, 2.5)])
def test_a_step_is_spread_over_two_pixels_on_either_side(root, step):
    """A flat square and one that rises by 2.5 root / 4 a pixel, half of which the slopes explain, from 2.5 root (1 -
    1.5 / 4): what is left is 1.25 root, of which at most 5 is corrected, by 3/8 and 1/8."""
    code = squares(0, 0, root)
    rise = 2.5 * root / 4
    plain = [0.0] * 8 + [rise * (4 + k) for k in (-1.5, -0.5, 0.5, 1.5)]
    np.testing.assert_allclose(levels(code, 1, False), [plain] * 4)
    change = [0.0] * 6 + [step / 8, 3 * step / 8, -3 * step / 8, -step / 8] + [0.0] * 2
    np.testing.assert_allclose(levels(code, 1, True), [np.add(plain, change)] * 4)


def test_a_ramp_stays_a_ramp():
    code = squares(0, 1, 2, 3, 4)
    np.testing.assert_allclose(levels(code, 1, True), [2.5 * (np.arange(20) - 1.5) / 4] * 4, atol=1e-12)
    np.testing.assert_allclose(levels(code, 4, True), levels(code, 4, False), atol=1e-12)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("up", [2, 8])
def test_enlarged_decodes_reduce_to_the_one_at_scale_1(number, up):
    code = random_partition(Layout(40, 70, False, 300, 32, 32, 1, 8, 8), 3, 6)
    whole = smooth_borders(decode_plane(code, number, 1, 1, np.float64, "cpu"), code, number, 1)
    large = smooth_borders(decode_plane(code, number, up, 1, np.float64, "cpu"), code, number, up)
    assert np.abs(reduce_area(large, up) - whole).max() < 1e-9
    assert np.abs(whole - decode_plane(code, number, 1, 1, np.float64, "cpu")).max() > 1e-3


def test_the_inside_of_a_range_stays_as_it_is():
    code = random_partition(Layout(64, 64, True, 300, 16, 16, 16, 16, 8), 0)
    change = levels(code, 1, True) - levels(code, 1, False)
    inside = np.zeros((64, 64), bool)
    inside.reshape(4, 16, 4, 16)[:, 2:14, :, 2:14] = True
    assert not change[inside].any() and np.abs(change[~inside]).max() > 1
    assert not change[0, :14].any()  # no range lies beyond the border of the picture


def test_only_partitions_are_smoothed(tiny, smooth):
    data = write_file(random_partition(Layout(64, 64, True, 300, 16, 16, 16, 16, 8), 0))
    plain, changed = (np.asarray(nccodec.decode(data, smooth=on)) for on in (False, True))
    assert (plain != changed).any()
    halves = [np.asarray(nccodec.decode(data, 0.5, smooth=on)) for on in (False, True)]
    np.testing.assert_array_equal(*halves)
    with pytest.raises(LimitError, match="smoothing is for partitioned maps"):
        nccodec.decode(nccodec.encode(smooth(16, 16), weights=tiny), weights=tiny, smooth=True)
