"""A slow and literal decoder of screen maps, written from bitstream_spec.md alone; [n] is its section n."""

import struct

import numpy as np

K = [
    22, 36, 60, 98, 162, 267, 439, 720, 1179, 1921, 3108, 4971, 7812, 11955, 17625, 24743, 32768, 40793, 47911,
    53581, 57724, 60565, 62428, 63615, 64357, 64816, 65097, 65269, 65374, 65438, 65476, 65500, 65514,
]  # fmt: skip
WORD = 2**32


def require(condition, message):
    if not condition:
        raise ValueError(message)


def clamp(x, a, b):
    return min(b, max(a, x))


def squash(d):
    i, f = (d + 2048) >> 7, (d + 2048) & 127
    return clamp((K[i] * (128 - f) + K[i + 1] * f + 64) >> 7, 16, 65520)


SQUASH = {d: squash(d) for d in range(-2048, 2048)}
STRETCH = [next((d for d in range(-2048, 2048) if SQUASH[d] >= 16 * q + 8), 2047) for q in range(4096)]


def mix(h, *values):
    for value in values:
        h = ((h ^ value) * 0x9E3779B1 + 0x7F4A7C15) % WORD
    return h


def finish(h):
    g = ((h ^ (h >> 15)) * 0x85EBCA6B) % WORD
    return g ^ (g >> 13)


def grade(d):
    s = abs(d)
    for step, end in ((4, 5), (5, 8), (6, 13), (7, 21), (8, 35), (9, 59), (10, 99)):
        if 3 < s <= end:
            s = step
            break
    else:
        s = s if s <= 3 else 11
    return 11 + s if d >= 0 else 11 - s


def median(x, y, z):
    if z >= max(x, y):
        return min(x, y)
    return max(x, y) if z <= min(x, y) else x + y - z


class Decisions:
    """[5.3]"""

    def __init__(self, content, pixels):
        self.t = clamp(pixels.bit_length() + 1, 16, 22)
        self.slots, self.weights = {}, {}
        self.content, self.taken = content, 0
        self.lo, self.hi, self.w = 0, WORD - 1, 0
        for _ in range(4):
            self.w = self.w << 8 | self.byte()

    def byte(self):
        self.taken += 1
        return self.content[self.taken - 1] if self.taken <= len(self.content) else 0

    def line(self, h):
        return 84480 + finish(h) % 2**self.t // 16 * 16

    def ask(self, slots, sets, rate=6):
        states = [self.slots.setdefault(s, [2097152, 0]) for s in slots]
        x = [STRETCH[p >> 10] if c else 0 for p, c in states] + [256]
        rows = [self.weights.setdefault(s, [16000] * 9) for s in sets]
        e, f = (clamp(sum(g * v for g, v in zip(row, x)) >> 16, -2047, 2047) for row in rows)  # noqa: B905
        chance = SQUASH[(e + f) >> 1]
        span = self.hi - self.lo
        m = self.lo + (span >> 16) * chance + (((span & 65535) * chance) >> 16)
        answer = int(self.w <= m)
        self.lo, self.hi = (self.lo, m) if answer else (m + 1, self.hi)
        while self.lo >> 24 == self.hi >> 24:
            self.lo, self.hi = self.lo << 8 & 0xFFFFFFFF, (self.hi << 8 & 0xFFFFFFFF) | 255
            self.w = (self.w << 8 & 0xFFFFFFFF) | self.byte()
        for row, estimate in zip(rows, (e, f), strict=True):
            for j, v in enumerate(x):
                row[j] += (v * (65536 * answer - SQUASH[estimate]) * rate + 8192) >> 14
        for slot in slots:
            p, c = self.slots[slot]
            u = 131072 // (2 * c + 3)
            p += ((4194303 - p) * u) >> 16 if answer else -((p * u) >> 16)
            self.slots[slot] = [p, min(c + 1, 255)]
        return answer


