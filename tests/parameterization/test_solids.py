"""Textures through renderings: Gram matrices by coverage, a style that is reached, and the same again."""

import numpy as np
import pytest
import torch

from nccodec.errors import NclWarning
from nccodec.parameterization import solids
from nccodec.parameterization.features import random_filters
from nccodec.parameterization.fourier import Fourier
from nccodec.parameterization.meshes import torus
from nccodec.parameterization.parameters import Canvas
from nccodec.parameterization.solids import Rules, dream, film, grams_of, judged, seen
from nccodec.parameterization.views import View, turntable

MESH = torus(12, 8)
RULES = Rules(steps=20, views=6, side=32)


def stripes() -> torch.Tensor:
    """Orange and blue, 4 pixels each."""
    first, second = torch.tensor([0.9, 0.5, 0.1]), torch.tensor([0.1, 0.3, 0.8])
    chosen = (torch.arange(32) // 4 % 2).float()
    return (chosen * first[:, None] + (1 - chosen) * second[:, None])[:, None].expand(3, 32, 32).contiguous()


def made(rules: Rules = RULES, **given) -> torch.Tensor:
    return dream(MESH, stripes(), Fourier(Canvas(32, 32)), random_filters(), rules, **given)


def test_grams_are_means_over_what_is_covered():
    """Two of four places are covered, with features (1, 2) and (3, 0)."""
    features = torch.tensor([[[1.0, 3], [9, 9]], [[2, 0], [9, 9]]])[None]
    coverage = torch.tensor([[1.0, 1], [0, 0]])
    expected = [[(1 + 9) / 2, 2 / 2], [2 / 2, 4 / 2]]
    np.testing.assert_allclose(grams_of({"a": features}, coverage)["a"][0], expected, rtol=1e-6)


def test_the_style_is_approached():
    rules, network = Rules(views=4, side=32, seed=9), random_filters()
    before = judged(MESH, Fourier(Canvas(32, 32)).picture()[0], stripes(), network, rules)
    texture = made()
    assert texture.shape == (3, 32, 32) and 0 <= texture.min() and texture.max() <= 1
    assert judged(MESH, texture, stripes(), network, rules) < before / 3


def test_the_same_seed_gives_the_same_texture_and_another_another():
    rules = Rules(steps=3, views=3, side=32, seed=4)
    assert torch.equal(made(rules), made(rules))
    assert not torch.equal(made(rules), made(Rules(steps=3, views=3, side=32, seed=5)))


def test_its_own_texture_stays_recognisable():
    """Of two halves, dark and bright, each stays that; without, they are alike."""
    own = torch.full((3, 32, 32), 0.1)
    own[:, :, 16:] = 0.9
    bright = made(Rules(steps=20, views=6, side=32, content=3.0), own=own)[:, :, 16:].mean()
    dark = made(Rules(steps=20, views=6, side=32, content=3.0), own=own)[:, :, :16].mean()
    plain = made()
    assert bright - dark > 0.2 > (plain[:, :, 16:].mean() - plain[:, :, :16].mean()).abs()


def test_ctrl_c_keeps_the_best():
    def preview(steps: int, texture: torch.Tensor) -> None:
        if steps == 12:
            raise KeyboardInterrupt

    with pytest.warns(NclWarning, match="stopped after 12 steps"):
        texture = made(preview=preview)
    assert not torch.equal(texture, made(Rules(steps=1, views=6, side=32)))


def test_the_best_is_kept_where_it_gets_worse():
    """Far too large steps, after good ones."""
    texture = Fourier(Canvas(32, 32))
    good = dream(MESH, stripes(), texture, random_filters(), RULES)
    kept = [value.detach().clone() for value in texture.parameters]
    run = solids._Run(MESH, stripes(), texture, random_filters(), RULES, None, "cpu")
    run.train(lambda *_: None, lambda *_: None)
    with torch.no_grad():
        for value in texture.parameters:
            value.add_(torch.randn_like(value) * 5)
    run.finish()
    assert good.shape == (3, 32, 32)
    spread = max((value - before).abs().max().item() for value, before in zip(texture.parameters, kept, strict=True))
    assert spread < 2.5


def test_reports_and_minutes():
    told = []
    made(Rules(steps=None, minutes=1e-9, views=2, side=32), report=lambda *given: told.append(given))
    assert told == []
    made(report=lambda *given: told.append(given))
    shares, losses, seconds = zip(*told, strict=True)
    assert shares == (0.5, 1.0) and losses[1] < losses[0] and seconds[1] == 0


def test_weights_that_texels_are_seen_with():
    """All of them together are the samples that show the mesh."""
    view = View(MESH, turntable(3)[0], 24, 2)
    weights = seen([view, view], (16, 20))
    assert weights.shape == (16, 20) and weights.min() >= 0
    assert weights.sum().item() == pytest.approx(2 * len(view.uv), rel=1e-5)


def test_films():
    frames = list(film(MESH, stripes(), turntable(3), 20))
    assert [frame.shape for frame in frames] == [(20, 20, 3)] * 3 and frames[0].dtype == np.uint8
    assert (frames[0][0, 0] == 255).all() and frames[0][10, 10].min() < 200
