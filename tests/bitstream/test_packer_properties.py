"""Packers, transparency and metadata with any values and any bytes."""

import struct

import numpy as np
import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from partitions import equal, random_partition

from nccodec.bitstream import container
from nccodec.bitstream.container import Chunk, Common
from nccodec.bitstream.extras import extra_chunks, read_extras
from nccodec.bitstream.frame import frame, unframe
from nccodec.bitstream.packers import pack_fixed, pack_range, unpack_fixed, unpack_range
from nccodec.bitstream.symbols import Pass
from nccodec.code import Extras
from nccodec.codec.file import read_file, write_file
from nccodec.codec.kinds import read
from nccodec.errors import FormatError
from nccodec.pifs.code import Layout

ANY = settings(max_examples=50)
SHORT = settings(ANY, phases=(Phase.explicit, Phase.generate))  # to shrink a partition takes minutes
TOTAL = 1 << 24
shapes = st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 6))
quantized = st.one_of(st.integers(-2, 2), st.integers(-32767, 32767), st.sampled_from((-32767, 32767)))


def fields(shape: tuple[int, int, int]) -> st.SearchStrategy[np.ndarray]:
    return arrays(np.int16, shape, elements=quantized, fill=st.just(0))


@ANY
@given(shapes.flatmap(fields))
def test_fixed_keeps_any_values_at_the_smallest_widths(values):
    payload = pack_fixed(values)
    np.testing.assert_array_equal(unpack_fixed(payload, values.shape), values)
    cells = values[0].size
    for width, channel in zip(payload, values, strict=False):
        assert all(-(2**width) <= 2 * v < 2**width for v in channel.ravel().tolist())
        assert not width or any(not -(2**width) <= 4 * v < 2**width for v in channel.ravel().tolist())
    assert len(payload) == len(values) + -(-sum(payload[: len(values)]) * cells // 8)


@settings(ANY, max_examples=70)
@given(shapes, st.data())
def test_fixed_reads_any_bytes_as_values_or_refuses_them(shape, data):
    widths = data.draw(st.lists(st.integers(0, 17), min_size=shape[0], max_size=shape[0]))
    size = -(-sum(widths) * shape[1] * shape[2] // 8)
    payload = bytes(widths) + data.draw(st.binary(min_size=size, max_size=size))
    payload = payload[: len(payload) - data.draw(st.sampled_from((0, 0, 0, 1)))]
    try:
        values = unpack_fixed(payload, shape)
    except FormatError:
        return
    assert values.shape == shape and np.abs(values).max() <= 32767
    again = pack_fixed(values)
    assert len(again) <= len(payload)
    np.testing.assert_array_equal(unpack_fixed(again, shape), values)


class Drawn:
    """A prior of some tables, whose choice and offsets follow from what was decoded before."""

    def __init__(self, channels: int, tables: list[np.ndarray], reach: int) -> None:
        self.channels, self.tables, self.reach = channels, tables, reach

    def table(self, index: int) -> np.ndarray:
        return self.tables[index]

    def passes(self, values, first, last):
        y, x = np.indices(values.shape[1:]).reshape(2, -1)
        for c in range(first, last):
            before = values[:c].sum(0).ravel() if c else x - y
            tables, offsets = (before + x) % len(self.tables), np.clip(before * self.reach, -32767, 32767)
            yield Pass(c * y.size + np.arange(y.size), tables, offsets)


@st.composite
def tables(draw) -> np.ndarray:
    """Counts of -m .. m and the escape, from even to as steep as can be."""
    size = 2 * draw(st.integers(1, 6)) + 2
    counts = np.array(draw(st.lists(st.sampled_from((1, 2, 700, 500_000)), min_size=size, max_size=size)), np.int64)
    counts[draw(st.integers(0, size - 1))] += TOTAL - counts.sum()
    return counts


@st.composite
def priors(draw, channels: int) -> Drawn:
    return Drawn(channels, draw(st.lists(tables(), min_size=1, max_size=4)), draw(st.sampled_from((0, 1, 1000))))


@ANY
@given(shapes.flatmap(fields), st.data())
def test_range_keeps_any_values_under_any_tables(values, data):
    model, first = data.draw(priors(len(values))), data.draw(st.integers(0, len(values) - 1))
    payload = pack_range(values, model, first, len(values))
    back = values.copy()
    back[first:] = 0
    unpack_range(payload, model, back, first, len(values))
    np.testing.assert_array_equal(back, values)
    with pytest.raises(FormatError):
        unpack_range(payload + b"\0", model, values * 0, 0, len(values))


@settings(ANY, max_examples=70)
@given(shapes, st.integers(0, 9), st.lists(st.integers(0, 2**32 - 1), max_size=8), st.binary(max_size=6), st.data())
def test_range_reads_any_bytes_as_values_or_refuses_them(shape, stated, words, escapes, data):
    model = data.draw(priors(shape[0]))
    stated = data.draw(st.sampled_from((len(words), stated)))
    payload = struct.pack(f"<I{len(words)}I", stated, *words) + escapes
    values = np.zeros(shape, np.int32)
    try:
        unpack_range(payload, model, values, 0, shape[0])
    except FormatError:
        return
    assert np.abs(values).max() <= 32767
    back = np.zeros_like(values)
    unpack_range(pack_range(values, model, 0, shape[0]), model, back, 0, shape[0])
    np.testing.assert_array_equal(back, values)


@st.composite
def layouts(draw) -> Layout:
    root = draw(st.integers(2, 6))
    largest = draw(st.integers(2, root))
    smallest = draw(st.integers(0, largest))
    sides = (2**root, 2**largest, 2**smallest, 2 ** draw(st.integers(2, 6)))
    height, width = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    return Layout(height, width, draw(st.booleans()), draw(st.integers(1, 400)), *sides, draw(st.sampled_from((1, 8))))


# Arguments of `random_partition`, none of whose means are out of bounds.
partitions = st.tuples(layouts(), st.integers(0, 99), st.integers(1, 32), st.sampled_from((0, 0.5, 2, 6)))


@settings(SHORT, max_examples=25)
@given(partitions, st.sampled_from(("range", "fixed")))
def test_any_partition_comes_back(drawn, packer):
    code = random_partition(*drawn)
    assert equal(read_file(write_file(code, packer)).code, code)


@settings(SHORT, max_examples=30)
@given(partitions, st.sampled_from(("range", "fixed")), st.data())
def test_any_contents_of_a_partition_are_a_map_or_refused(drawn, packer, data):
    code = random_partition(*drawn)
    header, chunks = read(write_file(code, packer))
    place = data.draw(st.integers(0, len(chunks) - 1))
    content = bytearray(unframe(chunks[place].payload, 1 << 16))
    at = data.draw(st.integers(0, len(content)))
    content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    chunks[place] = Chunk(chunks[place].kind, frame(bytes(content)))
    try:
        found = read_file(container.write(header, chunks)).code
    except FormatError:
        return
    assert found.layout == code.layout
    assert equal(read_file(write_file(found, packer)).code, found)


def common_of(height: int, width: int) -> Common:
    return Common(width, height, True, True, "fixed", 4)


planes = arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 6)), fill=st.sampled_from((0, 255)))
metadata = st.one_of(st.none(), st.binary(min_size=1, max_size=40))


