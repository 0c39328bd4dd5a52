"""Whole-image maps to bytes and back: every admissible code, the order of means by hand, and what a header says."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wholes import equal, random_whole

import nccodec
from nccodec.codec.file import read_file, write_file
from nccodec.codec.kinds import read
from nccodec.errors import FormatError, LimitError
from nccodec.neural import weights
from nccodec.neural.code import CollageCode
from nccodec.whole.code import Style
from nccodec.whole.header import Fields, quality_of_step, step_of, steps_of
from nccodec.whole.means import coarsest, passes

ANY = settings(max_examples=120)


@st.composite
def codes(draw):
    """Codes of any shape, with means as far apart as a step allows, or all alike."""
    ranges = draw(st.one_of(st.integers(4, 9), st.sampled_from((16, 17, 33))))
    side = draw(st.integers(2, ranges))
    domain = draw(st.integers(0, ranges - side)), draw(st.integers(0, ranges - side)), side
    return random_whole(
        (draw(st.integers(1, 200)), draw(st.integers(1, 200))),
        ranges,
        draw(st.integers(0, 2**32 - 1)),
        grey=draw(st.booleans()),
        step=draw(st.one_of(st.sampled_from((1, 65535)), st.integers(1, 65535))),
        side=draw(st.sampled_from((4, 8, 16, 32, 64))),
        domain=domain,
        most=draw(st.integers(0, 30)),
        spread=draw(st.sampled_from((0, 0.3, 4, 300, 20000))),
    )


def style(grey: bool, tiny) -> CollageCode:
    random = np.random.default_rng(5)
    atoms, scales = (random.integers(-2, 3, (n, 3, 4)).astype(np.int32) for n in (6, 4))
    return CollageCode(11, 13, grey, 100, 4, weights.load(tiny).fingerprint, atoms, scales)


@ANY
@given(codes())
def test_every_integer_comes_back(code):
    data = write_file(code)
    assert equal(read_file(data).code, code)
    nccodec.test(data)
    fields = read(data)[0].fields
    assert (fields.ranges, fields.step) == (code.ranges, code.step)
    assert (fields.top, fields.left, fields.side) == code.domain
    assert (fields.largest_scale, fields.styled) == (np.abs(code.scales).max(), 0)


@pytest.mark.parametrize("grey", [False, True])
def test_a_style_comes_back(grey, tiny):
    code = random_whole((60, 44), 7, 3, grey, style=style(grey, tiny))
    data = write_file(code, "range", weights.load(tiny))
    assert equal(read_file(data, tiny).code, code)
    nccodec.test(data, tiny)
    about = nccodec.info(data)
    assert about["styled"] == np.count_nonzero(code.style.weights) > 0
    assert about["fingerprint"] == code.style.code.fingerprint.hex()
    assert set(about["chunks"]) == {"ranges", "style", "header and framing"}
    assert about["chunks"]["header and framing"] == 57  # 52, and of a second chunk type and length


def test_a_style_that_no_range_takes_from_is_refused(tiny):
    code = random_whole((60, 44), 7, 3, style=style(False, tiny))
    unused = replace(code, style=Style(code.style.code, np.zeros((7, 7), np.int64)))
    with pytest.raises(FormatError, match="not clear about whether there is a style"):
        read_file(write_file(unused, "range", weights.load(tiny)), tiny)


def test_one_packer():
    with pytest.raises(LimitError, match="no packer 'fixed', only 'range'"):
        write_file(random_whole((9, 9), 4, 0), "fixed")


def test_distance_of_the_first_means():
    assert [coarsest(n) for n in (4, 5, 8, 9, 16, 17, 512, 513, 1024)] == [1, 2, 2, 4, 4, 8, 128, 256, 256]


def test_means_are_predicted_from_what_is_there():
    """5 x 5 ranges: 3 x 3 come first; of the rest, by hand, the first of each step. Each is coded once."""
    values = np.arange(25).reshape(5, 5) ** 2 // 4
    found = list(passes(values))
    assert [(rows[0], columns[0]) for rows, columns, _, _ in found] == [(1, 1), (0, 1), (1, 0)]
    corners = [0, 1, 25, 36]  # of 0, 2, 10 and 12, squared and a quarter of that
    assert [values[y, x] for y, x in ((0, 0), (0, 2), (2, 0), (2, 2))] == corners
    assert found[0][2][0] == 16 and found[0][3][0] == 4  # 15.5 rounded up; they are 36 apart
    # (0, 1) has 0 and 1 beside it, and 9 below; there is nothing above it.
    assert found[1][2][0] == 3 and found[1][3][0] == 3  # 10 / 3; 9 apart
    # (1, 0) has 0 above it, 9 on its right and 25 below.
    assert found[2][2][0] == 11 and found[2][3][0] == 4  # 34 / 3; 25 apart
    coded = sorted((int(y), int(x)) for rows, columns, _, _ in found for y, x in zip(rows, columns, strict=True))
    assert coded == [(y, x) for y in range(5) for x in range(5) if y % 2 or x % 2]


def test_predictions_of_negative_means_round_as_those_of_others():
    """Half is rounded up: of -1 and -2 it is -1, of 1 and 2 it is 2."""
    for low, high, expected in ((-2, -1, -1), (1, 2, 2), (-1, 0, 0)):
        values = np.zeros((5, 5), np.int64)
        values[0, 0], values[0, 2], values[2, 0], values[2, 2] = low, high, low, high
        assert next(passes(values))[2][0] == expected


def test_what_a_header_says():
    code = random_whole((30, 44), 6, 1, step=step_of(600), domain=(1, 2, 3), most=16)
    code.scales[0, 0] = 16
    header = read(write_file(code))[0]
    about = header.fields.about(header.common)
    assert (about["range_height"], about["range_width"]) == (5, 8)
    assert about["quality"] == 60 and about["contraction_factor"] == 0.5
    assert about["iterations"] == 9  # 255 / 2^9 is the first below a half
    lines = header.fields.lines(header.common)
    assert "6 x 6 ranges of 8 x 5 px, domain: 3 x 3 of them from 1, 2" in lines["map"]
    assert "contraction factor 0.5" in lines["self-reference"] and "style" not in lines


def test_steps_and_qualities():
    assert step_of(0) == 800 and step_of(1000) == 8  # 50 grey levels to half a one
    assert quality_of_step(800) == 0 and quality_of_step(80) == 50 and step_of(990) == 8
    assert quality_of_step(8) == 99  # of all that give it, the shortest
    assert quality_of_step(801) is None
    assert steps_of(0) == 1 and steps_of(30) == 97  # 255 (15/16)^97 = 0.49


def test_fields_come_back():
    fields = Fields(5, 160, 1, 2, 3, 30, 7, b"12345678")
    header = read(write_file(random_whole((40, 40), 5, 0)))[0]
    assert Fields.unpack(fields.pack(), header.common) == fields and len(fields.pack()) == Fields.SIZE == 23
