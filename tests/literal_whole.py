"""A slow and literal decoder of whole-image maps, written from bitstream_spec.md alone; [n] is its section n."""

import math
import struct

import numpy as np
from literal_partition import chance, differences, require, shared_out

KEEPING_THE_AXES = (0, 2, 5, 7)


class Fields:
    """The header's fields [6.1]."""

    def __init__(self, data):
        flags, packer, _, self.width, self.height = struct.unpack_from("<BBBII", data, 9)
        self.ranges, self.step, self.top, self.left, self.side = struct.unpack_from("<5H", data, 20)
        self.largest, self.styled, self.fingerprint = struct.unpack_from("<BI8s", data, 30)
        self.grey = flags & 1 == 1
        require(packer == 1, "packer")
        require(4 <= self.ranges <= 1024 and self.step >= 1, "ranges or step")
        require(2 <= self.side <= self.ranges - max(self.top, self.left), "domain")
        require(self.largest <= 30, "largest scale")
        require((self.styled > 0) == (self.fingerprint != bytes(8)), "fingerprint")
        require(self.canvas(self.height) * self.canvas(self.width) <= 2**28, "canvas")
        self.h, self.w = -(-self.height // self.ranges), -(-self.width // self.ranges)

    def canvas(self, size):
        return -(-size // self.ranges) * self.ranges


class Tables:
    """The bytes of the tables that a content begins with [6.2]."""

    def __init__(self, content, fields):
        content = list(content)
        self.means = {}
        for chroma in (False,) if fields.grey else (False, True):
            for key in (0, 1, 2, 3, 4, "roots"):
                self.means[chroma, key] = self.taken(content, 2)
        self.sizes, self.sign, self.isometries = (self.taken(content, n) for n in (31, 1, 8))
        if fields.styled:
            self.style_sizes, self.style_sign = self.taken(content, 33), self.taken(content, 1)
        self.rest = bytes(content)

    @staticmethod
    def taken(content, n):
        require(len(content) >= n, "tables cut off")
        result, content[:n] = content[:n], []
        return result


def read_means(m, difference_of):
    """v[y, x] of one plane [6.2]. difference_of: the next difference under the table of a class, or of "roots"."""
    v, d = {}, 1
    while m > 4 * d:
        d *= 2

    def put(at, value):
        require(abs(value) <= 32767, "mean beyond 32767")
        v[at] = value

    for y in range(0, m, d):
        for x in range(0, m, d):
            before = v[y, x - d] if x > 0 else v[y - d, 0] if y > 0 else 0
            put((y, x), before + difference_of("roots"))
    while d > 1:
        e = d // 2
        diagonal, direct = ((-e, -e), (-e, e), (e, -e), (e, e)), ((-e, 0), (0, -e), (0, e), (e, 0))
        for first_y, first_x, neighbours in ((e, e, diagonal), (0, e, direct), (e, 0, direct)):
            classes = [[] for _ in range(5)]
            for y in range(first_y, m, d):
                for x in range(first_x, m, d):
                    near = [v[y + j, x + i] for j, i in neighbours if 0 <= y + j < m and 0 <= x + i < m]
                    n, spread = len(near), max(near) - min(near)
                    number = sum(spread > limit for limit in (0, 2, 6, 14))
                    classes[number].append((y, x, (2 * sum(near) + n) // (2 * n)))
            for number, places in enumerate(classes):
                for y, x, prediction in places:
                    put((y, x), prediction + difference_of(number))
        d = e
    return np.array([[v[y, x] for x in range(m)] for y in range(m)])


def read_signed(coder, count, sizes, sign):
    """`count` integers: their sizes, then the signs of those that are not 0 [6.2]."""
    values = [coder.symbol(shared_out(sizes, 0)) for _ in range(count)]
    return [-value if value and coder.symbol(chance(*sign)) else value for value in values]


def turned(isometry, block):
    """Of [planes, h, w] [4.5]."""
    if isometry >= 4:
        block = block.transpose(0, 2, 1)
    return np.rot90(block, isometry % 4, axes=(1, 2))


def luma_and_chroma(rgb):
    """The inverse of the colours of [4.5], in grey levels."""
    red, green, blue = rgb
    y = 0.299 * red + 0.587 * green + 0.114 * blue
    return np.stack([y - 128, (blue - y) / 1.772, (red - y) / 1.402])


class Whole:
    """A whole-image map. style_of: of a file of a collage, its fields and a function that decodes it to a size."""

    def __init__(self, data, contents, coder_of, style_of, means):
        self.fields = fields = Fields(data)
        self.mean_over = means
        require(0x18 in contents, "ranges are missing")
        require((0x19 in contents) == (fields.styled > 0), "style")
        m = fields.ranges
        require(len(contents[0x18]) <= 1024 + 32 * m * m, "content size")
        tables = Tables(contents[0x18], fields)
        coder = coder_of(tables.rest)
        planes = []
        for chroma in (False,) if fields.grey else (False, True, True):
            planes.append(read_means(m, lambda key: coder.difference(differences(*tables.means[chroma, key]))))  # noqa: B023
        c = np.stack(planes) * fields.step / 16
        require((abs(c) <= 8192).all(), "mean beyond 8192")
        s = read_signed(coder, m * m, tables.sizes, tables.sign)
        isometries = [coder.symbol(shared_out(tables.isometries, 0)) if value else 0 for value in s]
        if fields.h != fields.w:
            require(all(isometry in KEEPING_THE_AXES for isometry in isometries), "isometry")
        t = [0] * m * m
        if fields.styled:
            t = read_signed(coder, m * m, tables.style_sizes, tables.style_sign)
        coder.finish()
        require(max(map(abs, s)) == fields.largest, "largest scale")
        require(sum(value != 0 for value in t) == fields.styled, "styled")
        self.style = None
        if fields.styled:
            file = contents[0x19]
            require(file[9] & 1 == fields.grey and file[10] == 1, "file of the style")
            require(file[34:42] == fields.fingerprint, "weights of the style")
            self.style, (width, height) = style_of(file)
            require(width * height <= 2**20, "pixels of the style")
        self.c, self.isometries = c, isometries
        self.s, self.t = [value / 32 for value in s], [value / 32 for value in t]

    def fixed_point(self, up):
        """[planes, m h S, m w S] in grey levels, luma less 128 [6.3]."""
        fields, c = self.fields, self.c
        m, side, h, w = fields.ranges, fields.side, fields.h * up, fields.w * up
        k = c[:, fields.top : fields.top + side, fields.left : fields.left + side].mean(axis=(1, 2))[:, None, None]
        style = np.zeros((len(c), h, w))
        if self.style is not None:
            levels = 255 * self.style(w, h)
            style = levels if fields.grey else luma_and_chroma(levels)
            style = style - style.mean(axis=(1, 2), keepdims=True)
        z = np.zeros((len(c), m * h, m * w))
        factor, moved = fields.largest / 32, math.inf
        while moved * factor / (1 - factor) > 1 / 256:
            domain = z[:, fields.top * h : (fields.top + side) * h, fields.left * w : (fields.left + side) * w]
            reduced = self.mean_over(domain, side) - k
            following = np.empty_like(z)
            for place in range(m * m):
                i, j = divmod(place, m)
                turn = turned(self.isometries[place], reduced)
                block = c[:, i, j, None, None] + self.s[place] * turn + self.t[place] * style
                following[:, i * h : (i + 1) * h, j * w : (j + 1) * w] = block
            moved, z = abs(following - z).max(), following
        return z

    def at_scale(self, scale):
        """Real samples [C, H, W], 0 to 1, at the scale 1/B, ..., 1, 2, ... [6.3]"""
        up, down = max(1, int(scale)), max(1, int(1 / scale))
        z = self.fixed_point(up)[:, : self.fields.height * up, : self.fields.width * up]
        luma = z[0] + 128
        if self.fields.grey:
            z = luma[None] / 255
        else:
            blue, red = z[1:]
            r, b = luma + 1.402 * red, luma + 1.772 * blue
            z = np.stack([r, (luma - 0.299 * r - 0.114 * b) / 0.587, b]) / 255
        z = np.pad(z, ((0, 0), (0, -z.shape[1] % down), (0, -z.shape[2] % down)), mode="edge")
        return self.mean_over(z, down)
