"""Collages of the literal decoder, from bitstream_spec.md alone; [n] is its section n."""

import hashlib
import itertools
import json
import math
import struct
from pathlib import Path

import numpy as np
import safetensors.numpy
from literal_container import Bits, RangeDecoder, chunks, decompressed, require
from literal_prior import channel_groups, symbols
from literal_scales import enlarged, means


class Weights:
    """The weights file [6]."""

    def __init__(self, path):
        data = Path(path).read_bytes()
        (header_length,) = struct.unpack_from("<Q", data)
        described = json.loads(json.loads(data[8 : 8 + header_length])["__metadata__"]["nccodec"])
        require(described["format"] == 1, "format of the weights")
        architecture, tensors = described["architecture"], safetensors.numpy.load(data)
        self.side, self.kernel = architecture["range_size"], architecture["kernel"]
        self.atoms, self.domains = architecture["atoms"], architecture["domains"]
        self.levels = len(architecture["lambdas"])
        self.fingerprint = hashlib.sha256(data).digest()[:8]
        self.patches = tensors["atoms"].astype(np.float64)
        self.log_gain = tensors["log_gain"].astype(np.float64)
        self.network, self.filter, self.detail = (
            {
                name.removeprefix(prefix): value.astype(np.float64)
                for name, value in tensors.items()
                if name.startswith(prefix)
            }
            for prefix in ("refinement.", "filter.", "detail.")
        )
        self.prior = {
            name.removeprefix("prior."): value.astype(np.int64)
            for name, value in tensors.items()
            if name.startswith("prior.")
        }
        ends = np.cumsum(self.prior["sizes"])
        self.tables = [table.tolist() for table in np.split(self.prior["tables"], ends[:-1])]
        require(len(self.tables) == 344, "number of tables")
        for g in range(len(channel_groups(self.atoms, self.domains))):
            size = {name: abs(self.prior[f"{g}.{name}"]) for name in ("before", "diagonal", "direct", "second", "out")}
            sums = {name: array.reshape(len(array), -1).sum(axis=1) for name, array in size.items()}
            first = sums["before"] + np.maximum(sums["diagonal"], sums["direct"])
            for rows in (first, sums["second"], sums["out"]):
                require((127 * rows < 2**24).all(), "sums of weights")


