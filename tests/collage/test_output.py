"""What is decoded of a map: sizes, limits, and views resolved to pixels."""

import pytest

from nccodec.collage.output import Request, View, output_size
from nccodec.errors import LimitError


@pytest.mark.parametrize(
    ("code", "scale", "size", "expected"),
    [
        ((100, 151), 1, None, (100, 151)),
        ((100, 151), 4, None, (400, 604)),
        ((100, 151), 0.5, None, (50, 76)),
        ((1, 3), 0.25, None, (1, 1)),
        ((10, 15), 0.3, None, (3, 5)),
        ((10, 15), 1.5, None, (15, 23)),
        ((10, 15), 0.03, None, (1, 1)),
        ((10, 15), 1, (7, 40), (7, 40)),
    ],
)
def test_output_size(code, scale, size, expected):
    assert output_size(code, scale, size) == expected


@pytest.mark.parametrize(
    ("code", "scale", "size"),
    [
        ((10, 10), 0.029, None),
        ((10, 10), 64.1, None),
        ((10, 10), float("nan"), None),
        ((10, 10), 1, (0, 5)),
        ((10, 10), 1, (10, 661)),
    ],
)
def test_output_size_has_limits(code, scale, size):
    with pytest.raises(LimitError):
        output_size(code, scale, size)


def test_a_view_is_resolved_to_pixels():
    """Of 100 x 151 pixels: `size` and `crop` are width first, as the library takes them; rows come first inside."""
    request = Request.of(View(), (100, 151), 16)
    assert (request.height, request.width, request.up, request.down, request.whole) == (100, 151, 1, 1, True)
    assert (request.rows, request.columns, request.cropped) == ((0, 100), (0, 151), False)
    request = Request.of(View(3, crop=(10, 20, 30, 40)), (100, 151), 16)
    assert (request.height, request.width, request.up, request.down, request.whole) == (300, 453, 4, 1, False)
    assert (request.rows, request.columns, request.cropped) == ((20, 60), (10, 40), True)
    request = Request.of(View(size=(30, 20)), (100, 151), 16)
    assert (request.height, request.width, request.up, request.down) == (20, 30, 1, 4)
    assert Request.of(View(0.03), (100, 151), 16).down == 16  # no map goes below one pixel a square


@pytest.mark.parametrize(
    ("view", "message"),
    [
        (View(max_pixels=15099), "^151 x 100 pixels are over the limit of 15099$"),
        (View(2, max_pixels=15100), "^151 x 100 pixels decoded to 302 x 200 are over the limit of 15100$"),
        (View(2, crop=(300, 0, 3, 1)), "the region 300,0,3,1 is not inside 302 x 200 pixels"),
        (View(65), "scale 65 is outside"),
        (View(2, max_pixels=15100, crop=(0, 0, 200, 76)), "^151 x 100 pixels decoded to 200 x 76 are over"),
    ],
)
def test_views_have_limits(view, message):
    with pytest.raises(LimitError, match=message):
        Request.of(view, (100, 151), 16)


@pytest.mark.parametrize(
    ("size", "view", "message"),
    [
        ((8000, 8000), View(2), "16000 x 16000 are over the limit of 178956970"),
        ((5000, 5000), View(2.1), "^10500 x 10500 is decoded at 20000 x 20000 pixels, over the limit of 178956970"),
        ((5000, 5000), View(2.1, crop=(7, 7, 10001, 3)), None),
        # At 64x 48 pixels are 3072 samples, which come to each side that is not the picture's.
        ((8000, 8000), View(64, crop=(0, 0, 10305, 10305)), None),  # 13377 * 13377 = 178944129
        ((8000, 8000), View(64, crop=(0, 0, 10306, 10306)), "^10306 x 10306 is decoded at 13378 x 13378 pixels, over"),
        ((8000, 8000), View(64, crop=(9999, 9999, 7233, 7233)), None),
        ((8000, 8000), View(64, crop=(9999, 9999, 7234, 7234)), "^7234 x 7234 is decoded at 13378 x 13378 pixels"),
        ((8000, 8000), View(64, crop=(511999, 0, 1, 512000)), "^1 x 512000 is decoded at 3073 x 512000 pixels"),
        ((8000, 8000), View(64, crop=(0, 0, 13378, 13378)), "13378 x 13378 are over the limit of 178956970"),
        ((8000, 8000), View(33, crop=(0, 0, 7000, 7000)), "^7000 x 7000 is decoded at 16648 x 16648"),  # 13575.8
        # A pixel of a picture that is stretched upwards is as wide as the picture.
        ((4000, 6000), View(size=(1, 256000), crop=(0, 128000, 1, 1)), "is decoded at 384000 x 6145 pixels"),
    ],
)
def test_what_is_made_is_limited_not_the_whole(size, view, message):
    if message is None:
        request = Request.of(view, size, 16)
        assert (request.columns[1], request.rows[1]) == (view.crop[0] + view.crop[2], view.crop[1] + view.crop[3])
        return
    with pytest.raises(LimitError, match=message):
        Request.of(view, size, 16)
