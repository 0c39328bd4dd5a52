"""One pixel's colour: which of the colours that its surroundings had before, or else its value, channel by channel.

bitstream_spec.md, section 5.5, is normative. A colour is an integer, red << 16 | green << 8 | blue, or a grey level.
"""

from typing import NamedTuple

import numpy as np

from .compiled import compiled
from .mixing import AT, DIRECT, NUMBERS, SPENT, decide, finish, line, mix, slots_and_weights, start

TOP, SIDE = 8, 8  # pixels of black above the picture and beside it, so that every context has its pixels
_MEMORIES = 5  # contexts that remember the colour that followed them
_FEWER = np.array([7, 6, 5, 3, 2])  # candidates at most, by how many of four neighbours were none
_GRADES = np.searchsorted((1, 2, 3, 4, 6, 9, 14, 22, 36, 60, 100), np.arange(256), side="right")  # see `grade`
_ESCAPES = 1024  # first set of weights of values
# First slots of contexts: of a candidate by what was seen, by who agrees, by counts, by equalities; of the rest of a
# colour; of a channel by its predictions.
_BY_SOURCE, _BY_AGREED, _BY_COUNTS, _BY_EQUAL = 0, 6480, 41472, 55296
_BY_REST, _BY_ENERGY, _BY_TWO = 59904, 59936, 65456
DIRECT_COLOURS = 78152  # slots that these take


# Places in the numbers that a coder works with, after those of `mixing`: of the candidates, at most 9, colours and the
# contexts that name them; of the contexts that remember, the colour, how often in a row, place in the table, and hash.
CANDIDATES, _SOURCES = NUMBERS, NUMBERS + 9
_COLOURS, _COUNTS, _PLACES, _HASHES = (NUMBERS + 18 + _MEMORIES * i for i in range(4))
_LINES = NUMBERS + 18 + _MEMORIES * 4  # lines of slots of a channel
ESCAPE = _LINES + 6  # what pixels cost that are none of the candidates, in 1/4096 bits, for encoders
SIZE = ESCAPE + 1  # how many numbers there are
_REST = 65536  # entries of a table of the rest of a colour: two of them, at the end of those that remember


class Memory(NamedTuple):
    """What a coder of pixels knows; its functions take these one by one, which compiles to faster code.

    slots, weights: see `mixing.slots_and_weights`. now: int64 [SIZE], the numbers that it works with. code: uint8, to
    be read, or to be filled. seen: uint32 [5 x 2^n + 2 x 65536], by context: the colour that followed last, shifted by
    8, and how often in a row; then by a colour's green with its left neighbour, and by green alone. escaped: uint8
    [rows, columns], as the pixels: 1 where the colour was none of the candidates.
    """

    slots: np.ndarray
    weights: np.ndarray
    now: np.ndarray
    code: np.ndarray
    seen: np.ndarray
    escaped: np.ndarray


def memory(rows: int, columns: int, code: np.ndarray, decoding: bool) -> Memory:
    """One that has seen nothing, for a picture of that size. code, decoding: see `mixing.start`."""
    bits = min(22, max(16, (rows * columns).bit_length() + 1))
    now = np.zeros(SIZE, np.int64)
    start(now, code, decoding)
    now[ESCAPE] = 12 << 12
    seen = np.zeros((_MEMORIES << (bits - 4)) + 2 * _REST, np.uint32)
    escaped = np.zeros((rows + TOP, columns + 2 * SIDE), np.uint8)
    return Memory(*slots_and_weights(bits), now, code, seen, escaped)


@compiled
def length(n):
    """Bits of a number >= 0."""
    bits = 0
    while n > 0:
        bits += 1
        n >>= 1
    return bits


@compiled
def grade(d):
    """A difference, -255 .. 255, in one of 23 classes that widen with it."""
    g = _GRADES[abs(d)]
    return 11 + g if d >= 0 else 11 - g


