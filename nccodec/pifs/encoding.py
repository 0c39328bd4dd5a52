"""Picture -> search -> quadtree -> bytes, at a quality or to a target."""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ..bitstream.container import MAX_CANVAS, PACKERS
from ..code import Extras
from ..codec.target import Target, to_target
from ..collage.device import choose_device
from ..errors import LimitError
from ..imaging.pictures import parts_of
from ..imaging.psnr import psnr
from .candidates import planes_of, sides_of
from .code import LARGEST_ROOT, Layout, PartitionCode
from .packing import write_partition
from .pruning import grow
from .synthesis import synthesise

TOP = 1000  # levels of quality
_COARSEST, _FINEST = 2400, 24  # quantizer step of quality 0 and 100, in 1/16 grey level
_LARGEST_RANGE = 32


@dataclass(frozen=True)
class Options:
    """See `pifs.encode`. LimitError for what the format does not have."""

    quadtree: bool = True
    range_size: int = 4
    domain_step: int = 8
    isometries: int = 8
    lean: float = 1.0
    domains: bool = True
    packer: str = "range"

    def __post_init__(self) -> None:
        for name, allowed in (
            ("range_size", (4, 8, 16)), ("domain_step", (4, 8, 16, 32, 64)), ("isometries", (1, 8)),
        ):  # fmt: skip
            if getattr(self, name) not in allowed:
                raise LimitError(f"{name} {getattr(self, name)} is none of {', '.join(map(str, allowed))}")
        if self.packer not in PACKERS:
            raise LimitError(f"packer {self.packer!r} is unknown: range or fixed")
        if not 0 < self.lean <= 1:
            raise LimitError(f"a share of {self.lean:g} of the domains is outside 0 .. 1")

    def layout(self, height: int, width: int, grey: bool, step: int) -> Layout:
        """The layout of a picture; the roots of small pictures are small."""
        root = min(LARGEST_ROOT, max(self.range_size, 1 << (max(height, width) - 1).bit_length()))
        largest = min(_LARGEST_RANGE, root) if self.quadtree else self.range_size
        smallest = 1 if self.quadtree else self.range_size
        return Layout(height, width, grey, step, root, largest, smallest, self.domain_step, self.isometries)


def step_of(level: int) -> int:
    """Quantizer step of a level, 0 .. TOP, in 1/16 grey level."""
    return round(_COARSEST * (_FINEST / _COARSEST) ** (level / TOP))


def encode_picture(
    image: Image.Image, target: Target, options: Options, device: str, strip: Collection[str],
    progress: Callable[[float], None],
) -> bytes:  # fmt: skip
    """See `nccodec.pifs.encode`."""
    layout = options.layout(image.height, image.width, False, 1)
    if math.prod(layout.grid(0, 1)) > MAX_CANVAS:
        size = f"{image.width} x {image.height} pixels in whole squares of {layout.root}"
        raise LimitError(f"{size} are over the limit of {MAX_CANVAS}")
    device = choose_device(device)
    picture, extras = parts_of(image, strip)
    attempts = Attempts(np.asarray(picture), options, device, progress, extras)
    if target.quality is not None:
        return attempts.data(round(target.quality / 100 * TOP))
    return to_target(attempts, target, 0, image.width * image.height)


class Attempts:
    """The files of one picture at several levels, from one search. picture: uint8 [H, W] or [H, W, 3]."""

    top = TOP

    def __init__(
        self, picture: np.ndarray, options: Options, device: str, progress: Callable[[float], None] = lambda _: None,
        extras: Extras = Extras(),
    ) -> None:  # fmt: skip
        self._picture, self._options, self._device, self._extras = picture, options, device, extras
        layout = self._layout(0)
        finest = options.range_size if options.domains else 2 * layout.largest
        self._canvases, self._sides = planes_of(picture, layout), []
        for number, canvas in enumerate(self._canvases):
            self._sides.append(sides_of(canvas, layout, number, finest, options.lean, device))
            progress((number + 1) / len(self._canvases))
        self._made: dict[int, tuple[PartitionCode, bytes]] = {}
        self._measured: dict[int, float] = {}

    def _layout(self, level: int) -> Layout:
        height, width = self._picture.shape[:2]
        return self._options.layout(height, width, self._picture.ndim == 2, step_of(level))

    def _make(self, level: int) -> tuple[PartitionCode, bytes]:
        if level not in self._made:
            code = grow(self._layout(level), self._canvases, self._sides)
            self._made[level] = code, write_partition(code, self._options.packer, self._extras)
        return self._made[level]

    def data(self, level: int, effort: int = 0) -> bytes:
        """The file of a level."""
        return self._make(level)[1]

    def log_size(self, level: int, effort: int = 0) -> float:
        return math.log(len(self.data(level)))

    def psnr(self, level: int, effort: int = 0) -> float:
        if level not in self._measured:
            decoded = synthesise(self._make(level)[0], device=self._device)
            self._measured[level] = psnr(self._picture, decoded, self._extras.alpha)
        return self._measured[level]
