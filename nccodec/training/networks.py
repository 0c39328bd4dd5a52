"""The collage's networks with parameters to be trained."""

import math

import torch
from torch import nn

from ..neural.architecture import Architecture
from ..neural.model import Collage
from ..neural.shapes import shapes

_SMALL = 0.2  # of residual blocks' last layers: a new network changes little


def initial(a: Architecture) -> dict[str, torch.Tensor]:
    """Every array of a new model, drawn from torch's generator: decoder and encoder add nothing yet to atoms and linear
    analysis, which are zeros, see `start`."""
    sizes = shapes(a)
    made = {name: torch.zeros(shape) for name, shape in sizes.items()}
    for name, value in made.items():
        layer, _, kind = name.rpartition(".")
        if kind not in ("weight", "bias") or layer.endswith("head") or layer == "analysis":
            continue
        _, *window = sizes[f"{layer}.weight"]
        # Uniform, with a third of 1 / inputs as the variance.
        value.uniform_(-1, 1).mul_(math.prod(window) ** -0.5)
        if layer.endswith(".second"):
            # Dense blocks of the encoder start as the identity: they can be added to one that was trained.
            dense = window[-1] == 3 and not layer.startswith("filter.")
            value.mul_(0.0 if kind == "bias" or dense else _SMALL)
    log_lambda = torch.tensor(a.lambdas).log()
    # 1 / quantizer step of each channel at each level: the step at which one more bit for a
    # coefficient of an orthonormal transform lowers lambda 255^2 MSE by as much as it costs.
    made["log_gain"] += math.log(50) + log_lambda[:, None] / 2
    made["log_gain"][:, a.atoms :] = math.log(4)
    made["filter.gain"] += 1
    made["filter.amplitude"] -= math.log(50) + log_lambda / 2  # near the size of a quantizer step
    return made


class TrainedCollage(Collage, nn.Module):
    """A collage whose arrays are a module's parameters, of the same names."""

    def __init__(self, architecture: Architecture) -> None:
        nn.Module.__init__(self)
        for name, value in initial(architecture).items():
            *path, leaf = name.split(".")
            part: nn.Module = self
            for step in path:
                if not hasattr(part, step):
                    part.add_module(step, nn.Module())
                part = getattr(part, step)
            part.register_parameter(leaf, nn.Parameter(value))
        Collage.__init__(self, architecture, dict(self.named_parameters()))

    def of(self, *prefixes: str) -> list[nn.Parameter]:
        """The parameters whose names begin so."""
        return [p for name, p in self.named_parameters() if name.startswith(prefixes)]
