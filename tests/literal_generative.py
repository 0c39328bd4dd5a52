"""A slow and literal decoder of generative collages, written from bitstream_spec.md alone; [n] is its section n."""

import hashlib
import json
import math
import struct
from pathlib import Path

import numpy as np
import safetensors.numpy
from literal_partition import require
from literal_whole import turned


class Network:
    """The weights file [7]."""

    def __init__(self, path):
        data = Path(path).read_bytes()
        (length,) = struct.unpack_from("<Q", data)
        described = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["nccodec"])
        require(described["format"] == 1 and described.get("map") == "generative", "weights of another kind")
        fields = described["architecture"]
        self.size, self.channels, self.ranges = (fields[name] for name in ("size", "channels", "ranges"))
        self.kernel, self.atoms, self.latents = (fields[name] for name in ("kernel", "atoms", "latents"))
        self.fingerprint = hashlib.sha256(data).digest()[:8]
        self.tensors = {name: value.astype(np.float64) for name, value in safetensors.numpy.load(data).items()}


class Generative:
    """A generative collage. bits_of: makes what takes bits of bytes, the highest first."""

    def __init__(self, data, contents, bits_of, means, enlarged, path):
        self.fields, self.network = self, Network(path)
        self.means, self.enlarged = means, enlarged
        flags, _, log_side, self.width, self.height = struct.unpack_from("<BBBII", data, 9)
        latents, step, fingerprint = struct.unpack_from("<HH8s", data, 20)
        self.grey = flags & 1 == 1
        require(1 <= latents <= 256 and step >= 1 and log_side == 2, "fields")
        require(fingerprint == self.network.fingerprint, "other weights")
        of_weights = self.network.size, self.network.size, self.network.channels == 1, self.network.latents
        require((self.height, self.width, self.grey, latents) == of_weights, "numbers of the weights")
        require(0x1E in contents, "latents are missing")
        content = contents[0x1E]
        require(1 <= len(content) <= 1 + 2 * latents and content[0] <= 16, "size or width")
        bits = bits_of(content[1:])
        q = [bits.take(content[0]) for _ in range(latents)]
        bits.finish()
        q = [value - 2 ** content[0] if content[0] and value >= 2 ** (content[0] - 1) else value for value in q]
        require(all(abs(value) * step <= 16 * 256 for value in q), "a latent beyond 16")
        self.affine, self.s = self.map_of(np.array(q) * step / 256)
        require(abs(self.affine).max() <= 1024, "a sample beyond 1024")

    def map_of(self, y):
        """The affine part [C, size, size] and s [range row, range column, isometry]."""
        n, t = self.network, self.network.tensors
        for number in (0, 1):
            x = t[f"decoder.{number}.weight"] @ y + t[f"decoder.{number}.bias"]
            y = np.where(x >= 0, x, x / 10)
        o = list(t["decoder.2.weight"] @ y + t["decoder.2.bias"])
        m, side = n.ranges, n.size // n.ranges
        affine = np.zeros((n.channels, n.size, n.size)) + t["bias"][:, None, None]

        def mirrored(k):
            return -1 - k if k < 0 else 2 * n.size - 1 - k if k >= n.size else k

        for atom in range(n.atoms):
            for i in range(m):
                for j in range(m):
                    a = o.pop(0)
                    for y, x in np.ndindex(n.kernel, n.kernel):
                        row = mirrored(i * side - (n.kernel - side) // 2 + y)
                        column = mirrored(j * side - (n.kernel - side) // 2 + x)
                        affine[:, row, column] += a * t["atoms"][atom, :, y, x]
        s = np.zeros((m, m, 8))
        for i in range(m):
            for j in range(m):
                v = np.array([o.pop(0) for _ in range(8)])
                s[i, j] = 15 / 16 * v / (1 + abs(v).sum())
        require(not o, "outputs of the network")
        return affine, s

    def at_scale(self, scale):
        """Real samples [C, H, W], 0 to 1, at the scale 1/4, 1/2, 1, 2, ..."""
        up, down, m = max(1, int(scale)), max(1, int(1 / scale)), self.network.ranges
        affine = self.enlarged(self.affine, up) if up > 1 else self.affine
        side = affine.shape[1] // m
        z, factor, moved = affine, abs(self.s).sum(axis=2).max(), math.inf
        while moved * factor / (1 - factor) > 1e-5:
            copy = self.means(z, m)
            following = affine.copy()
            for i, j, k in np.ndindex(m, m, 8):
                place = slice(None), slice(i * side, (i + 1) * side), slice(j * side, (j + 1) * side)
                following[place] += self.s[i, j, k] * turned(k, copy)
            moved, z = abs(following - z).max(), following
        return self.means(z, down)
