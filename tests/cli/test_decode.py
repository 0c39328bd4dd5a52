"""`nc decode`: what the wanted picture format cannot hold, and what of the metadata is written."""

import pytest
from PIL import Image, ImageCms


def test_what_a_format_cannot_hold_is_one_line_and_stops_no_other(nc, picture, tiny, tmp_path):
    Image.new("RGB", (70_000, 1), (9, 200, 3)).save(tmp_path / "long.png")
    assert nc("encode", "long.png", "a.png", "--weights", tiny, "--quiet")[0] == 0
    code, _, err = nc("decode", "long.ncl", "a.ncl", "--format", "gif", "--weights", tiny, "--quiet")
    assert code == 1 and (tmp_path / "a.gif").exists() and not (tmp_path / "long.gif").exists()
    said = [line for line in err.splitlines() if "long.gif: " in line]
    assert len(said) == 1 and said[0].startswith("nc: long.gif: 70000 x 1 pixels cannot be written as GIF (")
    assert "nc: warning: a.ncl: the colours are reduced to the 256 that GIF holds" in err


@pytest.mark.parametrize(
    ("format", "output", "code"),
    [("png", "b.jpg", 2), ("jpg", "b.jpeg", 0), ("PNG", "b.png", 0), ("png", "b", 0), ("png", "b.0001", 0)],
)
def test_a_name_and_a_format_are_of_one(nc, picture, tiny, tmp_path, format, output, code):
    assert nc("encode", "a.png", "--weights", tiny, "--quiet")[0] == 0
    done, _, err = nc("decode", "a.ncl", "-o", output, "--format", format, "--weights", tiny)
    assert done == code and (tmp_path / output).exists() == (code == 0)
    if code:
        assert "png is not what b.jpg is named" in err
    else:
        with Image.open(tmp_path / output) as opened:
            assert opened.format == ("JPEG" if "j" in format else "PNG")


def test_a_film_s_name_and_format_are_of_one(nc, picture, tiny, tmp_path):
    assert nc("encode", "a.png", "--weights", tiny, "--quiet")[0] == 0
    code, _, err = nc("decode", "a.ncl", "--start", "grey", "-o", "a.mp4", "--format", "gif", "--weights", tiny)
    assert code == 2 and "gif is not what a.mp4 is named" in err and not (tmp_path / "a.mp4").exists()
    film = ("decode", "a.ncl", "--start", "grey", "--steps", 1, "-o", "film.png", "--format", "apng")
    assert nc(*film, "--weights", tiny)[0] == 0


@pytest.mark.parametrize(
    ("strip", "left"),
    [
        ([], {"icc_profile", "exif", "xmp"}),
        (["exif"], {"icc_profile", "xmp"}),
        (["icc", "xmp"], {"exif"}),
        (["all"], set()),
    ],
)
def test_metadata_that_a_user_does_not_want_are_not_written(nc, picture, tiny, tmp_path, strip, left):
    exif = Image.Exif()
    exif[271] = "Maker"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.open(picture).save(tmp_path / "b.jpg", exif=exif, icc_profile=profile, xmp=b"<x/>")
    assert nc("encode", "b.jpg", "--weights", tiny, "--quiet")[0] == 0
    options = [word for kind in strip for word in ("--strip", kind)]
    for name in ("c.jpg", "c.png"):
        assert nc("decode", "b.ncl", "-o", name, "--weights", tiny, *options)[0] == 0
        with Image.open(tmp_path / name) as back:
            assert {"icc_profile", "exif", "xmp"} & set(back.info) == left


def test_exif_that_jpeg_cannot_hold_is_told_with_the_way_out(nc, picture, tiny, tmp_path):
    exif = Image.Exif()
    exif[271] = "x" * 65_600
    Image.open(picture).save(tmp_path / "b.png", exif=exif)
    assert nc("encode", "b.png", "--weights", tiny, "--quiet")[0] == 0
    code, _, err = nc("decode", "b.ncl", "-o", "b.jpg", "--weights", tiny)
    assert code == 1 and err.startswith("nc: b.jpg: 656")
    assert err.endswith(" bytes of EXIF are more than the 65533 that JPEG holds (--strip exif leaves it out)\n")
    assert not (tmp_path / "b.jpg").exists()
    assert nc("decode", "b.ncl", "-o", "b.jpg", "--weights", tiny, "--strip", "exif")[0] == 0
