"""Maps found for clouds: distances in closed form, and that true maps are found and kept."""

import numpy as np
import pytest
import torch

from nccodec.points import covers, fitting
from nccodec.points.nearest import Nearest
from nccodec.points.placing import Affine, preset_maps
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
    digits = (np.random.default_rng(0).random((2000, 20)) < 0.25) @ 0.5 ** np.arange(1.0, 21.0)
    near = Nearest(np.stack([digits, np.zeros(2000)], 1))
    moved, chances = fitting.weighted(maps, near, dice)
    np.testing.assert_allclose(chances, [0.75, 0.25], atol=0.03)
    np.testing.assert_allclose(moved.matrices[:, 0, 0], [0.5, 0.5], atol=0.02)
    np.testing.assert_allclose(moved.offsets, maps.offsets, atol=0.02)


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


def true_maps(name: str) -> tuple[np.ndarray, covers.Maps]:
    """A cloud in -1 .. 1, and the maps of its attractor there."""
    truth = preset_maps(PRESETS[name])
    cloud = truth.orbit(20, 160, 60, 1)
    origin = (cloud.max(0) + cloud.min(0)) / 2
    unit = np.abs(cloud - origin).max()
    offsets = (truth.offsets + truth.matrices @ origin - origin) / unit
    maps = covers.Maps(*(torch.tensor(x, dtype=torch.float32) for x in (truth.matrices, offsets)))
    return (cloud - origin) / unit, maps


def search_of(cloud: np.ndarray, maps: int) -> covers._Search:
    return covers._Search(Nearest(cloud), maps, np.random.default_rng(0), torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", ["sierpinski", "maple"])
def test_covers_descend_to_true_maps(name):
    cloud, truth = true_maps(name)
    search, random = search_of(cloud, len(truth)), torch.Generator().manual_seed(0)
    moved = covers.Maps(
        *(x + 0.04 * torch.randn((4, *x.shape), generator=random) for x in (truth.matrices, truth.offsets))
    )
    found = search.descended(moved, 80, 0.01, 96)
    before, after = ((each.of(search.near.points[:200]) - truth.of(search.near.points[:200])).norm(dim=-1).mean((0, 2))
                     for each in (moved, found))  # fmt: skip
    # The maple's stem, its first map, lies in what others cover: it may be where it likes.
    assert (after < 0.5 * before)[name == "maple" :].all()


def test_true_maps_are_picked_from_many():
    """One in each of three covers whose others are thrown anywhere, and two covers that hold none."""
    cloud, truth = true_maps("sierpinski")
    search = search_of(cloud, 3)
    others = search.scattered(5)
    others = covers.Maps(covers.contractions(others.matrices), others.offsets)
    for k in range(3):
        others.matrices[k, k], others.offsets[k, k] = truth.matrices[k], truth.offsets[k]
    search.keep(others)
    found = [sorted(search.improved(cover).tolist()) for cover in search.covers]
    assert [0, 4, 8] in found
    assert search.best(torch.tensor(found), 1).tolist() == [[0, 4, 8]]
    assert search.bounds(torch.tensor([[0, 4, 8]])).item() < 1e-4


def test_two_maps_are_found(monkeypatch):
    """0.4 x, and the same turned by a right angle about (0.7, 0.7), of the chances 0.3 and 0.7."""
    for name, value in {"_ROUNDS": 3, "_SCATTERED": 1, "_STEPS": 80, "_CLOSER": (60, 0.01, 100)}.items():
        monkeypatch.setattr(covers, name, value)
    turned = np.array([[0, -0.4], [0.4, 0]])
    truth = Affine(np.array([0.4 * np.eye(2), turned]), np.array([[0, 0], [0.98, 0.42]]), np.array([0.3, 0.7]))
    told = []
    found = fitting.fit(truth.orbit(20, 160, 60, 1), 2, 6, progress=told.append)
    order = np.argsort(found.offsets[:, 0])
    np.testing.assert_allclose(found.matrices[order], truth.matrices, atol=0.02)
    np.testing.assert_allclose(found.offsets[order], truth.offsets, atol=0.02)
    np.testing.assert_allclose(found.chances[order], truth.chances, atol=0.05)
    assert told == pytest.approx([1 / 3, 2 / 3, 1])
