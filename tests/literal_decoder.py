"""A slow and literal decoder of `.ncl` files, written from bitstream_spec.md alone; [n] is its section n."""

import hashlib
import itertools
import json
import math
import struct
import zlib
from pathlib import Path

import numpy as np
import safetensors.numpy
import zstandard
from literal_generative import Generative
from literal_implicit import Fields, Implicit
from literal_partition import Partition
from literal_points import Points
from literal_prior import channel_groups, symbols
from literal_screen import Screen
from literal_whole import Whole

MAXIMUM_PIXELS = 178956970
WRONG = 2**64
MAGIC = bytes.fromhex("8E4E434C0D0A1A0A")
ZSTD_MAGIC = bytes.fromhex("28B52FFD")


def require(condition, message):
    if not condition:
        raise ValueError(message)


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


def check_container(data):
    """What all kinds of maps have in common [2.1]."""
    require(len(data) >= 10, "too short")
    shortest = {0: 46, 2: 38, 8: 47, 10: 47, 16: 43, 18: 36, 24: 36}
    require(len(data) >= shortest.get(data[9] & 58, WRONG), "too short, or another kind of map")
    require(data[:8] == MAGIC, "magic")
    require(data[8] == 1, "version")
    require(data[9] < 64, "reserved flags")
    require(2 <= data[11] <= 6, "log2 B")
    width, height = struct.unpack_from("<II", data, 12)
    require(width >= 1 and height >= 1 and width * height <= MAXIMUM_PIXELS, "dimensions")
    require(zlib.crc32(data[:-4]) == struct.unpack("<I", data[-4:])[0], "checksum")


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


class Bits:
    """Bits, the highest of each byte first."""

    def __init__(self, data):
        self.left = "".join(f"{byte:08b}" for byte in data)

    def take(self, count):
        require(count <= len(self.left), "bits are missing")
        taken, self.left = self.left[:count], self.left[count:]
        return int("0" + taken, 2)

    def finish(self):
        require(len(self.left) < 8 and "1" not in self.left, "bits left over")


class RangeDecoder:
    """The range decoder of [1.3], with its escapes."""

    def __init__(self, content):
        require(len(content) >= 4, "number of words is missing")
        (count,) = struct.unpack_from("<I", content)
        require(len(content) >= 4 + 4 * count, "words are missing")
        self.left = list(struct.unpack_from(f"<{count}I", content, 4))
        self.escapes = Bits(content[4 + 4 * count :])
        self.lower, self.range = 0, 2**64 - 1
        self.point = self.word() << 32 | self.word()

    def word(self):
        return self.left.pop(0) if self.left else 0

    def finish(self):
        """After the last symbol."""
        require(not self.left, "words left over")
        require(self.range == 2**64 - 1 or (self.point - self.lower) % 2**64 < 2**33 - 1, "end of the words")
        self.escapes.finish()

    def symbol(self, table):
        scale = self.range >> 24
        quantile = (self.point - self.lower) % 2**64 // scale
        require(quantile < 2**24, "quantile")
        k, left = 0, 0
        while quantile >= left + table[k]:
            left += table[k]
            k += 1
        self.lower = (self.lower + scale * left) % 2**64
        self.range = scale * table[k]
        if self.range < 2**32:
            self.lower = (self.lower << 32) % 2**64
            self.range <<= 32
            self.point = (self.point << 32) % 2**64 | self.word()
        return k

    def difference(self, table):
        k, m = self.symbol(table), (len(table) - 2) // 2
        if k <= 2 * m:
            return k - m
        zeros = 0
        while self.escapes.take(1) == 0:
            zeros += 1
            require(zeros <= 17, "escape too long")
        v = 2**zeros + self.escapes.take(zeros)
        size = (v - 1) // 2 + m + 1
        return -size if v % 2 == 0 else size


def chunks(data):
    """The payloads of the known chunks, by type [2.2]."""
    sizes = {0: 42, 2: 34, 8: 43, 10: 43, 16: 39, 18: 32, 24: 32}
    found, number, last, at, end = {}, 0, -1, sizes[data[9] & 58], len(data) - 4
    while at < end:
        require(at + 5 <= end, "chunk header cut off")
        kind, length = struct.unpack_from("<BI", data, at)
        payload = data[at + 5 : min(at + 5 + length, end)]
        require(len(payload) == length, "payload cut off")
        at, number = at + 5 + length, number + 1
        require(number <= 64, "number of chunks")
        of_map = {
            0: (1, 2), 2: range(0x10, 0x15), 8: (8, 9), 10: (0x18, 0x19), 16: (0x1A,), 18: (0x1C,), 24: (0x1E,),
        }[data[9] & 58]  # fmt: skip
        if kind in (*of_map, 0x20, 0x80, 0x81, 0x82):
            require(kind > last, "order of chunks")
            found[kind], last = payload, kind
        else:
            require(kind >= 0x80, "unknown critical chunk")
    require((0x20 in found) == bool(data[9] & 4), "flag of transparency")
    return found


