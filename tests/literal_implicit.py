"""A slow and literal decoder of implicit networks, written from bitstream_spec.md alone; [n] is its section n."""

import math
import struct

import numpy as np
from literal_partition import chance, require, shared_out

SIREN, FOURIER, ATAN, TANH = range(4)
FLOAT16, UNIFORM, CODEBOOK = range(3)
DENSE, GAPS, BITMAP, FACTORS = range(4)
FIXED, RANGE = range(2)
U = (65536, 62757, 60097, 57549, 55109, 52773, 50535, 48393, 46341, 44376, 42495, 40693, 38968, 37316, 35734, 34219)


class Fields:
    """The header's fields and the shapes of the layers [7.1]."""

    def __init__(self, data):
        flags, self.packer, log_side, self.width, self.height = struct.unpack_from("<BBBII", data, 9)
        self.network, self.depth, self.units = struct.unpack_from("<BBH", data, 20)
        self.features, self.sigma, self.seed = struct.unpack_from("<HBI", data, 24)
        self.values, self.form, self.rank, self.nonzero = struct.unpack_from("<BBHI", data, 31)
        self.grey = flags & 1 == 1
        require(self.packer <= 1 and log_side == 6, "packer or B")
        require(self.network <= 3 and self.values <= 2 and self.form <= 3, "network, values or form")
        require(not (self.values == FLOAT16 and self.packer == RANGE), "float16 under range")
        require(1 <= self.depth <= 32 and 1 <= self.units <= 1024, "depth or width")
        if self.network == FOURIER:
            require(1 <= self.features <= 1024 and self.sigma >= 1, "features or sigma")
        else:
            require(self.features == self.sigma == self.seed == 0, "features, sigma or seed of no frequencies")
        require(1 <= self.rank <= 1024 if self.form == FACTORS else self.rank == 0, "rank")
        d, w = self.depth, self.units
        self.rows = [w] * d + [1 if self.grey else 3]
        self.columns = [2 * self.features if self.network == FOURIER else 2]
        self.columns += [2 * w if self.network in (ATAN, TANH) else w] * d
        self.weights = sum(o * i for o, i in zip(self.rows, self.columns, strict=True))
        require(self.weights <= 2**22 and self.weights * self.width * self.height <= 2**42, "too many weights")
        self.shapes = list(zip(self.rows, self.columns, strict=True))
        if self.form == FACTORS:
            n = math.isqrt(self.weights - 1) + 1
            self.shapes = [(n, self.rank), (self.rank, n)]
        self.numbers = sum(o * i for o, i in self.shapes) + sum(self.rows)


