"""SOAP against its definition with explicit matrices in numpy, and what sets it apart from Adam."""

import numpy as np
import pytest
import torch

from nccodec.arrays.soap import Rules, adam, soap


def gradients(count: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(3).standard_normal((count, *shape)) * np.geomspace(1, 30, shape[-1])


def literal(slopes: np.ndarray, rules: Rules) -> list[np.ndarray]:
    """Changes of one matrix [m, n] by the paper's algorithm 3: the mean of gradients kept as it comes."""
    covariances = [np.zeros((side, side)) for side in slopes.shape[1:]]
    bases, mean, squares, changes = [], 0, 0, []
    for step, slope in enumerate(slopes):
        if step < rules.gathered or step % rules.every == 0:
            share = max(1 - rules.covariance, 1 / (step + 1))
            for covariance, new in zip(covariances, (slope @ slope.T, slope.T @ slope), strict=True):
                covariance += share * (new - covariance)
        number = step - rules.gathered + 1
        if number < 1:
            continue
        if number == 1:
            bases = [np.linalg.eigh(covariance)[1][:, ::-1] for covariance in covariances]
        elif number == 2 or step % rules.turn == 0:
            for side, covariance in enumerate(covariances):
                product = covariance @ bases[side]
                order = np.argsort(-np.diag(bases[side].T @ product))
                squares = np.take(squares, order, side)
                bases[side] = np.linalg.qr(product[:, order])[0]
            mean_there = bases[0].T @ mean @ bases[1] / (1 - rules.mean ** (number - 1))
            squares = np.maximum(squares, mean_there**2 * (1 - rules.square ** (number - 1)))
        left, right = bases
        mean = rules.mean * mean + (1 - rules.mean) * slope
        squares = rules.square * squares + (1 - rules.square) * (left.T @ slope @ right) ** 2
        unbiased = mean / (1 - rules.mean**number), squares / (1 - rules.square**number)
        deviation = np.sqrt(unbiased[1])
        deviation = np.maximum(deviation, 1e-6 * deviation.max())
        changes.append(left @ (left.T @ unbiased[0] @ right / deviation) @ right.T)
    return changes


@pytest.mark.parametrize("rules", [Rules(), Rules(0.9, 0.99, 0.96, gathered=4, every=3, turn=5)])
def test_changes_of_several_matrices_are_those_of_the_definition(rules):
    slopes = gradients(25, 2, 3, 3)
    state = {}
    found = [change for slope in slopes if (change := soap(state, torch.from_numpy(slope), rules)) is not None]
    assert len(found) == 25 - rules.gathered
    for k in range(2):
        for change, expected in zip(found, literal(slopes[:, k], rules), strict=True):
            np.testing.assert_allclose(change[k].numpy(), expected, atol=1e-9)


def test_turned_gradients_give_turned_changes():
    """Whatever the bases: of three sides, where Adam's changes depend on the axes."""
    slopes, rules = gradients(12, 1, 4, 3, 2), Rules(gathered=2)
    turns = [np.linalg.qr(np.random.default_rng(side).standard_normal((side, side)))[0] for side in (4, 3, 2)]
    states = {}, {}
    for slope in slopes:
        turned = np.einsum("kabc,aA,bB,cC->kABC", slope, *turns)
        change, other = (soap(s, torch.from_numpy(x), rules) for s, x in zip(states, (slope, turned), strict=True))
        if change is not None:
            expected = np.einsum("kabc,aA,bB,cC->kABC", change.numpy(), *turns)
            np.testing.assert_allclose(other.numpy(), expected, atol=1e-8)


def test_a_side_longer_than_the_largest_stays_as_it_is():
    """With none that is turned, nothing but Adam is left."""
    slopes, states = gradients(9, 1, 4, 3), ({}, {})
    for slope in map(torch.from_numpy, slopes):
        change, expected = soap(states[0], slope, Rules(0.9, 0.999, largest=2)), adam(states[1], slope)
        torch.testing.assert_close(change, expected)


def test_adam_is_that_of_torch():
    value = torch.zeros(3, 2, dtype=torch.float64, requires_grad=True)
    mine, state, optimizer = torch.zeros(3, 2, dtype=torch.float64), {}, torch.optim.Adam([value], 0.1)
    for slope in map(torch.from_numpy, gradients(7, 3, 2)):
        value.grad = slope
        optimizer.step()
        mine -= 0.1 * adam(state, slope)
    torch.testing.assert_close(mine, value.detach(), rtol=1e-6, atol=1e-8)


def test_gradients_whose_squares_are_denormal_make_bases():
    slope = torch.full((1, 40, 30), 1e-22)
    change = soap({}, slope)
    assert change.isfinite().all()
