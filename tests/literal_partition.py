"""A slow and literal decoder of partitioned maps, written from bitstream_spec.md alone; [n] is its section n."""

import math
import re
from functools import cache
from pathlib import Path

import numpy as np

SPECIFICATION = (Path(__file__).resolve().parents[1] / "bitstream_spec.md").read_text(encoding="utf-8")


def require(condition, message):
    if not condition:
        raise ValueError(message)


# Tables [4.3]


def shared_out(weights, rest):
    require(sum(weights) > 0, "weights that are all 0")
    table = [1 + w * (2**24 - len(weights)) // sum(weights) for w in weights]
    table[rest] += 2**24 - sum(table)
    return table


@cache
def chance(c):
    require(c > 0, "a chance of 0")
    return [2**16 * c, 2**16 * (256 - c)]


@cache
def uniform(n):
    return [2**24 // n + (1 if k < 2**24 % n else 0) for k in range(n)]


@cache
def differences(zero, ratio):
    require(zero > 0, "zero of 0")
    g = [2**20]
    while len(g) < 255 and g[-1] * ratio // 256 >= 256:
        g.append(g[-1] * ratio // 256)
    escape = max(1, 2 * (g[-1] * ratio // (256 - ratio)))
    middle = (2 * sum(g) + escape) * zero // (256 - zero)
    return shared_out([*reversed(g), middle, *g, escape], len(g))


class Fields:
    """The header's fields [4.1] and the sides of the ranges."""

    def __init__(self, data):
        self.level = int.from_bytes(data[20:22], "little")
        self.grey = data[9] & 1 == 1
        self.width, self.height = (int.from_bytes(data[at : at + 4], "little") for at in (12, 16))
        self.root = 2 ** data[11]
        self.fixed = data[10] == 0
        require(data[10] <= 1, "packer")
        require(self.level >= 1, "level")
        sides, steps = data[22], data[23]
        largest, smallest, step = sides % 16, sides // 16, steps % 16
        require(smallest <= largest and 2 <= largest <= data[11] and 2 <= step <= 6 and steps < 32, "ranges")
        self.largest, self.smallest, self.step = 2**largest, 2**smallest, 2**step
        self.isometries = 8 if steps >= 16 else 1
        require(data[24] == 1, "domains")
        side = 2 ** data[11]
        require(-(-self.width // side) * -(-self.height // side) * side**2 <= 2**24, "canvas")
        self.iterations = data[25]
        self.scale_sum, self.nonzero = (int.from_bytes(data[at : at + 4], "little") for at in (26, 30))
        require(self.iterations in (0, data[11] + 1), "iterations")

    def sides(self):
        return [self.root // 2**i for i in range(7) if self.root // 2**i >= self.smallest]


class Plane:
    """One plane: canvas in pixels, and for each range (side, row, column in pixels): mean, down, across, domain."""

    def __init__(self, fields, chroma):
        self.chroma = chroma
        self.size = (fields.height, fields.width)
        if chroma:
            self.size = tuple(-(-n // 2) for n in self.size)
        self.canvas = tuple(-(-n // fields.root) * fields.root for n in self.size)
        self.ranges = {}


def around(v, i, j):
    """down, across and the largest difference of the square (i, j) [4.4]."""
    found, largest = [], 0
    for axis in (0, 1):
        here, count = (i, j)[axis], v.shape[axis]
        line = v[:, j] if axis == 0 else v[i, :]
        if count == 1:
            found.append(0)
            continue
        x = line[here] - line[here - 1] if here > 0 else line[here + 1] - line[here]
        y = line[here + 1] - line[here] if here < count - 1 else x
        x, y = int(x), int(y)
        largest = max(largest, abs(x), abs(y))
        found.append(min(x, y, key=abs) if x * y > 0 else 0)
    return found[0], found[1], largest


def keys_of(kind, chroma, fields):
    """The tables that a chunk speaks of [4.2]."""
    sides = [side for side in fields.sides() if side <= fields.largest]
    if kind == 0x10:
        pairs = ("split", sides[:-1]), ("reference", [side for side in sides if side >= 4])
        return [(chroma, name, c, side) for name, some in pairs for side in some for c in range(8)]
    if kind == 0x11:
        return [(chroma, "root"), *((chroma, name, c) for name in ("along", "diagonal") for c in range(8))]
    return [(chroma, "sizes"), (chroma, "sign")] if kind == 0x12 else []


def usual(key):
    """The bytes of a table that is not in the file, from the table of [4.2]."""
    text = SPECIFICATION.split("### 4.2")[1].split("### 4.3")[0]
    row = re.search(rf"^\| {key[1]} \|.*\| (.*) \|$", text, re.MULTILINE)[1]
    if key[1] == "sizes":
        return [int(n) for n in row.split(",")]
    each = [[int(n) for n in part.split(",")] for part in row.split(";")]
    return each[key[2] if len(each) > 1 else 0]


class Widths:
    """The chunks under the packer `fixed` [4.2]. bits_of: makes bits of the end of a content."""

    def __init__(self, fields, contents, bits_of):
        self.isometries, self.used = fields.isometries, set()
        contents = dict(contents)
        if 0x11 in contents:
            planes = (False,) if fields.grey else (False, True)
            keys = [key for chroma in planes for key in keys_of(0x11, chroma, fields)]
            widths, contents[0x11] = contents[0x11][: len(keys)], contents[0x11][len(keys) :]
            require(len(widths) == len(keys) and all(width <= 24 for width in widths), "widths")
            self.widths = dict(zip(keys, widths, strict=True))
        self.bits = {kind: bits_of(content) for kind, content in contents.items()}

    def take(self, kind, width):
        require(kind in self.bits, "chunk is missing")
        self.used.add(kind)
        return self.bits[kind].take(width)

    def yes(self, kind, _key):
        return self.take(kind, 1) == 1

    def difference(self, key):
        require(0x11 in self.bits, "chunk is missing")
        width = self.widths[key]
        value = self.take(0x11, width)
        return value - 2**width if width > 0 and value >= 2 ** (width - 1) else value

    def size(self, _chroma):
        return 1 + self.take(0x12, 5)

    def uniform(self, kind, n):
        value = self.take(kind, (n - 1).bit_length()) if n > 1 else 0
        require(value < n, "number out of bounds")
        return value

    def finish(self):
        require(self.used == set(self.bits), "chunk without symbols")
        for bits in self.bits.values():
            bits.finish()


class Contents:
    """The chunks under the packer `range` [4.2]. coder_of: makes a range decoder [1.3] of the end of a content."""

    def __init__(self, fields, contents, coder_of):
        self.isometries = fields.isometries
        self.tables, self.coders, self.used = {}, {}, set()
        for kind, content in contents.items():
            rest = list(content)

            def take(rest=rest):
                require(rest, "tables cut off")
                return rest.pop(0)

            keys = [
                key for chroma in ((False,) if fields.grey else (False, True)) for key in keys_of(kind, chroma, fields)
            ]
            bits = "".join(f"{take():08b}" for _ in range(-(-len(keys) // 8)))
            require("1" not in bits[len(keys) :], "bits that no table belongs to")
            for key, bit in zip(keys, bits, strict=False):
                self.tables[key] = self.read_table(key, take) if bit == "1" else usual(key)
            self.coders[kind] = coder_of(bytes(rest))

    def read_table(self, key, take):
        if key[1] != "sizes":
            return [take() for _ in usual(key)]
        n = take()
        require(2 <= n <= 32, "number of sizes")
        return [take() for _ in range(n)]

    def coder(self, kind):
        require(kind in self.coders, "chunk is missing")
        self.used.add(kind)
        return self.coders[kind]

    def yes(self, kind, key):
        return self.coder(kind).symbol(chance(*self.tables[key])) == 1

    def difference(self, key):
        coder = self.coder(0x11)
        return coder.difference(differences(*self.tables[key]))

    def size(self, chroma):
        coder = self.coder(0x12)
        return 1 + coder.symbol(shared_out(self.tables[chroma, "sizes"], 0))

    def uniform(self, kind, n):
        return 0 if n == 1 else self.coder(kind).symbol(uniform(n))

    def finish(self):
        require(self.used == set(self.coders), "chunk without symbols")
        for coder in self.coders.values():
            coder.finish()


def read_plane(plane, fields, contents):
    """The ranges of a plane [4.4]."""
    rows, columns = (n // fields.root for n in plane.canvas)
    means = np.zeros((rows, columns), object)
    for i in range(rows):
        for j in range(columns):
            before = means[i, j - 1] if j > 0 else means[i - 1, 0] if i > 0 else 0
            means[i, j] = before + contents.difference((plane.chroma, "root"))
    unit = 64 if plane.chroma else 128
    means *= unit * fields.level // fields.root
    nodes = set(np.ndindex(rows, columns))
    for side in fields.sides():
        require(all(abs(v) <= 2**24 for v in means.flat), "mean out of bounds")
        means, nodes = read_side(plane, fields, contents, side, means, nodes, unit * fields.level // side)


def read_side(plane, fields, contents, side, means, nodes, quantizer):
    shape = means.shape
    surroundings = {at: around(means, *at) for at in np.ndindex(shape)}
    classes = [[] for _ in range(8)]
    for at in sorted(nodes):
        activity = surroundings[at][2] // quantizer
        classes[min(7, activity.bit_length())].append(at)
    split, used = set(), set()
    if side > fields.largest:
        split = set(nodes)
    elif side > fields.smallest:
        for c in range(8):
            split |= {at for at in classes[c] if contents.yes(0x10, (plane.chroma, "split", c, side))}
    distance = max(side, fields.step)
    grid = [(n - 2 * side) // distance + 1 if n >= 2 * side else 0 for n in plane.canvas]
    if 4 <= side <= fields.largest and min(grid) > 0:
        for c in range(8):
            here = [at for at in classes[c] if at not in split]
            used |= {at for at in here if contents.yes(0x10, (plane.chroma, "reference", c, side))}
    details = {}
    for c in range(8):
        here = [at for at in classes[c] if at in split]
        parts = [
            [contents.difference((plane.chroma, name, c)) for _ in here] for name in ("along", "along", "diagonal")
        ]
        details |= dict(zip(here, zip(*parts, strict=True), strict=True))
    domains = read_domains(plane, contents, sorted(used), grid, distance)
    for at in nodes - split:
        down, across, _ = surroundings[at]
        plane.ranges[side, at[0] * side, at[1] * side] = means[at], down, across, domains.get(at)
    finer = np.zeros((2 * shape[0], 2 * shape[1]), object)
    for i, j in np.ndindex(shape):
        h, k, q = (quantizer * detail for detail in details.get((i, j), (0, 0, 0)))
        x, y, v = (surroundings[i, j][1] >> 2) + h, (surroundings[i, j][0] >> 2) + k, means[i, j]
        finer[2 * i : 2 * i + 2, 2 * j : 2 * j + 2] = [[v - x - y + q, v + x - y - q], [v - x + y - q, v + x + y + q]]
    return finer, {(2 * i + y, 2 * j + x) for i, j in split for y in (0, 1) for x in (0, 1)}


def read_domains(plane, contents, used, grid, distance):
    """For each of the ranges: s, isometry, row and column of the domain in pixels."""
    sizes = [contents.size(plane.chroma) for _ in used]
    signs = [contents.yes(0x12, (plane.chroma, "sign")) for _ in used]
    isometries = [contents.uniform(0x13, contents.isometries) for _ in used]
    tops = [contents.uniform(0x14, grid[0]) * distance for _ in used]
    lefts = [contents.uniform(0x14, grid[1]) * distance for _ in used]
    s = [(-1 if sign else 1) * size / 8 for size, sign in zip(sizes, signs, strict=True)]
    return dict(zip(used, zip(s, isometries, tops, lefts, strict=True), strict=True))


def means_of(z, factor):
    return z.reshape(z.shape[0] // factor, factor, z.shape[1] // factor, factor).mean(axis=(1, 3))


def decoded(plane, scale):
    """The fixed point at a scale, 1/B, ..., 1, 2, ..., in grey levels [4.5]."""
    up, down = max(1, int(scale)), max(1, int(1 / scale))
    affine = np.zeros(tuple(n * up for n in plane.canvas))
    for (side, top, left), (mean, slope_down, slope_across, _) in plane.ranges.items():
        pixels = side * up
        for i, j in np.ndindex(pixels, pixels):
            ramp = slope_down * (i - (pixels - 1) / 2) + slope_across * (j - (pixels - 1) / 2)
            affine[top * up + i, left * up + j] = mean / 2048 + ramp / (2048 * pixels)
    affine = means_of(affine, down)
    z = affine
    for _ in range(int(math.log2(64 * up)) + 1):
        following = affine.copy()
        for (side, top, left), (*_, domain) in plane.ranges.items():
            b = int(side * scale)
            if domain is None or b <= 1:
                continue
            s, isometry, domain_top, domain_left = domain
            y, x = int(domain_top * scale), int(domain_left * scale)
            square = z[y : y + 2 * b, x : x + 2 * b]
            pooled = means_of(square, 2) - square.mean()
            if isometry >= 4:
                pooled = pooled.T
            pooled = np.rot90(pooled, isometry % 4)
            i, j = int(top * scale), int(left * scale)
            following[i : i + b, j : j + b] += s * pooled
        z = following
    return z


class Partition:
    """A partitioned map. contents: of its chunks by type."""

    def __init__(self, data, contents, coder_of, bits_of):
        self.fields = fields = Fields(data)
        parts = Widths(fields, contents, bits_of) if fields.fixed else Contents(fields, contents, coder_of)
        self.planes = [Plane(fields, chroma) for chroma in ((False,) if fields.grey else (False, True, True))]
        for plane in self.planes:
            read_plane(plane, fields, parts)
        parts.finish()
        domains = [x[-1] for plane in self.planes for x in plane.ranges.values() if x[-1] is not None]
        require(fields.nonzero == len(domains), "non-zero scales")
        require(fields.scale_sum == max((8 * abs(domain[0]) for domain in domains), default=0), "scale sum")
        require((fields.iterations > 0) == (len(domains) > 0), "iterations")

    def at_scale(self, scale):
        """Real samples [C, H, W], 0 to 1, at the scale 1/B, ..., 1, 2, ..."""
        height, width = (math.ceil(n * scale) for n in (self.fields.height, self.fields.width))
        luma = decoded(self.planes[0], scale)[:height, :width] + 128
        if self.fields.grey:
            return luma[None] / 255
        blue, red = (decoded(plane, 2 * scale)[:height, :width] for plane in self.planes[1:])
        r, b = luma + 1.402 * red, luma + 1.772 * blue
        return np.stack([r, (luma - 0.299 * r - 0.114 * b) / 0.587, b]) / 255