class Sweep:
    """[5.2], [5.4] and [5.5]: `pixels` V by (row, column), `modes` by (row, column) of cells."""

    def __init__(self, content, height, width, grey, collages):
        self.height, self.width, self.grey = height, width, grey
        self.d = Decisions(content, height * width)
        self.pixels, self.escaped = {}, set()
        self.modes = dict.fromkeys(collages, 3)
        self.tables = [{} for _ in range(5)]
        self.of_green = {}, {}
        offsets, recent = {}, [(0, 8), (0, 16), (0, 24), (0, 32)]
        for y in range(height):
            for x in range(width):
                cell = y // 8, x // 8
                if y % 8 == 0 and x % 8 == 0 and self.modes.get(cell) != 3:
                    self.modes[cell] = self.mode(y, x, *cell)
                    if self.modes[cell] == 2:
                        down, right = offsets[cell] = self.offset(recent)
                        inside = down <= y and right <= x and x - right + min(8, width - x) <= width
                        require(inside and (down > 0 or right > 0), "source of a copy")
                mode = self.modes[cell]
                if mode == 3:
                    self.pixels[y, x] = self.v(y, x - 1)
                elif mode == 2:
                    down, right = offsets[cell]
                    self.pixels[y, x] = self.pixels[y - down, x - right]
                elif mode == 1 and (y % 8 or x % 8):
                    self.pixels[y, x] = self.pixels[y // 8 * 8, x // 8 * 8]
                else:
                    self.pixels[y, x] = self.pixel(y, x)
        require(self.d.taken == len(content) + 3, "bytes left over or missing")

    def v(self, y, x):
        return self.pixels.get((y, x), 0)

    def mode(self, y, x, row, column):
        w, n, c = self.v(y, x - 1), self.v(y - 1, x), self.v(y - 1, x - 1)
        above = [self.v(y - 1, x + j) for j in range(8)]
        q = above.count(n)
        v = min(q >> 1, 3) + 4 * (q == 8)
        place = self.d.line(mix(35, w, *above))
        m, *three = (self.modes.get(at, 0) for at in (
            (row, column - 1), (row - 1, column - 1), (row - 1, column), (row - 1, column + 1)
        ))  # fmt: skip
        o = 16 * three[0] + 4 * three[1] + three[2]
        for i in range(2):
            k = 78152 + 2112 * i
            slots = k + 8 * (4 * o + m) + v, k + 2048 + 16 * (2 * (w == n) + (c == n)) + 2 * v + (m == i + 1), place + i
            if self.d.ask(slots, (640 + i, 642 + i)):
                return i + 1
        return 0

    def number(self, sort):
        k, g = 82380 + 1024 * sort, 0
        while g < 27 and self.d.ask([k + g], (644, 645)):
            g += 1
        value = 1
        for j in range(g - 1, -1, -1):
            value = 2 * value + self.d.ask([k + 32 + 32 * g + j], (644, 645))
        return value - 1

    def offset(self, recent):
        for i in range(4):
            if self.d.ask([82376 + i], (646, 647)):
                found = recent.pop(i)
                break
        else:
            down = self.number(0)
            sign = -1 if down > 0 and self.d.ask([84428], (644, 645)) else 1
            found = down, sign * self.number(1)
            recent.pop()
        recent.insert(0, found)
        return found

    def pixel(self, y, x):
        def v(*places):
            return [self.v(y + dy, x + dx) for dy, dx in places]

        g4 = mix(11, *v((0, -1), (-1, 0)))
        g3 = mix(g4, *v((-1, -1), (-1, 1)))
        g2 = mix(g3, *v((0, -2), (-2, 0)))
        g1 = mix(g2, *v((-2, 1), (-2, -1), (-1, -2), (-1, 2), (0, -3), (-3, 0)))
        g0 = mix(g1, *v(
            (-3, -3), (-3, -2), (-3, -1), (-3, 0), (-3, 1), (-3, 2), (-3, 3), (-2, -3), (-2, -2), (-2, 2), (-2, 3),
            (-1, -3), (-1, 3), (0, -4),
        ))  # fmt: skip
        h = [finish(g) for g in (g0, g1, g2, g3, g4)]
        w, n, c, e, ww, nn = v((0, -1), (-1, 0), (-1, -1), (-1, 1), (0, -2), (-2, 0))
        excluded = None
        if w == n == c == e == ww == nn:
            if self.d.ask([self.d.line(g) for g in h[:3]], (620, 621)):
                return w
            excluded = w
        places = [g % 2 ** (self.d.t - 4) for g in h]
        entries = [table.get(place) for table, place in zip(self.tables, places, strict=True)]
        sources = {}
        for s, k in enumerate([entry and entry[0] for entry in entries] + [w, n, e, c]):
            if k is not None and k != excluded:
                sources.setdefault(k, s)
        z = sum(at in self.escaped for at in ((y, x - 1), (y - 1, x), (y - 1, x + 1), (y - 1, x - 1)))
        colour = None
        for j, (k, s) in enumerate(list(sources.items())[: (7, 6, 5, 3, 2)[z]]):
            counts = [entry[1] if entry else 0 for entry in entries]
            u = min(15, counts[s]) if s < 5 else 0
            g = 0
            for entry in entries:
                g = 3 * g + (0 if entry is None else 1 if entry[0] == k else 2)
            q = (k == w) + 2 * (k == n) + 4 * (k == c) + 8 * (k == e)
            i = (w == n) + 2 * (n == c) + 4 * (n == e) + 8 * (w == ww) + 16 * (n == nn)
            many = 64 * min(7, counts[0]) + 8 * min(7, counts[1]) + min(7, counts[2])
            slots = [
                (9 * z + j) * 144 + 16 * s + u, 6480 + (9 * g + j) * 16 + q,
                41472 + (9 * many + j) * 3 + g % 3, 55296 + (9 * i + j) * 16 + q,
            ]  # fmt: skip
            slots += [self.d.line(mix(hash_, 19)) + finish(k) % 16 for hash_ in h[1:]]
            if self.d.ask(slots, (32 * j + 4 * min(s, 5) + min(u, 3), 256 + 32 * z + i)):
                colour = k
                break
        if colour is None:
            self.escaped.add((y, x))
            colour = self.value(w, n, c, e)
        kept = list(zip(self.tables, places, strict=True))
        if not self.grey:
            green = colour >> 8 & 255
            kept += [(self.of_green[0], mix(3, green, w) % 65536), (self.of_green[1], green)]
        for table, place in kept:
            old = table.get(place)
            table[place] = (colour, min(old[1] + 1, 255)) if old and old[0] == colour else (colour, 1)
        return colour

    def value(self, w, n, c, e):
        if self.grey:
            return self.channel(0, 0, 0, (w, n, c, e))
        green = self.channel(0, 8, 0, (w, n, c, e))
        first = None
        for i, (table, place) in enumerate(
            ((self.of_green[0], mix(3, green, w) % 65536), (self.of_green[1], green))
        ):  # fmt: skip
            entry = table.get(place)
            if entry is None or entry[0] == first:
                continue
            first, count = entry
            f = mix(5, i, first)
            slots = [59904 + 16 * i + min(15, count), *map(self.d.line, (f, mix(f, w), mix(f, n, 7)))]
            if self.d.ask(slots, (600 + i, 610)):
                return first
        red = self.channel(1, 16, green + 1, (w, n, c, e), green)
        return red << 16 | green << 8 | self.channel(2, 0, 256 * (green + 1) + red, (w, n, c, e), green)

    def channel(self, i, shift, known, around, green=None):
        w, n = around[:2]
        w1, n1, c1, e1 = (k >> shift & 255 for k in around)
        p1, p2 = median(w1, n1, c1), (w1 + n1) >> 1
        if i:
            greens = [k >> 8 & 255 for k in around]
            p1 = clamp(p1 + green - median(*greens[:3]), 0, 255)
            p2 = clamp(w1 + green - greens[0], 0, 255)
        energy = min(9, (abs(w1 - c1) + abs(n1 - c1) + abs(n1 - e1)).bit_length())
        h = mix(20, i, known)
        lines = [mix(h, w, 21), mix(h, w, 21, n, 23), mix(h, n, 22), mix(h, 24), mix(25, i, p1, p2), mix(26, i, w1, n1)]
        so_far, since = 1, 1
        for b in range(7, -1, -1):
            if b in (7, 3):
                start, since = so_far, 1
            m = ((2 * so_far + 1) << b) - 256
            o = (8 * i + b) * 23 + grade(p1 - m)
            slots = [59936 + 10 * o + energy, 65456 + 23 * o + grade(p2 - m)]
            slots += [self.d.line(mix(k, mix(start, 29))) + since for k in lines]
            bit = self.d.ask(slots, (1024 + (8 * i + b) * 10 + energy, 2048 + 256 * i + so_far), 4)
            so_far, since = 2 * so_far + bit, 2 * since + bit
        return so_far - 256


class Screen:
    """A screen map. collage_of: decodes a file of a collage, with `at_scale` and `fields`. enlarged: U_S."""

    def __init__(self, data, contents, collage_of, means, enlarged):
        self.fields = self
        flags, packer, log_side, self.width, self.height = struct.unpack_from("<BBBII", data, 9)
        level, lossless, *stated, fingerprint = struct.unpack_from("<HBIII8s", data, 20)
        self.means, self.enlarged, self.grey = means, enlarged, flags & 1
        require(packer == 1 and log_side == 3 and level <= 1536 and lossless <= 1, "header of a screen map")
        require(not (lossless and (level or stated[2])), "lossless with a level")
        require((stated[2] > 0) == (fingerprint != bytes(8)) == (9 in contents), "collages")
        self.parts, at, cells = [], 0, {}
        content = contents.get(9, b"")
        while at < len(content):
            row, column, length = struct.unpack_from("<III", content, at)
            file = content[at + 12 : at + 12 + length]
            require(len(file) == length and file[9] & 1 == self.grey and file[10] == 1, "file of a collage")
            require(file[34:42] == fingerprint, "weights of a collage")
            part = collage_of(file)
            rows, columns = -(-part.fields.height // 8), -(-part.fields.width // 8)
            ends = min(8 * (row + rows), self.height), min(8 * (column + columns), self.width)
            require((8 * row + part.fields.height, 8 * column + part.fields.width) == ends, "place of a collage")
            require(not self.parts or (row, column) > self.parts[-1][:2], "order of collages")
            for cell in np.ndindex(rows, columns):
                place = row + cell[0], column + cell[1]
                require(place not in cells, "overlap of collages")
                cells[place] = True
            self.parts.append((row, column, part))
            at += 12 + length
        sweep = Sweep(contents[8], self.height, self.width, self.grey, cells)
        modes = list(sweep.modes.values())
        require([modes.count(mode) for mode in (1, 2, 3)] == stated, "numbers of cells")
        v = np.array([[sweep.pixels[y, x] for x in range(self.width)] for y in range(self.height)])
        self.z = (v[None] if self.grey else np.stack([v >> 16, v >> 8 & 255, v & 255])) / 255

    def at_scale(self, scale):
        """Real samples [C, H, W], 0 to 1, at the scale 1/8, ..., 1, 2, ... [5.6]"""
        up, down = max(1, int(scale)), max(1, int(1 / scale))
        z = self.z.copy() if up == 1 else self.crisp(up)
        for row, column, part in self.parts:
            y, x = 8 * row * up, 8 * column * up
            decoded = np.clip(np.floor(255 * part.at_scale(up) + 0.5), 0, 255) / 255
            decoded = decoded[:, : part.fields.height * up, : part.fields.width * up]
            z[:, y : y + decoded.shape[1], x : x + decoded.shape[2]] = decoded
        below, right = -z.shape[1] % down, -z.shape[2] % down
        return self.means(np.pad(z, ((0, 0), (0, below), (0, right)), mode="edge"), down)

    def crisp(self, factor):
        u, z = self.enlarged(self.z, factor), self.z
        result = np.empty_like(u)
        _, height, width = z.shape
        near = np.pad(z, ((0, 0), (1, 1), (1, 1)), mode="symmetric")
        equal = np.zeros((height, width))
        equal[:, :-1] += (z[:, :, 1:] == z[:, :, :-1]).all(0)
        equal[:-1] += (z[:, 1:] == z[:, :-1]).all(0)
        equal = np.pad(equal, 3, mode="symmetric")
        for y, x in np.ndindex(height, width):
            around = near[:, y : y + 3, x : x + 3]
            least, most = around.min((1, 2)), around.max((1, 2))
            share, contrast = equal[y : y + 7, x : x + 7].sum() / 98, (most - least).max()
            k = clamp((share - 0.08) / 0.12, 0, 1) * clamp((contrast - 8 / 255) / (16 / 255), 0, 1)
            for c in range(len(z)):
                place = c, slice(y * factor, (y + 1) * factor), slice(x * factor, (x + 1) * factor)
                lo, hi, mean = k * least[c], most[c] + (1 - k) * (1 - most[c]), z[c, y, x]
                if contrast == 0 or mean <= lo or mean >= hi:
                    result[place] = mean
                    continue
                steep = (1 + (1 + factor / 2) * k) * (u[place] - mean)
                below, above = lo - steep.max(), hi - steep.min()
                for _ in range(60):
                    middle = (below + above) / 2
                    if np.clip(steep + middle, lo, hi).mean() < mean:
                        below = middle
                    else:
                        above = middle
                result[place] = np.clip(steep + middle, lo, hi)
        return result
