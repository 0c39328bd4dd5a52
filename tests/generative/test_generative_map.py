"""The map of a generative collage: against a dense linear system, and one scale against another."""

import numpy as np
import pytest
import torch

from nccodec.collage.operator import isometry
from nccodec.collage.output import Request, View
from nccodec.errors import FormatError
from nccodec.generative import map as maps
from nccodec.generative.code import GenerativeCode
from nccodec.generative.fixed import Map, map_of
from nccodec.generative.objective import STEPS
from nccodec.generative.synthesis import picture_of

TOLERANCE = 1 / 64 / 255


def random_map(size: int, ranges: int, channels: int = 1, seed: int = 0) -> Map:
    random = np.random.default_rng(seed)
    scales = maps.bounded(random.normal(0, 2, (ranges**2, 8)))
    return Map(random.random((channels, size, size)), scales)


def matrix_of(scales: np.ndarray, size: int) -> np.ndarray:
    """The self-reference as a matrix [size^2, size^2], by mapping each pixel alone."""
    ranges = round(len(scales) ** 0.5)
    side = size // ranges
    matrix = np.zeros((size * size, size * size))
    for pixel in range(size * size):
        z = np.zeros((size, size))
        z.flat[pixel] = 1
        pooled = z.reshape(side, ranges, side, ranges).mean((1, 3))
        result = np.zeros((size, size))
        for i, j in np.ndindex(ranges, ranges):
            place = slice(i * side, (i + 1) * side), slice(j * side, (j + 1) * side)
            result[place] = sum(scales[i * ranges + j, k] * isometry(pooled, k) for k in range(8))
        matrix[:, pixel] = result.ravel()
    return matrix


@pytest.mark.parametrize(("size", "ranges"), [(8, 2), (12, 2), (12, 4), (16, 8)])
def test_the_fixed_point_solves_the_linear_system(size, ranges):
    map = random_map(size, ranges, channels=3, seed=size + ranges)
    matrix = matrix_of(map.scales, size)
    for plane, found in zip(map.affine, map.fixed_point, strict=True):
        exact = np.linalg.solve(np.eye(size * size) - matrix, plane.ravel())
        assert np.abs(found.ravel() - exact).max() <= TOLERANCE


def test_a_constant_picture_in_closed_form():
    """Where s sum to t in every range, and the affine part is c everywhere, the fixed point is c / (1 - t)."""
    scales = np.tile([0.5, -0.125, 0.25, 0, 0, 0, 0, 0], (4, 1))
    map = Map(np.full((1, 8, 8), 0.3), scales)
    np.testing.assert_allclose(map.fixed_point, 0.3 / (1 - 0.625), atol=TOLERANCE)
    np.testing.assert_allclose(map.window(map.shown(4), 4, (3, 29), (0, 32)), 0.8, atol=2 * TOLERANCE)


def test_one_copy_is_the_picture_in_a_range():
    """With one isometry in one range, that range is its affine part and half of the reduced picture, turned."""
    random = np.random.default_rng(3)
    scales = np.zeros((4, 8))
    scales[1, 5] = 0.5  # the range at the top right
    map = Map(random.random((1, 8, 8)), scales)
    z = map.fixed_point[0]
    pooled = z.reshape(4, 2, 4, 2).mean((1, 3))
    expected = map.affine[0].copy()
    expected[:4, 4:] += 0.5 * isometry(pooled, 5)
    np.testing.assert_allclose(z, expected, atol=TOLERANCE)


@pytest.mark.parametrize("up", [2, 4, 8, 16, 64])
@pytest.mark.parametrize("ranges", [2, 4, 8])
def test_area_means_of_every_scale_are_the_picture(up, ranges):
    map = random_map(16, ranges, seed=up)
    whole = (0, 16 * up)
    fine = map.window(map.shown(up), up, whole, whole)
    means = fine.reshape(1, 16, up, 16, up).mean((2, 4), dtype=np.float64)
    np.testing.assert_allclose(means, map.fixed_point, atol=2 * TOLERANCE)


@pytest.mark.parametrize("up", [1, 2, 8])
def test_every_scale_is_a_fixed_point(up):
    """z = enlarged affine part + copies of z itself, by the map at that scale."""
    map = random_map(12, 2, channels=3)
    whole = (0, 12 * up)
    z = map.window(map.shown(up), up, whole, whole)[None]
    again = maps.step(map.enlarged(up, whole, whole)[None], map.scales[None].astype(np.float32), z)
    np.testing.assert_allclose(z, again, atol=2 * TOLERANCE)