def decompressed(payload, limit):
    """What the payload of a chunk holds [1.2]."""
    require(payload[:4] == ZSTD_MAGIC, "not a zstd frame")
    frame = zstandard.get_frame_parameters(payload)
    require(frame.dict_id == 0, "dictionary")
    require(frame.content_size not in (zstandard.CONTENTSIZE_UNKNOWN, zstandard.CONTENTSIZE_ERROR), "no content size")
    require(frame.content_size <= limit, "content size")
    return zstandard.ZstdDecompressor().decompress(payload, allow_extra_data=False)


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


def means(z, factor):
    """Means over squares of factor x factor pixels."""
    height, width = z.shape[1] // factor, z.shape[2] // factor
    return z.reshape(-1, height, factor, width, factor).mean(axis=(2, 4))


def enlarged_axis(z, factor):
    """U_S along the first axis [1.4]."""
    n = len(z)
    matrix = np.zeros((n + 1, n + 1))
    right = np.zeros((n + 1, *z.shape[1:]))
    for i in range(n + 1):
        matrix[i, i] += 4
        matrix[i, i - 1 if i > 0 else 1] += 1
        matrix[i, i + 1 if i < n else n - 1] += 1
        right[i] = 3 * (z[max(i - 1, 0)] + z[min(i, n - 1)])
    m = np.linalg.solve(matrix, right.reshape(n + 1, -1)).reshape(right.shape)
    result = np.zeros((n * factor, *z.shape[1:]))
    for i in range(n):
        first, second = 6 * z[i] - 4 * m[i] - 2 * m[i + 1], 3 * m[i] + 3 * m[i + 1] - 6 * z[i]
        for k in range(factor):
            a, b = k / factor, (k + 1) / factor
            integral = m[i] * (b - a) + first * (b**2 - a**2) / 2 + second * (b**3 - a**3) / 3
            result[factor * i + k] = integral / (b - a)
    return result


def enlarged(z, factor):
    """U_S along both axes [1.4]."""
    z = enlarged_axis(z.transpose(1, 0, 2), factor).transpose(1, 0, 2)
    return enlarged_axis(z.transpose(2, 0, 1), factor).transpose(1, 2, 0)


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


def coverage(length, count, samples):
    """The matrix of means over each of `count` equal parts of [0, length], samples being 1 long [1.5]."""
    start, column = np.arange(count)[:, None] * length / count, np.arange(samples)
    shared = np.minimum(start + length / count, column + 1) - np.maximum(start, column)
    return np.maximum(shared, 0) * count / length


