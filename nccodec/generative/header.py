"""What the header of a `.ncl` says of a generative collage. Only the standard library is imported."""

import struct
from dataclasses import asdict, astuple, dataclass
from typing import ClassVar

from ..bitstream.container import Common
from ..errors import FormatError
from ..neural.places import holding

LATENTS = 0x1E  # chunk type
STEP_UNIT = 256  # the quantizer step of latents is in 1/256
MAX_LATENTS = 256
LARGEST_LATENT = 16.0  # without its sign; they are about standard normal
LARGEST_SUM = 15 / 16  # of |s| in a range, whatever the latents: the collage is a contraction
SIDE = 4  # 1 / the smallest scale of a decode
TOP = 5  # levels of the encoder's quality, each with half the step of the one before
_FIELDS = struct.Struct("<HH8s")


def step_of(level: int) -> int:
    """Quantizer step of a level, 0 .. TOP, in 1/STEP_UNIT."""
    return STEP_UNIT >> level


@dataclass(frozen=True)
class Fields:
    """See `container.Fields`. latents: how many. step: their quantizer step in 1/256. fingerprint: of the weights, 8
    bytes."""

    latents: int
    step: int
    fingerprint: bytes

    SIZE: ClassVar = _FIELDS.size
    CHUNKS: ClassVar = {LATENTS: "latents"}

    def pack(self) -> bytes:
        return _FIELDS.pack(*astuple(self))

    @classmethod
    def unpack(cls, data: bytes, common: Common) -> "Fields":
        fields = cls(*_FIELDS.unpack(data))
        if not 1 <= fields.latents <= MAX_LATENTS:
            raise FormatError(f"{fields.latents} latents are outside 1 .. {MAX_LATENTS}")
        if fields.step == 0:
            raise FormatError("a generative collage without a quantizer step")
        if common.side != SIDE:
            raise FormatError(f"a generative collage that states {common.side} where there is {SIDE}")
        return fields

    def about(self, common: Common) -> dict:
        path = holding(self.fingerprint)
        return asdict(self) | {
            "fingerprint": self.fingerprint.hex(),
            "weights": path.stem if path else None,
            "contraction_factor": LARGEST_SUM,
        }

    def lines(self, common: Common) -> dict[str, str]:
        about = self.about(common)
        return {
            "weights": f"{about['weights'] or 'not installed'} ({about['fingerprint']})",
            "latents": f"{self.latents} in steps of {self.step / STEP_UNIT:g}",
            "self-reference": f"the weights' network gives it, sums of |s| below {LARGEST_SUM:g}",
        }
