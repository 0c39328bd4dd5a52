"""Latents in bytes."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nccodec.bitstream.frame import unframe
from nccodec.codec.file import write_file
from nccodec.codec.kinds import header_of, read
from nccodec.errors import LimitError
from nccodec.generative.code import GenerativeCode, quantized
from nccodec.generative.header import Fields, step_of
from nccodec.generative.packing import pack, unpack

MARK = bytes(range(8))


def code_of(latents: list[int], step: int = 16) -> GenerativeCode:
    return GenerativeCode(28, True, step, MARK, np.array(latents, np.int64))


def content_of(code: GenerativeCode) -> bytes:
    return unframe(pack(code, "fixed")[1][0].payload, 1 << 10)


def test_literal_bytes():
    """Six bits hold -32 .. 31: 000101 100000 011111 and six zeros to fill a byte."""
    assert content_of(code_of([5, -32, 31])) == bytes([6, 0b00010110, 0b00000111, 0b11000000])
    assert content_of(code_of([0, 0])) == b"\0"
    assert content_of(code_of([-1] * 9)) == bytes([1, 0xFF, 0x80])


def test_literal_header():
    data = write_file(code_of([1, 2, 3], 256), "fixed")
    assert data[9:12] == bytes([0x19, 0, 2])  # grey, kind 6: bits 1, 3, 4 and 5 are 0, 1, 1, 0
    assert data[20:32] == struct.pack("<HH", 3, 256) + MARK
    assert len(data) - len(read(data)[1][0].payload) == 41


@given(st.lists(st.integers(-4096, 4096), min_size=1, max_size=256), st.booleans())
def test_every_code_comes_back(latents, grey):
    code = GenerativeCode(64, grey, 1, MARK, np.array(latents, np.int64))
    for packer in ("fixed", "range"):
        header, chunks = read(write_file(code, packer))
        found = unpack(header, chunks)
        assert (found.size, found.grey, found.step, found.fingerprint) == (64, grey, 1, MARK)
        np.testing.assert_array_equal(found.latents, latents)


def test_latents_in_steps():
    np.testing.assert_array_equal(quantized(np.array([0.03, -0.04, 1.0, 99.0, -99.0]), 16), [0, -1, 16, 256, -256])
    np.testing.assert_array_equal(quantized(np.array([0.49, 0.51, 16.4]), 256), [0, 1, 16])
    assert code_of([24, -8]).values.tolist() == [1.5, -0.5]
    assert [step_of(level) for level in range(6)] == [256, 128, 64, 32, 16, 8]


def test_what_has_no_width_is_refused():
    with pytest.raises(LimitError, match="17 bits are over the limit of 16"):
        pack(code_of([40000]), "fixed")


def test_what_is_told_of_a_file():
    data = write_file(code_of([1] * 24), "fixed")
    header = header_of(data)
    assert isinstance(header.fields, Fields)
    assert header.fields.about(header.common) == {
        "latents": 24, "step": 16, "fingerprint": MARK.hex(), "weights": None, "contraction_factor": 0.9375,
    }  # fmt: skip
    lines = header.fields.lines(header.common)
    assert lines["latents"] == "24 in steps of 0.0625" and lines["weights"] == f"not installed ({MARK.hex()})"
