"""Partitioned maps to bytes and back: tables by hand, every symbol of random maps, and damage."""

import numpy as np
import pytest
from partitions import equal, random_partition

from nccodec.bitstream import container, tables
from nccodec.bitstream.container import Chunk
from nccodec.bitstream.frame import frame, unframe
from nccodec.codec.file import read_file, write_file
from nccodec.codec.kinds import read
from nccodec.errors import FormatError
from nccodec.pifs.code import Layout, Level, PartitionCode, Plane
from nccodec.pifs.header import Fields

TOTAL = 1 << 24
LAYOUTS = {
    "colour": Layout(70, 45, False, 200, 64, 32, 4, 8, 8),
    "grey": Layout(31, 90, True, 65535, 32, 16, 8, 16, 1),
    "pixels": Layout(20, 27, False, 160, 32, 16, 1, 4, 8),
    "fixed": Layout(40, 40, False, 1, 8, 8, 8, 4, 8),
    "no domains": Layout(3, 9, True, 77, 16, 16, 16, 8, 8),
    "one pixel": Layout(1, 1, False, 9, 4, 4, 4, 64, 1),
}


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("packer", ["range", "fixed"])
@pytest.mark.parametrize(("most", "spread"), [(32, 1), (16, 0), (5, 60)])
def test_every_integer_comes_back(name, most, spread, packer):
    code = random_partition(LAYOUTS[name], 5, most, spread if name != "grey" else min(spread, 1))
    data = write_file(code, packer)
    back = read_file(data).code
    assert equal(back, code)
    header, chunks = read(data)
    fields = header.fields
    assert (fields.references, fields.largest_scale) == (code.references, code.largest_scale)
    layout = code.layout
    assert (fields.largest, fields.smallest) == (layout.largest, layout.smallest)
    assert (fields.domain_step, fields.isometries) == (layout.domain_step, layout.isometries)
    assert (0x12 in [chunk.kind for chunk in chunks]) == (code.references > 0)


def test_tables_by_hand():
    assert tables.binary(1).tolist() == [65536, TOTAL - 65536]
    assert tables.uniform(3).tolist() == [5592406, 5592405, 5592405]
    # weights 1, 0, 3: a count of 1 each, the rest in proportion, rounded down, what is missing first
    assert tables.counted(bytes([1, 0, 3])).tolist() == [4194304 + 1, 1, 12582910]
    # zero 128: half for 0; ratio 0: only the differences 1 and -1, and an escape of weight 1
    middle = 2 * 2**20 + 1
    total = 2 * middle
    side, escape = (1 + w * (TOTAL - 4) // total for w in (2**20, 1))
    assert tables.geometric(128, 0).tolist() == [side, TOTAL - 2 * side - escape, side, escape]


def test_tables_that_files_ask_for_are_not_kept_for_ever():
    """A process that reads many files would grow: one table may have millions of symbols."""
    for n in range(2, 600):
        tables.uniform(n)
        tables.geometric(1 + n % 255, n // 3)
    assert tables.uniform.cache_info().currsize < 100
    assert tables.geometric.cache_info().currsize < 500


@pytest.mark.parametrize("zero", [1, 100, 255])
@pytest.mark.parametrize("ratio", [0, 1, 128, 250, 255])
def test_differences_fall_by_the_ratio(zero, ratio):
    counts = tables.geometric(zero, ratio)
    assert counts.sum() == TOTAL and counts.min() >= 1 and len(counts) % 2 == 0
    m = len(counts) // 2 - 1
    np.testing.assert_array_equal(counts[:m], counts[m + 1 : -1][::-1])
    assert counts[m] / TOTAL == pytest.approx(zero / 256, abs=1e-4)
    large = counts[m + 1 : -1][counts[m + 1 : -1] > 10**4]
    np.testing.assert_allclose(large[1:] / large[:-1], ratio / 256, rtol=2e-3)


def test_fitted_tables_cost_about_the_entropy():
    random = np.random.default_rng(0)
    for ratio in (0.3, 0.8):
        sizes = random.geometric(1 - ratio, 20000) * random.choice((-1, 1), 20000) * (random.random(20000) < 0.4)
        cost = tables.geometric_bits(sizes, *tables.fitted_geometric(sizes)).mean()
        p = np.unique(sizes, return_counts=True)[1] / 20000
        assert cost == pytest.approx(-(p * np.log2(p)).sum(), rel=0.02)
    flags = (random.random(20000) < 0.03).astype(int)
    cost = tables.bits(tables.binary(tables.fitted_binary(flags)))[flags].mean()
    assert cost == pytest.approx(0.194, abs=0.02)


def test_escapes_cost_what_they_take():
    """A difference beyond the table: the escape symbol and an Exp-Golomb code of 2 (|d| - m) or one less."""
    counts = tables.geometric(128, 0)
    escape = 24 - np.log2(counts[-1])
    bits = tables.geometric_bits(np.array([2, -2, 3, -5]), 128, 0)
    # v is 1, 2, 3 and 8: 1, 3, 3 and 7 bits; what is told is that of the larger of the two signs
    np.testing.assert_allclose(bits, escape + np.array([3, 3, 5, 7]))


GOOD = write_file(random_partition(LAYOUTS["colour"], 1))


FIXED = write_file(random_partition(LAYOUTS["colour"], 1), "fixed")


def forged(kind: int, change, good: bytes = GOOD) -> bytes:
    header, chunks = read(good)
    return container.write(
        header,
        [Chunk(c.kind, frame(change(unframe(c.payload, 1 << 20))) if c.kind == kind else c.payload) for c in chunks],
    )


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        (0x10, lambda x: x[:4], "its tables are damaged"),
        (0x10, lambda x: b"\xff" * 14 + b"\x80" * 80, "ends inside its tables"),
        (0x10, lambda x: b"\xff" * 14 + bytes(112) + bytes(4), "a probability is 0"),
        (0x11, lambda x: x[:4] + bytes([x[4] | 1]) + x[5:], "its tables are damaged"),
        (0x11, lambda x: x[:-5], "range packer"),
        (0x11, lambda x: x + b"\0", "escapes are left over"),
        (0x12, lambda x: b"\xf0\x21" + x[1:], "33 sizes of s"),
        (0x12, lambda x: b"\xf0\x01" + x[1:], "1 sizes of s"),
        (0x12, lambda x: b"\x80\x02\0\0" + bytes(4), "all weights of a table are 0"),
        (0x12, lambda x: b"\xf0", "0 sizes of s"),
        (0x14, lambda x: b"", "fewer words"),
    ],
)
def test_damage_is_refused(kind, change, message):
    with pytest.raises(FormatError, match=message):
        read_file(forged(kind, change))


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        (0x10, lambda x: x + b"\0", "bits are left over"),
        (0x10, lambda x: x[:-1], "bits are missing"),
        (0x11, lambda x: x[:33], "a width is missing"),
        (0x11, lambda x: b"\x19" + x[1:], "over 24 bits"),
        (0x11, lambda x: bytes([x[0] + 1]) + x[1:], "fixed packer|out of bounds"),
        (0x14, lambda x: b"\xff" * len(x), "fixed packer: symbol 3 of 3"),
    ],
)
def test_damage_of_fixed_widths_is_refused(kind, change, message):
    with pytest.raises(FormatError, match=message):
        read_file(forged(kind, change, FIXED))


