"""One sweep over a picture, pixel by pixel from the top left: the modes of its cells, and the colours of their pixels.

The same functions encode and decode. bitstream_spec.md, sections 5.2 and 5.4, are normative.
"""

import numpy as np

from .choosing import chosen
from .colours import DIRECT_COLOURS, SIDE, TOP, code_pixel
from .compiled import compiled
from .header import CELL, COLLAGE, COPY, FLAT
from .mixing import AT, DIRECT, PLACE, SPENT, decide, line, mix

OUTSIDE, LONGER = 1, 2  # faults of a stream
RECENT = 4  # offsets that are remembered, the last one first
_MODES = DIRECT_COLOURS  # first slots of the contexts of modes, [2 questions, 2048 + 64]
_OFFSETS = _MODES + 2 * 2112  # of recent offsets, [RECENT]; then of numbers, [2, 1024], and of a sign
_SETS = 640  # first set of weights of what is coded here
_DIGITS = 28  # bits of a row or column, as a picture has fewer than 2^28 pixels


@compiled
def code_mode(v, y, x, above, left, slots, weights, now, code, wanted):
    """Code the mode of the cell whose first pixel is v[y, x]. above: modes of the cells above it, from the left one
    to the right one, as a number; left: of the cell to the left. wanted: the mode to encode, -1 to decode. Returns
    it: COPY, FLAT, or 0 where each pixel is coded."""
    mask = len(slots) - DIRECT - 16
    w, n = v[y, x - 1], v[y - 1, x]
    same, h = 0, mix(35, w)
    for j in range(8):
        same += v[y - 1, x + j] == n
        h = mix(h, v[y - 1, x + j])
    level = min(same // 2, 3) + 4 * (same == 8)  # of eight: 1 at least
    place = line(h, mask)
    for question in range(2):
        mode = FLAT if question == 0 else COPY
        now[AT + 0] = _MODES + question * 2112 + ((above * 4 + left) * 8 + level)
        beside = ((w == n) * 2 + (v[y - 1, x - 1] == n)) * 16 + level * 2 + (left == mode)
        now[AT + 1] = _MODES + question * 2112 + 2048 + beside
        now[AT + 2] = place + question
        bit = -1
        if wanted >= 0:
            bit = np.int64(wanted == mode)
        if decide(slots, weights, now, code, 3, _SETS + question, _SETS + 2 + question, 6, bit):
            return mode
    return 0


@compiled
def code_number(slots, weights, now, code, number, wanted):
    """Code a number, 0 .. 2^28 - 2. number: 0 or 1, of which it is. wanted: the number, -1 to decode. Returns it."""
    first = _OFFSETS + RECENT + number * 1024
    digits = 0
    if wanted >= 0:
        while (wanted + 1) >> (digits + 1):
            digits += 1
    length = 0
    while length < _DIGITS - 1:
        now[AT] = first + length
        bit = -1
        if wanted >= 0:
            bit = np.int64(length < digits)
        if not decide(slots, weights, now, code, 1, _SETS + 4, _SETS + 5, 6, bit):
            break
        length += 1
    value = 1
    for place in range(length - 1, -1, -1):
        now[AT] = first + 32 + length * 32 + place
        bit = -1
        if wanted >= 0:
            bit = ((wanted + 1) >> place) & 1
        value = 2 * value + decide(slots, weights, now, code, 1, _SETS + 4, _SETS + 5, 6, bit)
    return value - 1


@compiled
def code_offset(recent, slots, weights, now, code, down, right):
    """Code how far a copy's source lies above it and to its left, and remember it. recent: int64 [RECENT, 2]. down:
    0 .., -1 to decode. right: any. Returns both."""
    place = RECENT
    for i in range(RECENT):
        now[AT] = _OFFSETS + i
        bit = -1
        if down >= 0:
            bit = np.int64(recent[i, 0] == down and recent[i, 1] == right)
        if decide(slots, weights, now, code, 1, _SETS + 6, _SETS + 7, 6, bit):
            place = i
            break
    if place < RECENT:
        down, right = recent[place, 0], recent[place, 1]
    else:
        place = RECENT - 1
        encoding = down >= 0
        down = code_number(slots, weights, now, code, 0, down)
        negative = 0
        if down > 0:
            now[AT] = _OFFSETS + RECENT + 2048
            bit = -1
            if encoding:
                bit = np.int64(right < 0)
            negative = decide(slots, weights, now, code, 1, _SETS + 4, _SETS + 5, 6, bit)
        size = -1
        if encoding:
            size = abs(right)
        size = code_number(slots, weights, now, code, 1, size)
        right = -size if negative else size
    for i in range(place, 0, -1):
        recent[i, 0], recent[i, 1] = recent[i - 1, 0], recent[i - 1, 1]
    recent[0, 0], recent[0, 1] = down, right
    return down, right


@compiled
def sweep(v, modes, offsets, original, slots, weights, now, code, seen, escaped, grey, price, spent, decoding):
    """Code a picture.

    v: int32 [TOP + H, SIDE + W + SIDE], zeros but for what is under collages; filled with the pixels. modes: uint8
    [rows, columns] of cells, of which COLLAGE is known, the others are read or written. offsets: int64 [rows, columns,
    2], of copies, likewise. original: int32 [H, W], what the pixels shall be, for encoders. price: bits that a squared
    error is worth, for encoders; 0 keeps every pixel that is coded. spent: int64 [rows, columns], bits of each cell in
    1/4096, for encoders. Returns 0; or OUTSIDE where a copy's source is not in the picture before it; or LONGER where a
    decoder needs more bytes than there are, seen at the end of a row.
    """
    height, width = v.shape[0] - TOP, v.shape[1] - 2 * SIDE
    columns = modes.shape[1]
    recent = np.zeros((RECENT, 2), np.int64)
    for i in range(RECENT):
        recent[i, 1] = CELL * (i + 1)
    for y in range(height):
        row = y // CELL
        for x in range(width):
            column = x // CELL
            before = now[SPENT]
            if y % CELL == 0 and x % CELL == 0 and modes[row, column] != COLLAGE:
                left = modes[row, column - 1] if column else 0
                above = 0
                for j in range(-1, 2):
                    if row and 0 <= column + j < columns:
                        above = above * 4 + modes[row - 1, column + j]
                    else:
                        above *= 4
                mode = -1
                if not decoding:
                    mode = np.int64(modes[row, column])
                mode = code_mode(v, y + TOP, x + SIDE, above, left, slots, weights, now, code, mode)
                modes[row, column] = mode
                if mode == COPY:
                    down, right = -1, 0
                    if not decoding:
                        down, right = offsets[row, column, 0], offsets[row, column, 1]
                    down, right = code_offset(recent, slots, weights, now, code, down, right)
                    offsets[row, column, 0], offsets[row, column, 1] = down, right
                    end = min(CELL, width - x)
                    if down > y or x - right < 0 or x - right + end > width or (down == 0 and right <= 0):
                        return OUTSIDE
            mode = modes[row, column]
            if mode == COPY:
                down, right = offsets[row, column, 0], offsets[row, column, 1]
                v[y + TOP, x + SIDE] = v[y + TOP - down, x + SIDE - right]
            elif mode == COLLAGE:
                v[y + TOP, x + SIDE] = v[y + TOP, x + SIDE - 1]
            elif mode != FLAT or (y % CELL == 0 and x % CELL == 0):
                wanted = -1
                if not decoding:
                    wanted = np.int64(original[y, x])
                    if price > 0:
                        weight = price * (CELL * CELL if mode == FLAT else 1)
                        wanted = chosen(v, y + TOP, x + SIDE, slots, weights, now, seen, escaped, grey, wanted, weight)
                colour = code_pixel(
                    v, y + TOP, x + SIDE, slots, weights, now, code, seen, escaped, grey, wanted
                )  # fmt: skip
                v[y + TOP, x + SIDE] = colour
                if mode == FLAT:
                    for i in range(y, min(y + CELL, height)):
                        for j in range(x, min(x + CELL, width)):
                            v[i + TOP, j + SIDE] = colour
            spent[row, column] += now[SPENT] - before
        if decoding and now[PLACE] > len(code) + 3:
            return LONGER
    return 0
