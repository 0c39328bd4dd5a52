"""A picture -> ImplicitCode: see `codec.kinds.Encoder`. torch is imported when a picture is fitted."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ..code import MAX_PIXELS
from ..errors import LimitError, NclWarning
from .code import Half, ImplicitCode, Layer, Values
from .header import Shape, check_work
from .options import MINUTES, Options
from .sizes import rank_for, shape_for

if TYPE_CHECKING:
    from PIL import Image

TOP = 96
_COARSEST, _LEVELS_A_BIT = 4.0, TOP / 9  # error that level 0 adds, in errors of the fit; levels that quarter it


class Encoder:
    """The codes of a picture, mode "RGB" or "L", at several levels, from one fit. level: how much error the rounding of
    weights is to add beside that of the fit: 4 times as much at 0, a quarter of that every TOP/9 levels; float16 and
    factors have but one.

    progress: called with the share of the fit that is done, 0 .. 1. fitted: matrix and bias of each layer, before they
    are rounded. psnr: of the picture that these give, see `fitting.fit`. Ctrl-C ends the fit, and what is finetuned
    after it, with an NclWarning: the best so far is kept.
    """

    top = TOP
    effort = 0
    weights = None

    def __init__(
        self, picture: Image.Image, options: Options, device: str = "cpu",
        progress: Callable[[float], None] = lambda _: None,
    ) -> None:  # fmt: skip
        from .fitting import Pixels, Rules, Stopped, fit
        from .network import Network, initialise

        self._options, self._size = options, (picture.height, picture.width, picture.mode == "L")
        self.shape = shape_for(options, *self._size)
        check_work(self.shape.weights, picture.width, picture.height)
        network = Network(self.shape, device)
        if options.init is None:
            initialise(network, options.seed)
        else:
            network.set(options.init.network())
        self._parameters = _parameters(network, options)
        minutes = MINUTES if options.steps is None and options.minutes is None else options.minutes
        rules = Rules(options.steps, minutes, options.batch, options.optimizer, seed=options.seed)

        def told(share: float, psnr: float, seconds: float) -> None:
            progress(share)
            if options.report is not None:
                options.report(share, psnr, seconds)

        self._pixels, self._network, self._finetunes = Pixels(np.asarray(picture), device), network, True
        try:
            self.psnr = fit(network, self._pixels, rules, told, self._parameters)
        except Stopped as stopped:
            self.psnr, self._finetunes = stopped.psnr, False
            warnings.warn(
                f"stopped after {stopped.steps} steps: the best so far is kept, not finetuned", NclWarning, stacklevel=2
            )
        self.fitted = network.get()
        self._square: np.ndarray | None = None

    def model(self, code: ImplicitCode) -> None:
        """None: such a file is its own network."""

    def code(self, level: int, effort: int) -> ImplicitCode:
        """level: 0 .. TOP. effort: has no use here."""
        return self.rounded(level, self._options.values, self._options.finetune)

    def rounded(self, level: int, values: str, finetune: int) -> ImplicitCode:
        """The code of the fit with its numbers as `values`, after so many steps of finetuning: see `Options`."""
        from . import quantizing
        from .fitting import Stopped

        options = self._options
        if options.factors:
            return self._factored()
        form = "sparse" if options.sparsity else "dense"
        if values == "float16":
            return self.assembled(form, *quantizing.halves(self.fitted))
        steps, book = self._steps(level), values == "codebook"

        def made(number: int, matrix: np.ndarray) -> Values:
            if not book:
                return quantizing.rounded(matrix, steps[number])
            if options.bits is None:
                return quantizing.book(matrix, steps[number])
            return quantizing.book_of(matrix, 2**options.bits)

        network = self.fitted
        matrices = [made(number, matrix) for number, (matrix, _) in enumerate(network)]
        if finetune and self._finetunes:
            try:
                matrices, network = self._finetuned(made, finetune)
            except (KeyboardInterrupt, Stopped):
                self._finetunes = False
                warnings.warn("stopped: the fit is kept, not finetuned", NclWarning, stacklevel=2)
        biases = np.concatenate([bias for _, bias in network])
        rounded = quantizing.half(biases) if book else quantizing.rounded(biases, steps[-1])
        return self.assembled(form, tuple(matrices), rounded)

    def _finetuned(self, made: Callable[[int, np.ndarray], Values], steps: int) -> tuple[list[Values], list[Layer]]:
        """Rounded matrices, and the network with them, whose biases are not rounded."""
        from .finetuning import finetuned
        from .fitting import rate_for

        self._network.set(self.fitted)
        report = self._options.report or (lambda *_: None)
        rate = rate_for("soap", self.shape)
        matrices = finetuned(self._network, self._pixels, made, steps, rate, report)
        return matrices, self._network.get()

    def _steps(self, level: int) -> list[float]:
        """For each layer, and the biases last."""
        from . import quantizing

        if self._square is None:
            self._square = quantizing.sensitivities(self._network, self._pixels)
        layers = self.shape.layers
        if self._options.bits is None:
            error = 4 * 10 ** (-self.psnr / 10)
            return quantizing.steps_for(layers, self._square, error * _COARSEST * 4 ** (-level / _LEVELS_A_BIT))
        return quantizing.steps_of(self._options.bits, self.fitted, layers, self._square)

    def _factored(self) -> ImplicitCode:
        from . import quantizing

        parts = self._parameters
        left, right, scales, biases = (
            quantizing.half(values.double().cpu().numpy())
            for values in (parts.left, parts.right, parts.scales, parts.biases)
        )
        return self.assembled("factors", (left, right), biases, scales)

    def assembled(
        self, form: str, matrices: tuple[Values, ...], biases: Values, scales: Half | None = None
    ) -> ImplicitCode:
        """The code of such numbers for this picture: see `ImplicitCode`."""
        return ImplicitCode(*self._size, self.shape, form, matrices, scales, biases)


def _parameters(network, options: Options):
    """See `fitting.Parameters`."""
    if options.factors:
        from .factors import Factored

        return Factored(network, rank_for(network.shape, options.factors), options.seed)
    if options.sparsity:
        from .sparsity import Sparse

        return Sparse(network, options.sparsity, options.sparse, options.seed)
    from .parameters import Dense

    return Dense(network)


def random_code(
    seed: int, height: int, width: int, activation: str = "atan", depth: int = 8, units: int = 24, grey: bool = False
) -> ImplicitCode:
    """A network that no picture was fitted to: weights normal, of variance a little over 1 / inputs so that pictures
    have contrast. units: of a hidden layer. LimitError for more pixels or work than a file may have."""
    shape = Shape(activation, depth, units, 1 if grey else 3)
    if activation not in ("atan", "tanh"):
        raise LimitError(f"random pictures are of 'atan' or 'tanh', not {activation!r}")
    if width * height > MAX_PIXELS:
        raise LimitError(f"{width} x {height} pixels are over the limit of {MAX_PIXELS}")
    check_work(shape.weights, width, height)
    random = np.random.default_rng(seed)
    matrices = tuple(
        Half((random.standard_normal(size) * (1.5 / size[1]) ** 0.5).astype(np.float16)) for size in shape.layers
    )
    biases = Half((random.standard_normal(shape.biases) * 0.3).astype(np.float16))
    return ImplicitCode(height, width, grey, shape, "dense", matrices, None, biases)
