"""What the header of a `.ncl` says of a partitioned map. Only the standard library is imported."""

import math
import struct
from dataclasses import asdict, dataclass
from typing import ClassVar

from ..bitstream.container import Common
from ..code import level_of, quality_of
from ..errors import FormatError, LimitError

PARTITION, MEANS, SCALES, ISOMETRIES, ADDRESSES = range(0x10, 0x15)  # chunk types
MAX_CANVAS = 1 << 24  # pixels in whole roots, each of which takes some 120 bytes to decode
MAX_ITERATIONS = 32
SCALE_UNIT = 8  # s is in 1/8
LARGEST_SCALE = 32  # of |s|, in 1/SCALE_UNIT
STEP_UNIT = 16  # the quantizer step is in 1/16 grey level
TOP = 1000  # levels of the encoder's quality
_COARSEST, _FINEST = 2400, 24  # quantizer step of quality 0 and 100, in 1/STEP_UNIT
_FIELDS = struct.Struct("<HBBBBII")
_ONE = 1  # domains a range, the only number that there is


def step_of(level: int) -> int:
    """Quantizer step of a level, 0 .. TOP, in 1/STEP_UNIT grey level."""
    return round(_COARSEST * (_FINEST / _COARSEST) ** (level / TOP))


def quality_of_step(step: int) -> float | None:
    """A quality that gives a step, a whole number if one does; None for a step that none gives."""
    level = round(TOP * math.log(step / _COARSEST) / math.log(_FINEST / _COARSEST))
    whole = level_of(round(100 * level / TOP), TOP)
    return next((quality_of(n, TOP) for n in (whole, level) if step_of(n) == step), None)


@dataclass(frozen=True)
class Fields:
    """See `container.Fields`. The squares of the map are the roots of its quadtrees.

    step: quantizer step in 1/16 grey level. largest, smallest, domain_step, isometries: see `code.Layout`.
    iterations: to the fixed point at scale 1. largest_scale: the largest |s| in 1/8. references: how many ranges have
    a domain.
    """

    step: int
    largest: int
    smallest: int
    domain_step: int
    isometries: int
    iterations: int
    largest_scale: int
    references: int

    SIZE: ClassVar = _FIELDS.size
    CHUNKS: ClassVar = {
        PARTITION: "partition", MEANS: "means", SCALES: "range scales", ISOMETRIES: "isometries",
        ADDRESSES: "addresses",
    }  # fmt: skip

    def pack(self) -> bytes:
        largest, smallest, step = (n.bit_length() - 1 for n in (self.largest, self.smallest, self.domain_step))
        return _FIELDS.pack(
            self.step, largest | smallest << 4, step | (self.isometries == 8) << 4, _ONE,
            self.iterations, self.largest_scale, self.references,
        )  # fmt: skip

    @classmethod
    def unpack(cls, data: bytes, common: Common) -> "Fields":
        step, sides, domains, one, iterations, largest_scale, references = _FIELDS.unpack(data)
        largest, smallest, domain_step, turned = sides & 15, sides >> 4, domains & 15, domains >> 4
        ordered = smallest <= largest and 4 <= 1 << largest <= common.side
        if not (ordered and 2 <= domain_step <= 6 and turned <= 1):
            raise FormatError(f"partition: bytes {data[2:4].hex(' ')} are not sides of ranges and steps of domains")
        if one != _ONE or step == 0:
            raise FormatError("header of a partition with another number of domains than 1, or no step")
        if iterations > MAX_ITERATIONS:
            raise FormatError(f"{iterations} iterations are over the limit of {MAX_ITERATIONS}")
        rows, columns = common.grid
        canvas = rows * columns * common.side**2
        if canvas > MAX_CANVAS:
            size = f"{common.width} x {common.height} pixels in whole squares of {common.side}"
            raise LimitError(f"{size} are over {MAX_CANVAS}")
        if references > 3 * canvas // 16:  # three planes in ranges of 4 x 4
            raise FormatError(f"{references} non-zero scales are more than there are scales")
        return cls(
            step, 1 << largest, 1 << smallest, 1 << domain_step, 8 if turned else 1,
            iterations, largest_scale, references,
        )  # fmt: skip

    def about(self, common: Common) -> dict:
        return {"root": common.side, "quality": quality_of_step(self.step)} | asdict(self)

    def lines(self, common: Common) -> dict[str, str]:
        quality, step = quality_of_step(self.step), f"steps of {self.step / STEP_UNIT:g} grey levels"
        return {
            "quality": step if quality is None else f"-q {quality:g}, {step}",
            "map": f"ranges of {self.largest} to {self.smallest} px in quadtrees of {common.side} px, "
            f"domains every {self.domain_step} px, isometries: {self.isometries}",
            "self-reference": f"{self.references} ranges with a domain, "
            f"largest |s| {self.largest_scale / SCALE_UNIT:g}, {self.iterations} iterations at 1x",
        }
