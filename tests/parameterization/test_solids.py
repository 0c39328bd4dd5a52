"""Textures through renderings: Gram matrices by coverage, a style that is approached, and the same again."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from solid_meshes import HALVES

from nccodec.errors import NclWarning
from nccodec.parameterization.features import random_filters
from nccodec.parameterization.meshes import torus
from nccodec.parameterization.optimising import Rules, optimise
from nccodec.parameterization.parameters import Canvas
from nccodec.parameterization.pixels import Pixels
from nccodec.parameterization.solids import Renderings, Scene, Views, film, grams_of, style_of_views, weights_seen
from nccodec.parameterization.views import View, turntable

MESH, SIDE, NETWORK = torus(12, 8), 32, random_filters()


def blobs() -> torch.Tensor:
    """Orange and blue, of some 4 pixels: [1, 3, 32, 32]."""
    first, second = (torch.tensor(colour)[:, None, None] for colour in ([0.9, 0.5, 0.1], [0.1, 0.3, 0.8]))
    coarse = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    chosen = (F.interpolate(coarse, scale_factor=4, mode="bicubic") > 0.5).float()
    return chosen * first + (1 - chosen) * second


def made(steps: int = 20, seed: int = 0, count: int = 6, own: torch.Tensor | None = None, **given) -> torch.Tensor:
    """[1, 3, 32, 32]."""
    texture, scene = Pixels(Canvas(SIDE, SIDE)), Scene(MESH, blobs(), SIDE, Views(count, SIDE, seed))
    optimise(texture, Renderings(scene, NETWORK, blobs(), own, 3.0), Rules(steps, rate=0.2, seed=seed), **given)
    return scene.filled(texture.picture().detach())


def loss(texture: torch.Tensor) -> float:
    """In four views that are none of those."""
    return style_of_views(Scene(MESH, blobs(), SIDE, Views(4, SIDE, 9)), texture, blobs(), NETWORK)


def test_grams_are_means_over_what_is_covered():
    """Two of four places are covered, with features (1, 2) and (3, 0)."""
    features = torch.tensor([[[1.0, 3], [9, 9]], [[2, 0], [9, 9]]])[None]
    coverage = torch.tensor([[1.0, 1], [0, 0]])
    expected = [[(1 + 9) / 2, 2 / 2], [2 / 2, 4 / 2]]
    np.testing.assert_allclose(grams_of({"a": features}, coverage)["a"][0], expected, rtol=1e-6)


def test_the_style_is_approached():
    texture = made(24)
    assert texture.shape == (1, 3, SIDE, SIDE) and texture.min() >= 0 and texture.max() <= 1
    assert loss(texture) < loss(torch.full((1, 3, SIDE, SIDE), 0.5)) * 0.8


def test_the_same_seed_gives_the_same_texture_and_another_another():
    assert torch.equal(made(3, 4, 3), made(3, 4, 3))
    assert not torch.equal(made(3, 4, 3), made(3, 5, 3))


def test_its_own_texture_stays_recognisable():
    """Two halves, dark and bright, are told from each other; without them they are not."""
    own = torch.full((1, 3, SIDE, SIDE), 0.1)
    own[..., SIDE // 2 :] = 0.9
    apart = [(x[..., SIDE // 2 :].mean() - x[..., : SIDE // 2].mean()).item() for x in (made(own=own), made())]
    assert apart[0] > 0.1 > 3 * abs(apart[1])


def test_running_means_of_views():
    """The loss is that of the mean over views so far, up to 20 of them; its gradient is that of the last view, as if it
    were all."""
    scene, random = Scene(MESH, blobs(), SIDE, Views(3, SIDE)), torch.Generator()
    texture = torch.rand(1, 3, SIDE, SIDE, generator=random.manual_seed(1)).requires_grad_()
    objective = Renderings(scene, NETWORK, blobs())
    losses = [objective(texture, 0, random) for _ in range(3)]
    assert losses[2].item() == pytest.approx(style_of_views(scene, texture, blobs(), NETWORK), rel=1e-4)
    sizes = [torch.autograd.grad(one, texture, retain_graph=True)[0].norm().item() for one in losses]
    assert 0.3 < sizes[2] / sizes[0] < 3


def test_ctrl_c_keeps_the_best():
    def look(steps: int, _: torch.Tensor) -> None:
        if steps == 12:
            raise KeyboardInterrupt

    with pytest.warns(NclWarning, match="stopped after 12 steps"):
        texture = made(look=look)
    assert loss(texture) < loss(made(1))


def test_what_no_view_shows_is_filled():
    """A single camera: what it cannot see is as smooth as it is where there is nothing but the mean of what it sees."""
    texture = Pixels(Canvas(SIDE, SIDE)).picture().detach()
    scene = Scene(MESH, blobs(), SIDE, Views(1, SIDE))
    unseen = weights_seen([scene.view(0)], (SIDE, SIDE)) == 0
    assert 0.2 < unseen.float().mean() < 0.8
    rough = torch.rand(texture.shape, generator=torch.Generator().manual_seed(0))
    filled = scene.filled(rough)
    steps = [(x[..., 1:] - x[..., :-1])[..., unseen[:, 1:] & unseen[:, :-1]].abs().mean() for x in (rough, filled)]
    assert steps[1] < steps[0] / 4


def test_gaps_between_both_sides_of_a_cut():
    """A texture that grows to the right by 1: at shares t of the diagonal u is 0.1 + 0.4 t on one side, 0.9 - 0.2 t on
    the other."""
    ramp = ((torch.arange(256) + 0.5) / 256).expand(1, 3, 256, 256)
    t = (torch.arange(8) + 0.5) / 8
    expected = (0.8 - 0.6 * t).square().mean()
    scene = Scene(HALVES, blobs(), 256, Views(1, SIDE))
    assert scene.is_cut and not Scene(MESH, blobs(), 256, Views(1, SIDE)).is_cut
    torch.testing.assert_close(scene.gaps(ramp), expected, atol=1e-4, rtol=0)


def test_what_is_cut_grows_together():
    """With few steps the two halves have much nearer colours along the cut than a texture that is made without."""
    gaps = []
    for weight in (1.0, 0.0):
        texture, scene = Pixels(Canvas(SIDE, SIDE)), Scene(HALVES, blobs(), SIDE, Views(3, SIDE))
        objective = Renderings(scene, NETWORK, blobs(), seams=weight)
        optimise(texture, objective, Rules(15, rate=0.2))
        gaps.append(scene.gaps(texture.picture()).item())
    assert gaps[0] < gaps[1] / 3


def test_weights_that_texels_are_seen_with():
    """All of them together are the samples that show the mesh."""
    view = View(MESH, turntable(3)[0], 24, 2)
    weights = weights_seen([view, view], (16, 20))
    assert weights.shape == (16, 20) and weights.min() >= 0
    assert weights.sum().item() == pytest.approx(2 * len(view.uv), rel=1e-5)


def test_films():
    frames = list(film(MESH, blobs(), turntable(3), 20))
    assert [frame.shape for frame in frames] == [(20, 20, 3)] * 3 and frames[0].dtype == np.uint8
    assert (frames[0][0, 0] == 255).all() and frames[0][10, 10].min() < 200