@compiled
def median(a, b, c):
    """Of left, upper and upper left neighbour: the median edge predictor (Weinberger, Seroussi and Sapiro 2000)."""
    if c >= max(a, b):
        return min(a, b)
    if c <= min(a, b):
        return max(a, b)
    return a + b - c


@compiled
def around(v, y, x, now):
    """Hash the surroundings of the pixel v[y, x], of five sizes. v: int32 [rows, columns] with its margins."""
    h = mix(mix(11, v[y, x - 1]), v[y - 1, x])
    now[_HASHES + 4] = finish(h)
    h = mix(mix(h, v[y - 1, x - 1]), v[y - 1, x + 1])
    now[_HASHES + 3] = finish(h)
    h = mix(mix(h, v[y, x - 2]), v[y - 2, x])
    now[_HASHES + 2] = finish(h)
    h = mix(mix(mix(h, v[y - 2, x + 1]), v[y - 2, x - 1]), v[y - 1, x - 2])
    h = mix(mix(mix(h, v[y - 1, x + 2]), v[y, x - 3]), v[y - 3, x])
    now[_HASHES + 1] = finish(h)
    for j in range(-3, 4):
        h = mix(h, v[y - 3, x + j])
    h = mix(mix(mix(mix(h, v[y - 2, x - 3]), v[y - 2, x - 2]), v[y - 2, x + 2]), v[y - 2, x + 3])
    h = mix(mix(mix(h, v[y - 1, x - 3]), v[y - 1, x + 3]), v[y, x - 4])
    now[_HASHES + 0] = finish(h)


@compiled
def plain(v, y, x):
    """Whether six pixels around v[y, x] have one colour."""
    w = v[y, x - 1]
    upper = v[y - 1, x] == w and v[y - 1, x - 1] == w and v[y - 1, x + 1] == w
    return upper and v[y, x - 2] == w and v[y - 2, x] == w


@compiled
def asked_plain(now, mask):
    """Set the slots for the question whether a pixel has the one colour around it."""
    now[AT + 0] = line(now[_HASHES + 0], mask)
    now[AT + 1] = line(now[_HASHES + 1], mask)
    now[AT + 2] = line(now[_HASHES + 2], mask)


@compiled
def gather(v, y, x, now, seen, escaped, excluded):
    """Find the candidates for the pixel v[y, x] from those before it, but for a colour that it has not. v: int32
    [rows, columns] with its margins. Returns how many there are, and which of four equalities between neighbours
    hold."""
    w, n, nw, ne, ww, nn = v[y, x - 1], v[y - 1, x], v[y - 1, x - 1], v[y - 1, x + 1], v[y, x - 2], v[y - 2, x]
    size = (len(seen) - 2 * _REST) // _MEMORIES
    count = 0
    for o in range(9):
        if o < _MEMORIES:
            now[_PLACES + o] = o * size + (now[_HASHES + o] & (size - 1))
            entry = np.int64(seen[now[_PLACES + o]])
            now[_COUNTS + o] = entry & 255
            now[_COLOURS + o] = entry >> 8 if entry & 255 else -1
            colour = now[_COLOURS + o]
            if colour < 0:
                continue
        elif o == 5:
            colour = w
        elif o == 6:
            colour = n
        elif o == 7:
            colour = ne
        else:
            colour = nw
        fresh = colour != excluded
        for j in range(count):
            if now[CANDIDATES + j] == colour:
                fresh = False
        if fresh:
            now[CANDIDATES + count] = colour
            now[_SOURCES + count] = o
            count += 1
    near = np.int64(escaped[y, x - 1]) + escaped[y - 1, x] + escaped[y - 1, x + 1] + escaped[y - 1, x - 1]
    equal = (w == n) + 2 * (n == nw) + 4 * (n == ne) + 8 * (w == ww) + 16 * (n == nn)
    return min(count, _FEWER[near]), near * 32 + equal


