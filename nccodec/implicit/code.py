"""What a file of an implicit network holds. bitstream_spec.md, section 7, is normative."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from ..bitstream.container import Common
from .header import SIGMA_UNIT, SMALLEST_SCALE_SIDE, Shape

Layer = tuple[np.ndarray, np.ndarray]  # matrix [outputs, inputs] and biases [outputs], float64
_GOLDEN = 0x9E3779B97F4A7C15  # of SplitMix64
_MASK = (1 << 64) - 1


class Values(Protocol):
    """Numbers of one tensor as a file holds them. NAME: of `header.VALUES`."""

    NAME: ClassVar[str]

    def real(self) -> np.ndarray:
        """float64, of the tensor's shape."""
        ...


@dataclass(frozen=True, eq=False)
class Half:
    """values: float16, all finite."""

    values: np.ndarray

    NAME: ClassVar = "float16"

    def real(self) -> np.ndarray:
        return self.values.astype(np.float64)


@dataclass(frozen=True, eq=False)
class Steps:
    """q: integers, |q| <= 32767. step: above 0, a float32 of whose significand the last 16 bits are 0, so that every
    product is a float32."""

    q: np.ndarray
    step: float

    NAME: ClassVar = "uniform"

    def real(self) -> np.ndarray:
        return self.q * self.step


@dataclass(frozen=True, eq=False)
class Book:
    """indices: 0 .. len(entries) - 1. entries: float16 [2 .. 1024], all finite, rising."""

    indices: np.ndarray
    entries: np.ndarray

    NAME: ClassVar = "codebook"

    def real(self) -> np.ndarray:
        return self.entries.astype(np.float64)[self.indices]


def round_step(step: float) -> float:
    """The nearest step that `Steps` may have, up to halves of its last bit. step: about 1e-30 to 1e30."""
    bits = int(np.float32(step).view(np.uint32))
    return float(np.uint32((bits + (1 << 15)) >> 16 << 16).view(np.float32))


@dataclass(frozen=True, eq=False)
class ImplicitCode:
    """height, width: of the picture in pixels. grey: of one channel. shape: of the network.

    form: "dense"; "sparse", where zeros of the matrices are told by position; or "factors". matrices: all of one kind
    of values, one a layer, [outputs, inputs]; of "factors" U [n, rank] and V [rank, n], n = side_of(weights): the
    numbers of U V, in row order, are those of all matrices, one layer after the other, once they are multiplied by the
    layer's scale. scales: of "factors" one a layer, else None. biases: of all layers, one after the other.
    """

    height: int
    width: int
    grey: bool
    shape: Shape
    form: str
    matrices: tuple[Values, ...]
    scales: Half | None
    biases: Values

    KIND: ClassVar = "implicit network"

    def common(self, packer: str, alpha: bool) -> Common:
        """What the header says of every map."""
        return Common(self.width, self.height, self.grey, alpha, packer, SMALLEST_SCALE_SIDE)

    def without_self_reference(self) -> "ImplicitCode":
        """All of it: nothing refers to the picture."""
        return self

    @property
    def values(self) -> str:
        """Of `header.VALUES`."""
        return self.matrices[0].NAME

    @property
    def nonzero(self) -> int:
        """Numbers of the matrices that are not zero."""
        return sum(int(np.count_nonzero(values.real())) for values in self.matrices)

    def network(self) -> list[Layer]:
        """Matrices and biases of all layers."""
        biases = np.split(self.biases.real(), np.cumsum([outputs for outputs, _ in self.shape.layers])[:-1])
        return list(zip(self._matrices(), biases, strict=True))

    def _matrices(self) -> list[np.ndarray]:
        if self.scales is None:
            return [values.real() for values in self.matrices]
        left, right = (values.real() for values in self.matrices)
        numbers = factored(left, right).ravel()
        matrices, at = [], 0
        for (outputs, inputs), scale in zip(self.shape.layers, self.scales.real(), strict=True):
            matrices.append(scale * numbers[at : at + outputs * inputs].reshape(outputs, inputs))
            at += outputs * inputs
        return matrices


def factored(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """U V: float64 [n, n]."""
    return left @ right


def frequencies(shape: Shape) -> np.ndarray:
    """Those of "fourier", the same on every machine: float64 [features, 2], about normal of deviation `sigma`: each
    the sum of twelve 16-bit numbers less its mean, from three numbers of SplitMix64."""
    count = 2 * shape.features
    state = [(shape.seed + (i + 1) * _GOLDEN) & _MASK for i in range(3 * count)]
    parts = np.array([_mixed(z) for z in state], np.uint64).reshape(count, 3, 1) >> np.arange(
        0, 64, 16, dtype=np.uint64
    )
    sums = (parts & np.uint64(0xFFFF)).astype(np.int64).sum((1, 2)) - 6 * 0xFFFF  # [count]
    return sums.reshape(shape.features, 2) / 65536 * (shape.sigma / SIGMA_UNIT)


def _mixed(z: int) -> int:
    """The output of SplitMix64 for a state."""
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & _MASK
    return z ^ z >> 31
