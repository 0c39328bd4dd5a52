"""The decoder's filter on pixels: removes what quantization left in the atoms' sum, ringing and borders of cells.

A network of the decoder: part of the affine part at scale 1, to which it adds a correction. It sees squares of SQUARE x
SQUARE pixels as channels, and is told by "gain" and "offset" which square of the cell each is, as it cannot see where
cells end. "amplitude" is the logarithm of the size of the correction for each level.
"""

from ..arrays import Array, form, namespace
from ..collage.scales import pixel_shuffle, pixel_unshuffle
from .levels import at_level
from .network import Network

SQUARE = 4  # side of the squares of pixels that are one position of the network
REACH = 6 * SQUARE  # pixels to each side that a square depends on: one position a convolution
_BAND = 1 << 24  # values of a layer that are worked on at a time
UNFILTERED = 4  # reduction from which previews are made without the filter


def apply_filter(network: Network, z: Array, level: Array) -> Array:
    """z: the atoms' sum on the canvas of whole cells, [N, 3, rows B, columns B]. level: real [N]. Returns the same
    shape and type as z."""
    width, across = network["gain"].shape[:2]
    cell = SQUARE * across
    step = max(1, _BAND * SQUARE**2 // (width * z.shape[-1] * cell)) * cell  # rows of pixels, of whole cells
    if step >= z.shape[-2]:
        return _band(network, z, level)
    parts = []
    for top in range(0, z.shape[-2], step):
        start = max(0, top - -(-REACH // cell) * cell)
        part = _band(network, z[:, :, start : top + step + REACH], level)
        parts.append(part[:, :, top - start : top - start + step])
    return namespace(z).concat(parts, axis=2)


def _band(network: Network, z: Array, level: Array) -> Array:
    xp, ops = namespace(z), form(z)
    across = network["gain"].shape[-1]
    squares = pixel_unshuffle(ops.float32(z), SQUARE)  # [N, 48, rows B / 4, columns B / 4]
    rows, columns = squares.shape[-2:]
    tiling = (1, -(-rows // across), columns // across)
    gain, offset = (xp.tile(network[name], tiling)[:, :rows] for name in ("gain", "offset"))
    offset = offset + at_level(network["level"], level)[:, :, None, None]
    x = network.part("first").convolve(squares, padding=1) * gain + offset
    for number in range(2):
        x = network.part(f"blocks.{number}").dense(x)
    x = network.part("head").convolve(ops.leaky(x), padding=1)
    x = x * xp.exp(at_level(network["amplitude"], level))[:, None, None, None]
    return z + xp.astype(pixel_shuffle(x, SQUARE), z.dtype)