@compiled
def asked(v, y, x, now, mask, j, near):
    """Set the slots for the question whether the pixel has candidate j. near: see `gather`. Returns the two sets of
    weights."""
    colour, source = now[CANDIDATES + j], now[_SOURCES + j]
    count = min(15, now[_COUNTS + source]) if source < _MEMORIES else 0
    agreed = 0
    for o in range(_MEMORIES):
        agreed = agreed * 3 + (0 if now[_COLOURS + o] < 0 else 1 if now[_COLOURS + o] == colour else 2)
    w, n, nw, ne = v[y, x - 1], v[y - 1, x], v[y - 1, x - 1], v[y - 1, x + 1]
    where = (colour == w) + 2 * (colour == n) + 4 * (colour == nw) + 8 * (colour == ne)
    counts = min(7, now[_COUNTS + 0]) * 64 + min(7, now[_COUNTS + 1]) * 8 + min(7, now[_COUNTS + 2])
    now[AT + 0] = _BY_SOURCE + ((near >> 5) * 9 + j) * 144 + source * 16 + count
    now[AT + 1] = _BY_AGREED + (agreed * 9 + j) * 16 + where
    now[AT + 2] = _BY_COUNTS + (counts * 9 + j) * 3 + agreed % 3
    now[AT + 3] = _BY_EQUAL + ((near & 31) * 9 + j) * 16 + where
    place = finish(colour) & 15
    for o in range(1, _MEMORIES):
        now[AT + 3 + o] = line(mix(now[_HASHES + o], 19), mask) + place
    return j * 32 + min(source, 5) * 4 + min(count, 3), 256 + near


@compiled
def code_pixel(v, y, x, slots, weights, now, code, seen, escaped, grey, wanted):
    """Code the pixel v[y, x]. wanted: its colour to encode, -1 to decode. Returns its colour."""
    mask = len(slots) - DIRECT - 16
    around(v, y, x, now)
    excluded = -1
    if plain(v, y, x):
        excluded = np.int64(v[y, x - 1])
        asked_plain(now, mask)
        bit = -1
        if wanted >= 0:
            bit = np.int64(wanted == excluded)
        if decide(slots, weights, now, code, 3, 620, 621, 6, bit):
            return excluded
    count, near = gather(v, y, x, now, seen, escaped, excluded)
    colour = -1
    for j in range(count):
        first, second = asked(v, y, x, now, mask, j, near)
        bit = -1
        if wanted >= 0:
            bit = np.int64(wanted == now[CANDIDATES + j])
        if decide(slots, weights, now, code, 8, first, second, 6, bit):
            colour = now[CANDIDATES + j]
            break
    if colour < 0:
        escaped[y, x] = 1
        before = now[SPENT]
        colour = value(v, y, x, slots, weights, now, code, seen, grey, wanted)
        now[ESCAPE] += (now[SPENT] - before - now[ESCAPE]) >> 6
    learn(v, y, x, now, seen, grey, colour)
    return colour


@compiled
def learn(v, y, x, now, seen, grey, colour):
    """Remember what followed."""
    for o in range(_MEMORIES):
        remember(seen, now[_PLACES + o], colour)
    if not grey:
        green = (colour >> 8) & 255
        remember(seen, len(seen) - 2 * _REST + (mix(mix(3, green), v[y, x - 1]) & (_REST - 1)), colour)
        remember(seen, len(seen) - _REST + green, colour)


@compiled
def remember(seen, place, colour):
    """One more of this colour, or the first of it."""
    entry = np.int64(seen[place])
    if entry >> 8 == colour and entry & 255:
        if entry & 255 < 255:
            seen[place] = entry + 1
    else:
        seen[place] = colour << 8 | 1


