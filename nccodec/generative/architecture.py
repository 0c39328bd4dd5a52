"""What a weights file of generative collages is built for. Only the standard library is imported."""

from dataclasses import asdict, dataclass, fields

from ..errors import WeightsError
from .header import MAX_LATENTS

SMALLEST, LARGEST = 8, 64  # pixels to a side of the pictures
LAYERS = 3  # of the encoder, each of which halves the picture
_BETWEEN = 128  # units between upper latents and latents


@dataclass(frozen=True)
class Architecture:
    """What a weights file is built for; stored in it. WeightsError for what there is not.

    size: of the pictures in pixels, along both sides. channels: 1 grey, 3 red, green and blue. ranges: to a side of
    the picture, a power of two. kernel: side K of the atoms. atoms: how many. latents: how many numbers a picture is.
    upper: how many others these are drawn from, in sampling. hidden: units in each of the decoder's two layers. width:
    channels of the encoder's first layer.
    """

    size: int = 28
    channels: int = 1
    ranges: int = 4
    kernel: int = 13
    atoms: int = 32
    latents: int = 24
    upper: int = 8
    hidden: int = 512
    width: int = 32

    def __post_init__(self) -> None:
        if any(type(value) is not int for value in vars(self).values()):
            raise WeightsError("architecture: all must be whole numbers")
        problems = {
            f"size must be {SMALLEST} to {LARGEST}": not SMALLEST <= self.size <= LARGEST,
            "channels must be 1 or 3": self.channels not in (1, 3),
            "ranges must be 2, 4 or 8": self.ranges not in (2, 4, 8),
            f"latents must be 1 to {MAX_LATENTS}": not 1 <= self.latents <= MAX_LATENTS,
            "upper must be 1 to the number of latents": not 1 <= self.upper <= self.latents,
            "atoms must be 1 to 256": not 1 <= self.atoms <= 256,
            "hidden must be 8 to 1024": not 8 <= self.hidden <= 1024,
            "width must be 8 to 128": not 8 <= self.width <= 128,
        }
        for message, broken in problems.items():
            if broken:
                raise WeightsError(f"architecture: {message}")
        if self.size % 4 or self.size % self.ranges:
            raise WeightsError(f"architecture: size {self.size} is no multiple of 4 and of {self.ranges} ranges")
        side = self.side
        if (self.kernel - side) % 2 or not side <= self.kernel <= 3 * side:
            raise WeightsError(
                f"architecture: kernel must be {side}, the side of a range, plus an even number, at most {3 * side}"
            )

    @property
    def side(self) -> int:
        """Of a range in pixels."""
        return self.size // self.ranges

    @property
    def parameters(self) -> int:
        """How many numbers the map of a picture has: a coefficient for each atom, and 8 s, in each range."""
        return (self.atoms + 8) * self.ranges**2

    @property
    def smallest(self) -> int:
        """Pixels along a side of the encoder's last layer."""
        side = self.size
        for _ in range(LAYERS):
            side = -(-side // 2)
        return side

    def to_dict(self) -> dict:
        return asdict(self)

    @classmethod
    def from_dict(cls, given: dict) -> "Architecture":
        """WeightsError where fields are missing or not known."""
        known = {field.name for field in fields(cls)}
        if wrong := sorted(known ^ set(given)):
            raise WeightsError(f"architecture: {wrong[0]} is missing or not known")
        return cls(**given)


def overlapping(side: int) -> int:
    """The kernel of atoms that reach half a range beyond their own."""
    return side + 2 * (side // 2)


def shapes(a: Architecture) -> dict[str, tuple[int, ...]]:
    """The arrays of a weights file, by name."""
    made: dict[str, tuple[int, ...]] = {}
    inputs = a.channels
    for number in range(LAYERS):
        outputs = a.width << number
        made[f"encoder.{number}.weight"], made[f"encoder.{number}.bias"] = (outputs, inputs, 3, 3), (outputs,)
        inputs = outputs
    sizes = inputs * a.smallest**2, 2 * (a.latents + a.upper)
    layers = {"encoder.head": sizes, "prior.0": (a.upper, _BETWEEN), "prior.1": (_BETWEEN, 2 * a.latents)}
    layers |= {
        "decoder.0": (a.latents, a.hidden),
        "decoder.1": (a.hidden, a.hidden),
        "decoder.2": (a.hidden, a.parameters),
    }
    for name, (before, after) in layers.items():
        made[f"{name}.weight"], made[f"{name}.bias"] = (after, before), (after,)
    made["atoms"], made["bias"] = (a.atoms, a.channels, a.kernel, a.kernel), (a.channels,)
    made["spread"] = (a.channels,)
    return made
