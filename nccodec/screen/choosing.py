"""What an encoder codes in place of a pixel: the colour that costs least, in bits and error together."""

import numpy as np

from .colours import CANDIDATES, ESCAPE, around, asked, asked_plain, gather, plain
from .compiled import compiled
from .mixing import COSTS, DIRECT, expect


@compiled
def difference(one, other, grey):
    """Squared error of a colour in place of another: the mean of its channels, in 1/255."""
    if grey:
        return (one - other) * (one - other)
    red = ((one >> 16) & 255) - ((other >> 16) & 255)
    green = ((one >> 8) & 255) - ((other >> 8) & 255)
    blue = (one & 255) - (other & 255)
    return (red * red + green * green + blue * blue) / 3


@compiled
def chosen(v, y, x, slots, weights, now, seen, escaped, grey, colour, price):
    """The colour to code for the pixel v[y, x]: itself, or a candidate that is near enough. price: bits that a squared
    error is worth. Learns nothing. What itself costs, as none of the candidates, is about what such pixels did."""
    mask = len(slots) - DIRECT - 16
    around(v, y, x, now)
    spent, best, least = 0.0, colour, 1e30
    excluded = -1
    if plain(v, y, x):
        excluded = np.int64(v[y, x - 1])
        asked_plain(now, mask)
        p, _, _ = expect(slots, weights, now, 3, 620, 621)
        best, least = excluded, COSTS[p >> 4] / 4096 + price * difference(colour, excluded, grey)
        if excluded == colour and p > 60000:
            return colour
        spent += COSTS[(65536 - p) >> 4] / 4096
    count, near = gather(v, y, x, now, seen, escaped, excluded)
    for j in range(count):
        first, second = asked(v, y, x, now, mask, j, near)
        p, _, _ = expect(slots, weights, now, 8, first, second)
        candidate = now[CANDIDATES + j]
        cost = spent + COSTS[p >> 4] / 4096 + price * difference(colour, candidate, grey)
        if cost < least:
            best, least = candidate, cost
        spent += COSTS[(65536 - p) >> 4] / 4096
        if spent > least:
            return best
    if spent + now[ESCAPE] / 4096 < least:
        return colour
    return best
