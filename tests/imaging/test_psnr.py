"""PSNR against closed forms."""

import math

import numpy as np
import pytest

from nccodec.imaging.psnr import psnr


def test_psnr_in_closed_form():
    a = np.full((4, 5, 3), 100, np.uint8)
    b = a.copy()
    b[0, 0, 0] = 130
    assert math.isclose(psnr(a, b), 10 * math.log10(255**2 / (900 / 60)))
    assert psnr(a, a) == math.inf
    with pytest.raises(ValueError, match="rows and columns"):
        psnr(np.zeros((256, 8), np.uint8), np.zeros((512, 8), np.uint8))
    assert math.isclose(psnr(np.zeros(1, np.uint8), np.full(1, 255, np.uint8)), 0, abs_tol=1e-12)
