"""SSIMULACRA2 against scores of its reference, the tool of github.com/cloudinary/ssimulacra2, and by its properties."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nccodec.errors import ComparisonError
from nccodec.evaluation.ssimulacra2 import _TAPS, ssimulacra2

PICTURES = Path(__file__).parents[1] / "pictures"


def coarse(a: np.ndarray) -> np.ndarray:
    return a // 32 * 32 + 16


def blocks(a: np.ndarray) -> np.ndarray:
    height, width, _ = a.shape
    squares = a.reshape(height // 4, 4, width // 4, 4, 3)
    return np.broadcast_to(squares.sum((1, 3), keepdims=True) // 16, squares.shape).reshape(a.shape)


def lines(a: np.ndarray) -> np.ndarray:
    a = a.copy()
    a[::7] = a[::7] // 2 + 60
    return a


def red(a: np.ndarray) -> np.ndarray:
    a = a.copy()
    a[..., 0] = a[..., 0] // 2 + 80
    return a


@pytest.mark.parametrize(
    ("name", "change", "score"),
    [
        ("garfield", coarse, -1.88198247), ("garfield", blocks, 56.61995423), ("garfield", lines, 15.55439221),
        ("garfield", red, 55.27408455), ("colosseum", coarse, -15.67396909), ("colosseum", blocks, 46.08331116),
        ("colosseum", lines, -19.28017829), ("colosseum", red, 4.90299414),
    ],
)  # fmt: skip
def test_scores_are_the_tool_s(name, change, score):
    """It computes in float32, and its window by recursion."""
    with Image.open(PICTURES / f"{name}.png") as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert ssimulacra2(np.uint8(pixels), np.uint8(change(pixels))) == pytest.approx(score, abs=0.1)


def test_the_window_is_nearly_a_gaussian():
    n = np.arange(-4, 5)
    assert _TAPS.sum() == pytest.approx(1) and (_TAPS * n**2).sum() == pytest.approx(1.5**2)
    np.testing.assert_allclose(_TAPS, np.exp(-(n**2) / 4.5) / np.sqrt(4.5 * np.pi), atol=2e-3)


def test_it_is_100_without_error_and_falls_with_it():
    y, x = np.mgrid[0:240, 0:232]
    source = np.uint8(np.stack([x, y, (x + y) // 2], -1) % 200 + 20)
    noise = np.random.default_rng(4).standard_normal(source.shape)
    worse = [np.uint8(np.clip(source + spread * noise, 0, 255)) for spread in (0, 2, 8, 30)]
    scores = [ssimulacra2(source, one) for one in worse]
    assert scores[0] == 100 and all(np.diff(scores) < -5) and scores[-1] < 50
    # A grey level more or less is seen in the dark and not in the light.
    dark, light = (ssimulacra2(np.full((240, 240, 3), v, np.uint8), np.full((240, 240, 3), v + 6, np.uint8))
                   for v in (4, 200))  # fmt: skip
    assert dark < light <= 100


def test_it_needs_sides_of_225_and_its_package(monkeypatch):
    assert ssimulacra2(*np.zeros((2, 224, 300, 3), np.uint8)) is None
    assert ssimulacra2(*np.zeros((2, 225, 300, 3), np.uint8)) == 100
    monkeypatch.setitem(sys.modules, "ssimulacra2", None)
    with pytest.raises(ComparisonError, match="SSIMULACRA2 needs ssimulacra2: pip install"):
        ssimulacra2(*np.zeros((2, 225, 300, 3), np.uint8))
