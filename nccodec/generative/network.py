"""The networks of generative collages: picture -> latents, and latents -> the parameters of a map. numpy's arrays and
torch's tensors alike.

Latents have a distribution that depends on a few upper ones, which are standard normal: two layers of the hierarchy of
the paper's VDVAE. The decoder sees the latents alone, so that they are all that a file holds."""

from collections.abc import Mapping

from ..arrays import Array, form
from ..collage.operator import overlap_add
from ..neural.network import Network
from .architecture import LAYERS, Architecture
from .map import ISOMETRIES, bounded

GREY = 0.5  # what is taken from pictures before the encoder sees them


class Generative:
    """Encoder and decoder of one weights file. arrays: of the shapes `architecture.shapes`."""

    def __init__(self, architecture: Architecture, arrays: Mapping[str, Array]) -> None:
        self.architecture, self._network = architecture, Network(arrays)

    def encode(self, pictures: Array) -> tuple[Array, Array]:
        """Mean, and logarithm of the variance, of the latents and then the upper ones: [N, latents + upper] both.
        pictures: [N, C, size, size] in [0, 1]."""
        x = pictures - GREY
        for number in range(LAYERS):
            x = self._network.part(f"encoder.{number}").convolve(x, stride=2, padding=1, leaky=True)
        x = _dense(self._network.part("encoder.head"), x.reshape(len(x), -1))  # [N, C, H, W] -> [N, C H W]
        return _halves(x)

    def prior(self, upper: Array) -> tuple[Array, Array]:
        """Mean, and logarithm of the variance, of the latents given the upper ones [N, upper]: [N, latents] both."""
        x = form(upper).leaky(_dense(self._network.part("prior.0"), upper))
        return _halves(_dense(self._network.part("prior.1"), x))

    def decode(self, latents: Array) -> tuple[Array, Array]:
        """The map of latents [N, latents]: the affine part [N, C, size, size], and s of the isometries in all ranges in
        raster order, [N, ranges^2, 8]."""
        a, network = self.architecture, self._network
        x, ops = latents, form(latents)
        for number in range(2):
            x = ops.leaky(_dense(network.part(f"decoder.{number}"), x))
        x = _dense(network.part("decoder.2"), x)
        cells, coefficients = a.ranges**2, a.atoms * a.ranges**2
        v = x[:, coefficients:].reshape(len(x), cells, ISOMETRIES)
        grid = ops.contiguous(x[:, :coefficients]).reshape(len(x), a.atoms, a.ranges, a.ranges)
        affine = overlap_add(grid, network["atoms"], a.side) + network["bias"][:, None, None]
        return affine, bounded(v)


def _halves(x: Array) -> tuple[Array, Array]:
    half = x.shape[1] // 2
    return x[:, :half], x[:, half:]


def _dense(layer: Network, x: Array) -> Array:
    """x: [N, inputs] -> [N, outputs]."""
    return x @ layer["weight"].T + layer["bias"]
