"""The map and its fixed point, against one step of it written from bitstream_spec.md, in float64."""

import math

import numpy as np
import pytest
from PIL import Image
from wholes import random_whole

import nccodec
from nccodec.codec.file import write_file
from nccodec.collage import windows
from nccodec.errors import LimitError
from nccodec.whole import domain, synthesis
from nccodec.whole.code import WholeCode

CLOSE = 1 / 64  # grey levels, how near a decoder comes
FLOAT = 1e-3  # what 32-bit floats add to that, of some hundred grey levels


def pooled(z: np.ndarray, code: WholeCode, size: tuple[int, int]) -> np.ndarray:
    """The domain reduced to a range of `size`, less the mean of its ranges' means: section 6.3."""
    (top, left, side), (h, w) = code.domain, size
    part = z[:, top * h : (top + side) * h, left * w : (left + side) * w]
    k = code.levels[:, top : top + side, left : left + side].mean((1, 2), keepdims=True)
    return part.reshape(len(z), h, side, w, side).mean((2, 4)) - k


def step(z: np.ndarray, code: WholeCode) -> np.ndarray:
    """map(z) without a style. z: float64 [C, m h, m w]."""
    h, w = (n // code.ranges for n in z.shape[1:])
    u, result = pooled(z, code, (h, w)), np.empty_like(z)
    turns = [np.rot90(u.transpose(0, 2, 1) if i >= 4 else u, i % 4, (1, 2)) for i in range(8)]
    for y, x in np.ndindex(code.scales.shape):
        block = code.levels[:, y, x, None, None] + code.scales[y, x] / 32 * turns[code.isometries[y, x]]
        result[:, y * h : (y + 1) * h, x * w : (x + 1) * w] = block
    return result


def limit(code: WholeCode, up: int = 1) -> np.ndarray:
    """The fixed point on the canvas at a scale: iterated from the means of the ranges until nothing moves."""
    h, w = (n * up for n in code.size)
    z = code.levels.repeat(h, 1).repeat(w, 2)
    for _ in range(600):
        following = step(z, code)
        moved, z = np.abs(following - z).max(), following
        if moved < 1e-10:
            return z
    raise AssertionError("no fixed point")


def random_codes(count: int):
    """Codes of small pictures of any shape, and a generator of random numbers beside each."""
    random = np.random.default_rng(1)
    for seed in range(count):
        ranges = int(random.integers(4, 8))
        h, w = random.integers(1, 7, 2)
        size = int(ranges * h - random.integers(0, h)), int(ranges * w - random.integers(0, w))
        side = int(random.integers(2, ranges + 1))
        place = tuple(int(n) for n in random.integers(0, ranges - side + 1, 2))
        most = int(random.integers(0, 31))
        yield random_whole(size, ranges, seed, bool(seed % 2), domain=(*place, side), most=most), random


def test_iterates_from_any_start_converge_as_the_factor_says_to_what_is_decoded():
    for code, random in random_codes(200):
        fixed, factor = limit(code), np.abs(code.scales).max() / 32
        z = random.uniform(-300, 300, fixed.shape)
        first = distance = np.abs(z - fixed).max()
        for k in range(1, 13):
            z = step(z, code)
            before, distance = distance, np.abs(z - fixed).max()
            assert distance <= factor * before + 1e-9
            assert distance <= factor**k * first + 1e-9
        small = domain.fixed_point(code, 1)
        assert np.abs(small.domain - pooled(fixed, code, code.size)).max() <= CLOSE
        made = synthesis.window(code, small, (0, fixed.shape[1]), (0, fixed.shape[2]))
        assert np.abs(made - fixed).max() <= CLOSE + FLOAT


def test_means_of_ranges_are_those_that_are_coded():
    """Whatever the rest: so the mean over the domain is k."""
    for code, _ in random_codes(30):
        fixed = limit(code)
        m, (h, w) = code.ranges, code.size
        means = fixed.reshape(len(fixed), m, h, m, w).mean((2, 4))
        np.testing.assert_allclose(means, code.levels, atol=1e-8)
        assert np.abs(domain.fixed_point(code, 1).domain.mean((1, 2))).max() < 1e-9


def test_the_factor_is_reached():
    """Some start loses no more than the factor: a constant that is added to the fixed point."""
    code = random_whole((20, 20), 4, 3)
    code.scales[:] = 30
    z = limit(code)
    np.testing.assert_allclose(step(z + 10, code) - z, 10 * 30 / 32)


@pytest.mark.parametrize("up", [2, 4, 8])
def test_means_over_a_larger_decode_are_the_smaller_one(up, monkeypatch):
    monkeypatch.setattr(domain, "_CLOSE", 1e-9)  # so that only the rounding of floats is left
    for code, _ in random_codes(20):
        small, large = domain.fixed_point(code, 1), domain.fixed_point(code, up)
        reduced = large.domain.reshape(len(large.domain), code.size[0], up, code.size[1], up).mean((2, 4))
        np.testing.assert_allclose(reduced, small.domain, atol=1e-6)
        height, width = code.height, code.width
        fine = synthesis.window(code, large, (0, height * up), (0, width * up)).astype(float)
        coarse = synthesis.window(code, small, (0, height), (0, width))
        means = fine.reshape(len(fine), height, up, width, up).mean((2, 4))
        np.testing.assert_allclose(means, coarse, atol=FLOAT)


def test_a_larger_decode_is_no_enlargement():
    """It shows copies in copies that the smaller one has no pixels for."""
    code = random_whole((16, 16), 4, 4, grey=True, most=0)
    code.scales[:], code.means[0] = 24, np.arange(16).reshape(4, 4)
    fine = limit(code, 4)[0]
    blocks = fine.reshape(16, 4, 16, 4).transpose(0, 2, 1, 3)
    assert blocks.std((2, 3)).min() > 1
    made = synthesis.window(code, domain.fixed_point(code, 4), (0, 64), (0, 64))[0]
    assert np.abs(made - fine).max() <= CLOSE + FLOAT


def test_a_window_is_a_part_of_the_whole():
    random = np.random.default_rng(0)
    for code, _ in random_codes(10):
        small = domain.fixed_point(code, 2)
        size = 2 * code.height, 2 * code.width
        whole = synthesis.window(code, small, (0, size[0]), (0, size[1]))
        for _ in range(5):
            spans = [tuple(sorted(random.integers(0, n + 1, 2).tolist())) for n in size]
            part = synthesis.window(code, small, *spans)
            np.testing.assert_array_equal(part, whole[(slice(None), *(slice(*span) for span in spans))])


@pytest.mark.parametrize(
    "request_", [{}, {"scale": 2}, {"scale": 0.5}, {"scale": 0.7}, {"scale": 1.6}, {"size": (13, 31)}]
)
def test_a_picture_made_in_parts_is_the_whole(request_, monkeypatch):
    code = random_whole((41, 58), 6, 9, domain=(1, 1, 4), side=4)
    data = write_file(code)
    whole = np.asarray(nccodec.decode(data, **request_))
    monkeypatch.setattr(windows, "_TILE", 9)
    np.testing.assert_array_equal(nccodec.decode(data, **request_), whole)
    x, y = whole.shape[1] // 3, whole.shape[0] // 4
    part = nccodec.decode(data, crop=(x, y, 7, 5), **request_)
    np.testing.assert_array_equal(part, whole[y : y + 5, x : x + 7])


def test_a_part_is_enlarged_where_the_whole_cannot_be(monkeypatch):
    """Its means over squares are the pixels; 19200 x 19200 are over the limit."""
    data = write_file(random_whole((300, 300), 100, 3, step=8, spread=20, most=16))  # far from black and white
    part = np.asarray(nccodec.decode(data, 64, crop=(64 * 207, 64 * 113, 256, 128))).astype(float)
    pixels = np.asarray(nccodec.decode(data, crop=(207, 113, 4, 2))).astype(float)
    assert part.min() > 0 and part.max() < 255
    np.testing.assert_allclose(part.reshape(2, 64, 4, 64, 3).mean((1, 3)), pixels, atol=0.8)
    with pytest.raises(LimitError, match="decoded to 19200 x 19200 are over the limit"):
        nccodec.decode(data, 64)
    monkeypatch.setattr(synthesis, "MAX_RANGE", 192 * 192 - 1)
    with pytest.raises(LimitError, match="ranges of 192 x 192 samples are over the limit of 36863"):
        nccodec.decode(data, 64, crop=(0, 0, 1, 1))


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (58, 41), (90, 64)])
def test_little_is_made_at_a_time(size, monkeypatch):
    """Also of what makes a single pixel; and the picture is the same."""
    code = random_whole((41, 58), 6, 9, domain=(1, 1, 4), side=4)
    data = write_file(code)
    whole = np.asarray(nccodec.decode(data, size=size)).astype(int)
    made, window = [], synthesis.window
    monkeypatch.setattr(windows, "_TILE", 9)
    monkeypatch.setattr(synthesis, "window", lambda *given: made.append(window(*given)) or made[-1])
    parts = np.asarray(nccodec.decode(data, size=size)).astype(int)
    assert np.abs(parts - whole).max() <= 1  # sums of floats in another order
    assert len(made) >= 20 and max(max(part.shape[1:]) for part in made) <= 9


