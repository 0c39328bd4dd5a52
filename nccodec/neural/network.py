"""A network as arrays by name: the same forward pass with numpy's and, differentiable, with torch's."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..arrays import Array, form


@dataclass(frozen=True)
class Network:
    """The arrays whose names begin with a prefix."""

    arrays: Mapping[str, Array]
    prefix: str = ""

    def __getitem__(self, name: str) -> Array:
        return self.arrays[self.prefix + name]

    def part(self, name: str) -> "Network":
        """A layer, or a network in it."""
        return Network(self.arrays, f"{self.prefix}{name}.")

    def convolve(self, x: Array, stride: int = 1, padding: int = 0, leaky: bool = False) -> Array:
        """The layer's convolution of x [N, C, H, W]. See `arrays.numpy_form.convolve`."""
        bias = self.arrays.get(f"{self.prefix}bias")
        return form(x).convolve(x, self["weight"], bias, stride, padding, leaky)

    def dense(self, x: Array) -> Array:
        """A residual block of two full 3 x 3 convolutions."""
        return x + self.part("second").convolve(self.part("first").convolve(x, padding=1, leaky=True), padding=1)

    def depthwise(self, x: Array) -> Array:
        """A residual block: a depthwise 5 x 5 convolution, then two pointwise ones, with more channels between."""
        layer = self.part("depthwise")
        near = form(x).depthwise(x, layer["weight"], layer["bias"])
        return x + self.part("second").convolve(self.part("first").convolve(near, leaky=True))
