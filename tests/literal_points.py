"""A slow and literal decoder of sets of points, written from bitstream_spec.md alone; [n] is its section n."""

import math
import struct

import numpy as np

MASK = 2**64 - 1


def require(condition, fault):
    if not condition:
        raise ValueError(fault)


def number(k):
    """Number k of SplitMix64 from seed 0: its highest 16 bits."""
    z = (k + 1) * 0x9E3779B97F4A7C15 & MASK
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return (z ^ z >> 31) >> 48


class Points:
    """A set of points: header, maps and pictures. fields: itself, which has them."""

    def __init__(self, data, contents):
        self.fields = self
        flags, packer, _, self.width, self.height = struct.unpack_from("<BBBII", data, 9)
        self.grey = flags & 1 == 1
        fields = struct.unpack_from("<6BHI", data, 20)
        self.maps, self.d, self.paper, self.density, self.gamma, self.growth, factor, self.white = fields
        require(packer == 0 and 2 <= self.maps <= 64 and self.d in (2, 3) and self.paper <= 1, "header")
        require(1 <= self.density <= 64 and 1 <= self.gamma <= 128, "header")
        require(self.growth <= 128 and self.white >= 1 and factor <= 31744, "header")
        require(self.width * self.height <= 2**26, "pixels")
        require(0x1C in contents, "maps")
        content, d = contents[0x1C], self.d
        row = 2 * d * d + 2 * d + 2 + (0 if self.grey else 3)
        require(len(content) == self.maps * row + 4 * (d + 1) + (12 if d == 3 else 0), "content")
        self.matrices, self.offsets, weights, self.colours = [], [], [], []
        for at in range(0, self.maps * row, row):
            values = struct.unpack_from(f"<{d * d + d}hH", content, at)
            self.matrices.append([values[d * i : d * i + d] for i in range(d)])
            self.offsets.append(values[d * d : d * d + d])
            weights.append(values[-1])
            self.colours.append(tuple(content[at + row - 3 : at + row]))
        self.place = struct.unpack_from(f"<{d + 1}f", content, self.maps * row)
        require(all(map(math.isfinite, self.place)) and self.place[-1] > 0, "place")
        self.view = [(2**14, 0), (0, 2**14)]
        if d == 3:
            view = struct.unpack_from("<6h", content, self.maps * row + 16)
            self.view = [view[:3], view[3:]]
        require(min(weights) >= 1 and sum(weights) == 2**16, "weights")
        self.chosen = [i for i, weight in enumerate(weights) for _ in range(weight)]
        largest = max(np.linalg.svd(np.array(matrix, float))[1][0] for matrix in self.matrices)
        require(factor - 1 - 1e-6 <= largest < factor + 1e-6, "factor")

    def points(self, total):
        """(coordinates in 2^-24, colour) of each point."""
        for first in range(0, total, 2**16):
            x, colour, k = (0,) * self.d, (128, 128, 128), first // 2**16 * (2**16 + 512)
            for step in range(512 + min(2**16, total - first)):
                i = self.chosen[number(k + step)]
                x = tuple(
                    (sum(a * b for a, b in zip(row, x, strict=True)) + 2**14 >> 15) + 2**11 * offset
                    for row, offset in zip(self.matrices[i], self.offsets[i], strict=True)
                )
                if not self.grey:
                    colour = tuple(c + new + 1 >> 1 for c, new in zip(colour, self.colours[i], strict=True))
                if step >= 512:
                    yield x, colour

    def at_one(self, up):
        """Real samples [C, H, W], 0 to 1, at scale 1, 2, 4 ..."""
        height, width = self.height * up, self.width * up
        counts = np.zeros((4, height, width))
        for x, colour in self.points(self.density * height * width):
            u, v = (sum(a * b for a, b in zip(row, x, strict=True)) >> 14 for row in self.view)
            column = (width * 2**24 + u * max(width, height)) >> 25
            row = (height * 2**24 - v * max(width, height)) >> 25
            if 0 <= row < height and 0 <= column < width:
                counts[:, row, column] += (1, *colour)
        full = self.white / 16 * up ** (self.growth / 64)
        bright = np.minimum(counts[0] / full, 1) ** (16 / self.gamma)
        ground = 1.0 if self.paper else 0.0
        inks = [1 - ground] if self.grey else [counts[c] / np.maximum(counts[0], 1) / 255 for c in (1, 2, 3)]
        return np.stack([ground + bright * (ink - ground) for ink in inks])

    def at_scale(self, scale):
        """Real samples [C, H, W] at the scale 1/B, ..., 1, 2, ..."""
        if scale >= 1:
            return self.at_one(int(scale))
        z, down = self.at_one(1), int(1 / scale)
        z = np.pad(z, ((0, 0), (0, -z.shape[1] % down), (0, -z.shape[2] % down)), mode="edge")
        return z.reshape(len(z), z.shape[1] // down, down, z.shape[2] // down, down).mean((2, 4))