@ANY
@given(planes, metadata, metadata, metadata)
def test_any_transparency_and_metadata_come_back(alpha, icc, exif, xmp):
    assume(alpha.min() < 255)
    found = read_extras(common_of(*alpha.shape), extra_chunks(Extras(alpha, icc, exif, xmp)))
    np.testing.assert_array_equal(found.alpha, alpha)
    assert (found.icc, found.exif, found.xmp) == (icc, exif, xmp)


@settings(ANY, max_examples=70)
@given(st.integers(1, 5), st.integers(1, 5), st.data())
def test_any_content_of_the_transparency_is_what_section_3_says(height, width, data):
    kind = data.draw(st.sampled_from((0, 1, 0, 1, 2)))
    size = height * width + data.draw(st.sampled_from((0, 0, 0, -1, 1)))
    content = data.draw(
        st.one_of(st.just(bytes([255, *[0] * (size - 1)])[:size]), st.binary(min_size=size, max_size=size))
    )
    expected = [[0] * width for _ in range(height)]
    if size == height * width:
        for i in range(height):
            down = 0
            for j in range(width):
                down = content[i * width + j] + (down if kind == 1 else 0)
                expected[i][j] = (down + (expected[i - 1][j] if i else 0)) % 256
    chunk = Chunk(0x20, frame(bytes([kind]) + content))
    if kind > 1 or size != height * width or min(map(min, expected)) == 255:
        with pytest.raises(FormatError):
            read_extras(common_of(height, width), [chunk])
    else:
        assert read_extras(common_of(height, width), [chunk]).alpha.tolist() == expected
