"""ICC profile, EXIF and XMP on their way through a `.ncl`."""

import pytest
from PIL import Image, ImageCms

import nccodec
from nccodec.errors import LimitError
from nccodec.imaging.metadata import KINDS, info_of, metadata_of
from nccodec.imaging.pictures import picture_bytes, picture_format, read_picture

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>'
MAKE, ORIENTATION = 271, 274


@pytest.fixture
def phone(tmp_path, smooth):
    """A JPEG as telephones make them: turned, with a maker and a profile."""
    exif = Image.Exif()
    exif[MAKE], exif[ORIENTATION] = "Maker", 6
    path = tmp_path / "phone.jpg"
    smooth(24, 40).save(path, exif=exif, icc_profile=PROFILE, xmp=XMP)
    return path


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_metadata_go_through_the_file_and_orientation_is_applied_once(phone, tiny, suffix):
    data = nccodec.encode(read_picture(phone), weights=tiny)
    decoded = nccodec.decode(data, weights=tiny)
    assert decoded.size == (24, 40)
    target = phone.with_name(f"back{suffix}")
    target.write_bytes(picture_bytes(decoded, picture_format(target)))
    with Image.open(target) as back:
        back.load()
        assert back.info["icc_profile"] == PROFILE
        assert back.getexif()[MAKE] == "Maker" and ORIENTATION not in back.getexif()
        assert back.info["xmp"] == XMP
    again = nccodec.decode(nccodec.encode(read_picture(target), weights=tiny), weights=tiny)
    assert again.size == (24, 40) and again.info["icc_profile"] == PROFILE


@pytest.mark.parametrize(
    ("strip", "left"),
    [((), set(KINDS)), (("exif",), {"icc", "xmp"}), (("icc", "xmp"), {"exif"}), (("all",), set())],
)
def test_strip(phone, tiny, strip, left):
    data = nccodec.encode(read_picture(phone), weights=tiny, strip=strip)
    assert set(metadata_of(nccodec.decode(data, weights=tiny))) == left


def test_unknown_kinds_and_huge_metadata_are_refused(smooth, tiny):
    picture = smooth(8, 8)
    with pytest.raises(LimitError, match="iptc"):
        nccodec.encode(picture, weights=tiny, strip=["iptc"])
    picture.info["icc_profile"] = bytes(2**24 + 1)
    with pytest.raises(LimitError, match="icc metadata"):
        nccodec.encode(picture, weights=tiny)
    assert nccodec.encode(picture, weights=tiny, strip=["icc"])


def test_info_is_the_inverse():
    picture = Image.new("L", (1, 1))
    picture.info = {"icc_profile": b"a", "exif": b"Exif\0\0MM", "xmp": "b", "dpi": (72, 72)}
    found = metadata_of(picture)
    assert found == {"icc": b"a", "exif": b"MM", "xmp": b"b"}
    assert info_of(found) == {"icc_profile": b"a", "exif": b"Exif\0\0MM", "xmp": b"b"}


def test_descriptive_tags_of_a_tiff_are_its_exif(tmp_path, smooth, tiny):
    path = tmp_path / "a.tif"
    smooth(8, 8).save(path, tiffinfo={270: "a description", 305: "a program"})
    decoded = nccodec.decode(nccodec.encode(read_picture(path), weights=tiny), weights=tiny)
    exif = decoded.getexif()
    assert exif[270] == "a description" and exif[305] == "a program" and 256 not in exif
