"""What turns the gradients of a training run into a step."""

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from ..arrays.soap import Rules, adam, soap

_LARGEST = 600  # side that gets a basis
_TINY = 1e-8  # added to deviations of gradients


class Soap(torch.optim.Optimizer):
    """SOAP for weights, Adam for the rest: of SOAP's steps fewer are needed where the gradients of rate and of
    distortion disagree (Zhang and Zhu 2026, arXiv 2601.20769)."""

    def __init__(self, groups: Iterable[dict[str, Any]], bf16: bool = False) -> None:
        """groups: of "params", with "turned": whether those of at least two sides are weights; the "lr" of each, its
        rate, is to be set before a step. bf16: products of gradients and bases in bfloat16."""
        super().__init__(groups, {"lr": 0.0, "turned": True})
        # Few crops make a gradient: it is averaged over more steps than where it is that of many examples.
        self.rules = Rules(
            mean=0.9, square=0.99, covariance=0.96, gathered=12, every=4, largest=_LARGEST, tiny=_TINY,
            dtype=torch.bfloat16 if bf16 else None,
        )  # fmt: skip

    @torch.no_grad()
    def step(self) -> None:
        """Update what has a gradient, in place. Weights stay as they are in the first steps."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None or p.numel() == 0:
                    continue
                if group["turned"] and p.dim() > 1:
                    change = soap(self.state[p], p.grad.reshape(1, *merged(p.shape, _LARGEST)), self.rules)
                else:
                    change = adam(self.state[p], p.grad, tiny=_TINY)
                if change is not None:
                    p.sub_(change.reshape(p.shape), alpha=group["lr"])


def merged(shape: Sequence[int], largest: int) -> tuple[int, ...]:
    """The first side of a weight, and the others, of which as many as follow each other are one while their product is
    at most `largest`: (256, 128, 3, 3) -> (256, 384, 3)."""
    sides = [1]
    for side in shape[1:]:
        if sides[-1] * side <= largest:
            sides[-1] *= side
        else:
            sides.append(side)
    return shape[0], *sides
