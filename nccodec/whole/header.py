"""What the header of a `.ncl` says of a whole-image map. Only the standard library is imported."""

import math
import struct
from dataclasses import asdict, astuple, dataclass
from typing import ClassVar

from ..bitstream.container import Common
from ..code import quality_of
from ..errors import FormatError, LimitError
from ..neural.places import holding

CELLS, STYLE = 0x18, 0x19  # chunk types
SCALE_UNIT = 32  # s and t are in 1/32
LARGEST_SCALE = 30  # of |s| in 1/SCALE_UNIT: 15/16, so that every file is a contraction
LARGEST_STYLE = 32  # of |t|
STEP_UNIT = 16  # the quantizer step is in 1/16 grey level
FEWEST, MOST = 4, 1024  # ranges to a side
SMALLEST_DOMAIN = 2  # ranges to a side
MAX_CANVAS = 1 << 28  # pixels in whole ranges; the largest square pictures have fewer, however they are cut
TOP = 1000  # levels of the encoder's quality
_COARSEST, _FINEST = 800, 8  # quantizer step of quality 0 and 100, in 1/STEP_UNIT
_FIELDS = struct.Struct("<HHHHHBI8s")
_NO_WEIGHTS = bytes(8)


def step_of(level: int) -> int:
    """Quantizer step of a level, 0 .. TOP, in 1/STEP_UNIT grey level."""
    return round(_COARSEST * (_FINEST / _COARSEST) ** (level / TOP))


def quality_of_step(step: int) -> float | None:
    """The roundest quality that gives a step; None where none does."""
    levels = [level for level in range(TOP + 1) if step_of(level) == step]
    return min((quality_of(level, TOP) for level in levels), key=lambda q: len(f"{q:g}"), default=None)


def steps_of(largest_scale: int) -> int:
    """Iterations after which any start that is off by no more than from black to white is within half a grey level of
    the fixed point: its distance falls by the contraction factor, |s| <= largest_scale / SCALE_UNIT, at each."""
    if largest_scale == 0:
        return 1
    return math.ceil(math.log(0.5 / 255) / math.log(largest_scale / SCALE_UNIT))


@dataclass(frozen=True)
class Fields:
    """See `container.Fields`.

    ranges: to a side of the picture. step: quantizer step of means in 1/16 grey level. top, left, side: of the domain,
    in ranges. largest_scale: the largest |s| in 1/32. styled: how many ranges take from the style. fingerprint: of the
    weights of the style, 8 bytes, zeros if there is none.
    """

    ranges: int
    step: int
    top: int
    left: int
    side: int
    largest_scale: int
    styled: int
    fingerprint: bytes

    SIZE: ClassVar = _FIELDS.size
    CHUNKS: ClassVar = {CELLS: "ranges", STYLE: "style"}

    def pack(self) -> bytes:
        return _FIELDS.pack(*astuple(self))

    @classmethod
    def unpack(cls, data: bytes, common: Common) -> "Fields":
        fields = cls(*_FIELDS.unpack(data))
        if not FEWEST <= fields.ranges <= MOST:
            raise FormatError(f"{fields.ranges} ranges to a side are outside {FEWEST} .. {MOST}")
        canvas = math.prod(-(-n // fields.ranges) * fields.ranges for n in (common.height, common.width))
        if canvas > MAX_CANVAS:
            size = f"{common.width} x {common.height} pixels in {fields.ranges} x {fields.ranges} whole ranges"
            raise LimitError(f"{size} are over {MAX_CANVAS}")
        if fields.step == 0:
            raise FormatError("a whole-image map without a quantizer step")
        reach = max(fields.top, fields.left) + fields.side
        if fields.side < SMALLEST_DOMAIN or reach > fields.ranges:
            place = f"{fields.side} ranges from {fields.top}, {fields.left}"
            raise FormatError(f"the domain, {place}, is not in the picture")
        if fields.largest_scale > LARGEST_SCALE:
            raise FormatError(f"|s| of {fields.largest_scale} / {SCALE_UNIT} is over {LARGEST_SCALE} / {SCALE_UNIT}")
        if (fields.fingerprint != _NO_WEIGHTS) != (fields.styled > 0):
            raise FormatError("the header is not clear about whether there is a style")
        return fields

    def about(self, common: Common) -> dict:
        path = holding(self.fingerprint) if self.styled else None
        return asdict(self) | {
            "range_height": -(-common.height // self.ranges),
            "range_width": -(-common.width // self.ranges),
            "quality": quality_of_step(self.step),
            "contraction_factor": self.largest_scale / SCALE_UNIT,
            "iterations": steps_of(self.largest_scale),
            "fingerprint": self.fingerprint.hex(),
            "weights": path.stem if path else None,
        }

    def lines(self, common: Common) -> dict[str, str]:
        about, step = self.about(common), f"steps of {self.step / STEP_UNIT:g} grey levels"
        whole = self.side == self.ranges
        domain = "the whole picture" if whole else f"{self.side} x {self.side} of them from {self.top}, {self.left}"
        lines = {
            "quality": step if about["quality"] is None else f"-q {about['quality']:g}, {step}",
            "map": f"{self.ranges} x {self.ranges} ranges of {about['range_width']} x {about['range_height']} px, "
            f"domain: {domain}",
            "self-reference": f"contraction factor {about['contraction_factor']:g}, within half a grey level after "
            f"at most {about['iterations']} iterations",
        }
        if self.styled:
            weights = about["weights"] or "not installed"
            lines["style"] = f"in {self.styled} ranges, weights {weights} ({about['fingerprint']})"
        return lines
