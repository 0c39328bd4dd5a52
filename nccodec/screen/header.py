"""What the header of a `.ncl` says of a screen map. Only the standard library is imported."""

import struct
from dataclasses import asdict, dataclass
from typing import ClassVar

from ..bitstream.container import Common
from ..code import quality_of
from ..errors import FormatError
from ..neural.places import holding

PIXELS, COLLAGES = 0x08, 0x09  # chunk types
CELL = 8  # side of a cell, in pixels
FLAT, COPY, COLLAGE = 1, 2, 3  # modes of a cell; 0 where each pixel is coded
TOP_LEVEL = 6 * 256  # of quality, in 1/256 of the distance of two trained ones
_FIELDS = struct.Struct("<HBIII8s")
_NONE = bytes(8)


@dataclass(frozen=True)
class Fields:
    """See `container.Fields`. The squares of the map are its cells.

    level: quality level in 1/256. lossless: whether the picture is what was encoded. flat, copied, collage: how many
    cells are of these modes. fingerprint: of the weights of the collages, 8 bytes, zeros if there are none.
    """

    level: int
    lossless: bool
    flat: int
    copied: int
    collage: int
    fingerprint: bytes

    SIZE: ClassVar = _FIELDS.size
    CHUNKS: ClassVar = {PIXELS: "pixels", COLLAGES: "collages"}

    def pack(self) -> bytes:
        return _FIELDS.pack(self.level, self.lossless, self.flat, self.copied, self.collage, self.fingerprint)

    @classmethod
    def unpack(cls, data: bytes, common: Common) -> "Fields":
        level, lossless, flat, copied, collage, fingerprint = _FIELDS.unpack(data)
        rows, columns = common.grid
        if common.side != CELL:
            raise FormatError(f"a screen map has cells of {CELL} px, not {common.side}")
        if lossless > 1 or level > TOP_LEVEL:
            raise FormatError(f"level {level} and lossless {lossless} are outside the format's limits")
        if flat + copied + collage > rows * columns:
            raise FormatError(f"{flat + copied + collage} cells with a mode are more than there are cells")
        if lossless and (level or collage):
            raise FormatError("a lossless picture has no level and no collages")
        if (collage > 0) != (fingerprint != _NONE):
            raise FormatError("the header is not clear about whether there are collages")
        return cls(level, bool(lossless), flat, copied, collage, fingerprint)

    def about(self, common: Common) -> dict:
        rows, columns = common.grid
        shares = {"flat": self.flat, "copied": self.copied, "collage": self.collage}
        shares["coded"] = rows * columns - sum(shares.values())
        about = {"range_size": common.side} | asdict(self) | {"fingerprint": self.fingerprint.hex()}
        path = holding(self.fingerprint) if self.collage else None
        return about | {
            "weights": path.stem if path else None,
            "quality": None if self.lossless else quality_of(self.level, TOP_LEVEL),
            "shares": {name: count / (rows * columns) for name, count in shares.items()},
        }

    def lines(self, common: Common) -> dict[str, str]:
        about = self.about(common)
        shares = ", ".join(f"{name} {100 * share:.1f} %" for name, share in about["shares"].items())
        quality = "lossless"
        if not self.lossless:
            quality = f"-q {about['quality']:g}, level {self.level / 256:.3f}"
        lines = {"quality": quality, "map": f"cells of {CELL} px: {shares}"}
        if self.collage:
            lines["weights"] = f"{about['weights'] or 'not installed'} ({about['fingerprint']})"
        return lines
