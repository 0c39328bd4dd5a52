"""What the header of a `.ncl` says of a neural collage. Only the standard library is imported."""

import struct
from dataclasses import asdict, dataclass
from typing import ClassVar

from ..bitstream.container import Common
from ..code import quality_of
from ..errors import FormatError
from .places import holding, levels_in

ATOMS, SCALES = 0x01, 0x02  # chunk types
MAX_ATOMS = 3072
MAX_DOMAINS = 4
MAX_STEPS = 32
LEVEL_UNIT = 256  # the level is in 1/256
_FIELDS = struct.Struct("<HHBBII8s")


@dataclass(frozen=True)
class Fields:
    """See `container.Fields`. The squares of the map are its range cells.

    level: quality level in 1/256. atoms, domains: coded integers a cell. steps: iterations to the fixed
    point at scale 1. scale_sum: largest sum of |quantized s| in a cell. nonzero_scales: how many s
    differ from zero. fingerprint: of the weights, 8 bytes.
    """

    level: int
    atoms: int
    domains: int
    steps: int
    scale_sum: int
    nonzero_scales: int
    fingerprint: bytes

    SIZE: ClassVar = _FIELDS.size
    CHUNKS: ClassVar = {ATOMS: "atoms", SCALES: "scales"}

    def pack(self) -> bytes:
        return _FIELDS.pack(
            self.level, self.atoms, self.domains, self.steps, self.scale_sum, self.nonzero_scales, self.fingerprint
        )

    @classmethod
    def unpack(cls, data: bytes, common: Common) -> "Fields":
        fields = cls(*_FIELDS.unpack(data))
        if not 1 <= fields.atoms <= min(MAX_ATOMS, 3 * common.side**2) or fields.domains > MAX_DOMAINS:
            raise FormatError(f"{fields.atoms} atoms and {fields.domains} domains are outside the format's limits")
        if fields.steps > MAX_STEPS:
            raise FormatError(f"{fields.steps} iterations are over the limit of {MAX_STEPS}")
        if fields.nonzero_scales > fields._scales(common):
            raise FormatError(f"{fields.nonzero_scales} non-zero scales are more than there are scales")
        return fields

    def about(self, common: Common) -> dict:
        scales = self._scales(common)
        share = self.nonzero_scales / scales if scales else 0.0
        about = {"range_size": common.side} | asdict(self)
        path = holding(self.fingerprint)
        top = LEVEL_UNIT * (levels_in(path) - 1) if path else 0
        return about | {
            "fingerprint": self.fingerprint.hex(),
            "weights": path.stem if path else None,
            "quality": quality_of(self.level, top),
            "share_of_nonzero_scales": share,
        }

    def lines(self, common: Common) -> dict[str, str]:
        about = self.about(common)
        share = 100 * about["share_of_nonzero_scales"]
        known = about["quality"] is not None
        return {
            "weights": f"{about['weights'] or 'not installed'} ({about['fingerprint']})",
            "quality": (f"-q {about['quality']:g}, " if known else "") + f"level {self.level / LEVEL_UNIT:.3f}",
            "map": f"range cells of {common.side} px, {self.atoms} atoms, {self.domains} domains",
            "self-reference": f"{self.nonzero_scales} non-zero scales ({share:.2f} %), "
            f"largest sum {self.scale_sum} steps, {self.steps} iterations at 1x",
        }

    def _scales(self, common: Common) -> int:
        """How many s the map has."""
        rows, columns = common.grid
        return rows * columns * self.domains
