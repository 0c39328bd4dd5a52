"""What the header of a `.ncl` says of a set of points. Only the standard library is imported."""

import struct
from dataclasses import asdict, astuple, dataclass
from typing import ClassVar

from ..bitstream.container import Common
from ..errors import FormatError, LimitError

MAPS = 0x1C  # chunk type
FEWEST, MOST = 2, 64  # maps
ONE = 1 << 15  # of the coefficients of a matrix
LARGEST_FACTOR = 31 * ONE // 32  # of contraction: every file that is decoded has one attractor
MAX_SAMPLES = 1 << 26  # of a picture at the scale that it is decoded at
GAMMA_UNIT = 16
GROWTH_UNIT = 64
WHITE_UNIT = 16
_FIELDS = struct.Struct("<BBBBBBHI")


@dataclass(frozen=True)
class Fields:
    """See `container.Fields`.

    maps: how many. dimensions: 2 or 3. paper: dark points on white. density: points for each sample of the whole
    picture. gamma: of the tone curve, in 1/GAMMA_UNIT. growth: octaves by which the count that is full brightness grows
    with each doubling of the scale, in 1/GROWTH_UNIT. factor: the largest singular value of a map, rounded up, in
    1/ONE. white: the count that is full brightness at scale 1, in 1/WHITE_UNIT.
    """

    maps: int
    dimensions: int
    paper: bool
    density: int
    gamma: int
    growth: int
    factor: int
    white: int

    SIZE: ClassVar = _FIELDS.size
    CHUNKS: ClassVar = {MAPS: "maps"}

    def pack(self) -> bytes:
        return _FIELDS.pack(*astuple(self))

    @classmethod
    def unpack(cls, data: bytes, common: Common) -> "Fields":
        maps, dimensions, paper, *rest = _FIELDS.unpack(data)
        fields = cls(maps, dimensions, paper == 1, *rest)
        if common.width * common.height > MAX_SAMPLES:
            raise LimitError(f"a set of points on {common.width} x {common.height} pixels is over {MAX_SAMPLES}")
        if not FEWEST <= maps <= MOST:
            raise FormatError(f"{maps} maps are outside {FEWEST} .. {MOST}")
        if dimensions not in (2, 3):
            raise FormatError(f"points of {dimensions} dimensions, not 2 or 3")
        if paper > 1:
            raise FormatError("reserved bits of a set of points are set")
        if not 1 <= fields.density <= 64 or not 1 <= fields.gamma <= 128 or fields.growth > 128 or fields.white == 0:
            raise FormatError("density, gamma, growth or white of a set of points are out of bounds")
        if fields.factor > LARGEST_FACTOR:
            raise FormatError(f"a map with factor {fields.factor / ONE:.4f} is over {LARGEST_FACTOR / ONE:g}")
        return fields

    def about(self, common: Common) -> dict:
        return asdict(self) | {
            "gamma": self.gamma / GAMMA_UNIT,
            "growth": self.growth / GROWTH_UNIT,
            "white": self.white / WHITE_UNIT,
            "contraction_factor": self.factor / ONE,
        }

    def lines(self, common: Common) -> dict[str, str]:
        space = "the plane" if self.dimensions == 2 else "space"
        ground = "dark on white" if self.paper else "bright on black"
        return {
            "map": f"{self.maps} affine maps of {space}, contraction factor {self.factor / ONE:.4f}",
            "picture": f"chaos game, {self.density} points a pixel, gamma {self.gamma / GAMMA_UNIT:g}, {ground}",
        }
