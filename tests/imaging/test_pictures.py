"""Reading and writing pictures: what is kept, what is refused."""

import base64
import io
import json
import os
import re
import struct
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
from picture_files import png, tiff
from PIL import Image

from nccodec.errors import ImageError, NclWarning
from nccodec.imaging.metadata import metadata_of
from nccodec.imaging.pictures import picture_bytes, picture_format, read_picture


def test_orientation_is_applied(tmp_path):
    pixels = np.zeros((8, 16, 3), np.uint8)
    pixels[:, :8, 0] = 255  # red on the left
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise: left becomes top
    path = tmp_path / "turned.png"
    Image.fromarray(pixels).save(path, exif=exif)
    picture = read_picture(path)
    assert picture.size == (8, 16)
    assert picture.getpixel((4, 2)) == (255, 0, 0) and picture.getpixel((4, 12)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("data", "message"), [(b"", "not an image"), (b"hello", "not an image"), (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "")]
)
def test_broken_files_are_named(tmp_path, data, message):
    path = tmp_path / "broken.png"
    path.write_bytes(data)
    with pytest.raises(ImageError, match=f"broken.png: .*{message}"):
        read_picture(path)


def test_truncated_missing_and_deep_pictures_are_named(tmp_path):
    path = tmp_path / "cut.png"
    Image.effect_noise((64, 64), 50).save(path)
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(ImageError, match=r"cut\.png: cannot be read"):
        read_picture(path)
    with pytest.raises(ImageError, match="no such file"):
        read_picture(tmp_path / "absent.png")
    with pytest.raises(ImageError, match="is a folder"):
        read_picture(tmp_path)


# Of 16 bits, around what divides one rounded sample from the next, and both ends.
DEEP = np.clip(np.add.outer(np.arange(0, 256) * 257, np.array([-129, -128, 0, 127, 128, 129])), 0, 65535).ravel()


@pytest.mark.parametrize(("kind", "channels", "mode"), [(0, 1, "L"), (2, 3, "RGB"), (4, 2, "LA"), (6, 4, "RGBA")])
def test_sixteen_bits_are_rounded_with_a_warning(tmp_path, kind, channels, mode):
    samples = np.random.default_rng(0).permutation(np.repeat(DEEP, channels)).reshape(32, -1, channels)
    path = tmp_path / "deep.png"
    path.write_bytes(png(samples.shape[1], 32, 16, kind, samples.astype(">u2").tobytes()))
    with pytest.warns(NclWarning, match=r"deep\.png: 16 bits a sample are rounded to 8"):
        picture = read_picture(path)
    assert picture.mode == mode
    expected = np.rint(samples / 257)  # 257 is odd: there are no ties
    np.testing.assert_array_equal(np.asarray(picture).reshape(samples.shape), expected)
    with pytest.warns(NclWarning, match="^16 bits"):
        assert read_picture(io.BytesIO(path.read_bytes())) == picture


@pytest.mark.parametrize(("order", "compression"), [("<", 1), (">", 1), ("<", 8), (">", 8)])
def test_sixteen_bits_of_a_tiff_are_rounded(tmp_path, order, compression):
    samples = np.random.default_rng(0).permutation(np.repeat(DEEP, 3)).reshape(32, -1, 3)
    path = tmp_path / "deep.tif"
    path.write_bytes(tiff(samples, order, compression))
    with pytest.warns(NclWarning, match="16 bits a sample are rounded to 8"):
        picture = read_picture(path)
    np.testing.assert_array_equal(np.asarray(picture), np.rint(samples / 257))


def test_sixteen_bits_that_cannot_be_rounded_are_cut_and_told_so(tmp_path):
    samples = np.random.default_rng(0).permutation(np.repeat(DEEP, 3)).reshape(32, -1, 3)
    path = tmp_path / "deep.tif"
    path.write_bytes(tiff(samples, "<", 8, planar=True))
    with pytest.warns(NclWarning, match="16 bits a sample are cut to 8"):
        picture = read_picture(path)
    np.testing.assert_array_equal(np.asarray(picture), samples >> 8)