def partition(data):
    """A partitioned map [4]."""
    roots = math.prod(-(-n // 2 ** data[11]) for n in struct.unpack_from("<II", data, 12))
    limit = 1024 + 4 * roots * 4 ** data[11]
    contents = {kind: decompressed(payload, limit) for kind, payload in chunks(data).items() if kind < 0x20}
    return Partition(data, contents, RangeDecoder, Bits)


def screen(data, weights_path):
    """A screen map [5]."""
    limit = 2**20 + 16 * math.prod(struct.unpack_from("<II", data, 12))
    contents = {kind: decompressed(payload, limit) for kind, payload in chunks(data).items() if kind < 0x20}

    def collage(file):
        check_container(file)
        require(not file[9] & 58 and set(chunks(file)) <= {1, 2}, "file of a collage")
        return Collage(file, weights_path)

    require(8 in contents, "pixels are missing")
    return Screen(data, contents, collage, means, enlarged)


def whole(data, weights_path):
    """A whole-image map [6]."""
    chunk_limits = {0x18: 1024 + 32 * int.from_bytes(data[20:22], "little") ** 2, 0x19: 2**26}
    contents = {kind: decompressed(payload, chunk_limits[kind]) for kind, payload in chunks(data).items() if kind < 32}

    def style(file):
        """Of the file of a style, a function that decodes it to a size, to samples 0 to 1, and its size."""
        check_container(file)
        require(not file[9] & 58 and set(chunks(file)) <= {1, 2}, "file of a style")
        collage = Collage(file, weights_path)

        def decoded(width, height):
            z = resized(collage, file, width=width, height=height)
            return np.clip(np.floor(255 * z + 0.5), 0, 255) / 255

        return decoded, (collage.fields.width, collage.fields.height)

    return Whole(data, contents, RangeDecoder, style, means)


def implicit(data):
    """An implicit network [7]."""
    limit = 65536 + 16 * Fields(data).numbers
    contents = {kind: decompressed(payload, limit) for kind, payload in chunks(data).items() if kind < 32}
    return Implicit(data, contents, RangeDecoder, Bits, means)


def points(data):
    """A set of points: section 8."""
    return Points(data, {kind: decompressed(payload, 2**12) for kind, payload in chunks(data).items() if kind < 32})


def generative(data, weights_path):
    """A generative collage [9]."""
    limit = 1 + 2 * int.from_bytes(data[20:22], "little")
    contents = {kind: decompressed(payload, limit) for kind, payload in chunks(data).items() if kind < 0x20}
    return Generative(data, contents, Bits, means, enlarged, weights_path)


def metadata(data):
    """ICC profile, EXIF and XMP, as far as there are any [2.4]."""
    found = {kind: decompressed(payload, 2**24) for kind, payload in chunks(data).items() if kind >= 0x80}
    require(all(found.values()), "empty metadata")
    return found


def transparency(payload, height, width):
    """The plane alpha, 0 to 255 [2.4]."""
    content = decompressed(payload, 1 + width * height)
    require(len(content) == 1 + width * height and content[0] <= 1, "alpha")
    values = [list(content[1 + i * width : 1 + i * width + width]) for i in range(height)]
    for i, j in itertools.product(range(height), range(width)):
        if content[0] == 1 and j > 0:
            values[i][j] += values[i][j - 1]
    for i, j in itertools.product(range(1, height), range(width)):
        values[i][j] += values[i - 1][j]
    alpha = np.array(values) % 256
    require(not (alpha == 255).all(), "opaque alpha")
    return alpha


def transparency_at(alpha, scale):
    """Transparency at the scale 1/B, ..., 1/2, 1, 2, 4, ... [2.4]: real [1, H, W]."""
    z = alpha[None] / 255
    if scale > 1:
        return enlarged(z, int(scale))
    side = int(1 / scale)
    return means(np.pad(z, ((0, 0), (0, -z.shape[1] % side), (0, -z.shape[2] % side)), "edge"), side)


def resized(code, data, scale=1.0, width=None, height=None):
    """Real samples of the picture, with its transparency if there is any, at a scale or of a size [1.5]."""
    size = None if width is None else (width, height)
    width, height = code.fields.width, code.fields.height
    steps = [2.0**k for k in range(-data[11], 32)]
    wanted = scale if size is None else max(size[0] / width, size[1] / height)
    require(0 < wanted <= 65, "scale")
    step = min(step for step in steps if step >= wanted)
    require(width * height * max(1, step) ** 2 <= MAXIMUM_PIXELS, "too many pixels at this scale")
    z = code.at_scale(step)
    if data[9] & 4:
        z = np.concatenate([z, transparency_at(transparency(chunks(data)[0x20], height, width), step)])
    if size is not None or scale != step:
        size = size or [max(1, math.floor(side * scale + 0.5)) for side in (width, height)]
        z = coverage(height * step, size[1], z.shape[1]) @ z @ coverage(width * step, size[0], z.shape[2]).T
    return z


def decode(data, weights_path=None, scale=1.0, size=None):
    """The picture as uint8 [H, W, channels], or [H, W] if it is grey and opaque, at a scale or of size (w, h)."""
    check_container(data)
    metadata(data)
    kinds = {
        0: lambda: Collage(data, weights_path),
        2: lambda: partition(data),
        8: lambda: screen(data, weights_path),
        10: lambda: whole(data, weights_path),
        16: lambda: implicit(data),
        18: lambda: points(data),
        24: lambda: generative(data, weights_path),
    }
    z = resized(kinds[data[9] & 58](), data, scale, *(size or ()))
    grey_levels = np.clip(np.floor(255 * z + 0.5), 0, 255).astype(np.uint8)
    return grey_levels[0] if len(z) == 1 else grey_levels.transpose(1, 2, 0)
