"""Maps found for clouds: distances in closed form, and that true maps are found and kept."""

import numpy as np
import pytest
import torch

from nccodec.points import copies, fitting
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


def test_gaps_by_hand():
    cloud = torch.tensor([[0.0, 0], [2, 0]])
    images, weights = torch.tensor([[[0.0, 1], [0, 3]]]), torch.tensor([[0.75, 0.25]])
    # From the images 1 and 9, weighted; from the cloud 1 and 2^2 + 1, on average.
    assert fitting.gaps(images, weights, cloud).item() == pytest.approx(0.75 + 9 / 4 + (1 + 5) / 2)


def test_fields_are_distances():
    cloud = np.array([[0.5, -0.25], [-0.5, 0.5]])
    field = copies.Field(cloud)
    x = np.random.default_rng(0).uniform(-1.2, 1.2, (200, 2))
    expected = np.linalg.norm(x[:, None] - cloud, axis=2).min(1)
    np.testing.assert_allclose(field.at(torch.tensor(x, dtype=torch.float32)), expected, atol=2 * field.cell)


def test_roots_are_roots():
    matrix, offset = np.array([[[0.6, -0.3], [0.3, 0.5]]]), np.array([[0.2, -0.1]])
    matrices, offsets = copies.roots_of(matrix, offset, 4)
    assert len(matrices) == 4
    for number, (a, b) in enumerate(zip(matrices, offsets, strict=True), 1):
        x = start = np.array([0.3, 0.7])
        for _ in range(number):
            x = a @ x + b
        np.testing.assert_allclose(x, matrix[0] @ start + offset[0], atol=1e-9)


def test_the_first_copy_of_a_fern_is_its_largest_map():
    """0.85 0.04 -0.04 0.85, of which whatever is found is at least a power."""
    cloud = preset_maps(PRESETS["fern"]).orbit(100, 160, 60, 1)
    origin, unit = (cloud.max(0) + cloud.min(0)) / 2, np.abs(cloud - (cloud.max(0) + cloud.min(0)) / 2).max()
    dice = torch.Generator().manual_seed(0)
    matrices, _, _ = copies.cover((cloud - origin) / unit, 1, np.random.default_rng(0), dice, lambda _: None)
    np.testing.assert_allclose(matrices[0], [[0.85, 0.04], [-0.04, 0.85]], atol=0.01)


def test_a_triangle_is_found(monkeypatch):
    """The maps of Sierpinski's, in any order, from one start."""
    monkeypatch.setattr(fitting, "stages", lambda restarts: (fitting.Stage(1, 60, 200, 8, 3, joined=True),))
    truth = preset_maps(PRESETS["sierpinski"])
    found = fitting.fit(truth.orbit(50, 160, 60, 1), 3, 1)
    corners = np.array([np.linalg.solve(np.eye(2) - a, b) for a, b in zip(found.matrices, found.offsets, strict=True)])
    expected = np.array([np.linalg.solve(np.eye(2) / 2, b) for b in truth.offsets])
    apart = np.linalg.norm(corners[:, None] - expected, axis=2)
    assert apart.min(0).max() < 0.05
    np.testing.assert_allclose(found.chances, 1 / 3, atol=0.06)
