"""Changing resolution against dense solves, closed forms and literal loops in float64."""

import math

import numpy as np
import pytest
import torch

from nccodec.collage.scales import decoding_scale, enlarge, reduce_area, resize_area


def picture(n: int, channels: int, height: int, width: int, seed: int = 0) -> torch.Tensor:
    g = torch.Generator().manual_seed(seed)
    return torch.rand(n, channels, height, width, generator=g, dtype=torch.float64)


# Area reduction


@pytest.mark.parametrize("factor", [1, 2, 3, 4])
def test_reduce_area_averages_squares(factor):
    z = picture(2, 3, 12, 24)
    expected = np.zeros((2, 3, 12 // factor, 24 // factor))
    for y in range(12):
        for x in range(24):
            expected[:, :, y // factor, x // factor] += z[:, :, y, x].numpy() / factor**2
    assert np.abs(reduce_area(z, factor).numpy() - expected).max() < 1e-14
    assert torch.equal(reduce_area(z[0], factor), reduce_area(z, factor)[0])


# Enlargement


def spline(z: np.ndarray, factor: int) -> np.ndarray:
    """One axis: a dense solve for the edge values, then means of the quadratic in each pixel."""
    width = len(z)
    matrix, right = np.zeros((width + 1, width + 1)), np.zeros(width + 1)

    def pixel(i):  # half-sample symmetry: ... z1 z0 | z0 z1 ...
        return z[-1 - i] if i < 0 else z[2 * width - 1 - i] if i >= width else z[i]

    for i in range(width + 1):
        matrix[i, abs(i - 1)] += 1
        matrix[i, i] += 4
        matrix[i, i + 1 if i < width else width - 1] += 1
        right[i] = 3 * (pixel(i - 1) + pixel(i))
    edge = np.linalg.solve(matrix, right)
    fine = np.zeros(width * factor)
    for i in range(width):
        left, rise, bulge = edge[i], edge[i + 1] - edge[i], 6 * z[i] - 3 * (edge[i] + edge[i + 1])

        def value(t, left=left, rise=rise, bulge=bulge):
            return left + rise * t + bulge * t * (1 - t)

        for j in range(factor):
            start, stop = j / factor, (j + 1) / factor  # Simpson's rule is exact for a quadratic
            fine[i * factor + j] = (value(start) + 4 * value((start + stop) / 2) + value(stop)) / 6
    return fine


@pytest.mark.parametrize(
    ("height", "width"),
    [
        (1, 1),
        (1, 2),
        (2, 1),
        (3, 5),
        (7, 1),
        (12, 13),
        (26, 1),
        (4, 63),
        (3, 64),
        (65, 2),
        (2, 127),
        (1, 128),
        (200, 2),
    ],
)
@pytest.mark.parametrize("factor", [2, 3, 4])
def test_enlarge_is_the_spline_of_the_dense_solve(height, width, factor):
    z = picture(2, 1, height, width, seed=width)
    down = np.apply_along_axis(spline, -2, z[:, 0].numpy(), factor)
    expected = np.apply_along_axis(spline, -1, down, factor)
    large = enlarge(z, factor)
    assert large.shape == (2, 1, factor * height, factor * width)
    assert np.abs(large[:, 0].numpy() - expected).max() < 5e-7
    assert np.abs(enlarge(z.float(), factor)[:, 0].numpy() - expected).max() < 2e-6


def test_enlarge_in_closed_form():
    """Pixels 0, 1: edges -1/4, 1/2, 5/4, so the spline's derivative is -1/4 + 3/4 t^2, then mirrored."""
    expected = torch.tensor([[-3, 3, 13, 19]]).double() / 16
    z = torch.tensor([[0.0, 1.0]], dtype=torch.float64)
    assert torch.allclose(enlarge(z[None, None], 2)[0, 0], expected.repeat(2, 1), rtol=0, atol=1e-6)
    assert torch.allclose(enlarge(z.T[None, None], 2)[0, 0], expected.T.repeat(1, 2), rtol=0, atol=1e-6)


def test_enlarge_continues_a_parabola():
    """Far from the border, area means of x^2 give the finer area means of x^2: a spline keeps cubics."""
    edges = np.arange(81) / 80
    fine = np.arange(321) / 320
    means, expected = (np.diff(e**3) / 3 / np.diff(e) for e in (edges, fine))
    large = enlarge(torch.from_numpy(means)[None, None, None], 4)[0, 0].numpy()
    assert np.abs(large[:, 100:220] - expected[100:220]).max() < 5e-7


@pytest.mark.parametrize("value", [0.0, 1.0, 0.3])
def test_enlarge_keeps_constants(value):
    z = torch.full((1, 2, 66, 5), value)
    assert (enlarge(z, 4) - value).abs().max() < 5e-7


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 7), (9, 2), (5, 64), (130, 3)])
@pytest.mark.parametrize("factor", [1, 2, 3, 4, 8])
def test_reducing_undoes_enlarging(height, width, factor):
    z = picture(2, 3, height, width, seed=height)
    assert (reduce_area(enlarge(z, factor), factor) - z).abs().max() < 1e-13
    assert (reduce_area(enlarge(z.float(), factor), factor) - z).abs().max() < 2e-6


