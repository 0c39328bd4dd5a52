"""ScreenCode -> bytes -> ScreenCode, whatever its cells are."""

import numpy as np
import pytest

from nccodec.codec.file import read_file, write_file
from nccodec.errors import LimitError
from nccodec.screen.code import ScreenCode, channels, joined
from nccodec.screen.header import COPY, FLAT


def random_code(height, width, grey, seed, colours=6, noise=0.1) -> ScreenCode:
    """Few colours, noise, flat cells, and copies from wherever one may be from."""
    random = np.random.default_rng(seed)
    top = 256 if grey else 1 << 24
    pixels = random.integers(0, top, colours)[random.integers(0, colours, (height, width))]
    pixels = np.where(random.random(pixels.shape) < noise, random.integers(0, top, pixels.shape), pixels)
    rows, columns = -(-height // 8), -(-width // 8)
    modes, offsets = np.zeros((rows, columns), np.uint8), np.zeros((rows, columns, 2), np.int64)
    for row, column in np.ndindex(rows, columns):
        y, x = 8 * row, 8 * column
        kind, down, right = random.integers(3), int(random.integers(0, y + 1)), int(random.integers(-width, width))
        if kind == FLAT:
            modes[row, column] = FLAT
        elif kind == COPY and 0 <= x - right <= width - min(8, width - x) and (down or right > 0):
            modes[row, column], offsets[row, column] = COPY, (down, right)
    for y, x in np.ndindex(height, width):
        if modes[y // 8, x // 8] == FLAT:
            pixels[y, x] = pixels[y // 8 * 8, x // 8 * 8]
        elif modes[y // 8, x // 8] == COPY:
            down, right = offsets[y // 8, x // 8]
            pixels[y, x] = pixels[y - down, x - right]
    return ScreenCode(grey, 0, True, pixels.astype(np.int32), modes, offsets)


@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("size", [(1, 1), (8, 8), (3, 40), (40, 3), (33, 47), (64, 64)])
def test_codes_come_back(size, grey):
    for seed in range(3):
        code = random_code(*size, grey, seed)
        data = write_file(code)
        again = read_file(data).code
        for name in ("pixels", "modes", "offsets"):
            np.testing.assert_array_equal(getattr(again, name), getattr(code, name))
        assert write_file(again) == data


def test_noise_that_outgrows_the_first_estimate_comes_back():
    pixels = np.random.default_rng(1).integers(0, 1 << 24, (60, 70)).astype(np.int32)
    code = ScreenCode(False, 0, True, pixels, np.zeros((8, 9), np.uint8), np.zeros((8, 9, 2), np.int64))
    data = write_file(code)
    assert len(data) > 1024 + 2 * 60 * 70  # what is tried first
    np.testing.assert_array_equal(read_file(data).code.pixels, code.pixels)


def test_a_page_of_one_colour_takes_next_to_nothing():
    white = np.full((2000, 1500), 0xFFFFFF, np.int32)
    modes = np.ones((250, 188), np.uint8)
    assert len(write_file(ScreenCode(False, 0, True, white, modes, np.zeros((250, 188, 2), np.int64)))) < 180


def test_the_affine_part_has_no_copies():
    code = random_code(40, 40, False, 5)
    alone = code.without_self_reference()
    for row, column in np.ndindex(code.modes.shape):
        cell = (slice(8 * row, 8 * row + 8), slice(8 * column, 8 * column + 8))
        expected = 0 if code.modes[row, column] == COPY else code.pixels[cell]
        assert (alone.pixels[cell] == expected).all()
    assert (code.modes == COPY).any()


def test_another_packer_is_refused():
    with pytest.raises(LimitError, match="no packer 'fixed'"):
        write_file(random_code(8, 8, False, 0), "fixed")


def test_colours_are_numbers():
    picture = np.array([[[1, 2, 3], [255, 0, 128]]], np.uint8)
    np.testing.assert_array_equal(joined(picture), [[0x010203, 0xFF0080]])
    np.testing.assert_array_equal(channels(joined(picture), False), picture)
    np.testing.assert_array_equal(channels(joined(picture[..., 0]), True), picture[..., 0])
