"""Lost structure against SSIM by its definition."""

import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import sliding_window_view

from nccodec.neural.structure import structure_error


def similarity(a: np.ndarray, b: np.ndarray) -> float:
    """SSIM of two planes: a Gaussian window of 11 samples, sigma 1.5, wherever it fits; float64."""
    taps = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    window = np.outer(taps, taps) / taps.sum() ** 2

    def mean(x: np.ndarray) -> np.ndarray:
        return (sliding_window_view(x, (11, 11)) * window).sum((2, 3))

    one, other = mean(a), mean(b)
    variances = mean(a * a) - one**2 + mean(b * b) - other**2
    structure = (2 * (mean(a * b) - one * other) + 0.03**2) / (variances + 0.03**2)
    return float(((2 * one * other + 0.01**2) / (one**2 + other**2 + 0.01**2) * structure).mean())


@pytest.mark.parametrize(
    ("size", "weights"), [((48, 64), (0.3, 0.3)), ((36, 22), (0.3,)), ((180, 182), (0.3,)), ((20, 80), ())]
)
def test_structure_is_that_of_luma_at_the_scales_from_a_half_on_with_room_for_the_window(size, weights):
    random = np.random.default_rng(3)
    source = random.random((2, 3, *size))
    decoded = source + 0.2 * random.standard_normal(source.shape)
    decoded[1] = source[1]
    expected = []
    for pair in zip(decoded, source, strict=True):
        planes = [np.tensordot((0.299, 0.587, 0.114), x, 1) for x in pair]
        terms = []
        for weight in weights:
            planes = [x.reshape(len(x) // 2, 2, -1, 2).mean((1, 3)) for x in planes]
            terms.append(weight * (1 - similarity(*planes)))
        expected.append(sum(terms) / max(sum(weights), 1e-9))
    found = structure_error(*(torch.from_numpy(x).float() for x in (decoded, source)))
    np.testing.assert_allclose(found, expected, atol=2e-5)
    assert expected[1] == pytest.approx(0, abs=1e-12) and (expected[0] > 0.05) == bool(weights)