def d_of(c):
    return U[c % 16] >> (c // 16)


def bell(a, b):
    """A table of differences [7.2]."""
    s, e = [2**30], 65536 - d_of(a)
    for _ in range(256):
        s.append(s[-1] * e >> 16)
        e = e * (65536 - d_of(b)) >> 16
    m = max(k for k in range(256) if s[k] >= 256)
    return shared_out([*reversed(s[1 : m + 1]), *s[: m + 1], max(1, s[m + 1])], m)


def falling(c):
    """[7.2]"""
    s, d = [2**30], d_of(c)
    while len(s) < 255:
        s.append(s[-1] * (65536 - d) >> 16)
    return shared_out([*s, s[254] * (65536 - d) // d], 0)


class Told:
    """The bytes at the beginning of a content."""

    def __init__(self, content):
        self.left = content

    def bytes(self, n):
        require(len(self.left) >= n, "what is told is cut off")
        taken, self.left = self.left[:n], self.left[n:]
        return taken

    def number(self, n):
        return int.from_bytes(self.bytes(n), "little")

    def float16(self, n):
        values = np.frombuffer(self.bytes(2 * n), "<f2").astype(float)
        require(np.isfinite(values).all(), "float16 that is not finite")
        return values


class Tensor:
    """What is told of a matrix, or of biases as those of one [7.2]."""

    def __init__(self, told, fields, form, size):
        self.packer, self.form, self.values, self.size = fields.packer, form, fields.values, size
        ranged = fields.packer == RANGE
        if form == GAPS:
            self.count, self.gap = told.number(4), told.number(1)
            require(ranged or self.gap <= 26, "bits of a gap")
        if form == BITMAP and ranged:
            self.zero = told.number(1)
            require(self.zero > 0, "chance of 0")
        if self.values == UNIFORM:
            self.step = float(np.frombuffer(b"\0\0" + told.bytes(2), "<f4")[0])
            require(2.0**-100 <= self.step <= 2.0**100, "step")
            if ranged:
                self.shift, a, b = told.bytes(3)
                require(self.shift <= 15, "shift")
                self.bell = bell(a, b)
            else:
                self.bits = told.number(1)
                require(self.bits <= 16, "bits of a number")
        if self.values == CODEBOOK:
            k = told.number(2)
            require(2 <= k <= 1024, "entries")
            self.entries = told.float16(k)
            require((np.diff(self.entries) > 0).all(), "entries that do not rise")
            if ranged:
                self.table = shared_out(list(told.bytes(k)), 0)

    def places(self, source):
        """Of the numbers that are held, in row order [7.2]."""
        if self.form == BITMAP and self.packer == FIXED:
            return [k for k in range(self.size) if source.take(1)]
        if self.form == BITMAP:
            return [k for k in range(self.size) if source.symbol(chance(self.zero))]
        if self.form != GAPS:
            return list(range(self.size))
        found, at, table = [], -1, falling(self.gap) if self.packer == RANGE else None
        for _ in range(self.count):
            if self.packer == FIXED:
                gap = source.take(self.gap)
            else:
                gap = last = source.symbol(table)
                while last == 255 and gap < self.size:
                    last = source.symbol(table)
                    gap += last
            at += 1 + gap
            require(at < self.size, "number beyond the matrix")
            found.append(at)
        return found

    def read(self, source):
        """The numbers, one after the other."""
        places = self.places(source)
        n, fixed = len(places), self.packer == FIXED
        if self.values == FLOAT16:
            read = np.array([source.take(16) for _ in range(n)], "<u2").view("<f2").astype(float)
            require(np.isfinite(read).all(), "float16 that is not finite")
        elif self.values == CODEBOOK:
            bits = (len(self.entries) - 1).bit_length()
            indices = [source.take(bits) if fixed else source.symbol(self.table) for _ in range(n)]
            require(all(index < len(self.entries) for index in indices), "entry")
            read = self.entries[np.array(indices, int)]
        else:
            if fixed:
                q = [source.take(self.bits) for _ in range(n)]
                q = [value - 2**self.bits if self.bits and value >= 2 ** (self.bits - 1) else value for value in q]
            else:
                q = [source.difference(self.bell) for _ in range(n)]
                if self.shift > 0:
                    low = [source.symbol([2**24 >> self.shift] * 2**self.shift) for _ in range(n)]
                    q = [(h << self.shift) + k - (1 << self.shift - 1) for h, k in zip(q, low, strict=True)]
            require(all(abs(value) <= 32767 for value in q), "number beyond 32767 steps")
            read = np.array(q, float) * self.step
        require(self.form not in (GAPS, BITMAP) or (read != 0).all(), "0 where there is none")
        if self.values == CODEBOOK and n < self.size:
            require((self.entries == 0).any(), "no entry for the zeros")
        numbers = np.zeros(self.size)
        numbers[places] = read
        return numbers


def frequencies(fields):
    """F, one row each [7.2]."""
    parts, state = [], fields.seed
    for j in range(1, 6 * fields.features + 1):
        t = (state + j * 0x9E3779B97F4A7C15) % 2**64
        t = (t ^ t >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        t = (t ^ t >> 27) * 0x94D049BB133111EB % 2**64
        t ^= t >> 31
        parts.append(sum(t >> shift & 65535 for shift in (0, 16, 32, 48)))
    g = [sum(parts[3 * k : 3 * k + 3]) - 393210 for k in range(2 * fields.features)]
    return np.array(g, float).reshape(-1, 2) * fields.sigma / (4 * 65536)


class Implicit:
    """An implicit network."""

    def __init__(self, data, contents, coder_of, bits_of, means):
        self.fields = fields = Fields(data)
        self.mean_over = means
        require(0x1A in contents, "network is missing")
        require(len(contents[0x1A]) <= 65536 + 16 * fields.numbers, "content size")
        told, biases = Told(contents[0x1A]), sum(fields.rows)
        tensors = [Tensor(told, fields, fields.form, rows * columns) for rows, columns in fields.shapes]
        scales = told.float16(fields.depth + 1) if fields.form == FACTORS else np.ones(fields.depth + 1)
        if fields.values == UNIFORM:
            tensors.append(Tensor(told, fields, DENSE, biases))
        else:
            bias = told.float16(biases)
        source = bits_of(told.left) if fields.packer == FIXED else coder_of(told.left)
        read = [tensor.read(source) for tensor in tensors]
        source.finish()
        if fields.values == UNIFORM:
            bias = read.pop()
        require(sum(np.count_nonzero(numbers) for numbers in read) == fields.nonzero, "non-zero")
        if fields.form == FACTORS:
            first, second = (numbers.reshape(shape) for numbers, shape in zip(read, fields.shapes, strict=True))
            read = [(first @ second).ravel()]
        weights, self.layers = np.concatenate(read), []
        for rows, columns, scale in zip(fields.rows, fields.columns, scales, strict=True):
            matrix, weights = weights[: rows * columns], weights[rows * columns :]
            mine, bias = bias[:rows], bias[rows:]
            self.layers.append((scale * matrix.reshape(rows, columns), mine[:, None]))

    def network(self, p):
        """Samples [C, n] at places p [2, n] [7.3]."""
        kind = self.fields.network
        h = p
        if kind == FOURIER:
            turns = np.pi * frequencies(self.fields) @ p
            h = np.concatenate([np.cos(turns), np.sin(turns)])
        if kind in (ATAN, TANH):
            h = math.sqrt(3) * p
        for matrix, bias in self.layers[:-1]:
            t = matrix @ h + bias
            if kind == SIREN:
                h = np.sin(30 * t)
            elif kind == FOURIER:
                h = np.maximum(0, t)
            elif kind == ATAN:
                t = np.arctan(t)
                h = np.concatenate([t / 0.67, t**2 / 0.6])
            else:
                t = np.tanh(t)
                h = np.concatenate([t / 0.63, t**2 / 0.49])
        matrix, bias = self.layers[-1]
        v = matrix @ h + bias
        return 1 / 2 + v / 2 if kind in (SIREN, FOURIER) else 1 / (1 + np.exp(-v))

    def at_scale(self, scale):
        """Real samples [C, H, W], 0 to 1, at the scale 1/B, ..., 1, 2, ... [7.3]"""
        fields, up, down = self.fields, max(1, int(scale)), max(1, int(1 / scale))
        width, height = fields.width * up, fields.height * up
        require(fields.weights * width * height <= 2**44, "too much work")
        m = max(width, height)
        y, x = np.mgrid[0:height, 0:width].reshape(2, -1)
        z = self.network(np.stack([(2 * x + 1 - width) / m, (2 * y + 1 - height) / m])).reshape(-1, height, width)
        z = np.pad(z, ((0, 0), (0, -height % down), (0, -width % down)), mode="edge")
        return self.mean_over(z, down)