# avifenc 1.0 -d 10: 8 x 8 pixels of (156, 117, 78).
AVIF_OF_TEN_BITS = base64.b64decode(
    "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUEAAADybWV0YQAAAAAAAAAoaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAGxpYmF2aWYA"
    "AAAADnBpdG0AAAAAAAEAAAAeaWxvYwAAAABEAAABAAEAAAABAAABGgAAAB8AAAAoaWluZgAAAAAAAQAAABppbmZlAgAAAAABAABhdjAxQ29sb3IA"
    "AAAAamlwcnAAAABLaXBjbwAAABRpc3BlAAAAAAAAAAgAAAAIAAAAEHBpeGkAAAAAAwoKCgAAAAxhdjFDgSBAAAAAABNjb2xybmNseAABAA0ABoAA"
    "AAAXaXBtYQAAAAAAAAABAAEEAQKDBAAAACdtZGF0EgAKCDgIv2MBDQaQMhESgAMMMMQAAGio+wXJ+o/xwA=="
)
# opj_compress 2.5 -F 4,4,3,12,u: 4 x 4 pixels of (2047, 2056, 4090) of 4095.
J2K_OF_TWELVE_BITS = bytes.fromhex(
    "ff4fff51002f0000000000040000000400000000000000000000000400000004000000000000000000030b01010b01010b0101ff52000c"
    "00000001010004040001ff5c00044060ff640025000143726561746564206279204f70656e4a5045472076657273696f6e20322e352e30"
    "ff90000a0000000000360001ff93c7ec1414005192e9200005f89fcfe43814005ca524a0000308e71fdb569fc01f20601150495c0841ffd9"
)


def test_ten_bits_of_an_avif_are_rounded_with_a_warning(tmp_path):
    path = tmp_path / "deep.avif"
    path.write_bytes(AVIF_OF_TEN_BITS)
    for source, lead in ((path, f"{path}: "), (io.BytesIO(AVIF_OF_TEN_BITS), "")):
        with pytest.warns(NclWarning, match=f"^{re.escape(lead)}10 bits a sample are rounded to 8$"):
            picture = read_picture(source)
        assert np.abs(np.asarray(picture) - np.array([156.0, 117, 78])).max() <= 2


def test_avif_of_eight_bits_has_no_warning():
    made = io.BytesIO()
    Image.new("RGB", (8, 8), "olive").save(made, "AVIF")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_picture(made)


def test_jpeg_2000_whose_white_would_be_black_is_refused(tmp_path):
    path = tmp_path / "deep.j2k"
    path.write_bytes(J2K_OF_TWELVE_BITS)
    for source, lead in ((path, f"{path}: "), (io.BytesIO(J2K_OF_TWELVE_BITS), "")):
        with pytest.raises(ImageError, match=f"^{re.escape(lead)}colours of 12 bits a sample in JPEG 2000"):
            read_picture(source)
    made = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(made, "JPEG2000")
    assert read_picture(made).getpixel((3, 3)) == (255, 255, 255)


def test_a_transparent_colour_of_sixteen_bits(tmp_path):
    """Only the very colour is transparent, not all that round to the same."""
    samples = np.array([[[1000, 2000, 3000], [1001, 2000, 3000], [1000, 2000, 3257]]])
    for kind, key, expected in ((2, (1000, 2000, 3000), [0, 255, 255]), (0, (1000,), [0, 255, 0])):
        content = samples if kind else samples[..., :1]
        chunk = (b"tRNS", struct.pack(f">{len(key)}H", *key))
        (tmp_path / "a.png").write_bytes(png(3, 1, 16, kind, content.astype(">u2").tobytes(), chunk))
        with pytest.warns(NclWarning, match="16 bits"):
            picture = read_picture(tmp_path / "a.png")
        assert np.asarray(picture.getchannel("A")).tolist() == [expected] and "transparency" not in picture.info
        np.testing.assert_array_equal(np.asarray(picture)[..., :-1], np.rint(content / 257))


