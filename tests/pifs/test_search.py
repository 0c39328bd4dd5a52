"""The search against a brute force in float64 over every domain, isometry and quantized s."""

import numpy as np
import pytest
import torch

from nccodec.collage.operator import isometry
from nccodec.pifs import search
from nccodec.pifs.search import Pool, best_matches, mean_free, pool_of, turned_back

STEP, LARGEST = 0.125, 16


def brute_force(ranges: np.ndarray, domains: np.ndarray, isometries: int) -> np.ndarray:
    """Errors [n, m, isometries, s] of every choice, float64."""
    turned = [np.rot90(d.T if i & 4 else d, i & 3) for d in domains for i in range(isometries)]
    turned = np.stack(turned).reshape(len(domains), isometries, -1)
    s = np.arange(-LARGEST, LARGEST + 1) * STEP
    errors = np.empty((len(ranges), len(domains), isometries, len(s)))
    for i, r in enumerate(ranges.reshape(len(ranges), -1)):
        errors[i] = ((r - s[:, None] * turned[:, :, None]) ** 2).sum(-1)
    return errors


def picture(height: int, width: int, seed: int) -> torch.Tensor:
    """Edges, ramps and noise, parts of it of low contrast."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    z = 60 * np.sin(x / 3 + seed) * (y > x) + 0.8 * x + random.normal(0, 8, (height, width)) * (x > width / 2)
    return torch.from_numpy(z)


def blocks(plane: torch.Tensor, side: int) -> torch.Tensor:
    return plane.unfold(0, side, side).unfold(1, side, side).reshape(-1, side, side)


@pytest.mark.parametrize(
    ("side", "step", "isometries", "tile"), [(4, 4, 8, 16), (4, 8, 8, 1024), (8, 8, 8, 2), (8, 8, 1, 5), (4, 4, 1, 7)]
)
def test_the_search_is_the_brute_force(side, step, isometries, tile, monkeypatch):
    """The error is the least of all; scale, isometry and domain are what gives it."""
    monkeypatch.setattr(search, "TILE", tile)
    plane = picture(32, 40, side)
    ranges, domains = mean_free(blocks(plane, side)), pool_of(plane, side, step)
    errors = brute_force(ranges.numpy(), domains.numpy(), isometries)
    found = best_matches(ranges, Pool(domains), isometries, STEP, LARGEST)
    energy = ranges.square().sum((1, 2)).numpy()
    n = np.arange(len(ranges))
    chosen = errors[n, found.domain, found.isometry, found.scale + LARGEST]
    tolerance = 1e-4 * (1 + energy)
    assert (np.abs(chosen - errors.min((1, 2, 3))) < tolerance).all()
    assert (np.abs(energy - found.gain.numpy() - chosen) < tolerance).all()
    assert (found.gain > 0).float().mean() > 0.9


def test_large_scales_are_bounded_and_small_domains_do_not_win_by_them():
    """A range that is 100 times the only similar domain takes another one."""
    random = np.random.default_rng(0)
    shape = mean_free(torch.from_numpy(random.normal(0, 1, (1, 4, 4))))
    other = mean_free(shape + torch.from_numpy(random.normal(0, 1, (1, 4, 4))))
    domains = torch.cat([shape, 60 * other])
    found = best_matches(100 * shape, Pool(domains), 1, STEP, LARGEST)
    assert found.domain.item() == 1 and 0 < found.scale.item() <= LARGEST
    found = best_matches(100 * shape, Pool(domains[:1]), 1, STEP, LARGEST)
    assert found.scale.item() == LARGEST
    assert found.gain.item() == pytest.approx(float((2 * 2 * 100 - 4) * shape.square().sum()), rel=1e-5)


@pytest.mark.parametrize("number", range(8))
def test_turning_back_undoes_the_isometry(number):
    block = torch.arange(16.0).reshape(1, 4, 4)
    assert torch.equal(turned_back(isometry(block, number), number), block)


def test_the_pool_is_the_pooled_squares_on_the_grid():
    plane = picture(16, 24, 3)
    pool = pool_of(plane, 4, 8)
    assert pool.shape == (2 * 3, 4, 4)
    square = plane[8:16, 16:24]
    expected = square.reshape(4, 2, 4, 2).mean((1, 3)) - square.mean()
    assert torch.allclose(pool[5], expected, rtol=0, atol=1e-12)
    assert len(pool_of(plane, 16, 16)) == 0
    assert pool_of(plane[:7], 4, 4).shape == (0, 4, 4)


def test_without_domains_or_contrast_nothing_is_found():
    ranges = mean_free(torch.rand(5, 4, 4))
    for domains in (torch.zeros(0, 4, 4), torch.zeros(3, 4, 4)):
        found = best_matches(ranges, Pool(domains), 8, STEP, LARGEST)
        assert not found.gain.any() and not found.scale.any()


def test_a_lean_pool_keeps_the_domains_of_most_contrast():
    domains = mean_free(torch.rand(40, 4, 4)) * torch.arange(40)[:, None, None]
    norms = domains.flatten(1).norm(dim=1)
    assert set(Pool(domains, 0.25).order.tolist()) == set(norms.argsort()[-10:].tolist())
    assert len(Pool(domains).order) == 39
