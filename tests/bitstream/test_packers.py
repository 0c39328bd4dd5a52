"""The packers: literal bits, round trips, an independent range decoder, and damaged payloads."""

import struct
from dataclasses import dataclass

import numpy as np
import pytest
import zstandard

from nccodec.bitstream.frame import frame, unframe
from nccodec.bitstream.packers import pack_fixed, pack_range, unpack_fixed, unpack_range
from nccodec.bitstream.symbols import Pass, Remembered
from nccodec.errors import FormatError

TOTAL = 1 << 24


def counts(m: int, *given: int) -> np.ndarray:
    """A table for -m .. m and the escape, the middle taking what the given counts leave."""
    table = np.array(given, np.int64)
    table[m] = TOTAL - table.sum() + table[m]
    return table


@dataclass
class TwoTables:
    """Even channels in one pass with table 0, odd ones with table 1 and an offset of 1."""

    channels: int
    tables = (counts(1, 1000, 0, 5000, 1), counts(2, 10, 2_000_000, 0, 1, 300, 7))

    def table(self, index):
        return self.tables[index]

    def passes(self, values, first, last):
        cells = values[0].size
        for c in range(first, last):
            yield Pass(c * cells + np.arange(cells), np.full(cells, c % 2), np.full(cells, c % 2))


def test_fixed_widths_as_literal_bits():
    values = np.array([[[0, 0, 0]], [[1, -2, -1]], [[3, 0, -4]]], np.int32)
    # widths 0, 2, 3; then 01 10 11 and 011 000 100, filled with a zero
    assert pack_fixed(values) == bytes([0, 2, 3, 0b01101101, 0b10001000])
    np.testing.assert_array_equal(unpack_fixed(bytes([0, 2, 3, 0b01101101, 0b10001000]), (3, 1, 3)), values)


def test_fixed_round_trip_at_the_extremes():
    random = np.random.default_rng(0)
    values = random.integers(-32767, 32768, (5, 7, 3)).astype(np.int32)
    values[1] = 0
    values[2] = 32767
    values[3] //= 4096
    np.testing.assert_array_equal(unpack_fixed(pack_fixed(values), values.shape), values)


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (bytes([2]), "missing"),
        (bytes([17, 0]), "over 16 bits"),
        (bytes([2, 1, 0]), "where the widths ask for 4"),
        (bytes([2, 1, 0x6C, 0, 0]), "where the widths ask for 4"),
        (bytes([2, 1, 0x6C, 0xE1]), "padding bits"),
    ],
)
def test_fixed_refuses_damage(payload, message):
    with pytest.raises(FormatError, match=message):
        unpack_fixed(payload, (2, 1, 5))


