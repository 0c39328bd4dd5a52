"""The neural encoder: see `codec.kinds.Encoder`."""

from collections.abc import Callable

from PIL import Image

from ..bitstream.symbols import SymbolModel
from .analysis import Analysis
from .code import CollageCode
from .options import Options
from .weights import named


class Encoder:
    """The codes of a picture, mode "RGB" or "L", at several levels and efforts, from one pass of the network.

    progress: called with the share of a refinement that is done, 0 .. 1. WeightsError where the weights are missing.
    """

    def __init__(
        self, picture: Image.Image, options: Options, device: str = "cpu",
        progress: Callable[[float], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self.weights, self.effort = named(options.weights), options.effort
        self.top = self.weights.levels
        self._analysis, self._progress = Analysis(picture, self.weights, device, options.tune), progress

    def code(self, level: int, effort: int) -> CollageCode:
        """level: 0 .. top. effort: see `Options`, which may be another than that of a search's first steps."""
        return self._analysis.code(level, effort, self._progress)

    def model(self, code: CollageCode) -> SymbolModel:
        """The prior at its level."""
        return self._analysis.model(code.level)
