"""What files say of their colours: profiles of grey where colours are written, and what is not kept."""

import io
import struct
import zlib

import numpy as np
import pytest
from picture_files import png
from PIL import Image

from nccodec.errors import NclWarning
from nccodec.imaging.modes import to_supported
from nccodec.imaging.pictures import picture_bytes, read_picture


def linear_grey() -> bytes:
    """An ICC profile, version 2, of grey whose samples are linear in light."""
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)  # D50
    curve = b"curv" + bytes(8)  # none: the identity
    tags = struct.pack(">I4sII4sII", 2, b"wtpt", 156, len(white), b"kTRC", 156 + len(white), len(curve))
    size = 156 + len(white) + len(curve)
    head = struct.pack(">I4sI4s4s4s12x4s", size, bytes(4), 0x02100000, b"mntr", b"GRAY", b"XYZ ", b"acsp")
    return (head + bytes(28) + white[8:]).ljust(128, b"\0") + tags + white + curve


def grey(value: int, mode: str = "L") -> Image.Image:
    picture = Image.new(mode, (4, 3), (value, 77) if mode == "LA" else value)
    picture.info |= {"icc_profile": linear_grey(), "xmp": b"<x/>"}
    return picture


SRGB_128 = round(255 * (1.055 * (128 / 255) ** (1 / 2.4) - 0.055))  # by the curve of IEC 61966-2-1: 188


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_a_profile_of_grey_is_applied_where_colours_are_written(recwarn, mode):
    for name, exact in (("WEBP", 0), ("AVIF", 3)):
        with Image.open(io.BytesIO(picture_bytes(grey(128, mode), name))) as back:
            assert "icc_profile" not in back.info and back.info["xmp"] == b"<x/>"
            pixel = back.convert("RGBA").getpixel((1, 1))
        assert max(abs(value - SRGB_128) for value in pixel[:3]) <= exact + 1
        assert abs(pixel[3] - (77 if mode == "LA" else 255)) <= exact
    assert not recwarn.list


def test_a_profile_of_grey_stays_where_grey_is_written(recwarn):
    for name, mode in (("PNG", "L"), ("PNG", "LA"), ("JPEG", "L"), ("TIFF", "L")):
        with Image.open(io.BytesIO(picture_bytes(grey(128, mode), name))) as back:
            assert back.info["icc_profile"] == linear_grey() and abs(back.convert("L").getpixel((1, 1)) - 128) <= 1
    assert not recwarn.list


def test_a_profile_of_grey_that_cannot_be_applied_is_left_out_with_a_warning():
    broken, colours = grey(128), Image.new("RGB", (4, 3), (9, 8, 7))
    broken.info["icc_profile"] = linear_grey()[:140]
    colours.info["icc_profile"] = linear_grey()
    for picture, name, expected in ((broken, "WEBP", (128, 128, 128)), (colours, "PNG", (9, 8, 7))):
        with pytest.warns(NclWarning, match="its profile, of grey, is of no use for colours and left out"):
            content = picture_bytes(picture, name)
        with Image.open(io.BytesIO(content)) as back:
            assert "icc_profile" not in back.info and back.convert("RGB").getpixel((1, 1)) == expected
        assert "icc_profile" in picture.info


def test_a_grey_palette_with_a_profile_of_grey_is_grey():
    picture = Image.new("L", (4, 3), 9).convert("P")
    picture.info["icc_profile"] = linear_grey()
    found = to_supported(picture)
    assert found.mode == "L" and found.info["icc_profile"] == linear_grey()


def test_deep_grey_with_transparency_and_its_profile_stays_grey(tmp_path):
    """Pillow gives it as colours."""
    profile = (b"iCCP", b"x\0\0" + zlib.compress(linear_grey()))
    samples = struct.pack(">4H", 0x1234, 0x8000, 0xABCD, 0xFFFF)
    (tmp_path / "a.png").write_bytes(png(2, 1, 16, 4, samples, profile))
    with pytest.warns(NclWarning, match="16 bits"):
        found = read_picture(tmp_path / "a.png")
    assert found.mode == "LA" and found.info["icc_profile"] == linear_grey()


SRGB = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
WIDE = (31270, 32900, 70800, 29200, 17000, 79700, 13100, 4600)  # BT.2020
GAMA, CHRM, CICP = b"gAMA", b"cHRM", b"cICP"


@pytest.mark.parametrize(
    ("chunks", "told"),
    [
        ([], None),
        ([(GAMA, struct.pack(">I", 45455)), (CHRM, struct.pack(">8I", *SRGB))], None),
        ([(GAMA, struct.pack(">I", 100_000))], "gAMA 1"),
        ([(CHRM, struct.pack(">8I", *WIDE))], "cHRM"),
        ([(GAMA, struct.pack(">I", 100_000)), (CHRM, struct.pack(">8I", *WIDE))], "gAMA 1 and cHRM"),
        ([(b"sRGB", b"\0"), (GAMA, struct.pack(">I", 100_000))], None),
        ([(CICP, bytes([1, 13, 0, 1]))], None),
        ([(CICP, bytes([9, 16, 0, 1]))], "cICP BT.2020, PQ"),
        ([(b"sRGB", b"\0"), (CICP, bytes([9, 18, 0, 1]))], "cICP BT.2020, HLG"),
        ([(CICP, bytes([12, 13, 0, 1]))], "cICP Display P3, 13"),
    ],
)
def test_what_a_png_says_of_its_colours_beside_a_profile_is_told(tmp_path, recwarn, chunks, told):
    path = tmp_path / "a.png"
    path.write_bytes(png(2, 1, 8, 2, bytes([1, 2, 3, 4, 5, 6]), *chunks))
    assert np.asarray(read_picture(path)).ravel().tolist() == [1, 2, 3, 4, 5, 6]
    expected = [f"{path}: its colours are taken for sRGB; its {told} is not kept"] if told else []
    assert [str(each.message) for each in recwarn.list] == expected


def test_what_an_avif_says_of_its_colours_is_told(tmp_path, recwarn):
    path = tmp_path / "a.avif"
    content = picture_bytes(Image.new("RGB", (16, 16), (9, 8, 7)), "AVIF")
    at = content.index(b"colrnclx") + 8
    for numbers, told in (((1, 13), []), ((2, 2), []), ((9, 16), ["nclx BT.2020, PQ"])):
        path.write_bytes(content[:at] + struct.pack(">2H", *numbers) + content[at + 4 :])
        assert read_picture(path).size == (16, 16)
        expected = [f"{path}: its colours are taken for sRGB; its {each} is not kept" for each in told]
        assert [str(each.message) for each in recwarn.list] == expected
