"""ICC profile, EXIF and XMP on their way through a `.ncl`."""

import hashlib
import io
import struct

import pytest
from PIL import Image, ImageCms

import nccodec
from nccodec.errors import ImageError, LimitError, NclWarning
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


def segments(jpeg: bytes) -> list[tuple[int, bytes]]:
    """Marker and content of each segment before the samples."""
    found, at = [], 2
    while jpeg[at + 1] != 0xDA:
        size = int.from_bytes(jpeg[at + 2 : at + 4], "big")
        found.append((jpeg[at + 1], jpeg[at + 4 : at + 2 + size]))
        at += 2 + size
    return found


EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"


@pytest.mark.parametrize("length", [65_502, 65_503, 200_000])
def test_long_xmp_is_extended_xmp_of_a_jpeg_and_read_back(smooth, recwarn, length):
    xmp = (XMP[:-12] + b"<!-- " + bytes(range(97, 123)) * 10_000)[: length - 16] + b" -->" + XMP[-12:]
    picture = smooth(8, 8)
    picture.info["xmp"] = xmp
    content = picture_bytes(picture, "JPEG")
    pieces = [piece[len(EXTENSION) :] for marker, piece in segments(content) if piece.startswith(EXTENSION)]
    assert bool(pieces) == (length > 65_502)
    if pieces:  # by the specification's letter
        name = hashlib.md5(xmp).hexdigest().upper().encode()
        assert all(struct.unpack(">32sI", piece[:36]) == (name, length) for piece in pieces)
        assert [int.from_bytes(piece[36:40], "big") for piece in pieces] == list(range(0, length, 65_400))
        assert b"".join(piece[40:] for piece in pieces) == xmp
        with Image.open(io.BytesIO(content)) as back:
            assert b'HasExtendedXMP="' + name in back.info["xmp"]
    assert read_picture(io.BytesIO(content)).info["xmp"] == xmp and not recwarn.list


def test_extended_xmp_of_others_is_told_of(tmp_path, smooth):
    """Its main part says something of its own; damaged segments are no reason to refuse a picture."""
    for part in (bytes(32) + struct.pack(">II", 3, 0) + b"abc", b"damaged"):
        extra = struct.pack(">2sH", b"\xff\xe1", 2 + len(EXTENSION + part)) + EXTENSION + part
        smooth(8, 8).save(tmp_path / "a.jpg", xmp=XMP, extra=extra)
        with pytest.warns(NclWarning, match=r"a\.jpg: of its XMP the extended part is not kept"):
            assert read_picture(tmp_path / "a.jpg").info["xmp"] == XMP


def test_exif_too_long_for_a_jpeg_is_refused_by_name_and_fits_elsewhere(smooth):
    picture, exif = smooth(8, 8), Image.Exif()
    exif[MAKE] = "x" * 65_600
    picture.info["exif"] = exif.tobytes()
    with pytest.raises(ImageError, match=r"bytes of EXIF are more than the 65533 that JPEG holds \(--strip exif"):
        picture_bytes(picture, "JPEG")
    for name in ("PNG", "WEBP", "TIFF"):
        with Image.open(io.BytesIO(picture_bytes(picture, name))) as back:
            assert back.getexif()[MAKE] == exif[MAKE]
