"""What the header of a `.ncl` says of an implicit network. Only the standard library is imported."""

import math
import struct
from dataclasses import asdict, dataclass
from typing import ClassVar

from ..bitstream.container import Common
from ..errors import FormatError, LimitError

NETWORK = 0x1A  # chunk type
NETWORKS = ("siren", "fourier", "atan", "tanh")
VALUES = ("float16", "uniform", "codebook")
FORMS = ("dense", "gaps", "bitmap", "factors")
MOST_DEPTH, MOST_WIDTH = 32, 1024
MOST_FEATURES, SIGMA_UNIT = 1024, 4  # frequencies, and what their deviation is in parts of
MOST_RANK = 1024
SMALLEST_SCALE_SIDE = 64  # decodes go down to 1 / 64
MAX_WEIGHTS = 1 << 22
MAX_WORK = 1 << 42  # weights times pixels of the picture
_TITLES = {"siren": "sines", "fourier": "Fourier features", "atan": "arctangents", "tanh": "hyperbolic tangents"}
_FIELDS = struct.Struct("<BBHHBIBBHI")


@dataclass(frozen=True)
class Shape:
    """Of a network.

    network: of NETWORKS. depth: hidden layers. width: of each. channels: 1 or 3, that it gives. features: frequencies
    of "fourier", 0 of others; sigma: their standard deviation in 1/SIGMA_UNIT; seed: that they are made from, u32.
    """

    network: str
    depth: int
    width: int
    channels: int
    features: int = 0
    sigma: int = 0
    seed: int = 0

    @property
    def layers(self) -> tuple[tuple[int, int], ...]:
        """Outputs and inputs of each layer, the last one's outputs being the channels."""
        first = 2 * self.features if self.network == "fourier" else 2
        between = 2 * self.width if self.network in ("atan", "tanh") else self.width
        inputs = (first, *[between] * self.depth)
        return tuple(zip([*[self.width] * self.depth, self.channels], inputs, strict=True))

    @property
    def weights(self) -> int:
        """Of all matrices."""
        return sum(outputs * inputs for outputs, inputs in self.layers)

    def held(self, rank: int) -> tuple[tuple[int, int], ...]:
        """Rows and columns of the matrices of a file. rank: of "factors", whose product has so many numbers at least,
        else 0."""
        if rank == 0:
            return self.layers
        side = side_of(self.weights)
        return (side, rank), (rank, side)

    @property
    def biases(self) -> int:
        """Of all layers."""
        return sum(outputs for outputs, _ in self.layers)


@dataclass(frozen=True)
class Fields:
    """See `container.Fields`.

    network, depth, width, features, sigma, seed: of `Shape`. values: of VALUES. form: of FORMS. rank: of "factors",
    else 0. nonzero: how many numbers of the matrices that are held are not zero.
    """

    network: str
    depth: int
    width: int
    features: int
    sigma: int
    seed: int
    values: str
    form: str
    rank: int
    nonzero: int

    SIZE: ClassVar = _FIELDS.size
    CHUNKS: ClassVar = {NETWORK: "network"}

    def shape(self, grey: bool) -> Shape:
        channels = 1 if grey else 3
        return Shape(self.network, self.depth, self.width, channels, self.features, self.sigma, self.seed)

    def pack(self) -> bytes:
        numbers = NETWORKS.index(self.network), VALUES.index(self.values), FORMS.index(self.form)
        return _FIELDS.pack(
            numbers[0], self.depth, self.width, self.features, self.sigma, self.seed, *numbers[1:],
            self.rank, self.nonzero,
        )  # fmt: skip

    @classmethod
    def unpack(cls, data: bytes, common: Common) -> "Fields":
        network, depth, width, features, sigma, seed, values, form, rank, nonzero = _FIELDS.unpack(data)
        for number, names, title in ((network, NETWORKS, "network"), (values, VALUES, "values"), (form, FORMS, "form")):
            if number >= len(names):
                raise FormatError(f"{title} {number} of an implicit network is unknown")
        fields = cls(
            NETWORKS[network], depth, width, features, sigma, seed, VALUES[values], FORMS[form], rank, nonzero
        )  # fmt: skip
        if not (1 <= depth <= MOST_DEPTH and 1 <= width <= MOST_WIDTH):
            raise FormatError(f"{depth} layers of {width} are outside 1 .. {MOST_DEPTH} of 1 .. {MOST_WIDTH}")
        fourier, factors = fields.network == "fourier", fields.form == "factors"
        if (not 1 <= features <= MOST_FEATURES or sigma == 0) if fourier else features or sigma or seed:
            raise FormatError(f"{features} frequencies of {fields.network!r}, sigma {sigma}, seed {seed}")
        if not 1 <= rank <= MOST_RANK if factors else rank:
            raise FormatError(f"rank {rank} of the form {fields.form!r}")
        if fields.values == "float16" and common.packer != "fixed":
            raise FormatError(f"float16 with packer {common.packer!r}")
        if common.side != SMALLEST_SCALE_SIDE:
            raise FormatError(f"an implicit network with {common.side} px as the side of its squares")
        check_work(fields.shape(common.grey).weights, common.width, common.height)
        return fields

    def about(self, common: Common) -> dict:
        told, shape = asdict(self), self.shape(common.grey)
        network = {
            "network": told.pop("network"),
            "hidden_layers": told.pop("depth"),
            "hidden_width": told.pop("width"),
        }
        counts = {"weights": shape.weights, "biases": shape.biases}
        held = sum(rows * columns for rows, columns in shape.held(self.rank))
        return network | told | counts | {"sigma": self.sigma / SIGMA_UNIT, "sparsity": 1 - self.nonzero / held}

    def lines(self, common: Common) -> dict[str, str]:
        shape = self.shape(common.grey)
        network = f"{_TITLES[self.network]}, {self.depth} hidden layers of {self.width}"
        if self.features:
            network += f", {self.features} frequencies of deviation {self.sigma / SIGMA_UNIT:g}"
        held = f"factors of rank {self.rank}" if self.rank else f"{self.nonzero} weights not zero"
        return {
            "map": f"constant: a network of {network}",
            "parameters": f"{shape.weights} weights, {shape.biases} biases; {held}, {self.values}",
        }


def side_of(weights: int) -> int:
    """Rows of U and columns of V, whose product has so many numbers at least."""
    return math.isqrt(weights - 1) + 1


def check_work(weights: int, width: int, height: int) -> None:
    """LimitError for too many weights, or where a picture of so many pixels takes too many multiplications."""
    if weights > MAX_WEIGHTS:
        raise LimitError(f"a network of {weights} weights is over {MAX_WEIGHTS}")
    if weights * width * height > MAX_WORK:
        raise LimitError(f"a network of {weights} weights for {width} x {height} pixels is over {MAX_WORK} products")
