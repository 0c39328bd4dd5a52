"""`nc decode`: what the wanted picture format cannot hold, and what of the metadata is written."""

from PIL import Image


def test_what_a_format_cannot_hold_is_one_line_and_stops_no_other(nc, picture, tiny, tmp_path):
    Image.new("RGB", (70_000, 1), (9, 200, 3)).save(tmp_path / "long.png")
    assert nc("encode", "long.png", "a.png", "--weights", tiny, "--quiet")[0] == 0
    code, _, err = nc("decode", "long.ncl", "a.ncl", "--format", "gif", "--weights", tiny, "--quiet")
    assert code == 1 and (tmp_path / "a.gif").exists() and not (tmp_path / "long.gif").exists()
    said = [line for line in err.splitlines() if "long.gif: " in line]
    assert len(said) == 1 and said[0].startswith("nc: long.gif: 70000 x 1 pixels cannot be written as GIF (")
    assert "nc: warning: a.ncl: the colours are reduced to the 256 that GIF holds" in err
