"""What a weights file is built for. No torch, so that listing weights stays instant."""

import math
from dataclasses import asdict, dataclass
from dataclasses import fields as dataclass_fields

from ..errors import WeightsError

BIAS = 0.5  # the constant part of every cell: mid-grey
COLOUR = 1.0  # weight of `model.colour_error` beside the squared error, in training and in the choice of integers

# Implicit domains in the order in which `domains` takes them: the 2 x 2 cells that reach up-left,
# up-right, down-left and down-right of the range cell, all of which contain it.
OFFSETS = ((-1, -1), (-1, 0), (0, -1), (0, 0))


@dataclass(frozen=True)
class Architecture:
    """What a weights file is built for; stored in it.

    range_size: B, a power of two, 4 .. 64. kernel: side K of the atoms, K - B even and >= 0.
    atoms: how many. domains: implicit domains a cell whose weights are coded, 0 .. 4. width: channels
    of the encoder at two cells' half, depth: at one position a cell. blocks: depthwise residual blocks at
    each of the two, dense: residual blocks of full 3 x 3 convolutions after them. Channels of the decoder-side
    networks: refinement, on the grid of cells, filter, on the pixels, detail, for what lies below the pixel.
    lambdas: Lagrange multipliers of the trained quality levels, rising.
    """

    range_size: int = 16
    kernel: int = 32
    atoms: int = 320
    domains: int = 0
    width: int = 128
    depth: int = 256
    blocks: int = 2
    dense: int = 1
    refinement: int = 192
    filter: int = 48
    detail: int = 24
    lambdas: tuple[float, ...] = (0.0005, 0.0015, 0.0045, 0.0135, 0.04, 0.115, 0.33)

    def __post_init__(self) -> None:
        size = self.range_size
        whole = [value for name, value in vars(self).items() if name != "lambdas"]
        problems = {
            "all but the lambdas must be whole numbers": any(type(value) is not int for value in whole),
            "range size must be a power of two from 4 to 64": size not in (4, 8, 16, 32, 64),
            "kernel must be the range size plus an even number, at most three times the range size": (
                (self.kernel - size) % 2 or not size <= self.kernel <= 3 * size
            ),
            "atoms must be 1 to 3072, at most 3 B^2": not 1 <= self.atoms <= min(3072, 3 * size * size),
            "domains must be 0 to 4": not 0 <= self.domains <= len(OFFSETS),
            "width, depth, refinement, filter and detail must be 8 to 1024": not all(
                8 <= channels <= 1024
                for channels in (self.width, self.depth, self.refinement, self.filter, self.detail)
            ),
            "blocks and dense must be 0 to 16": not all(0 <= count <= 16 for count in (self.blocks, self.dense)),
            "lambdas must be 2 to 32 rising positive numbers": (
                not 2 <= len(self.lambdas) <= 32
                or not all(map(math.isfinite, self.lambdas))
                or min(self.lambdas) <= 0
                or list(self.lambdas) != sorted(set(self.lambdas))
            ),
        }
        for message, broken in problems.items():
            if broken:
                raise WeightsError(f"architecture: {message}")

    @property
    def channels(self) -> int:
        """Coded integers a cell: one for each atom, one for each domain."""
        return self.atoms + self.domains

    def to_dict(self) -> dict:
        return asdict(self) | {"lambdas": list(self.lambdas)}

    @classmethod
    def from_dict(cls, fields: dict) -> "Architecture":
        try:
            if missing := sorted({field.name for field in dataclass_fields(cls)} - set(fields)):
                raise WeightsError(f"architecture: {missing[0]} is missing; weights of another version of nccodec?")
            return cls(**(fields | {"lambdas": tuple(float(x) for x in fields["lambdas"])}))
        except (TypeError, KeyError, ValueError, OverflowError) as error:
            raise WeightsError(f"architecture: {error}") from None
