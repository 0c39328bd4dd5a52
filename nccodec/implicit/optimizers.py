"""What turns a gradient into a step: Adam, and Adam in the eigenbasis of each matrix's gradients.

Parameters come as groups, arrays [k, m, n] of k matrices of one size, with their gradients; both are views that stay.
"""

from collections.abc import Callable, Sequence

from torch import Tensor

from ..arrays.soap import State, adam, soap

Group = tuple[Tensor, Tensor]  # parameters and their gradients, [k, m, n]
OPTIMIZERS: dict[str, Callable[[State, Tensor], Tensor]] = {"adam": adam, "soap": soap}


class Optimizer:
    """Changes of groups, with what is remembered of each."""

    def __init__(self, groups: Sequence[Group], name: str = "soap") -> None:
        """name: of OPTIMIZERS."""
        self._groups, self._change = groups, OPTIMIZERS[name]
        self.forget()

    def forget(self) -> None:
        """Begin anew, as after a change of the parameters from elsewhere."""
        self._states: list[State] = [{} for _ in self._groups]

    def step(self, rate: float) -> None:
        """Change the parameters by about `rate` each, against their gradients."""
        for (value, slope), state in zip(self._groups, self._states, strict=True):
            value.sub_(self._change(state, slope), alpha=rate)