def overlaps(length: float, pixels: int) -> np.ndarray:
    """[pixels, samples]: the share of each sample in each of so many equal parts of 0 .. length."""
    edges = np.arange(pixels + 1) * length / pixels
    n = np.arange(math.ceil(length))
    shared = np.minimum(edges[1:, None], n + 1) - np.maximum(edges[:-1, None], n)
    return np.maximum(shared, 0) * pixels / length


@pytest.mark.parametrize("size", [(1, 1), (7, 31), (37, 22), (61, 5), (200, 3)])
def test_odd_sizes_are_means_over_a_decode(size):
    code = random_whole((22, 37), 5, 2, grey=True, side=4, domain=(0, 1, 4))
    factor = max(size[0] / 37, size[1] / 22)
    scale = next(s for s in (1 / 4, 1 / 2, 1, 2, 4, 8) if s >= factor)
    up, down = max(1, int(scale)), max(1, int(1 / scale))
    z = limit(code, up)[0, : 22 * up, : 37 * up] + 128
    z = np.pad(z, ((0, -len(z) % down), (0, -z.shape[1] % down)), mode="edge")
    z = z.reshape(len(z) // down, down, -1, down).mean((1, 3))
    expected = overlaps(22 * scale, size[1]) @ z @ overlaps(37 * scale, size[0]).T
    decoded = nccodec.decode(write_file(code), size=size)
    assert decoded.size == size
    assert np.abs(np.asarray(decoded) - expected.clip(0, 255)).max() <= 0.5 + CLOSE + FLOAT


def test_without_self_reference_only_means_are_left():
    code = random_whole((20, 30), 5, 7, grey=True)
    decoded = np.asarray(nccodec.decode(write_file(code), self_reference=False))
    expected = np.floor(code.levels[0].repeat(4, 0).repeat(6, 1) + 128.5).clip(0, 255)
    np.testing.assert_array_equal(decoded, expected)


def test_steps_are_bounded(monkeypatch):
    """By the largest |s| and the first step, also where a few pixels have many ranges or means lie far apart; and the
    parts that each sums over by the samples of a range and the ranges of the domain."""
    made = []
    counted = domain._Pooling.step
    monkeypatch.setattr(domain._Pooling, "step", lambda self, t: made.append(counted(self, t)) or made[-1])
    random = np.random.default_rng(2)
    for size, ranges, most in (((2, 513), 256, 30), ((300, 1), 128, 30), ((63, 65), 4, 30), ((90, 90), 9, 17)):
        code = random_whole(size, ranges, 5, step=4096, spread=3)
        code.scales[:] = random.choice((-most, most), code.scales.shape)
        made.clear()
        domain.fixed_point(code, 1)
        factor, change = most / 32, np.abs(made[1] - made[0]).max()
        bound = 2 if change == 0 else 2 + max(0, math.ceil(math.log(CLOSE * (1 - factor) / factor / change, factor)))
        assert len(made) <= bound <= 256
        for n in code.size:
            assert len(domain._Parts(n, ranges).ranges) <= n + ranges


def test_places_are_those_of_the_isometries():
    """`place_in` against numpy, on a square and, for those that keep its axes, on a strip."""
    for h, w, turns in ((5, 5, range(8)), (3, 7, (0, 2, 5, 7))):
        t = np.arange(h * w).reshape(h, w)
        y, x = np.arange(h)[:, None], np.arange(w)[None]
        for turn in turns:
            turned = np.rot90(t.T if turn >= 4 else t, turn % 4)
            np.testing.assert_array_equal(synthesis.place_in(np.array(turn), y, x, h, w), turned)


def test_what_a_whole_image_map_does_not_have_is_refused():
    data = write_file(random_whole((9, 9), 4, 0))
    for option, message in (({"smooth": True}, "smoothing is for"), ({"detail": False}, "no predicted detail")):
        with pytest.raises(nccodec.NclError, match=message):
            nccodec.decode(data, **option)


def test_a_grey_level_of_a_flat_map():
    """c = v step / 16 over 128: 3 x 40 / 16 is 7.5, rounded up."""
    code = random_whole((8, 8), 4, 0, grey=True, step=40, most=0, spread=0)
    code.means[:] = 3
    decoded = nccodec.decode(write_file(code))
    assert isinstance(decoded, Image.Image) and set(np.asarray(decoded).ravel().tolist()) == {136}
