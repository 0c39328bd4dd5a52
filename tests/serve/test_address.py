"""Addresses of the IIIF Image API 3.0, by its own words, of a picture of 300 x 200 pixels."""

import pytest

from nccodec.serve.address import BadRequest, Limits, parse

LIMITS = Limits(300, 200, 16, 1_000_000)


def region(text):
    return parse(text, "max", "0", "default.jpg", LIMITS).region


def size(text, box="full", limits=LIMITS):
    return parse(box, text, "0", "default.jpg", limits).size


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("full", (0, 0, 300, 200)),
        ("square", (50, 0, 200, 200)),
        ("125,15,120,140", (125, 15, 120, 140)),
        ("pct:41.6,7.5,40,70", (125, 15, 120, 140)),  # of the specification: 124.8 and 15 pixels
        ("125,15,200,200", (125, 15, 175, 185)),
        ("pct:41.6,7.5,66.6,100", (125, 15, 175, 185)),
        ("299,199,1,1", (299, 199, 1, 1)),
    ],
)
def test_regions(text, box):
    assert region(text) == box


@pytest.mark.parametrize(
    "text",
    ["", "Full", "300,0,5,5", "0,200,5,5", "0,0,0,5", "0,0,5,0", "-1,0,5,5", "1.5,0,5,5", "1,2,3", "pct:0,0,0,5",
     "pct:100,0,5,5", "pct:1e1,0,5,5", "pct:-1,0,5,5", "full ", "\u0661,0,5,5", "0,0,9999999999,5"],
)  # fmt: skip
def test_regions_that_are_none(text):
    with pytest.raises(BadRequest):
        region(text)


@pytest.mark.parametrize(
    ("text", "pixels"),
    [
        ("max", (300, 200)),
        ("150,", (150, 100)),
        (",150", (225, 150)),
        ("pct:50", (150, 100)),
        ("225,100", (225, 100)),
        ("!225,100", (150, 100)),
        ("!900,900", (300, 200)),  # as large as possible, but not larger than the region
        ("^360,", (360, 240)),
        ("^,240", (360, 240)),
        ("^pct:120", (360, 240)),
        ("^360,360", (360, 360)),
        ("^!360,360", (360, 240)),
        ("^!100,100", (100, 67)),
        ("^max", (1224, 816)),  # 60000 pixels, 16.67 times: 4.08 along each side
    ],
)
def test_sizes(text, pixels):
    assert size(text) == pixels


@pytest.mark.parametrize(
    "text",
    ["", "full", "301,", ",201", "pct:101", "301,100", "^0,", "0,", ",0", "pct:0", "0,5", "!0,5", "^4801,1", "^5000,",
     "^1300,1300", "max,", "^", "!", "^^5,", "-5,", "5.5,", "!5,"],
)  # fmt: skip
def test_sizes_that_are_none(text):
    with pytest.raises(BadRequest):
        size(text)


def test_more_pixels_than_are_given():
    small = Limits(300, 200, 16, 15_000)  # a quarter: half along each side
    assert size("max", limits=small) == (150, 100)
    with pytest.raises(BadRequest, match="over the limit"):
        size("300,", limits=small)
    assert size("^max", "0,0,10,10", small) == (122, 122)
    assert size("^max", "0,0,5,5", small) == (80, 80)  # 16 times


@pytest.mark.parametrize(
    ("text", "turn"),
    [("0", (False, 0)), ("90", (False, 90)), ("!180", (True, 180)), ("360", (False, 0)), ("270.0", (False, 270))],
)
def test_rotations(text, turn):
    wanted = parse("full", "max", text, "default.jpg", LIMITS)
    assert (wanted.mirrored, wanted.turned) == turn


@pytest.mark.parametrize("text", ["", "45", "-90", "361", "!", "!!90", "90!", "nan", "450"])
def test_rotations_that_are_none(text):
    with pytest.raises(BadRequest):
        parse("full", "max", text, "default.jpg", LIMITS)


@pytest.mark.parametrize("text", ["", "default", "default.tif", "gold.jpg", "default.jpg.png", ".jpg", "default.JPG"])
def test_qualities_and_formats_that_are_none(text):
    with pytest.raises(BadRequest):
        parse("full", "max", "0", text, LIMITS)


@pytest.mark.parametrize(
    ("parts", "canonical"),
    [
        (("full", "max", "0", "default.jpg"), "full/max/0/default.jpg"),
        (("0,0,300,200", "300,", "360", "default.jpg"), "full/max/0/default.jpg"),
        (("square", "pct:50", "!90", "gray.png"), "50,0,200,200/100,100/!90/gray.png"),
        (("10,10,20,20", "^!40,60", "0", "default.webp"), "10,10,20,20/%5E40,40/0/default.webp"),
    ],
)
def test_canonical_addresses(parts, canonical):
    assert parse(*parts, LIMITS).canonical == canonical


def test_the_second_version():
    assert parse("full", "full", "0", "default.jpg", LIMITS, second=True).size == (300, 200)
    assert parse("full", "600,", "0", "default.jpg", LIMITS, second=True).size == (600, 400)