def test_enlarge_commutes_with_mirrors_and_turns():
    z = picture(1, 3, 20, 30)
    large = enlarge(z, 2)
    assert torch.allclose(enlarge(z.flip(-1), 2), large.flip(-1), rtol=0, atol=5e-7)
    assert torch.allclose(enlarge(torch.rot90(z, 1, (-2, -1)), 2), torch.rot90(large, 1, (-2, -1)), rtol=0, atol=5e-7)


def test_enlarge_does_not_mix_pictures_or_channels():
    z = picture(2, 3, 6, 7)
    large = enlarge(z, 4)
    for n in range(2):
        for c in range(3):
            assert torch.allclose(enlarge(z[n : n + 1, c : c + 1], 4)[0, 0], large[n, c], rtol=0, atol=1e-13)


# Area resampling


def overlaps(samples: int, size: int, extent: float) -> np.ndarray:
    """[size, samples]: the share of each sample in each of `size` equal parts of [0, extent]."""
    weights = np.zeros((size, samples))
    part = extent / size
    for i in range(size):
        for j in range(samples):
            weights[i, j] = max(0.0, min((i + 1) * part, j + 1) - max(i * part, j)) / part
    return weights


@pytest.mark.parametrize(
    ("shape", "size", "extent"),
    [
        ((12, 18), (6, 6), None),
        ((12, 18), (12, 18), None),
        ((12, 18), (5, 7), None),
        ((13, 9), (13, 4), None),
        ((13, 9), (1, 1), None),
        ((12, 18), (10, 13), (12, 18)),
        ((12, 18), (10, 13), (11, 16)),
        ((12, 18), (10, 13), (10, 13)),
        ((12, 18), (7, 11), (10.5, 16.25)),
        ((12, 18), (11, 17), (11.3, 17.9)),
        ((12, 18), (12, 17), (12, 17.5)),
        ((16, 16), (3, 1), (9.6, 1.1)),
        ((1, 200), (1, 77), None),
    ],
)
def test_resize_area_is_the_mean_over_each_extent(shape, size, extent):
    z = picture(2, 3, *shape)
    down, across = extent or shape
    rows, columns = overlaps(shape[0], size[0], down), overlaps(shape[1], size[1], across)
    expected = np.zeros((2, 3, *size))
    for i in range(size[0]):
        for j in range(size[1]):
            weights = rows[i][:, None] * columns[j]
            assert math.isclose(weights.sum(), 1, rel_tol=1e-12)
            expected[:, :, i, j] = (z.numpy() * weights).sum((-2, -1))
    small = resize_area(z, *size, extent)
    assert small.dtype == torch.float64
    assert np.abs(small.numpy() - expected).max() < 1e-12
    single = resize_area(z.float(), *size, extent)
    assert single.dtype == torch.float32
    assert np.abs(single.numpy() - expected).max() < 1e-6


def test_resize_area_by_whole_factors_is_reduce_area():
    z = picture(1, 3, 24, 36)
    assert torch.allclose(resize_area(z, 6, 9), reduce_area(z, 4), rtol=0, atol=1e-13)
    assert torch.equal(resize_area(z, 24, 36), z)


def test_resize_area_keeps_the_mean_and_long_rows_stay_exact():
    """Running sums over 20000 samples of float32 do not cancel."""
    z = 0.9 + 0.1 * picture(1, 1, 2, 20000).float()
    small = resize_area(z, 2, 19999)
    assert math.isclose(float(small.double().mean()), float(z.double().mean()), rel_tol=1e-7)
    last = (z[..., -2:].double() * torch.tensor([1 / 19999, 1.0])).sum(-1) * 19999 / 20000
    assert (small[..., -1] - last).abs().max() < 2e-7


# The scale to decode at


@pytest.mark.parametrize(
    ("factor", "smallest", "expected"),
    [
        (1, 8, (1, 1)),
        (0.99, 8, (1, 1)),
        (0.51, 8, (1, 1)),
        (0.5, 8, (1, 2)),
        (0.3, 8, (1, 2)),
        (0.25, 8, (1, 4)),
        (0.2, 8, (1, 4)),
        (0.125, 8, (1, 8)),
        (0.01, 8, (1, 8)),
        (0.01, 4, (1, 4)),
        (0.1, 16, (1, 8)),
        (0.25, 2, (1, 2)),
        (0.1, 1, (1, 1)),
        (1.001, 8, (2, 1)),
        (2, 8, (2, 1)),
        (2.001, 8, (4, 1)),
        (3, 1, (4, 1)),
        (4, 16, (4, 1)),
        (8.5, 16, (16, 1)),
    ],
)
def test_the_scale_to_decode_at(factor, smallest, expected):
    assert decoding_scale(factor, smallest) == expected
