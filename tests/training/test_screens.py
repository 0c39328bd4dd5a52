"""Rendered screens: reproducible, of any size, varied, flat in places and sharp in others."""

from collections import Counter

import numpy as np
import pytest

from nccodec.training import screens
from nccodec.training.brush import Brush, cells, palette, words
from nccodec.training.screens import PANELS, screen, window


def drawn(seed: int, height: int = 128, width: int = 128) -> np.ndarray:
    return screen(height, width, np.random.default_rng(seed))


@pytest.fixture(scope="module")
def sample() -> np.ndarray:
    """int [120, 128, 128, 3]."""
    return np.stack([drawn(seed) for seed in range(120)]).astype(int)


def luminance(pixels) -> np.ndarray:
    return np.asarray(pixels) @ [0.299, 0.587, 0.114]


def tiles(pixels: np.ndarray, side: int) -> np.ndarray:
    """[..., H, W, 3] -> the range of luminance in each tile, [..., H // side, W // side]."""
    *lead, high, wide, _ = pixels.shape
    cut = luminance(pixels).reshape(*lead, high // side, side, wide // side, side)
    return np.ptp(cut.swapaxes(-3, -2).reshape(*cut.shape[:-3], wide // side, side * side), axis=-1)


def test_same_state_same_pixels(sample):
    for seed in (17, 3, 60):  # after others, in another order: what is cached has no part in it
        assert np.array_equal(drawn(seed), sample[seed])


def test_seeds_and_calls_differ(sample):
    assert len({picture.tobytes() for picture in sample}) == len(sample)
    random = np.random.default_rng(1)
    assert not np.array_equal(screen(64, 64, random), screen(64, 64, random))


@pytest.mark.parametrize("size", [(32, 32), (33, 257), (301, 41), (127, 129), (512, 768)])
def test_shape(size):
    for seed in range(12):
        pixels = drawn(seed, *size)
        assert pixels.shape == (*size, 3) and pixels.dtype == np.uint8
        pixels[:] = 0  # its own memory, not a read-only view of Pillow's


def test_flat_areas_and_sharp_edges(sample):
    flat = (tiles(sample, 4) == 0).mean((1, 2))
    steps = np.abs(np.diff(luminance(sample), axis=2)) > 60
    assert 0.2 < flat.mean() < 0.8
    assert (flat > 0.1).mean() > 0.6
    assert 0.03 < steps.mean() < 0.25
    assert (steps.mean((1, 2)) > 0.01).mean() > 0.8


def test_strokes_are_antialiased(sample):
    """Most crops have many levels between ground and ink, which type without antialiasing has not."""
    levels = [len(np.unique(luminance(picture).round())) for picture in sample]
    assert np.median(levels) > 40


def test_light_dark_and_coloured(sample):
    means = luminance(sample).mean((1, 2))
    assert means.min() < 40 and means.max() > 220 and means.std() > 50
    assert (means < 110).mean() > 0.2 and (means > 145).mean() > 0.2
    chroma = np.ptp(sample, axis=-1)
    assert ((chroma > 60).mean((1, 2)) > 0.002).mean() > 0.4
    assert (chroma.max((1, 2)) < 30).mean() > 0.05


def test_large_page_is_filled():
    spans = np.stack([tiles(drawn(seed, 512, 768).astype(int), 128) for seed in range(8)])
    assert (spans > 40).mean() > 0.9
    assert (spans > 40).mean(0).min() > 0  # nor is a corner always left out


def test_a_third_is_reduced(monkeypatch):
    scales = []
    monkeypatch.setattr(screens, "arrange", lambda brush: scales.append((brush.scale, brush.width / 100)))
    for seed in range(400):
        assert drawn(seed, 64, 100).shape == (64, 100, 3)
    assert np.allclose(*np.transpose(scales), atol=0.01)
    larger = np.array(scales)[:, 0] > 1
    assert 0.26 < larger.mean() < 0.41
    assert np.array(scales)[larger].min() > 1.15 and np.max(scales) <= 2.2


@pytest.mark.parametrize("panel", [*PANELS, window])
@pytest.mark.parametrize("scale", [1.0, 1.7])
def test_panel(panel, scale):
    """Each draws something at most seeds, and none fails in a box of any size."""
    marked = 0
    for seed in range(30):
        random = np.random.default_rng(seed)
        for width, height in ((1, 1), (3, 90), (400, 3), (*random.integers(5, 60, 2).tolist(),), (120, 120)):
            brush = Brush(width, height, scale, palette(random), random, [])
            panel(brush)
            assert brush.image.size == (width, height)
        marked += np.ptp(np.asarray(brush.image), axis=(0, 1)).max() > 30
    assert marked >= 18


def test_panels_are_all_drawn(monkeypatch):
    calls = Counter()

    def counted(panel):
        def paint(brush):
            calls[panel.__name__] += 1
            panel(brush)

        return paint

    assert np.isclose(sum(PANELS.values()), 1)
    monkeypatch.setattr(screens, "PANELS", {counted(panel): share for panel, share in PANELS.items()})
    monkeypatch.setattr(screens, "window", counted(window))
    for seed in range(150):
        drawn(seed)
    assert set(calls) == {panel.__name__ for panel in (*PANELS, window)}
    assert calls["paragraphs"] == max(calls.values())


def test_words_are_like_english():
    text = " ".join(words(np.random.default_rng(0), 6000))
    counts = Counter(letter for letter in text.lower() if letter.isalpha())
    assert [letter for letter, _ in counts.most_common(3)] == ["e", "t", "a"] and len(counts) == 26
    assert 0.11 < counts["e"] / counts.total() < 0.145
    assert 4 < np.mean([len(word) for word in text.split()]) < 6.5
    for kind, least, most in (
        (str.isupper, 0.02, 0.2),
        (str.isdigit, 0.005, 0.1),
        ('.,;:-!?()"'.__contains__, 0.02, 0.1),
    ):
        assert least < sum(map(kind, text)) / len(text) < most


def test_cells_hold_every_glyph():
    for size in (9, 14, 22, 37):
        atlas = cells(size)
        assert atlas.shape == (95, round(1.3 * size), round(0.57 * size))
        ink = atlas.max((1, 2))
        assert ink[0] == 0 and ink[1:].min() > 60
        assert len({glyph.tobytes() for glyph in atlas}) > 92


def test_palettes_have_contrast():
    pairs = [palette(np.random.default_rng(seed)) for seed in range(500)]
    ground, ink = (luminance([getattr(pair, name) for pair in pairs]) for name in ("ground", "ink"))
    assert np.abs(ground - ink).min() > 50
    assert 0.3 < (ground < ink).mean() < 0.55
    assert all(
        0 <= value <= 255 for pair in pairs for colour in (pair.ground, pair.ink, *pair.accents) for value in colour
    )