@compiled
def value(v, y, x, slots, weights, now, code, seen, grey, wanted):
    """Code a colour that was none of the candidates: its green or grey, then the whole of it if that has followed
    such a green, or else red and blue."""
    if grey:
        return channel(v, y, x, slots, weights, now, code, 0, 0, 0, 0, wanted)
    mask = len(slots) - DIRECT - 16
    w, n, nw = v[y, x - 1], v[y - 1, x], v[y - 1, x - 1]
    green = channel(v, y, x, slots, weights, now, code, 0, 8, 0, 0, (wanted >> 8) & 255 if wanted >= 0 else -1)
    place = mix(mix(3, green), w) & (_REST - 1)
    other = -1
    for j in range(2):
        entry = np.int64(seen[len(seen) - 2 * _REST + place] if j == 0 else seen[len(seen) - _REST + green])
        colour = entry >> 8
        if entry & 255 == 0 or colour == other:
            continue
        other = colour
        h = mix(mix(5, j), colour)
        now[AT + 0] = _BY_REST + j * 16 + min(15, entry & 255)
        now[AT + 1] = line(h, mask)
        now[AT + 2] = line(mix(h, w), mask)
        now[AT + 3] = line(mix(mix(h, n), 7), mask)
        bit = -1
        if wanted >= 0:
            bit = np.int64(wanted == colour)
        if decide(slots, weights, now, code, 4, 600 + j, 610, 6, bit):
            return colour
    off = green - median((w >> 8) & 255, (n >> 8) & 255, (nw >> 8) & 255)
    red = channel(
        v, y, x, slots, weights, now, code, 1, 16, green + 1, off, (wanted >> 16) & 255 if wanted >= 0 else -1
    )
    blue = channel(
        v, y, x, slots, weights, now, code, 2, 0, (green + 1) * 256 + red, off, wanted & 255 if wanted >= 0 else -1
    )
    return red << 16 | green << 8 | blue


@compiled
def channel(v, y, x, slots, weights, now, code, number, shift, known, off, wanted):
    """Code 8 bits of a colour, highest first. number: of the channel in coding order. known: a number for what is
    known of the colour. off: green less its prediction. Returns the value."""
    mask = len(slots) - DIRECT - 16
    w, n, nw, ne = v[y, x - 1], v[y - 1, x], v[y - 1, x - 1], v[y - 1, x + 1]
    a, b, c, e = (w >> shift) & 255, (n >> shift) & 255, (nw >> shift) & 255, (ne >> shift) & 255
    one = median(a, b, c)
    two = (a + b) >> 1
    if number > 0:
        one = min(255, max(0, one + off))
        green = known - 1 if number == 1 else (known >> 8) - 1
        two = min(255, max(0, a + green - ((w >> 8) & 255)))
    energy = min(9, length(abs(a - c) + abs(b - c) + abs(b - e)))
    h = mix(mix(20, number), known)
    of_w, of_n = mix(mix(h, w), 21), mix(mix(h, n), 22)
    of_both, of_none = mix(mix(of_w, n), 23), mix(h, 24)
    predicted, levels = mix(mix(mix(25, number), one), two), mix(mix(mix(26, number), a), b)
    node, low, half = 1, 0, 1
    for bit in range(7, -1, -1):
        if bit == 7 or bit == 3:
            part = mix(node, 29)
            now[_LINES + 0], now[_LINES + 1] = line(mix(of_w, part), mask), line(mix(of_both, part), mask)
            now[_LINES + 2], now[_LINES + 3] = line(mix(of_n, part), mask), line(mix(of_none, part), mask)
            now[_LINES + 4], now[_LINES + 5] = line(mix(predicted, part), mask), line(mix(levels, part), mask)
            half = 1
        middle = low + (1 << bit)
        place = (number * 8 + bit) * 23 + grade(one - middle)
        now[AT + 0] = _BY_ENERGY + place * 10 + energy
        now[AT + 1] = _BY_TWO + place * 23 + grade(two - middle)
        for j in range(6):
            now[AT + 2 + j] = now[_LINES + j] + half
        want = -1
        if wanted >= 0:
            want = (wanted >> bit) & 1
        first = _ESCAPES + (number * 8 + bit) * 10 + energy
        if decide(slots, weights, now, code, 8, first, 2 * _ESCAPES + number * 256 + node, 4, want):
            low = middle
            node, half = 2 * node + 1, 2 * half + 1
        else:
            node, half = 2 * node, 2 * half
    return low