@pytest.mark.parametrize(("size", "ranges"), [(12, 2), (16, 4), (28, 4)])
def test_training_starts_at_the_means_of_the_fixed_point(size, ranges):
    """Also where s are all positive and samples far from 0, so that the mean alone would take 60 steps to settle."""
    random = np.random.default_rng(size)
    map = Map(1 + random.random((3, size, size)), maps.bounded(random.uniform(0.5, 2, (ranges**2, 8))))
    affine, scales = map.affine[None], map.scales[None]
    z = maps.start(affine, scales)

    def means(picture):
        return picture.reshape(3, ranges, size // ranges, ranges, size // ranges).mean((2, 4))

    np.testing.assert_allclose(means(z[0]), means(map.fixed_point), atol=2 * TOLERANCE)
    for _ in range(STEPS):
        z = maps.step(affine, scales, z)
    assert np.abs(z[0] - map.fixed_point).max() <= 0.5 / 255


def test_a_window_is_the_part_of_the_whole():
    map = random_map(12, 4)
    shown, whole = map.shown(8), (0, 96)
    part = map.window(shown, 8, (13, 70), (41, 42))
    np.testing.assert_allclose(part, map.window(shown, 8, whole, whole)[:, 13:70, 41:42], atol=1e-6)


def test_smoothing_fades_ranges_into_each_other():
    """At a border the step that copies make is as much smaller as a sample is nearer than half a pixel of scale 1; in
    the middle of ranges nothing changes; and what one range gains the other loses."""
    map, up, side = random_map(12, 2), 8, 48
    shown, whole = map.shown(up), (0, 96)
    hard, smooth = (map.window(shown, up, whole, whole, each)[0] for each in (False, True))
    affine, reach = map.enlarged(up, whole, whole)[0], up // 2
    inner = slice(reach, side - reach)
    np.testing.assert_array_equal(smooth[inner, inner], hard[inner, inner])
    (before, after), (left, right) = ((z - affine)[inner, side - 1 : side + 1].T for z in (smooth, hard))
    np.testing.assert_allclose(after - before, (right - left) * 0.5 / reach, atol=1e-6)
    np.testing.assert_allclose(before + after, left + right, atol=1e-6)
    assert np.abs(right - left).max() > 0.1
    assert smooth.sum(dtype=float) == pytest.approx(hard.sum(dtype=float), rel=1e-6)
    assert not np.array_equal(map.shown(up, True), shown)


def test_a_smoothed_window_is_the_part_of_the_whole():
    map = random_map(16, 4)
    shown, whole = map.shown(8, True), (0, 128)
    smooth = map.window(shown, 8, whole, whole, True)
    for rows, columns in (((13, 70), (31, 33)), ((63, 64), (90, 128)), ((0, 5), (25, 100))):
        part = map.window(shown, 8, rows, columns, True)
        np.testing.assert_allclose(part, smooth[:, slice(*rows), slice(*columns)], atol=1e-6)


@pytest.mark.parametrize(
    "view", [{"scale": 5.3}, {"size": (31, 90)}, {"scale": 4}, {"scale": 4, "smooth": True}, {"scale": 0.4}]
)
def test_a_crop_is_the_part_of_the_picture(view, monkeypatch):
    map = random_map(16, 4, channels=3)
    whole = picture_of(map, Request.of(View(**view), (16, 16), 4))
    height, width = whole.shape[:2]
    x, y, w, h = width // 3, height // 4, width - width // 3, height // 2
    monkeypatch.setattr("nccodec.collage.windows._TILE", 9)  # small parts at a time
    part = picture_of(map, Request.of(View(**view, crop=(x, y, w, h)), (16, 16), 4))
    assert np.abs(part.astype(int) - whole[y : y + h, x : x + w]).max() <= 1


def test_sums_of_s_stay_below_their_bound_and_keep_signs():
    v = np.array([[1e30] * 8, [0] * 8, [1, -3, 0, 0, 0, 0, 0, 0], [-1e-30] * 8])
    s = maps.bounded(v)
    assert (np.abs(s).sum(1) <= 15 / 16).all()
    np.testing.assert_allclose(s[2, :2], [15 / 16 / 5, -45 / 16 / 5])
    np.testing.assert_array_equal(np.sign(s), np.sign(v))


def test_a_step_contracts():
    map = random_map(12, 2)
    random = np.random.default_rng(1)
    affine, scales = map.affine[None], map.scales[None]
    for _ in range(20):
        a, b = random.normal(0, 5, (2, 1, 1, 12, 12))
        moved = np.abs(maps.step(affine, scales, a) - maps.step(affine, scales, b)).max()
        assert moved <= map.factor * np.abs(a - b).max() + 1e-12


def test_tensors_take_the_same_step():
    map = random_map(12, 4, channels=3)
    arrays = map.affine[None], map.scales[None], map.affine[None] ** 2
    tensors = maps.step(*map_tensors(arrays))
    np.testing.assert_allclose(tensors.numpy(), maps.step(*arrays), atol=1e-12)


def map_tensors(arrays):
    return tuple(torch.from_numpy(array) for array in arrays)


def test_maps_beyond_bounds_are_refused(generative_weights):
    """Weights are finite, but what they make need not be of use."""
    found = generative_weights("grey", lambda tensors, about: tensors["bias"].fill(60000))
    code = GenerativeCode(12, True, 16, found.fingerprint, np.zeros(5, np.int64))
    with pytest.raises(FormatError, match="beyond 1024 times white"):
        map_of(code, found)
