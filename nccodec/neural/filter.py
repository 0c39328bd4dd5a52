"""The decoder's filter on pixels: removes what quantization left in the atoms' sum, ringing and borders of cells."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .architecture import Architecture
from .blocks import Dense
from .levels import at_level

SQUARE = 4  # side of the squares of pixels that are one position of the network
REACH = 6 * SQUARE  # pixels to each side that a square depends on: one position a convolution
_BAND = 1 << 24  # values of a layer that are worked on at a time
UNFILTERED = 4  # reduction from which previews are made without the filter


class Filter(nn.Module):
    """Decoder-side network: part of the affine part at scale 1, to which it adds a correction.

    It sees squares of SQUARE x SQUARE pixels as channels, and is told by `gain` and `offset` which square of the cell
    each is, as it cannot see where cells end. `amplitude`, the logarithm of the size of the correction for each level,
    starts near the size of a quantizer step.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        a, width = architecture, architecture.filter
        across = a.range_size // SQUARE
        pixels = 3 * SQUARE * SQUARE
        self.first = nn.Conv2d(pixels, width, 3, padding=1)
        self.gain = nn.Parameter(torch.ones(width, across, across))
        self.offset = nn.Parameter(torch.zeros(width, across, across))
        self.level = nn.Parameter(torch.zeros(len(a.lambdas), width))
        self.blocks = nn.Sequential(Dense(width, 0.2), Dense(width, 0.2))
        self.head = nn.Conv2d(width, pixels, 3, padding=1)
        self.amplitude = nn.Parameter(-(50 * torch.tensor(a.lambdas).sqrt()).log())
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, z: Tensor, level: Tensor) -> Tensor:
        """z: the atoms' sum on the canvas of whole cells, [N, 3, rows B, columns B]. level: real [N]. Returns the same
        shape and type as z."""
        width, across = self.gain.shape[:2]
        cell = SQUARE * across
        step = max(1, _BAND * SQUARE**2 // (width * z.shape[-1] * cell)) * cell  # rows of pixels, of whole cells
        if step >= z.shape[-2]:
            return self._band(z, level)
        parts = []
        for top in range(0, z.shape[-2], step):
            start = max(0, top - -(-REACH // cell) * cell)
            part = self._band(z[:, :, start : top + step + REACH], level)
            parts.append(part[:, :, top - start : top - start + step])
        return torch.cat(parts, 2)

    def _band(self, z: Tensor, level: Tensor) -> Tensor:
        across = self.gain.shape[-1]
        squares = F.pixel_unshuffle(z.float(), SQUARE)  # [N, 48, rows B / 4, columns B / 4]
        rows, columns = squares.shape[-2:]
        x = self.first(squares.contiguous(memory_format=torch.channels_last))
        tiling = (1, -(-rows // across), columns // across)
        x = x * self.gain.repeat(tiling)[:, :rows] + self.offset.repeat(tiling)[:, :rows]
        x = self.blocks(x + at_level(self.level, level)[:, :, None, None])
        x = self.head(F.leaky_relu(x, 0.1)) * at_level(self.amplitude, level).exp()[:, None, None, None]
        return z + F.pixel_shuffle(x.contiguous(), SQUARE).to(z)