def test_the_first_of_several_frames_is_taken_with_a_warning(tmp_path):
    frames = [Image.new("L", (4, 3), value) for value in (10, 200)]
    for name in ("a.gif", "a.tif"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
        with pytest.warns(NclWarning, match="first of 2 frames"):
            picture = read_picture(tmp_path / name)
        assert picture.getextrema() == (10, 10) and picture.size == (4, 3)


def test_phone_pictures_of_several_frames_are_read_without_a_warning(tmp_path, recwarn):
    path = tmp_path / "a.mpo"
    Image.new("RGB", (16, 16)).save(path, "MPO", save_all=True, append_images=[Image.new("RGB", (16, 16))])
    assert read_picture(path).size == (16, 16) and not recwarn.list


def test_damaged_metadata_are_no_reason_to_refuse_a_picture(tmp_path):
    path = tmp_path / "a.jpg"
    Image.new("RGB", (8, 8), (9, 9, 9)).save(path, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x09garbage")
    with pytest.warns(NclWarning, match=r"a\.jpg: Corrupt EXIF data"):
        assert read_picture(path).size == (8, 8)


def fax(path, damage: bytes) -> None:
    """A TIFF of 64 x 64 bits, of which libtiff makes a picture whatever its code words are."""
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 2, (64, 64), np.uint8) * 255)
    noise.convert("1").save(path, compression="group4")
    content = bytearray(path.read_bytes())
    content[300 : 300 + len(damage)] = damage
    path.write_bytes(content)


def test_what_libtiff_says_is_a_warning_or_the_cause_and_led_by_the_name(tmp_path, capfd, recwarn):
    fax(tmp_path / "whole.tif", b"")
    assert read_picture(tmp_path / "whole.tif").size == (64, 64) and not recwarn.list
    fax(tmp_path / "part.tif", bytes.fromhex("ff01023344"))
    with pytest.warns(NclWarning, match=r"part\.tif: Fax4Decode: Bad code word at line \d+"):
        assert read_picture(tmp_path / "part.tif").size == (64, 64)
    path = tmp_path / "lzw.tif"
    Image.effect_noise((64, 64), 50).save(path, compression="tiff_lzw")
    path.write_bytes(path.read_bytes()[:2000] + bytes(100) + path.read_bytes()[2100:])
    with pytest.raises(ImageError, match=r"lzw\.tif: cannot be read as an image \(decoder error -2: LZWDecode: "):
        read_picture(path)
    assert capfd.readouterr() == ("", "")


def test_what_pillow_logs_is_no_line_of_its_own(tmp_path):
    """More samples a pixel than there can be, which it logs as an error."""
    content = tiff(np.zeros((4, 4, 3), int), "<", 1)
    samples = struct.pack("<HHIHH", 277, 3, 1, 3, 0)
    assert content.count(samples) == 1
    (tmp_path / "a.tif").write_bytes(content.replace(samples, struct.pack("<HHIHH", 277, 3, 1, 9, 0)))
    run = [sys.executable, "-c", READ, "a.tif"]
    told = subprocess.run(run, cwd=tmp_path, check=False, capture_output=True, text=True).stderr
    assert "a.tif: not an image: More samples" in told and not told.startswith("More samples")


@pytest.mark.parametrize("suffix", [".png", ".webp", ".bmp", ".tif"])
def test_lossless_formats_keep_every_sample(tmp_path, suffix):
    picture = Image.effect_noise((20, 10), 60).convert("RGB")
    path = tmp_path / f"picture{suffix}"
    path.write_bytes(picture_bytes(picture, picture_format(path)))
    with Image.open(path) as back:
        np.testing.assert_array_equal(np.asarray(back.convert("RGB")), np.asarray(picture))


