"""Cameras, textures that are sampled, seams and filled texels, by hand and in closed form."""

import numpy as np
import pytest
import torch
from solid_meshes import HALVES, SQUARE

from nccodec.parameterization.filling import filled
from nccodec.parameterization.meshes import sphere, torus
from nccodec.parameterization.rasteriser import Camera
from nccodec.parameterization.seams import cut_places, edges, seam_ratio
from nccodec.parameterization.views import View, random_cameras, sample, samples_for, turntable


def test_bilinear_taps_by_hand():
    """Of 2 x 4 texels: v = 1 is the top; middles are texels themselves; beyond an edge it repeats."""
    texture = torch.tensor([[0.0, 1, 2, 3], [10, 11, 12, 13]]).reshape(1, 1, 2, 4)
    uv = torch.tensor(
        [[0.125, 0.75], [0.875, 0.25], [0.25, 0.75], [0.375, 0.5], [0.0, 0.75], [1.0, 0.75], [1.125, -0.25]]
    )
    np.testing.assert_allclose(sample(texture, uv)[0], [0, 13, 0.5, 6, 1.5, 1.5, 0], atol=1e-5)


def test_a_square_is_seen_as_its_texture():
    """From straight ahead, at the distance where it is 8 x 8 pixels of 16, 2 x 2 samples each: means of texels."""
    texture = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    away = np.sqrt(2) / np.tan(np.radians(22.5))  # the picture is twice as wide as the square
    view = View(SQUARE, Camera((0, 0, away)), 16, 2)
    expected = torch.zeros(16, 16)
    expected[4:12, 4:12] = 1
    torch.testing.assert_close(view.coverage, expected)
    picture = view.render(texture, torch.tensor([0.25, 0.5, 0.75]))[0]
    means = torch.nn.functional.avg_pool2d(texture, 2)[0]
    torch.testing.assert_close(picture[:, 4:12, 4:12], means, atol=1e-4, rtol=0)
    torch.testing.assert_close(picture[:, 0, 0], torch.tensor([0.25, 0.5, 0.75]))
    lit = View(SQUARE, Camera((0, 0, away)), 16, 2, lit=True).render(texture, torch.zeros(3))[0, :, 7:9, 7:9]
    torch.testing.assert_close(lit, means[:, 3:5, 3:5], atol=1e-2, rtol=0)  # it is looked at straight


def test_gradients_reach_the_texels_that_are_seen():
    texture = torch.zeros(1, 1, 16, 16, requires_grad=True)
    view = View(sphere(24, 12), Camera((0, 0, 3)), 32, 2)
    view.render(texture.expand(1, 3, 16, 16), torch.ones(3)).sum().backward()
    front = texture.grad[0, 0]  # u = 0, which is the first and the last column
    assert front[8, [0, 1, 14, 15]].min() > 0 and front[:, 6:10].abs().max() == 0
    assert front.sum().item() == pytest.approx(3 * view.coverage.sum().item(), rel=1e-4)


def test_cameras():
    cameras = random_cameras(300, 5)
    assert cameras[:7] == random_cameras(7, 5) != random_cameras(7, 6)
    places = np.array([camera.position for camera in cameras])
    distances = np.linalg.norm(places, axis=1)
    assert 2 <= distances.min() < distances.max() <= 3.2
    assert np.abs((places / distances[:, None]).mean(0)).max() < 0.1
    turned = np.array([camera.position for camera in turntable(4)])
    np.testing.assert_allclose(turned[:, 1], turned[0, 1])
    np.testing.assert_allclose(turned[:2, [0, 2]], turned[2:, [0, 2]] * -1, atol=1e-12)
    assert turned[0, 0] == 0 < turned[0, 2] and turned[1, 0] > 0


@pytest.mark.parametrize("camera", [*random_cameras(3, 1), Camera((0, 2, 0)), Camera((0, -2, 0))])
def test_a_camera_looks_at_the_origin_upright(camera):
    axes = camera.axes()
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1)
    (place,), (depth,) = camera.project(np.zeros((1, 3)), 10)
    np.testing.assert_allclose(place, 5) and depth == pytest.approx(np.linalg.norm(camera.position))


def test_samples():
    assert [samples_for(texels, 224) for texels in (64, 224, 225, 5000)] == [1, 1, 2, 2]


def test_cuts_are_found():
    """The torus has one around each way; the sphere one, from pole to pole, as its poles are places of one column."""
    for mesh, cuts, count in ((torus(8, 5), 8 + 5, 3 * 80 // 2), (sphere(8, 5), 5, 3 * 64 // 2)):
        sides, cut = edges(mesh)
        places = mesh.welded()
        ends = [places[mesh.faces[sides[:, n, :1], sides[:, n, 1:]]] for n in (0, 1)]
        np.testing.assert_array_equal(*ends)
        assert len(sides) == count
        at_poles = (np.abs(mesh.vertices[mesh.faces[sides[:, 0, :1], sides[:, 0, 1:]]][:, :, 1]) > 1 - 1e-9).any(1)
        assert (cut & ~at_poles).sum() == cuts - 2 * (count == 96)


def test_places_along_cuts_by_hand():
    """From the first end of the diagonal to the second, evenly; where a texture repeats there is no cut."""
    for mesh in (torus(8, 5), SQUARE):
        assert [len(uv) for uv in cut_places(mesh)] == [0, 0]
    first, second = cut_places(HALVES)
    along = ((np.arange(8) + 0.5) / 8)[:, None]
    expected = (0.1, 0.1) + along * (0.4, 0.4), (0.9, 0.1) + along * (-0.2, 0.2)
    order = np.argsort(first[:, 0])
    np.testing.assert_allclose(first[order], expected[0])
    np.testing.assert_allclose(second[order], expected[1])


def test_steps_across_cuts_beside_those_elsewhere():
    """Of the torus: a ramp jumps at its cut by all of its height; what repeats does not."""
    mesh = torus(24, 12)
    wave = np.broadcast_to(np.sin(2 * np.pi * (np.arange(96) + 0.5) / 96)[None, :, None], (96, 96, 3))
    wave = wave + wave.transpose(1, 0, 2)
    ramp = np.broadcast_to(np.linspace(0, 1, 96)[None, :, None], (96, 96, 3))
    assert 0.5 < seam_ratio(mesh, wave) < 2
    assert seam_ratio(mesh, ramp) > 10
    random = np.random.default_rng(0).random((96, 96, 3))
    assert seam_ratio(mesh, random) == pytest.approx(1, abs=0.1)
    assert seam_ratio(SQUARE, wave) is None and seam_ratio(mesh, np.ones((96, 96, 3))) is None


def test_unseen_texels_are_filled():
    """Of one colour that is seen somewhere all is; what was seen stays; halves meet between."""
    colour = torch.tensor([0.2, 0.4, 0.9])[None, :, None, None]
    texture = torch.rand(1, 3, 13, 10, generator=torch.Generator().manual_seed(0))
    seen = torch.zeros(13, 10)
    seen[3:5, 6] = 1
    torch.testing.assert_close(filled(texture * (1 - seen) + colour * seen, seen), colour.expand(1, 3, 13, 10))
    seen = torch.rand(13, 10, generator=torch.Generator().manual_seed(1)) < 0.4
    made = filled(texture, seen)
    torch.testing.assert_close(made[:, :, seen], texture[:, :, seen])
    assert made.min() >= texture.min() and made.max() <= texture.max()
    torch.testing.assert_close(filled(texture, torch.ones(13, 10)), texture)
    torch.testing.assert_close(filled(texture, torch.zeros(13, 10)), texture)