class Header:
    """The header of a collage [3.1]."""

    def __init__(self, data, weights):
        fields = struct.unpack_from("<BBBIIHHBBII8s", data, 9)
        flags, self.packer, log_side, self.width, self.height, self.level = fields[:6]
        self.atoms, self.domains, self.iterations, self.scale_sum, self.nonzero, self.fingerprint = fields[6:]
        require(self.packer <= 1 and 2 <= log_side <= 6, "packer or log2 B")
        require(self.domains <= 4 and 1 <= self.atoms + self.domains <= 4096, "number of channels")
        require(self.iterations in (0, log_side + 1), "iterations")
        self.side = 2**log_side
        self.grey, self.channels = flags & 1 == 1, self.atoms + self.domains
        self.rows, self.columns = -(-self.height // self.side), -(-self.width // self.side)
        require(self.fingerprint == weights.fingerprint, "other weights")
        of_weights = weights.side, weights.atoms, weights.domains
        require((self.side, self.atoms, self.domains) == of_weights, "numbers of the weights")
        self.low, self.part = self.level >> 8, self.level & 255
        require(self.low + (self.part > 0) < weights.levels, "level")


def unpack_fixed(content, q, span, _header, _weights):
    """Channels by the packer `fixed` [3.3]."""
    require(len(content) >= len(span) and all(width <= 16 for width in content[: len(span)]), "widths")
    bits = Bits(content[len(span) :])
    for c, width in zip(span, content, strict=False):
        for i, j in np.ndindex(q[c].shape if width > 0 else (0, 0)):
            value = bits.take(width)
            q[c, i, j] = value - 2**width if value >= 2 ** (width - 1) else value
            require(q[c, i, j] != -32768, "-32768")
    bits.finish()


def unpack_range(content, q, span, header, weights):
    """Channels by the packer `range` [3.4], with the order, tables and offsets of [3.5]."""
    corners = list(itertools.product(range(0, header.rows, 128), range(0, header.columns, 128)))
    for i, j in corners:
        tile, content = content, b""
        if (i, j) != corners[-1]:
            require(len(tile) >= 4, "length of a tile is missing")
            end = 4 + int.from_bytes(tile[:4], "little")
            require(len(tile) >= end, "tile cut off")
            tile, content = tile[4:end], tile[end:]
        unpack_tile(tile, q[:, i : i + 128, j : j + 128], span, header, weights)


def unpack_tile(content, q, span, header, weights):
    """One tile, a view of q."""
    coder = RangeDecoder(content)
    for one_pass in symbols(q, span, header, weights):
        for table, offset, c, i, j in sorted(one_pass, key=lambda symbol: symbol[0]):
            value = offset + coder.difference(weights.tables[table])
            require(abs(value) <= 32767, "value beyond 32767")
            q[c, i, j] = value
    coder.finish()


def integers(data, weights):
    """The header and q[c, i, j] of a collage [3]."""
    header = Header(data, weights)
    found = chunks(data)
    q = np.zeros((header.channels, header.rows, header.columns), np.int64)
    for kind, span in (1, range(header.atoms)), (2, range(header.atoms, header.channels)):
        if kind in found:
            content = decompressed(found[kind], 64 + header.channels + 8 * header.rows * header.columns * len(span))
            unpack = unpack_fixed if header.packer == 0 else unpack_range
            unpack(content, q, span, header, weights)
            require(q[span.start : span.stop].any(), "chunk of zeros")
    s = q[header.atoms :]
    require(not s.any() or (header.rows >= 2 and header.columns >= 2), "scales without domains")
    require(header.iterations == (int(math.log2(header.side)) + 1 if s.any() else 0), "iterations")
    require(header.scale_sum == abs(s).sum(axis=0).max(), "scale sum")
    require(header.nonzero == np.count_nonzero(s), "non-zero scales")
    return header, q


def refinement(q, header, weights):
    """The refinement r of the atoms' q [3.6]."""
    tensors, f = weights.network, header.part / 256

    def dense(name, z):
        matrix = tensors[f"{name}.weight"]
        return np.einsum("ok,kij->oij", matrix.reshape(matrix.shape[:2]), z) + tensors[f"{name}.bias"][:, None, None]

    def lrelu(z):
        return np.where(z >= 0, z, z / 10)

    levels = tensors["level"]
    level = (1 - f) * levels[header.low] + f * levels[min(header.low + 1, weights.levels - 1)]
    x = dense("squeeze", np.sign(q) * np.log2(1 + abs(q))) + level[:, None, None]
    for block in ("blocks.0", "blocks.1"):
        padded = np.pad(x, ((0, 0), (2, 2), (2, 2)))
        u = np.zeros_like(x) + tensors[f"{block}.depthwise.bias"][:, None, None]
        for y, z in np.ndindex(5, 5):
            shifted = padded[:, y : y + header.rows, z : z + header.columns]
            u += tensors[f"{block}.depthwise.weight"][:, 0, y, z, None, None] * shifted
        x = x + dense(f"{block}.second", lrelu(dense(f"{block}.first", u)))
    return dense("head", lrelu(x))


def atoms_sum(a, weights):
    """The atoms' sum on the canvas [3.6]."""
    side, kernel, (rows, columns) = weights.side, weights.kernel, a.shape[1:]
    margin = (kernel - side) // 2
    height, width = rows * side, columns * side

    def mirrored(k, size):
        return -1 - k if k < 0 else 2 * size - 1 - k if k >= size else k

    result = np.full((3, height, width), 0.5)
    for n, i, j in np.ndindex(a.shape):
        for y, x in np.ndindex(kernel if a[n, i, j] else 0, kernel):
            row, column = mirrored(i * side - margin + y, height), mirrored(j * side - margin + x, width)
            result[:, row, column] += a[n, i, j] * weights.patches[n, :, y, x]
    return result


def filtered(z, header, weights):
    """The affine part, from the atoms' sum [3.6]."""
    tensors, f, count = weights.filter, header.part / 256, weights.side // 4
    low, high = header.low, min(header.low + 1, weights.levels - 1)

    def convolution(name, v):
        padded = np.pad(v, ((0, 0), (1, 1), (1, 1)))
        result = np.zeros((len(tensors[f"{name}.weight"]), *v.shape[1:])) + tensors[f"{name}.bias"][:, None, None]
        for y, x in np.ndindex(3, 3):
            shifted = padded[:, y : y + v.shape[1], x : x + v.shape[2]]
            result += np.einsum("oc,cij->oij", tensors[f"{name}.weight"][:, :, y, x], shifted)
        return result

    def lrelu(v):
        return np.where(v >= 0, v, v / 10)

    rows, columns = z.shape[1] // 4, z.shape[2] // 4
    u = np.zeros((48, rows, columns))
    for c, k, m in np.ndindex(3, 4, 4):
        u[16 * c + 4 * k + m] = z[c, k::4, m::4] - 0.5
    x = convolution("first", u)
    for i, j in np.ndindex(rows, columns):
        x[:, i, j] *= tensors["gain"][:, i % count, j % count]
        x[:, i, j] += tensors["offset"][:, i % count, j % count]
    x += ((1 - f) * tensors["level"][low] + f * tensors["level"][high])[:, None, None]
    for block in ("blocks.0", "blocks.1"):
        x = x + convolution(f"{block}.second", lrelu(convolution(f"{block}.first", x)))
    w = convolution("head", lrelu(x)) * np.exp((1 - f) * tensors["amplitude"][low] + f * tensors["amplitude"][high])
    result = z.copy()
    for c, k, m in np.ndindex(3, 4, 4):
        result[c, k::4, m::4] += w[16 * c + 4 * k + m]
    return result


def detail(x, header, weights):
    """The detail d of the affine part at scale 1 less 1/2 [3.7]."""
    tensors, f = weights.detail, header.part / 256

    def convolution(name, v):
        matrix = tensors[f"{name}.weight"]
        m = matrix.shape[2] // 2
        padded = np.pad(v, ((0, 0), (m, m), (m, m)), mode="edge")
        result = np.zeros((len(matrix), *v.shape[1:])) + tensors[f"{name}.bias"][:, None, None]
        for y, z in np.ndindex(matrix.shape[2:]):
            shifted = padded[:, y : y + v.shape[1], z : z + v.shape[2]]
            result += np.einsum("oc,cij->oij", matrix[:, :, y, z], shifted)
        return result

    def lrelu(v):
        return np.where(v >= 0, v, v / 10)

    levels = tensors["level"]
    level = (1 - f) * levels[header.low] + f * levels[min(header.low + 1, weights.levels - 1)]
    x = convolution("first", x) + level[:, None, None]
    for name in ("middle.0", "middle.1"):
        x = convolution(name, lrelu(x))
    u = convolution("head", lrelu(x))
    d = np.zeros((4 * x.shape[1], 4 * x.shape[2]))
    for k, l in np.ndindex(4, 4):  # noqa: E741
        d[k::4, l::4] = u[4 * k + l] - u.mean(axis=0)
    return d


def affine_at(affine, header, weights, scale):
    """The affine part at a scale, from the atoms' sum [3.6, 3.7]."""
    if scale > 1 / 4:
        affine = filtered(affine, header, weights)
    if scale <= 1:
        return means(affine, int(1 / scale))
    d = detail(affine - 0.5, header, weights)
    if scale == 2:
        return enlarged(affine, 2) + means(d[None], 2)
    return enlarged(enlarged(affine, 4) + d, int(scale) // 4)


def fixed_point(affine, s, side):
    """The fixed point of the map for cells of this side [3.6, 3.7]."""
    (rows, columns), z = s.shape[1:], affine
    for _ in range(int(math.log2(side)) + 1 if s.any() else 0):
        result = affine.copy()
        for k, i, j in zip(*np.nonzero(s), strict=True):
            dy, dx = ((-1, -1), (-1, 0), (0, -1), (0, 0))[k]
            top, left = min(max(i + dy, 0), rows - 2) * side, min(max(j + dx, 0), columns - 2) * side
            domain = z[:, top : top + 2 * side, left : left + 2 * side]
            change = s[k, i, j] * (means(domain, 2) - domain.mean(axis=(1, 2), keepdims=True))
            result[:, i * side : (i + 1) * side, j * side : (j + 1) * side] += change
        z = result
    return z


class Collage:
    """A collage under a weights file."""

    def __init__(self, data, weights_path):
        self.weights = Weights(weights_path)
        self.fields, self.q = integers(data, self.weights)

    def at_scale(self, scale):
        """Real samples of the picture at the scale 1/B, ..., 1/2, 1, 2, 4, ... [3.6, 3.7]."""
        header, q, weights = self.fields, self.q, self.weights
        width, height = math.ceil(header.width * scale), math.ceil(header.height * scale)
        f = header.part / 256
        high = min(header.low + 1, weights.levels - 1)
        gain = np.exp((1 - f) * weights.log_gain[header.low] + f * weights.log_gain[high])
        a = q[: header.atoms] + refinement(q[: header.atoms], header, weights)
        affine = atoms_sum(a / gain[: header.atoms, None, None], weights)
        affine = affine_at(affine, header, weights, scale)
        s = q[header.atoms :] / gain[header.atoms :, None, None]
        z = fixed_point(affine, s, int(header.side * scale))[:, :height, :width]
        return z.mean(axis=0, keepdims=True) if header.grey else z
