"""What the encoder of implicit networks can be asked for. Only the standard library is imported."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from ..errors import LimitError
from .header import MOST_DEPTH, MOST_FEATURES, MOST_WIDTH, SIGMA_UNIT

if TYPE_CHECKING:
    from collections.abc import Callable

    from .code import ImplicitCode

FAMILIES = ("siren", "fourier", "cppn")
ACTIVATIONS = ("atan", "tanh")
SPARSE = ("rigl", "prune")
KINDS = ("uniform", "float16", "codebook")
OPTIMIZERS = ("soap", "adam")
MINUTES = 2.0  # that a picture is given if nothing is asked for
BUDGET = 0.15  # bits per pixel that a network is chosen for if nothing is asked for


@dataclass(frozen=True)
class Options:
    """network: of FAMILIES. activation: of "cppn". width, depth: of the hidden layers, and how many; those that are
    None are chosen for `budget` bytes of file, by default BUDGET bits per pixel. features, sigma: of "fourier",
    frequencies and their deviation. seed: u32, of all that is random.

    steps, minutes: after which a fit ends, whichever is first; neither: MINUTES. batch: pixels a step, drawn at
    random; all of a picture that has no more. optimizer: of OPTIMIZERS.

    sparsity: share of the weights that are zero, by the way `sparse`, of SPARSE. factors: share of the weights that
    their factors hold, 0 for none. values: of KINDS, that weights are coded as. bits: a weight, before entropy
    coding: the integers of "uniform" need so many on average, a "codebook" has 2^bits entries, at most 2^10; None, what
    the quality level says. finetune: steps with quantized weights. init: a code whose network a fit starts from, and
    whose shape it keeps. report: called during a fit, and then while it is finetuned, with the share that is done, the
    PSNR of the picture so far in dB and the seconds left. LimitError for what there is not."""

    network: str = "siren"
    activation: str = "atan"
    width: int | None = None
    depth: int | None = None
    budget: int | None = None
    features: int = 256
    sigma: float = 16.0
    seed: int = 0
    steps: int | None = None
    minutes: float | None = None
    batch: int = 8192
    optimizer: str = "soap"
    sparsity: float = 0.0
    sparse: str = "rigl"
    factors: float = 0.0
    values: str = "uniform"
    bits: int | None = None
    finetune: int = 300
    init: "ImplicitCode | None" = None
    report: "Callable[[float, float, float], None] | None" = None

    effort: ClassVar[int] = 0
    slow: ClassVar[bool] = True
    gradients: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for name, names in (
            ("network", FAMILIES), ("activation", ACTIVATIONS), ("sparse", SPARSE), ("values", KINDS),
            ("optimizer", OPTIMIZERS),
        ):  # fmt: skip
            if getattr(self, name) not in names:
                raise LimitError(f"{name} {getattr(self, name)!r} is none of {', '.join(names)}")
        for name, least, most in (
            ("width", 2, MOST_WIDTH), ("depth", 1, MOST_DEPTH), ("features", 1, MOST_FEATURES), ("seed", 0, 2**32 - 1),
            ("steps", 1, None), ("minutes", 0, None), ("batch", 1, None), ("budget", 1, None), ("finetune", 0, None),
            ("sparsity", 0, 0.99), ("factors", 0, 1), ("bits", 2, 12), ("sigma", 1 / SIGMA_UNIT, 255 / SIGMA_UNIT),
        ):  # fmt: skip
            value = getattr(self, name)
            if value is not None and not (value >= least and (most is None or value <= most)):
                raise LimitError(
                    f"{name} {value:g} is not {least:g} " + ("or more" if most is None else f".. {most:g}")
                )
        if self.minutes is not None and not (math.isfinite(self.minutes) and self.minutes > 0):
            raise LimitError(f"{self.minutes:g} minutes are no time")
        if self.sparsity and self.factors:
            raise LimitError("weights are sparse or factored, not both")
        if self.factors and (self.values == "codebook" or self.bits is not None):
            raise LimitError("factors are float16")
        if self.bits is not None and self.values == "float16":
            raise LimitError("float16 has 16 bits")
        if self.bits is not None and self.values == "codebook" and self.bits > 10:
            raise LimitError("a codebook has 10 bits at most")
        if self.init is not None and (self.width is not None or self.depth is not None):
            raise LimitError("a network that starts from another has its width and depth")
        if self.init is not None and (self.sparsity or self.factors):
            raise LimitError("a network that starts from another is neither made sparse nor factored")

    @property
    def kind(self) -> str:
        """Of `header.NETWORKS`."""
        return self.activation if self.network == "cppn" else self.network

    def toward(self, budget: int) -> "Options":
        """The same for a file of so many bytes."""
        return replace(self, budget=budget)
