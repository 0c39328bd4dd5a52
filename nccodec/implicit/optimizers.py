"""What turns a gradient into a step: Adam, and Adam in the eigenbasis of each matrix's gradients.

Parameters come as groups, arrays [k, m, n] of k matrices of one size, with their gradients; both are views that stay.
"""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

Group = tuple[Tensor, Tensor]  # parameters and their gradients, [k, m, n]
_TINY = 1e-15  # added to deviations of gradients
_NOISE = 1e-6  # least deviation in parts of a matrix's largest
_EVERY = 10  # steps between two updates of the bases
_LARGEST = 300  # side of a matrix that is rotated; larger sides are left as they are


class Optimizer(Protocol):
    def step(self, rate: float) -> None:
        """Change the parameters by about `rate` each, against their gradients."""
        ...

    def forget(self) -> None:
        """Begin anew, as after a change of the parameters from elsewhere."""
        ...


class Adam:
    """arXiv 1412.6980."""

    def __init__(self, groups: Sequence[Group], first: float = 0.9, second: float = 0.999) -> None:
        self._groups, self._decay = groups, (first, second)
        self.forget()

    def forget(self) -> None:
        self._count = 0
        self._moments = [(torch.zeros_like(g), torch.zeros_like(g)) for _, g in self._groups]

    def step(self, rate: float) -> None:
        self._count += 1
        first, second = self._decay
        for (value, slope), (mean, square) in zip(self._groups, self._moments, strict=True):
            mean.lerp_(slope, 1 - first)
            square.mul_(second).addcmul_(slope, slope, value=1 - second)
            deviation = (square / (1 - second**self._count)).sqrt_().add_(_TINY)
            value.addcdiv_(mean, deviation, value=-rate / (1 - first**self._count))


class Soap:
    """Adam in the eigenbases of G G^T and G^T G (SOAP, arXiv 2409.11321, algorithm 3): the mean of gradients is kept as
    it comes, the squares in the rotated basis. The bases follow by one step of orthogonal iteration now and then."""

    def __init__(self, groups: Sequence[Group], decay: float = 0.95) -> None:
        self._groups, self._decay = groups, decay
        self.forget()

    def forget(self) -> None:
        self._count = 0
        self._states = [_Rotated(slope) for _, slope in self._groups]

    def step(self, rate: float) -> None:
        self._count += 1
        remaining = 1 - self._decay**self._count
        for (value, slope), state in zip(self._groups, self._states, strict=True):
            value.sub_(state.direction(slope, self._decay, remaining), alpha=rate)
            if self._count == 2 or self._count % _EVERY == 0:
                state.turn()


class _Rotated:
    """Moments of one group. A side longer than _LARGEST has no basis."""

    def __init__(self, slope: Tensor) -> None:
        self._mean, self._square = torch.zeros_like(slope), torch.zeros_like(slope)
        count, rows, columns = slope.shape
        self._covariances = [
            torch.zeros(count, n, n, dtype=slope.dtype, device=slope.device) if n <= _LARGEST else None
            for n in (rows, columns)
        ]
        self._bases: list[Tensor | None] = [None, None]
        self._begun = False

    def direction(self, slope: Tensor, decay: float, remaining: float) -> Tensor:
        """Of about 1 a parameter. remaining: 1 - decay^steps."""
        for covariance, pair in zip(self._covariances, ((slope, slope.mT), (slope.mT, slope)), strict=True):
            if covariance is not None:
                covariance.mul_(decay).baddbmm_(*pair, alpha=1 - decay)
        if not self._begun:
            self._bases = [None if c is None else torch.linalg.eigh(c)[1] for c in self._covariances]
            self._begun = True
        self._mean.lerp_(slope, 1 - decay)
        rotated = self._into(slope)
        self._square.mul_(decay).addcmul_(rotated, rotated, value=1 - decay)
        deviation = (self._square / remaining).sqrt_().add_(_TINY)
        # Directions in which there is no gradient but that of rounding are not to be walked at full length.
        deviation.clamp_(min=_NOISE * deviation.amax((1, 2), keepdim=True))
        return self._out(self._into(self._mean).div_(remaining).div_(deviation))

    def turn(self) -> None:
        """Orthogonal iteration, the most important direction first; the squares follow their directions."""
        for side in (0, 1):
            covariance, basis = self._covariances[side], self._bases[side]
            if covariance is None:
                continue
            strength = (basis * (covariance @ basis)).sum(1)  # [k, n]
            order = strength.argsort(-1, descending=True)
            axis = side + 1
            index = order[:, :, None] if side == 0 else order[:, None]
            self._square = self._square.gather(axis, index.expand_as(self._square))
            basis = basis.gather(2, order[:, None].expand_as(basis))
            self._bases[side] = torch.linalg.qr(covariance @ basis)[0]

    def _into(self, values: Tensor) -> Tensor:
        left, right = self._bases
        values = values if left is None else left.mT @ values
        return values.clone() if left is None and right is None else values if right is None else values @ right

    def _out(self, values: Tensor) -> Tensor:
        left, right = self._bases
        values = values if left is None else left @ values
        return values if right is None else values @ right.mT


OPTIMIZERS = {"adam": Adam, "soap": Soap}
