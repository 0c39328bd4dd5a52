"""Every mode of Pillow's that has colours becomes one of four; transparency is taken apart and put together."""

import struct
import warnings

import numpy as np
import pytest
from PIL import Image, ImageCms

import nccodec
from nccodec.errors import ImageError, LimitError, NclWarning
from nccodec.imaging.alpha import joined, split
from nccodec.imaging.modes import to_supported
from nccodec.imaging.pictures import read_picture


def checked(mode: str) -> Image.Image:
    """Two colours in squares."""
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[::2, ::2] = (250, 30, 10)
    return Image.fromarray(pixels).convert(mode, palette=Image.Palette.ADAPTIVE)


@pytest.mark.parametrize("mode", ["RGB", "P", "RGBA", "RGBX", "YCbCr", "HSV", "CMYK"])
def test_colours_stay(mode):
    picture = to_supported(checked(mode))
    assert picture.mode == ("RGBA" if mode == "RGBA" else "RGB")
    got = np.asarray(picture.convert("RGB")).astype(int)
    assert np.abs(got - np.asarray(checked("RGB"))).max() <= 3  # what YCbCr and HSV round


@pytest.mark.parametrize(("mode", "expected"), [("L", "L"), ("1", "L"), ("LA", "LA"), ("P", "L")])
def test_grey_stays_grey(mode, expected):
    grey = Image.new("L", (4, 4), 255)
    assert to_supported(grey.convert(mode)).mode == expected
    assert to_supported(grey.convert(mode)).convert("L").getextrema() == (255, 255)


def test_a_transparent_colour_becomes_transparency():
    picture = Image.new("P", (2, 1))
    picture.putpalette([255, 0, 0, 0, 0, 255])
    picture.putdata([0, 1])
    picture.info["transparency"] = 1
    found = to_supported(picture)
    assert found.mode == "RGBA" and np.asarray(found)[0, :, 3].tolist() == [255, 0] and "transparency" not in found.info
    grey = Image.fromarray(np.array([[7, 8]], np.uint8))
    grey.info["transparency"] = 8
    assert np.asarray(to_supported(grey)).tolist() == [[[7, 255], [8, 0]]]
    deep = Image.fromarray(np.array([[700, 800]], np.uint16))
    deep.info["transparency"] = 800
    with pytest.warns(NclWarning):
        assert np.asarray(to_supported(deep)).tolist() == [[[3, 255], [3, 0]]]


def test_integers_of_32_bits_are_samples_of_8_or_16():
    def of(*values: int) -> list[int]:
        return np.asarray(to_supported(Image.fromarray(np.array([values], np.int32)), "name: "))[0].tolist()

    assert of(0, 255) == [0, 255]
    with pytest.warns(NclWarning, match="name: 16 bits"):
        assert of(0, 65535, 257, 128, 129) == [0, 255, 1, 0, 1]
    for bad in (-1, 65536):
        with pytest.raises(ImageError, match="name: samples from"):
            of(0, bad)


def test_modes_without_agreed_colours_are_refused():
    with pytest.raises(ImageError, match=r"name: .*mode F"):
        to_supported(Image.new("F", (2, 2)), "name: ")


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("profile", [b"no profile", SRGB])
def test_inks_with_a_profile_that_is_no_use_are_converted_without_it(profile):
    picture = Image.new("CMYK", (2, 2), (0, 255, 255, 0))
    picture.info |= {"icc_profile": profile, "exif": b"MM"}
    with pytest.warns(NclWarning, match="^name: its profile is of no use for CMYK"):
        found = to_supported(picture, "name: ")
    assert found.getpixel((0, 0)) == (255, 0, 0) and found.info == {"exif": b"MM"}
    assert "icc_profile" in picture.info


def ink_profile() -> bytes:
    """An ICC profile, version 2, of CMYK: a table of two points to a side that has no ink as white, L* = 100, and
    any full ink as black."""
    grid = b"".join(struct.pack(">3H", 0xFF00 if i == 0 else 0, 0x8000, 0x8000) for i in range(16))
    ramp = struct.pack(">2H", 0, 65535)
    unit = b"".join(struct.pack(">i", 65536 * (i % 4 == 0)) for i in range(9))
    table = b"mft2" + bytes(4) + bytes([4, 3, 2, 0]) + unit + struct.pack(">2H", 2, 2) + 4 * ramp + grid + 3 * ramp
    tags = struct.pack(">I4sII", 1, b"A2B0", 144, len(table))
    head = struct.pack(">I4sI4s4s4s12x4s", 144 + len(table), bytes(4), 0x02100000, b"prtr", b"CMYK", b"Lab ", b"acsp")
    head += bytes(28) + struct.pack(">3i", 63190, 65536, 54061)  # of white, D50
    return head.ljust(128, b"\0") + tags + table


