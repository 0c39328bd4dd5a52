"""Changes of parameters by their gradients: Adam's, and Adam's in the eigenbases of the gradients' covariances.

What is remembered from one to the next is a dictionary of tensors, empty at first, as checkpoints can hold it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

State = dict[str, Tensor]
_NOISE = 1e-6  # least deviation in parts of a weight's largest


@dataclass(frozen=True)
class Rules:
    """mean, square, covariance: decays of the averages of gradients, their squares and their covariances. gathered:
    gradients at first of which nothing but covariances are made. every: gradients from one that updates the covariances
    to the next. turn: from one change of the bases to the next. largest: side that gets a basis. tiny: added to
    deviations of gradients. dtype: of products of gradients and bases, their own if None.
    """

    mean: float = 0.95
    square: float = 0.95
    covariance: float = 0.95
    gathered: int = 0
    every: int = 1
    turn: int = 10
    largest: int = 300
    tiny: float = 1e-15
    dtype: torch.dtype | None = None


def adam(state: State, gradient: Tensor, mean: float = 0.9, square: float = 0.999, tiny: float = 1e-15) -> Tensor:
    """The change by Adam (Kingma and Ba 2015, arXiv 1412.6980, algorithm 1), about 1 each, to be taken away times the
    rate. mean, square: decays. tiny: added to deviations. gradient: of any shape, the same each time. Updates the
    state."""
    _begin(state, gradient)
    state["step"] += 1
    return _adam(state, gradient, int(state["step"]), mean, square, tiny)


def soap(state: State, gradient: Tensor, rules: Rules = Rules()) -> Tensor | None:
    """The change by SOAP (Vyas et al. 2024, arXiv 2409.11321, algorithm 3), about 1 each, to be taken away times the
    rate; None as long as covariances are gathered. Updates the state.

    gradient: [k, sides ..], the same each time, of k weights of one shape. The sides of each are turned into bases in
    which its gradients hardly correlate, and Adam's change is made there. The mean of gradients stays in the basis.
    """
    _begin(state, gradient)
    step = int(state["step"])
    state["step"] += 1
    if step < rules.gathered or step % rules.every == 0:
        for i, side in _turnable(gradient, rules):
            flat = gradient.movedim(i, 1).reshape(len(gradient), side, -1)  # [k, side, all others]
            covariance = state.setdefault(f"covariance{i}", gradient.new_zeros(len(gradient), side, side))
            # A plain mean at first, as there is nothing yet that could be forgotten.
            covariance.lerp_(_product(flat, flat.mT, rules), max(1 - rules.covariance, 1 / (step + 1)))
    if step < rules.gathered:
        return None
    number = step - rules.gathered + 1
    if number == 1:
        for i, _ in _turnable(gradient, rules):
            # In float64: squares of tiny gradients, which are denormal, make no basis in float32.
            basis = torch.linalg.eigh(state[f"covariance{i}"].double())[1]
            state[f"basis{i}"] = basis.flip(-1).to(gradient.dtype).contiguous()
    elif number == 2 or step % rules.turn == 0:
        _change_bases(state, number - 1, rules)
    change = _adam(state, _turned(state, gradient, rules), number, rules.mean, rules.square, rules.tiny)
    return _turned(state, change, rules, back=True)


def _begin(state: State, gradient: Tensor) -> None:
    if not state:
        averages = {"exp_avg": torch.zeros_like(gradient), "exp_avg_sq": torch.zeros_like(gradient)}
        state |= {"step": torch.zeros(()), **averages}


def _adam(state: State, gradient: Tensor, number: int, mean: float, square: float, tiny: float) -> Tensor:
    """number: of this change, from 1."""
    state["exp_avg"].lerp_(gradient, 1 - mean)
    state["exp_avg_sq"].mul_(square).addcmul_(gradient, gradient, value=1 - square)
    deviation = (state["exp_avg_sq"] / (1 - square**number)).sqrt_().add_(tiny)
    # Directions in which there is no gradient but that of rounding are not to be walked at full length.
    largest = deviation.flatten(1).amax(1) if deviation.dim() > 1 else deviation.amax()
    deviation.clamp_(min=_NOISE * largest.reshape(-1, *[1] * (deviation.dim() - 1)))
    return state["exp_avg"] / deviation.mul_(1 - mean**number)


def _change_bases(state: State, number: int, rules: Rules) -> None:
    """One step of orthogonal iteration to the eigenbases of the covariances, by falling eigenvalues. number: of the
    changes that were made."""
    average, squares = _turned(state, state["exp_avg"], rules, back=True), state["exp_avg_sq"]
    for i, _ in _turnable(average, rules):
        covariance, basis = state[f"covariance{i}"], state[f"basis{i}"]
        product = covariance @ basis
        order = (basis * product).sum(1).argsort(dim=-1, descending=True, stable=True)  # [k, side]
        state[f"basis{i}"] = torch.linalg.qr(product.gather(2, order[:, None].expand_as(product)))[0].contiguous()
        places = order.reshape(len(order), *(-1 if n == i else 1 for n in range(1, average.dim())))
        squares = squares.gather(i, places.expand_as(squares))
    state["exp_avg"] = average = _turned(state, average, rules)
    # The mean of squares is no less than the square of the mean: without this, a direction in which there was no
    # gradient before would be walked at many times the rate.
    shares = 1 - rules.mean**number, 1 - rules.square**number
    state["exp_avg_sq"] = squares.maximum((average / shares[0]) ** 2 * shares[1])


def _turned(state: State, x: Tensor, rules: Rules, back: bool = False) -> Tensor:
    """x [k, sides ..] in the bases, or back from there."""
    count, shape = len(x), x.shape
    for i, side in _turnable(x, rules):
        basis = state[f"basis{i}"].mT if back else state[f"basis{i}"]
        if i == 1:
            x = _product(basis.mT, x.reshape(count, side, -1), rules).reshape(shape)  # [k, side, all others]
        else:
            others = x.movedim(i, -1)
            flat = others.reshape(count, -1, side)  # [k, all others, side]
            x = _product(flat, basis, rules).reshape(others.shape).movedim(-1, i)
    return x.contiguous()


def _turnable(x: Tensor, rules: Rules) -> Iterator[tuple[int, int]]:
    """Number and length of each side that has a basis, from 1 on."""
    return ((i, side) for i, side in enumerate(x.shape) if i and side <= rules.largest)


def _product(a: Tensor, b: Tensor, rules: Rules) -> Tensor:
    return a @ b if rules.dtype is None else (a.to(rules.dtype) @ b.to(rules.dtype)).to(a.dtype)
