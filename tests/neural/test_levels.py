"""What depends on the quality level between the trained ones."""

import torch

from nccodec.neural.levels import lagrange


def test_lagrange_is_geometric_between_whole_levels():
    lambdas = (0.001, 0.004, 0.064)
    found = lagrange(lambdas, torch.tensor([0.0, 1.0, 2.0, 0.5, 1.5, 1.25]))
    torch.testing.assert_close(found, torch.tensor([0.001, 0.004, 0.064, 0.002, 0.016, 0.008]))
