"""What an encoder looks for: flat cells, copies, near colours, rectangles, pictures that may be screens."""

import numpy as np
import pytest
from PIL import Image

from nccodec.screen.merging import colours_of
from nccodec.screen.merging import merged as merge
from nccodec.screen.regions import rectangles
from nccodec.screen.sampling import Tiles
from nccodec.screen.search import exact_copies, flat_cells
from nccodec.screen.suiting import gradual, suits


def merged(pixels, grey, price):
    return merge(colours_of(pixels), grey, price)


def test_flat_cells():
    pixels = np.zeros((20, 19), np.int32)
    pixels[9, 3] = 1
    pixels[19, 18] = 5
    expected = [[True, True, True], [False, True, True], [True, True, False]]
    np.testing.assert_array_equal(flat_cells(pixels), expected)


def test_copies_are_found_and_are_copies():
    random = np.random.default_rng(3)
    pixels = random.integers(0, 1 << 24, (48, 64)).astype(np.int32)
    planted = {(2, 3): (9, 5), (3, 1): (11, -13), (4, 7): (8, 0), (5, 0): (31, -44), (0, 4): (0, 17)}
    for (row, column), (down, right) in sorted(planted.items()):
        y, x = 8 * row, 8 * column
        pixels[y : y + 8, x : x + 8] = pixels[y - down : y - down + 8, x - right : x - right + 8]
    known, offsets = exact_copies(pixels, np.ones((6, 8), bool))
    assert {tuple(place) for place in np.argwhere(known)} == set(planted)
    assert {place: tuple(offsets[place]) for place in planted} == planted
    assert not exact_copies(pixels, np.zeros((6, 8), bool))[0].any()


def test_copies_in_stripes_begin_within_the_cell_itself():
    pixels = np.tile(np.arange(5, dtype=np.int32), (8, 8))
    known, offsets = exact_copies(pixels, np.ones((1, 5), bool))
    assert known.tolist() == [[False, True, True, True, True]]
    assert all(right % 5 == 0 and right > 0 and down == 0 for down, right in offsets[0, 1:])


def test_near_colours_become_the_frequent_one():
    random = np.random.default_rng(1)
    pixels = np.full((40, 40), 0x808080, np.int32)
    soft = random.permutation(1600)[:60]
    pixels.flat[soft] = 0x828181  # squared distance 4 + 1 + 1
    price = 0.01  # at which, within (1.1 x 0.01^-0.4)^2 x 3 = 144, dots are merged
    assert (merged(pixels, False, price) == 0x808080).all()
    pixels.flat[soft] = 0x8D8080  # 13^2 = 169
    np.testing.assert_array_equal(merged(pixels, False, price), pixels)


def test_areas_of_a_near_colour_stay():
    """The squared distance falls with the share of pixels that repeat none: 1 of 800 here."""
    pixels = np.full((40, 40), 0x808080, np.int32)
    pixels[:, 20:] = 0x828181
    np.testing.assert_array_equal(merged(pixels, False, 0.01), pixels)


def test_no_error_is_beyond_the_distance():
    random = np.random.default_rng(2)
    pixels = random.integers(0, 256, (64, 64)).astype(np.int32)
    for price in (0.001, 0.01, 0.1):
        error = np.abs(merged(pixels, True, price) - pixels)
        assert 0 < error.max() <= 1.1 * price**-0.4


def test_rectangles_of_a_page():
    marked = np.zeros((60, 90), bool)
    for top, left, bottom, right in ((3, 5, 23, 45), (3, 50, 30, 80), (40, 10, 58, 88)):
        marked[top:bottom, left:right] = True
    marked[30:33, 20:22] = True  # too small
    assert rectangles(marked) == [(3, 5, 23, 45), (3, 50, 30, 80), (40, 10, 58, 88)]


def test_as_many_rectangles_as_there_are_pictures():
    marked = np.zeros((300, 120), bool)
    for row in range(30):
        for column in range(8):
            marked[10 * row : 10 * row + 7, 15 * column : 15 * column + 11] = True
    assert len(rectangles(marked)) == 240


def test_rectangles_do_not_overlap_and_hold_what_is_marked():
    random = np.random.default_rng(4)
    for _ in range(20):
        marked = np.kron(random.random((8, 9)) < 0.4, np.ones((8, 8), bool)).astype(bool)
        covered = np.zeros(marked.shape, int)
        for top, left, bottom, right in rectangles(marked):
            covered[top:bottom, left:right] += 1
            assert marked[top:bottom, left:right].mean() >= 0.7
        assert covered.max() <= 1
        assert covered[marked].mean() > 0.7


def test_pictures_that_may_be_screens(smooth):
    random = np.random.default_rng(5)
    dots = Image.fromarray((random.random((50, 50)) < 0.5).astype(np.uint8) * 255)
    page = Image.new("RGB", (200, 100), "white")
    page.paste(Image.fromarray(random.integers(0, 256, (50, 50, 3), np.uint8)), (20, 20))
    assert suits(dots) and suits(page) and suits(Image.new("L", (1, 1)))
    assert not suits(smooth(64, 80)) and not suits(Image.fromarray(random.integers(0, 256, (64, 64, 3), np.uint8)))


@pytest.mark.parametrize("size", [(1, 1), (7, 30), (8, 8)])
def test_pictures_smaller_than_a_cell(size):
    pixels = np.arange(size[0] * size[1], dtype=np.int32).reshape(size)
    known, _ = exact_copies(pixels, np.ones((-(-size[0] // 8), -(-size[1] // 8)), bool))
    assert not known.any()


def test_what_is_gradual_by_the_share_of_large_steps():
    """Of the steps along a row, one beyond 24 among five is too many, one among six is not."""
    assert not gradual(Image.new("RGB", (40, 30), "olive"))  # has no steps at all
    assert not gradual(Image.new("L", (1, 1)))
    row = np.array([0, 1, 2, 3, 4, 29], np.uint8)  # 4 steps of 1, one of 25: a fifth is not below a fifth
    assert not gradual(Image.fromarray(np.tile(row, (20, 1))))
    row = np.array([0, 1, 2, 3, 4, 5, 30], np.uint8)
    assert gradual(Image.fromarray(np.tile(row, (20, 1))))
    assert gradual(Image.fromarray(np.tile(row[:, None], (1, 20))))
    coloured = np.zeros((20, 7, 3), np.uint8)
    coloured[:, :, 2] = row  # one channel counts
    assert gradual(Image.fromarray(coloured))
    coloured[:, 5, 0] = 200  # two steps beyond 24 of six
    assert not gradual(Image.fromarray(coloured))


@pytest.mark.parametrize("shape", [(8, 8), (64, 64), (67, 90), (300, 20)])
def test_squares_are_an_eighth_of_the_whole_ones(shape):
    """Each row and each column of eight squares or more has some; they hold the same of an array as of its pixels."""
    tiles = Tiles(shape)
    places = np.arange(shape[0] * shape[1]).reshape(shape)
    taken = tiles.stacked(places, 1)
    assert taken.shape == (8 * tiles.count, 8) and abs(tiles.count - (shape[0] // 8) * (shape[1] // 8) / 8) < 4
    rows, columns = (set((index // 8).ravel().tolist()) for index in divmod(taken, shape[1]))
    for found, across, length in ((rows, shape[1], shape[0]), (columns, shape[0], shape[1])):
        if across >= 64:
            assert found == set(range(length // 8))
    pixels = np.repeat(np.repeat(places, 3, 0), 3, 1)
    np.testing.assert_array_equal(tiles.stacked(pixels, 3), np.repeat(np.repeat(taken, 3, 0), 3, 1))
