"""Maps found for clouds: distances in closed form, and that true maps are found and kept."""

import numpy as np
import pytest
import torch

from nccodec.points import covers, fitting
from nccodec.points.nearest import Nearest
from nccodec.points.placing import preset_maps
from nccodec.points.presets import PRESETS

AXES = torch.eye(2)


def test_distance_of_a_shifted_cloud():
    """Moved by (3, 4): along the axes squares are 9 and 16."""
    x = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
    moved = (x + torch.tensor([3.0, 4.0]))[None]
    weights = torch.full((1, 50), 1 / 50)
    assert fitting.distances(moved, weights, x, AXES).item() == pytest.approx(12.5, rel=1e-4)
    assert fitting.distances(x[None], weights, x, AXES).item() == pytest.approx(0, abs=1e-6)


def test_distance_minds_the_mass():
    """Half of a cloud in 0, half in 1, beside weights 3/4 and 1/4: a quarter of the mass moves by 1."""
    cloud = torch.tensor([[0.0, 0], [1, 0]]).repeat_interleave(2000, 0)
    images = torch.tensor([[[0.0, 0], [1, 0]]]).repeat_interleave(2000, 1)
    weights = torch.tensor([[0.75, 0.25]]).repeat_interleave(2000, 1) / 2000
    found = fitting.distances(images, weights, cloud, torch.tensor([[1.0, 0]]))
    assert found.item() == pytest.approx(0.25, abs=2e-3)


def test_chances_are_shares_of_the_mass():
    """Halves of a line, one with a quarter of its points: so the line is dense towards that end in all scales."""
    dice = torch.Generator().manual_seed(0)
    maps = covers.Maps(torch.eye(2).expand(2, 2, 2) / 2, torch.tensor([[0.0, 0.0], [0.5, 0.0]]))
    digits = (torch.rand(3000, 20, generator=dice) < 0.25).float()
    x = digits @ 0.5 ** torch.arange(1.0, 21.0)
    found = fitting.chances_of(maps, torch.stack([x, torch.zeros(3000)], 1), dice)
    np.testing.assert_allclose(found, [0.75, 0.25], atol=0.03)


def test_the_nearest_points_are_nearest():
    """As near as any, but for a cell of the grid."""
    random = np.random.default_rng(0)
    cloud = random.uniform(-1, 1, (50, 2))
    near, x = Nearest(cloud), random.uniform(-1.2, 1.2, (300, 2))
    found = near(torch.tensor(x, dtype=torch.float32)).numpy()
    assert {tuple(row) for row in found} <= {tuple(row) for row in cloud.astype(np.float32)}
    least = np.linalg.norm(x[:, None] - cloud, axis=2).min(1)
    assert (np.linalg.norm(x - found, axis=1) <= least + 2 * near.cell).all()


def test_nearest_in_space():
    near = Nearest(np.random.default_rng(0).uniform(-1, 1, (40, 3)))
    assert torch.equal(near(near.points), near.points)


def test_the_outline_of_an_area_is_its_edge():
    """Of 41 x 41 points 0.04 apart; of a line it is all."""
    row = np.linspace(-0.8, 0.8, 41)
    square = np.stack(np.meshgrid(row, row), -1).reshape(-1, 2)
    near = Nearest(square)
    assert near.spacing == pytest.approx(0.04)
    rows_from_edge = np.rint((0.8 - near.outline.abs().amax(1).numpy()) / 0.04)
    assert (rows_from_edge == 0).sum() == 160 and rows_from_edge.max() <= 2
    assert len(Nearest(np.stack([row, row], 1)).outline) == 41


def test_distances_of_a_cloud_from_its_images():
    """Of a similarity, in both directions, against all pairs."""
    random = np.random.default_rng(1)
    cloud = random.uniform(-1, 1, (60, 2))
    near = Nearest(cloud)
    matrix, offset = np.array([[0.3, -0.4], [0.4, 0.3]]), np.array([0.2, -0.1])
    maps = covers.Maps(*(torch.tensor(x[None], dtype=torch.float32) for x in (matrix, offset)))
    x, images = near.points[:20], cloud @ matrix.T + offset
    on_grid = np.abs(np.linalg.solve(matrix, (cloud[:20] - offset).T)).max(0) < 1.25  # elsewhere it is a bound
    inside, reached = covers.apart(maps, near, x, x)
    apart = np.linalg.norm(images[:, None] - cloud, axis=2)  # [image, point]
    for found, least, exact in ((inside, apart.min(1), on_grid | True), (reached, apart.min(0), on_grid)):
        expected, roots = np.maximum(least[:20] - near.spacing / 2, 0), found[0].sqrt().numpy()
        np.testing.assert_allclose(roots[exact], expected[exact], atol=2 * near.cell)
        assert (roots >= expected - 1e-6).all()
    assert 3 < on_grid.sum() < 20
    assert inside.max() > 0 and reached.max() > 0


def test_bounds_by_hand():
    """Means 2 inside, of 1 and 3; 2.5 reached, of 1 and 4, each the nearer map's; over 1 - 0.6^2."""
    reached = torch.tensor([[1.0, 9.0], [5.0, 4.0]])
    assert covers.bound(torch.tensor([1.0, 3.0]), reached, torch.tensor([0.6, 0.2])).item() == pytest.approx(4.5 / 0.64)


def test_roots_are_roots():
    matrix, offset = torch.tensor([[0.6, -0.3], [0.3, 0.5]]), torch.tensor([0.2, -0.1])
    start = torch.tensor([0.3, 0.7])
    for power in (2, 3):
        root, moved = covers.root_of(covers.Maps(matrix, offset), power)
        x = start
        for _ in range(power):
            x = root @ x + moved
        torch.testing.assert_close(x, matrix @ start + offset)
    mirrored = covers.Maps(torch.diag(torch.tensor([-0.5, 0.5])), offset)
    assert covers.root_of(mirrored, 2) == (mirrored.matrices, mirrored.offsets)


def test_a_triangle_is_found(monkeypatch):
    """Sierpinski's, of maps in any order, each of which may turn it as it turns into itself: its middle goes to the
    same places, and lengths are halved."""
    monkeypatch.setattr(covers, "_ROUNDS", 4)
    monkeypatch.setattr(covers, "_SCATTERED", 1)
    monkeypatch.setattr(covers, "_STEPS", 80)
    monkeypatch.setattr(covers, "_CLOSER", (60, 0.01, 100))
    monkeypatch.setattr(covers, "_CLOSEST", (60, 0.003, 100))
    truth, told = preset_maps(PRESETS["sierpinski"]), []
    found = fitting.fit(truth.orbit(50, 160, 60, 1), 3, 8, progress=told.append)
    middle = np.array([0.5, 0.4330127 / 3])
    middles, expected = (each.matrices @ middle + each.offsets for each in (found, truth))
    apart = np.linalg.norm(middles[:, None] - expected, axis=2)
    assert apart.min(0).max() < 0.03
    np.testing.assert_allclose(found.matrices.mT @ found.matrices, np.tile(np.eye(2) / 4, (3, 1, 1)), atol=0.03)
    np.testing.assert_allclose(found.chances, 1 / 3, atol=0.06)
    assert told == sorted(told) and told[-1] == pytest.approx(1)