def test_fixed_widths_by_hand():
    """Four squares of 4 pixels, their means 3, 1, -2 and -2 steps, the third with domain 0 at s = -5/8, isometry 3."""
    layout = Layout(8, 8, True, 160, 4, 4, 4, 4, 8)
    grids = [np.zeros((2, 2), kind) for kind in (bool, np.int32, np.uint8, np.int32, np.int32)]
    grids[1][1, 0], grids[2][1, 0] = -5, 3
    split, scales, isometries, tops, lefts = grids
    level = Level(split, np.zeros((3, 2, 2), np.int32), scales, isometries, tops, lefts)
    code = PartitionCode(layout, (Plane(np.array([[3, 1], [-2, -2]], np.int32), (level,)),))
    header, chunks = read(write_file(code, "fixed"))
    # differences 3, -2, -5, 0 at 4 bits, and 16 widths of details that there are none of
    means = bytes([4, *[0] * 16, 0b00111110, 0b10110000])
    # all the squares are of class 0 or above, in which order their flags come; 00100 is 5/8, 1 its sign; 011
    contents = {chunk.kind: unframe(chunk.payload, 1 << 10) for chunk in chunks}
    assert header.common.packer == "fixed" and sorted(contents) == [0x10, 0x11, 0x12, 0x13]
    assert contents[0x11] == means
    assert (contents[0x12], contents[0x13]) == (bytes([0b00100100]), bytes([0b01100000]))
    assert len(contents[0x10]) == 1 and contents[0x10][0].bit_count() == 1


@pytest.mark.parametrize("kind", [0x10, 0x11, 0x12, 0x13, 0x14])
@pytest.mark.parametrize("good", [GOOD, FIXED], ids=["range", "fixed"])
def test_missing_chunks_are_named(kind, good):
    header, chunks = read(good)
    with pytest.raises(FormatError, match=f"chunk {Fields.CHUNKS[kind]} is missing"):
        read_file(container.write(header, [c for c in chunks if c.kind != kind]))


def test_a_chunk_without_symbols_is_refused():
    header, chunks = read(write_file(random_partition(LAYOUTS["no domains"], 0)))
    assert [chunk.kind for chunk in chunks] == [0x11]
    longer = [*chunks, Chunk(0x14, frame(bytes(4)))]
    with pytest.raises(FormatError, match="addresses holds nothing"):
        read_file(container.write(header, longer))


def test_means_are_bounded():
    """Roots of up to 2^24 / 2048 = 8192 grey levels."""
    code = random_partition(Layout(8, 8, True, 65535, 8, 8, 4, 8, 8), 0, spread=0)
    code.planes[0].roots[:] = 16
    assert equal(read_file(write_file(code)).code, code)
    code.planes[0].roots[:] = 17
    with pytest.raises(FormatError, match="mean of side 8 is out of bounds"):
        write_file(code)