def test_unknown_extensions_are_refused(tmp_path):
    for name in ("picture", "picture.xyz", "picture.ncl"):
        with pytest.raises(ImageError, match="no picture format"):
            picture_format(tmp_path / name)


def test_transparency_is_written_where_the_format_has_it_and_refused_elsewhere(tmp_path):
    picture = Image.new("LA", (5, 4), (100, 50))
    for suffix in (".png", ".tif", ".webp"):
        content = picture_bytes(picture, picture_format(tmp_path / f"a{suffix}"))
        with Image.open(io.BytesIO(content)) as back:
            assert back.convert("RGBA").getpixel((2, 2)) == (100, 100, 100, 50)
    for suffix in (".jpg", ".ppm"):
        with pytest.raises(ImageError, match="holds no transparency"):
            picture_bytes(picture, picture_format(tmp_path / f"a{suffix}"))


def test_what_a_format_cannot_hold_is_refused_whatever_its_writer_raises():
    long = Image.new("RGB", (70_000, 2), (9, 200, 3))
    for name in ("GIF", "AVIF", "TGA", "SGI", "ICO", "JPEG", "WEBP"):
        with pytest.raises(ImageError, match=r"^70000 x 2 pixels"):
            picture_bytes(long, name)
    assert Image.open(io.BytesIO(picture_bytes(long, "PNG"))).size == (70_000, 2)


def test_pillow_has_no_say_in_how_large_a_written_picture_may_be(monkeypatch, recwarn):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    for name in ("PNG", "JPEG", "TIFF", "GIF", "BMP"):
        assert picture_bytes(Image.new("L", (9, 7)), name)
    assert not recwarn.list
    with pytest.raises(ImageError, match=r"what was written as WEBP cannot be read \(Image size"):  # has one as well
        picture_bytes(Image.new("L", (9, 7)), "WEBP")


def test_icons_keep_their_size_or_are_refused():
    content = picture_bytes(Image.new("RGB", (60, 41), (9, 200, 3)), "ICO")
    with Image.open(io.BytesIO(content)) as back:
        assert back.size == (60, 41) and back.convert("RGB").getpixel((59, 40)) == (9, 200, 3)
    for name, size in (("ICO", (300, 200)), ("ICNS", (60, 41))):
        with pytest.raises(ImageError, match=f"{size[0]} x {size[1]} pixels"):
            picture_bytes(Image.new("RGB", size), name)


def test_formats_that_would_drop_transparency_or_colours_are_refused():
    """Pillow writes each of these without a word."""
    half, hole = Image.new("RGBA", (6, 5), (9, 8, 7, 255)), Image.new("RGBA", (6, 5), (9, 8, 7, 255))
    half.putpixel((1, 1), (9, 8, 7, 128))
    hole.putpixel((1, 1), (0, 0, 0, 0))
    for picture, name in ((half, "BMP"), (half, "GIF"), (hole, "BMP")):
        with pytest.raises(ImageError, match=f"{name} holds no "):
            picture_bytes(picture, name)
    with Image.open(io.BytesIO(picture_bytes(hole, "GIF"))) as back:
        assert [back.convert("RGBA").getpixel((1, y))[3] for y in range(3)] == [255, 0, 255]
    for mode in ("L", "RGB"):
        with pytest.raises(ImageError, match="SPIDER does not hold mode"):
            picture_bytes(Image.new(mode, (6, 5)), "SPIDER")
    opaque = Image.new("RGBA", (6, 5), (9, 8, 7, 255))  # as a region of a transparent picture may be
    with Image.open(io.BytesIO(picture_bytes(opaque, "BMP"))) as back:
        assert back.getpixel((1, 1)) == (9, 8, 7)