@pytest.mark.parametrize(("mode", "white"), [("CMYK", (0, 0, 0, 0)), ("LAB", (255, 128, 128))])
def test_what_a_profile_converts_keeps_its_metadata(tmp_path, tiny, mode, white):
    exif = Image.Exif()
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'></x:xmpmeta>"
    exif[271], exif[700] = "Maker", xmp
    exif.get_ifd(0x8825)[1] = "N"  # of GPS
    path = tmp_path / "a.tif"
    Image.new(mode, (2, 2), white).save(path, exif=exif.tobytes(), icc_profile=ink_profile())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = nccodec.decode(nccodec.encode(read_picture(path), weights=tiny), weights=tiny)
        assert np.asarray(read_picture(path)).min() >= 254
    assert "icc_profile" not in found.info and found.info["xmp"] == xmp
    assert found.getexif()[271] == "Maker" and found.getexif().get_ifd(0x8825)[1] == "N"


def test_grey_palettes_with_a_profile_of_colours_stay_colours():
    picture = Image.new("L", (2, 2), 9).convert("P")
    picture.info["icc_profile"] = SRGB
    assert to_supported(picture).mode == "RGB"


def soft(mode: str = "RGBA") -> Image.Image:
    y, x = np.mgrid[0:21, 0:30]
    alpha = np.clip(18 * np.hypot(y - 10, x - 9) - 60, 0, 255).astype(np.uint8)  # a hole with a soft edge
    return joined(Image.fromarray(np.uint8(np.stack([x * 8, y * 12, x + y], -1))).convert(mode[:-1]), alpha)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparency_is_kept_exactly(tiny, mode):
    picture = soft(mode)
    data = nccodec.encode(picture, weights=tiny)
    assert nccodec.info(data)["alpha"]
    decoded = nccodec.decode(data, weights=tiny)
    assert decoded.mode == mode
    np.testing.assert_array_equal(np.asarray(decoded)[..., -1], np.asarray(picture)[..., -1])
    twice = nccodec.decode(data, 2, weights=tiny)
    assert (twice.mode, twice.size) == (mode, (60, 42))
    means = np.asarray(twice)[..., -1].reshape(21, 2, 30, 2).mean((1, 3))
    assert np.abs(means - np.asarray(picture)[..., -1]).mean() < 1  # but for what is cut off at 0 and 255


def test_colours_that_cannot_be_seen_cost_nothing(tiny):
    a, b = np.asarray(soft()).copy(), np.asarray(soft()).copy()
    hidden = a[..., 3] == 0
    assert hidden.sum() > 20
    a[hidden, :3] = np.random.default_rng(0).integers(0, 256, (int(hidden.sum()), 3))
    assert nccodec.encode(Image.fromarray(a), weights=tiny) == nccodec.encode(Image.fromarray(b), weights=tiny)


def test_hidden_colours_are_those_around_them():
    pixels = np.full((9, 13, 4), (40, 50, 60, 255), np.uint8)
    pixels[3:8, 2:9] = (200, 0, 0, 0)
    colours, alpha = split(Image.fromarray(pixels))
    assert np.asarray(colours).reshape(-1, 3).tolist() == [[40, 50, 60]] * 117
    np.testing.assert_array_equal(alpha, pixels[..., 3])


def test_opaque_and_wholly_transparent_pictures(tiny):
    opaque = Image.new("RGBA", (5, 6), (1, 2, 3, 255))
    assert nccodec.decode(nccodec.encode(opaque, weights=tiny), weights=tiny).mode == "RGB"
    clear = nccodec.decode(nccodec.encode(Image.new("RGBA", (5, 6), (1, 2, 3, 0)), weights=tiny), weights=tiny)
    assert clear.mode == "RGBA" and clear.getchannel("A").getextrema() == (0, 0)


def test_targets_include_what_is_not_the_map(tiny):
    picture = soft()
    plain = len(nccodec.encode(picture.convert("RGB"), weights=tiny))
    data = nccodec.encode(picture, size=plain + 300, weights=tiny)
    assert len(data) <= plain + 300
    with pytest.raises(LimitError):
        nccodec.encode(picture, size=100, weights=tiny)
