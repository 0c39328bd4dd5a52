"""Binary decisions: what they are likely to be, by several contexts that are mixed, and their arithmetic code.

All is integers: probabilities in 1/65536, their logits ("stretched") in 1/256, so that every machine decodes the same.
The mixing of logits by weights that learn from each error is that of the PAQ family of compressors (Mahoney 2005).
bitstream_spec.md, section 5.3, is normative.
"""

import numpy as np

from .compiled import compiled

SETS = 4096  # of weights
DIRECT = 84480  # slots of contexts that are numbers below it
INPUTS = 9  # of a set: contexts of a decision, and a constant
_FIRST_WEIGHT = 16000  # in 1/65536
_UNKNOWN = 2097152 << 10  # a slot that has seen nothing: probability 1/2, count 0
# The logistic function, 65536 / (1 + exp(-x)) to the nearest, at x = -8, -7.5, ... 8.
_KNOTS = (
    22, 36, 60, 98, 162, 267, 439, 720, 1179, 1921, 3108, 4971, 7812, 11955, 17625, 24743, 32768,
    40793, 47911, 53581, 57724, 60565, 62428, 63615, 64357, 64816, 65097, 65269, 65374, 65438, 65476, 65500, 65514,
)  # fmt: skip
_LEAST = 16  # probability of either value of a decision, in 1/65536


def _squash() -> np.ndarray:
    """Probability of a logit d / 256, by d + 2048: int64 [4096]."""
    d = np.arange(4096)
    knots = np.array(_KNOTS, np.int64)
    place, part = d >> 7, d & 127
    return np.clip((knots[place] * (128 - part) + knots[place + 1] * part + 64) >> 7, _LEAST, 65536 - _LEAST)


SQUASH = _squash()
STRETCH = np.clip(np.searchsorted(SQUASH, np.arange(4096) * 16 + 8), 0, 4095) - 2048  # by probability / 16
STEPS = 131072 // (2 * np.arange(1024) + 3)  # of a probability that was seen so often, in 1/65536
COSTS = np.rint(-4096 * np.log2((np.arange(4097) + 0.5) / 4097)).astype(np.int64)  # 1/4096 bits, by probability / 16


# Places in the numbers that a coder works with, an int64 array: small things, so that compiled functions are handed
# one array for all of them.
AT = 0  # slots of the decision to come: INPUTS of them
_LOGITS = AT + INPUTS  # of those slots
_LOW, _HIGH, PLACE, _WINDOW = (_LOGITS + INPUTS + i for i in range(4))  # interval, place in the code, 4 bytes of it
SPENT = PLACE + 2  # bits so far in 1/4096, for encoders
NUMBERS = SPENT + 1  # how many there are; the rest is the caller's


@compiled
def mix(h, value):
    """A context's hash, 0 .. 2^32 - 1, with one more number in it."""
    return ((h ^ value) * 0x9E3779B1 + 0x7F4A7C15) & 0xFFFFFFFF


@compiled
def finish(h):
    """A hash whose low bits depend on all of it."""
    h = ((h ^ (h >> 15)) * 0x85EBCA6B) & 0xFFFFFFFF
    return h ^ (h >> 13)


def slots_and_weights(bits: int) -> tuple[np.ndarray, np.ndarray]:
    """What a coder has learnt, at first nothing. Slots, uint32 [DIRECT + 2^bits], by context: probability in 1/2^22,
    shifted by 10, and how often it was seen; those of hashed contexts come in lines of 16, as a processor fetches
    them. Weights, int64 [SETS, INPUTS], in 1/65536."""
    return np.full(DIRECT + (1 << bits), _UNKNOWN, np.uint32), np.full((SETS, INPUTS), _FIRST_WEIGHT, np.int64)


@compiled
def line(h, mask):
    """First slot of the line of a hashed context. mask: 2^bits - 16."""
    return DIRECT + (finish(h) & mask)


def start(now: np.ndarray, code: np.ndarray, decoding: bool) -> None:
    """Set the numbers for the first decision. code: uint8, to be read, or to be filled."""
    now[:NUMBERS] = 0
    now[_HIGH] = 0xFFFFFFFF
    if decoding:
        now[_WINDOW] = int.from_bytes(code[:4].tobytes().ljust(4, b"\0"), "big")
        now[PLACE] = 4


def end(now: np.ndarray, code: np.ndarray) -> int:
    """Write what decides the last decisions. Returns how many bytes of code there are in all, which are not all there
    if that is more than it can hold."""
    last = int(now[PLACE])
    if last < len(code):
        code[last] = (now[_LOW] >> 24) + 1
    return last + 1


def read_all(now: np.ndarray, code: np.ndarray) -> bool:
    """Whether a decoder has used all bytes, as `end` leaves them, and no more."""
    return int(now[PLACE]) - 3 == len(code)


@compiled
def expect(slots, weights, now, count, first, second):
    """Probability in 1/65536 that the decision with the slots now[AT : AT + count] is 1: by two sets of weights
    together, and by each."""
    one, two = weights[first, count] * 256, weights[second, count] * 256
    for j in range(count):
        slot = np.int64(slots[now[AT + j]])
        logit = STRETCH[slot >> 20] if slot & 1023 else 0
        now[_LOGITS + j] = logit
        one += weights[first, j] * logit
        two += weights[second, j] * logit
    now[_LOGITS + count] = 256
    one = min(2047, max(-2047, one >> 16))
    two = min(2047, max(-2047, two >> 16))
    return SQUASH[((one + two) >> 1) + 2048], SQUASH[one + 2048], SQUASH[two + 2048]


@compiled
def decide(slots, weights, now, code, count, first, second, rate, wanted):
    """Code one decision, and learn from it. wanted: 0 or 1 to encode, -1 to decode. rate: of learning. Returns it."""
    p, one, two = expect(slots, weights, now, count, first, second)
    low, high, place = now[_LOW], now[_HIGH], now[PLACE]
    span = high - low
    middle = low + (span >> 16) * p + (((span & 0xFFFF) * p) >> 16)
    bit = wanted
    if wanted < 0:
        bit = 1 if now[_WINDOW] <= middle else 0
    else:
        now[SPENT] += COSTS[p >> 4] if bit else COSTS[(65536 - p) >> 4]
    if bit:
        high = middle
    else:
        low = middle + 1
    while ((low ^ high) & 0xFF000000) == 0:
        if wanted < 0:
            byte = 0
            if place < len(code):
                byte = np.int64(code[place])
            now[_WINDOW] = ((now[_WINDOW] << 8) & 0xFFFFFFFF) | byte
        elif place < len(code):
            code[place] = high >> 24
        place += 1
        low = (low << 8) & 0xFFFFFFFF
        high = ((high << 8) & 0xFFFFFFFF) | 255
    now[_LOW], now[_HIGH], now[PLACE] = low, high, place
    one = ((bit << 16) - one) * rate
    two = ((bit << 16) - two) * rate
    for j in range(count + 1):
        weights[first, j] += (now[_LOGITS + j] * one + 8192) >> 14
        weights[second, j] += (now[_LOGITS + j] * two + 8192) >> 14
    for j in range(count):
        slot = np.int64(slots[now[AT + j]])
        seen, q = slot & 1023, slot >> 10
        if bit:
            q += ((4194303 - q) * STEPS[seen]) >> 16
        else:
            q -= (q * STEPS[seen]) >> 16
        slots[now[AT + j]] = (q << 10) | min(255, seen + 1)
    return bit
