"""Reading and writing pictures: what is kept, what is refused."""

import numpy as np
import pytest
from PIL import Image

from nccodec.errors import ImageError
from nccodec.imaging.pictures import read_rgb, writable, write_picture


def test_orientation_is_applied(tmp_path):
    pixels = np.zeros((8, 16, 3), np.uint8)
    pixels[:, :8, 0] = 255  # red on the left
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise: left becomes top
    path = tmp_path / "turned.png"
    Image.fromarray(pixels).save(path, exif=exif)
    picture = read_rgb(path)
    assert picture.size == (8, 16)
    assert picture.getpixel((4, 2)) == (255, 0, 0) and picture.getpixel((4, 12)) == (0, 0, 0)


@pytest.mark.parametrize(("mode", "expected"), [("RGB", "RGB"), ("L", "L"), ("1", "L"), ("P", "RGB"), ("CMYK", "RGB")])
def test_modes(tmp_path, mode, expected):
    path = tmp_path / "picture.tif"
    Image.new("L", (5, 4), 200).convert(mode).save(path)
    assert read_rgb(path).mode == expected


def test_opaque_alpha_is_dropped_and_any_other_refused(tmp_path):
    path = tmp_path / "alpha.png"
    Image.new("RGBA", (3, 3), (10, 20, 30, 255)).save(path)
    assert read_rgb(path).getpixel((0, 0)) == (10, 20, 30)
    Image.new("RGBA", (3, 3), (10, 20, 30, 254)).save(path)
    with pytest.raises(ImageError, match=r"alpha\.png: has transparency"):
        read_rgb(path)


@pytest.mark.parametrize(
    ("data", "message"), [(b"", "not an image"), (b"hello", "not an image"), (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "")]
)
def test_broken_files_are_named(tmp_path, data, message):
    path = tmp_path / "broken.png"
    path.write_bytes(data)
    with pytest.raises(ImageError, match=f"broken.png: .*{message}"):
        read_rgb(path)


def test_truncated_missing_and_deep_pictures_are_named(tmp_path):
    path = tmp_path / "cut.png"
    Image.effect_noise((64, 64), 50).save(path)
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(ImageError, match=r"cut\.png: cannot be read"):
        read_rgb(path)
    with pytest.raises(ImageError, match="no such file"):
        read_rgb(tmp_path / "absent.png")
    with pytest.raises(ImageError, match="is a folder"):
        read_rgb(tmp_path)
    deep = tmp_path / "deep.png"
    Image.fromarray(np.full((4, 4), 40000, np.uint16)).save(deep)
    with pytest.raises(ImageError, match="more than 8 bits"):
        read_rgb(deep)


@pytest.mark.parametrize("suffix", [".png", ".webp", ".bmp", ".tif"])
def test_lossless_formats_keep_every_sample(tmp_path, suffix):
    picture = Image.effect_noise((20, 10), 60).convert("RGB")
    path = tmp_path / f"picture{suffix}"
    write_picture(picture, path)
    with Image.open(path) as back:
        np.testing.assert_array_equal(np.asarray(back.convert("RGB")), np.asarray(picture))


def test_unknown_extensions_are_refused(tmp_path):
    for name in ("picture", "picture.xyz", "picture.ncl"):
        with pytest.raises(ImageError, match="no picture format"):
            writable(tmp_path / name)