def decode_like_the_specification(payload: bytes, model: TwoTables, shape: tuple[int, int, int]) -> np.ndarray:
    """Section 4.2, written with Python's integers."""
    (n,) = struct.unpack_from("<I", payload)
    words = list(struct.unpack_from(f"<{n}I", payload, 4)) + [0] * 8
    bits = "".join(f"{byte:08b}" for byte in payload[4 + 4 * n :])
    full = 1 << 64
    lower, span, point, at, bit = 0, full - 1, words[0] << 32 | words[1], 2, 0
    channels, rows, columns = shape
    values = np.zeros(shape, np.int32)
    for c in range(channels):
        table = model.tables[c % 2]
        m = len(table) // 2 - 1
        for i in range(rows):
            for j in range(columns):
                scale = span >> 24
                quantile = (point - lower) % full // scale
                assert quantile < TOTAL
                k, left = 0, 0
                while left + table[k] <= quantile:
                    left += int(table[k])
                    k += 1
                lower, span = (lower + scale * left) % full, scale * int(table[k])
                if span < 1 << 32:
                    lower, span = (lower << 32) % full, span << 32
                    point = (point << 32) % full | words[at]
                    at += 1
                difference = k - m
                if k == 2 * m + 1:
                    zeros = bits.index("1", bit) - bit
                    v = int(bits[bit + zeros : bit + 2 * zeros + 1], 2) - 1
                    bit += 2 * zeros + 1
                    difference = (v // 2 + m + 1) * (-1 if v % 2 else 1)
                values[c, i, j] = difference + c % 2
    return values


@pytest.mark.parametrize("largest", [1, 3, 300, 32766])
def test_range_equals_the_decoder_of_the_specification(largest):
    random = np.random.default_rng(largest)
    values = random.integers(-largest, largest + 1, (4, 9, 11)).astype(np.int32)
    values[:, :5] = np.clip(values[:, :5], -1, 1)
    payload = pack_range(values, TwoTables(4), 0, 4)
    np.testing.assert_array_equal(decode_like_the_specification(payload, TwoTables(4), values.shape), values)
    back = np.zeros_like(values)
    unpack_range(payload, TwoTables(4), back, 0, 4)
    np.testing.assert_array_equal(back, values)


def test_range_codes_at_the_entropy_of_its_tables():
    random = np.random.default_rng(1)
    table = TwoTables.tables[1] / TOTAL
    drawn = random.choice(5, 16000, p=table[:5] / table[:5].sum()) - 2 + 1
    values = np.stack([np.zeros(16000), drawn]).astype(np.int32).reshape(2, 125, 128)
    ideal = -np.log2(table[drawn + 1]).sum() - 16000 * np.log2(TwoTables.tables[0][1] / TOTAL)
    payload = pack_range(values, TwoTables(2), 0, 2)
    assert ideal - 64 <= 8 * (len(payload) - 4) <= ideal + 96


def test_range_refuses_what_is_missing_left_over_or_out_of_bounds():
    values = np.array([[[0, 1, -1, 90]]], np.int32)
    payload = pack_range(values, TwoTables(1), 0, 1)
    for damaged, message in (
        (payload[:3], "fewer words"),
        (b"\xff\0\0\0" + payload[4:], "fewer words"),
        (payload[:-2], "damaged escape"),
        (payload + b"\0", "escapes are left over"),
    ):
        with pytest.raises(FormatError, match=message):
            unpack_range(damaged, TwoTables(1), np.zeros_like(values), 0, 1)
    count = struct.unpack_from("<I", payload)[0]
    longer = struct.pack("<I", count + 2) + payload[4 : 4 + 4 * count] + b"\1\2\3\4" * 2 + payload[4 + 4 * count :]
    with pytest.raises(FormatError, match="words are left over"):
        unpack_range(longer, TwoTables(1), np.zeros_like(values), 0, 1)


def test_zstd_frames_are_bounded_before_they_are_opened():
    assert unframe(frame(b"a" * 1000), 1000) == b"a" * 1000
    with pytest.raises(FormatError, match="over the limit"):
        unframe(frame(b"a" * 1001), 1000)
    with pytest.raises(FormatError, match="content size"):
        unframe(zstandard.ZstdCompressor(write_content_size=False).compress(b"abc"), 1000)
    with pytest.raises(FormatError, match="exactly"):
        unframe(frame(b"abc") + b"x", 1000)
    for length in range(len(frame(b"abc"))):
        with pytest.raises(FormatError):
            unframe(frame(b"abc")[:length], 1000)


class Counting(TwoTables):
    """Offsets that depend on what was stored before, and a count of the passes that were computed."""

    def __init__(self):
        self.channels, self.computed = 3, 0

    def passes(self, values, first, last):
        for part in super().passes(values, first, last):
            self.computed += 1
            before = values.reshape(-1)[: part.where[0]].sum()
            yield Pass(part.where, part.tables, part.offsets + before % 7)


def test_a_remembered_model_computes_once_what_stays_the_same():
    random = np.random.default_rng(2)
    first = random.integers(-3, 4, (3, 4, 5)).astype(np.int32)
    third = first.copy()
    third[1, 0, 0] += 1  # so that the third channel's offsets differ
    model, plain = Remembered(Counting()), Counting()
    # The second of two alike is told from memory, which then is empty.
    small = np.ascontiguousarray(first[:, :2])
    for wanted, computed in ((first, 3), (first, 3), (first, 6), (third, 9), (third, 9), (small, 12), (first, 15)):
        stored = [np.zeros_like(wanted), np.zeros_like(wanted)]
        for ours, theirs in zip(model.passes(stored[0], 0, 3), plain.passes(stored[1], 0, 3), strict=True):
            for name in ("where", "tables", "offsets"):
                np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
            for values in stored:
                values.reshape(-1)[ours.where] = wanted.reshape(-1)[ours.where]
        assert model._model.computed == computed
    assert pack_range(first, model, 0, 3) == pack_range(first, Counting(), 0, 3)
    assert model._model.computed == 15


def test_a_remembered_model_that_was_left_in_the_middle_goes_on():
    wanted, model = np.ones((3, 4, 5), np.int32), Remembered(Counting())
    values = np.zeros_like(wanted)
    for part in model.passes(values, 0, 3):
        values.reshape(-1)[part.where] = 1
        if part.where[0]:
            break
    assert pack_range(wanted, model, 0, 3) == pack_range(wanted, Counting(), 0, 3)
    assert pack_range(wanted, model, 1, 3) == pack_range(wanted, Counting(), 1, 3)


@pytest.mark.parametrize("size", [0, 5, 4095, 4096, 70_000])
def test_frames_are_as_small_as_the_slow_level_makes_them(size):
    """Of noise, and of what only a longer search than the fast level's finds short."""
    random = np.random.default_rng(size)
    for payload in (random.bytes(size), np.repeat(random.integers(0, 7, size), 3).astype(np.uint8).tobytes()):
        slow = zstandard.ZstdCompressor(level=19, write_checksum=False).compress(payload)
        assert frame(payload) == slow and unframe(slow, 3 * size) == payload