def test_a_palette_that_is_too_small_is_told_of(recwarn):
    few = Image.fromarray(np.uint8([[[i, 0, j] for i in range(16)] for j in range(16)]))
    with Image.open(io.BytesIO(picture_bytes(few, "GIF"))) as back:
        np.testing.assert_array_equal(np.asarray(back.convert("RGB")), np.asarray(few))
    assert not recwarn.list
    with pytest.warns(NclWarning, match=r"^the colours are reduced to the 256 that GIF holds"):
        picture_bytes(Image.fromarray(np.uint8([[[i, 1, j] for i in range(17)] for j in range(16)])), "GIF")


READ = """
import json, sys
from pathlib import Path
from nccodec.imaging.pictures import read_picture
print(json.dumps([read_picture(Path(name)).size for name in sys.argv[1:]]))
"""


def test_what_a_file_is_does_not_depend_on_those_before_it(tmp_path):
    """A PCX of version 0 whose header makes sense as that of a TGA, which has no signature, of 72 x 72 pixels."""
    header = struct.pack("<4B6H", 10, 0, 1, 1, 0, 0, 7, 4, 72, 72) + bytes([8]) + bytes(48) + struct.pack("<BH", 1, 1)
    for name in ("a.pcx", "bare"):
        (tmp_path / name).write_bytes(header.ljust(128, b"\0") + 5 * b"\x55")
    Image.new("RGB", (3, 2), (1, 2, 3)).save(tmp_path / "b.tga")
    orders = [["a.pcx", "bare"], ["b.tga", "a.pcx", "bare"]]
    runs = [[sys.executable, "-c", READ, *names] for names in orders]
    told = [subprocess.run(run, cwd=tmp_path, check=True, capture_output=True).stdout for run in runs]
    assert [json.loads(sizes) for sizes in told] == [[[8, 5], [8, 5]], [[3, 2], [8, 5], [8, 5]]]


def test_common_formats_are_read_without_the_modules_of_the_others(tmp_path):
    names = ["a.png", "a.jpg", "a.webp"]
    for name in names:
        Image.new("RGB", (3, 2), (1, 2, 3)).save(tmp_path / name)
    script = READ + "assert 'PIL.WebPImagePlugin' in sys.modules and 'PIL.TgaImagePlugin' not in sys.modules"
    subprocess.run([sys.executable, "-c", script, *names], cwd=tmp_path, check=True)


@pytest.mark.parametrize("name", ["PNG", "TIFF", "TGA"])
def test_pipes_are_read_once(tmp_path, name):
    os.mkfifo(tmp_path / "pipe")
    content = picture_bytes(Image.new("RGB", (3, 2), (1, 2, 3)), name)
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(content,), daemon=True)
    writer.start()
    assert read_picture(tmp_path / "pipe").getpixel((2, 1)) == (1, 2, 3)
    writer.join()


def test_pictures_in_memory(tmp_path):
    content = picture_bytes(Image.new("L", (3, 2), 77), "PNG")
    assert read_picture(io.BytesIO(content)).getextrema() == (77, 77)
    with pytest.raises(ImageError, match=r"^not an image"):
        read_picture(io.BytesIO(b"nothing"))


def test_a_picture_whose_exif_cannot_be_written_again_keeps_its_orientation(tmp_path):
    """It is not turned and then told to be turned once more: 0x011A is a resolution, which cannot be a text."""
    fields = [(0x0112, 3, 1, 6), (0x011A, 2, 4, int.from_bytes(b"abc\0", "little"))]
    exif = b"II*\0\x08\0\0\0" + struct.pack("<H", 2) + b"".join(struct.pack("<HHII", *f) for f in fields) + bytes(4)
    Image.new("RGB", (40, 20)).save(tmp_path / "a.png", exif=exif)
    picture = read_picture(tmp_path / "a.png")
    kept = Image.Exif()
    kept.load(metadata_of(picture)["exif"] or b"")
    assert picture.size == ((20, 40) if kept.get(0x0112, 1) == 1 else (40, 20))
