"""Maps between two files: as dense matrices, that all of them are nilpotent, and what their fixed points are."""

from pathlib import Path

import numpy as np
import pytest
from partitions import random_partition

import nccodec
from nccodec.codec.animate import blends_of, map_of
from nccodec.codec.file import write_file
from nccodec.collage.blend import Blend
from nccodec.collage.iteration import settled
from nccodec.collage.output import View
from nccodec.errors import LimitError
from nccodec.neural.code import CollageCode
from nccodec.neural.weights import named
from nccodec.pifs.code import Layout

OK = Path(__file__).parents[1] / "golden" / "ok"
TINY = Path(__file__).parents[1] / "golden" / "tiny.safetensors"


def partition(seed: int, largest: int, smallest: int = 4, most: int = 24, size=(16, 16), grey=True) -> bytes:
    """Roots of 16 pixels. most: largest |s| in 1/8."""
    code = random_partition(Layout(*size, grey, 200, 16, largest, smallest, 4, 8), seed, max(most, 1))
    return write_file(code if most else code.without_self_reference())


def collage(seed: int, size=(16, 20), spread: float = 9, grey=True) -> bytes:
    """Cells of 4 pixels, 4 domains each."""
    random, weights = np.random.default_rng(seed), named(str(TINY))
    grid = -(-size[0] // 4), -(-size[1] // 4)
    atoms = np.rint(random.laplace(0, 4, (6, *grid))).astype(np.int16)
    scales = np.rint(random.laplace(0, spread, (4, *grid))).astype(np.int16)
    return write_file(CollageCode(*size, grey, 100, 4, weights.fingerprint, atoms, scales), "fixed")


PAIRS = {
    "ranges of 8 to 4 and of 4": (partition(1, 8), partition(2, 4)),
    "ranges of 4 and of 16": (partition(3, 4, size=(32, 32)), partition(4, 16, 16, size=(32, 32))),
    "ranges with a domain and without": (partition(5, 8), partition(6, 8, 1, 0)),
    "collages": (collage(1), collage(2)),
    "a collage and an affine part": (collage(3), collage(4, spread=0)),
}
STEPS = {
    "ranges of 8 to 4 and of 4": (4, 3), "ranges of 4 and of 16": (3, 5), "ranges with a domain and without": (3, 1),
    "collages": (3, 3), "a collage and an affine part": (3, 1),
}  # fmt: skip


def matrix(f) -> tuple[np.ndarray, np.ndarray]:
    """W and c of z -> W z + c for one channel, column by column."""
    (start,) = f.start(np.zeros((*f.size, 3), np.uint8))
    c = f.step((np.zeros_like(start),))[0][0, 0].ravel()
    columns = []
    for number in range(c.size):
        unit = np.zeros_like(start)
        unit[0, 0].flat[number] = 1
        columns.append(f.step((unit,))[0][0, 0].ravel() - c)
    return np.stack(columns, -1), c


@pytest.mark.parametrize("pair", PAIRS)
def test_all_maps_between_are_nilpotent_and_their_fixed_points_solve_them(pair):
    """W_t to the power of the larger number of steps is 0, whatever |s|, and to the one before it is not; (I - W_t) z =
    c_t, solved here, is what is found."""
    f, g = (map_of(data, View(), TINY).iteration for data in PAIRS[pair])
    assert (f.exact, g.exact) == STEPS[pair]
    (w, c), (v, d) = map(matrix, (f, g))
    assert max(f.largest_scale, g.largest_scale) > 1
    for t in (0.0, 0.3, 0.5, 1.0):
        between = Blend(f, g, t)
        mixed, constant = (1 - t) * w + t * v, (1 - t) * c + t * d
        assert between.exact == max(f.exact, g.exact)
        before = np.linalg.matrix_power(mixed, between.exact - 1)
        assert np.abs(before @ mixed).max() < 1e-9 * max(1, np.abs(mixed).max()) ** between.exact
        assert np.abs(before).max() > 1e-3 or t in (0, 1)
        expected = np.linalg.solve(np.eye(len(mixed)) - mixed, constant)
        (z,) = settled(between, between.start(np.full((*f.size, 3), 255, np.uint8)))
        np.testing.assert_allclose(z[0, 0].ravel(), expected, atol=1e-8 * np.abs(expected).max())


def test_the_middle_is_no_cross_fade_where_there_are_domains():
    """What a range copies is taken from the picture between, at half of each s."""
    f, g = (map_of(data, View()).iteration for data in PAIRS["ranges of 8 to 4 and of 4"])
    ends = [settled(each, each.start(np.zeros((*f.size, 3), np.uint8)))[0] for each in (f, g)]
    (middle,) = settled(Blend(f, g, 0.5), f.start(np.zeros((*f.size, 3), np.uint8)))
    assert np.abs(middle - (ends[0] + ends[1]) / 2).max() > 10 / 255


def test_affine_parts_alone_are_a_cross_fade():
    f, g = (map_of(collage(seed, spread=0), View(), TINY).iteration for seed in (7, 8))
    assert f.exact == g.exact == 1
    ends = [settled(each, each.start(np.zeros((*f.size, 3), np.uint8)))[0] for each in (f, g)]
    for t in (0.2, 0.5):
        (z,) = settled(Blend(f, g, t), f.start(np.zeros((*f.size, 3), np.uint8)))
        np.testing.assert_allclose(z, (1 - t) * ends[0] + t * ends[1], atol=1e-12)


@pytest.mark.parametrize("options", [{}, {"scale": 2}, {"size": (31, 17)}, {"scale": 0.5}])
@pytest.mark.parametrize("make", [partition, collage])
def test_both_ends_are_the_decodes(make, options):
    size = {"size": (14, 19), "grey": False}
    pair = [make(seed, **({"largest": 16} if make is partition else {}), **size) for seed in (11, 12)]
    frames = list(blends_of(*(map_of(data, View(**options), TINY) for data in pair), 3))
    assert len(frames) == 3
    for data, frame in zip(pair, frames[::2], strict=True):
        decoded = np.asarray(nccodec.decode(data, **options, weights=TINY)).astype(int)
        assert frame.shape == decoded.shape and np.abs(frame - decoded).max() <= 1


def test_maps_that_have_none_between_them():
    one = map_of(partition(1, 8), View())
    for other, message in (
        (collage(1, (16, 16)), "between a partitioned map and a collage"),
        (partition(1, 8, size=(16, 12)), "between 16 x 16 grey pixels in cells of 16 and 12 x 16 grey pixels"),
        (partition(1, 8, grey=False), "between 16 x 16 grey pixels .* and 16 x 16 colour pixels"),
    ):
        with pytest.raises(LimitError, match=message):
            blends_of(one, map_of(other, View(), TINY), 3)
