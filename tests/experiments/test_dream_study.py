"""What the study of parameterizations measures by itself."""

import numpy as np
import pytest
import torch
from PIL import Image

from nccodec.experiments.dream import roughness, steepest


def picture_of(luma: np.ndarray) -> torch.Tensor:
    return torch.tensor(luma, dtype=torch.float32).expand(1, 3, *luma.shape)


def test_a_checkerboard_is_all_rough_and_squares_are_not():
    y, x = np.mgrid[:16, :16]
    assert roughness(picture_of((y + x) % 2)) == pytest.approx(255 / 256)  # variance is over n - 1
    assert roughness(picture_of((y // 2 + x // 2) % 2)) == 0


def test_slopes_are_in_grey_levels_a_pixel_of_the_smaller_picture():
    ramp = np.repeat(np.arange(0, 240, 3, dtype=np.uint8)[None], 4, 0)
    assert steepest(Image.fromarray(ramp), 1) == 3
    assert steepest(Image.fromarray(ramp), 8) == 24
    assert steepest(Image.fromarray(np.full((4, 4), 9, np.uint8)), 8) == 0
