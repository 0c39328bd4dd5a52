"""What arguments mean: which files are done, and which are the outputs."""

import json
import os

import pytest
from PIL import Image

import nccodec


@pytest.fixture
def folder(tmp_path, smooth):
    """a.png, a.jpg, which both would become a.ncl, b.png and sub/c.png."""
    (tmp_path / "sub").mkdir()
    for name in ("a.png", "a.jpg", "b.png", "sub/c.png"):
        smooth(12, 16).save(tmp_path / name)
    return tmp_path


def outputs(folder) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.ncl"))


@pytest.mark.parametrize("arguments", [("a.png", "a.jpg", "b.png"), ("-r", ".")])
def test_what_is_clear_is_done_and_what_is_not_is_named(nc, folder, tiny, arguments):
    code, _, err = nc("encode", *arguments, "--weights", tiny, "--quiet")
    assert code == 1 and outputs(folder) == (["b.ncl"] if "b.png" in arguments else ["b.ncl", "sub/c.ncl"])
    first, second, last = sorted(err.splitlines(), key=lambda line: "failed" in line)
    hint = "(--keep-suffix keeps them apart)"
    assert {first, second} == {
        f"nc: a.png: would become a.ncl, as a.jpg would {hint}",
        f"nc: a.jpg: would become a.ncl, as a.png would {hint}",
    }
    assert last.startswith("nc: 2 of ") and "a.png" in last and "a.jpg" in last


def test_whole_names_keep_outputs_apart(nc, folder, tiny):
    assert nc("encode", "a.png", "a.jpg", "--keep-suffix", "--weights", tiny)[0] == 0
    assert outputs(folder) == ["a.jpg.ncl", "a.png.ncl"]
    code, _, err = nc("decode", "a.jpg.ncl", "a.png.ncl", "--format", "bmp", "--weights", tiny)
    assert code == 0 and (folder / "a.jpg.bmp").exists() and (folder / "a.png.bmp").exists(), err


def test_the_same_name_in_two_folders_is_not_told_apart_by_its_suffix(nc, folder, tiny):
    (folder / "sub" / "c.png").rename(folder / "sub" / "b.png")
    code, _, err = nc("encode", "b.png", "sub/b.png", "a.png", "--output-dir", "out", "--weights", tiny)
    assert code == 1 and outputs(folder) == ["out/a.ncl"]
    assert "nc: b.png: would become out/b.ncl, as sub/b.png would\n" in err


def test_a_file_that_is_named_twice_is_done_once(nc, folder, tiny):
    code, out, _ = nc("encode", "b.png", "sub/../b.png", folder / "b.png", "--json", "--weights", tiny)
    assert code == 0 and [json.loads(line)["source"] for line in out.splitlines()] == ["b.png"]
    assert nc("encode", "b.png", "b.png", "-o", "one.ncl", "--weights", tiny)[0] == 0


def test_one_folder_or_stream_without_a_meaning_stops_no_other(nc, folder, tiny):
    code, _, err = nc("encode", "sub", "-", "b.png", "--output-dir", "out", "--weights", tiny)
    assert code == 1 and outputs(folder) == ["out/b.ncl"]
    assert "nc: sub: is a folder (-r takes all in it)\n" in err and "give -o\n" in err
    assert err.endswith("nc: 2 of 3 failed: sub, -\n")


def test_whether_a_file_may_be_read_is_found_out_by_reading(nc, folder, tiny, monkeypatch):
    """Root reads what access() refuses; others get the same line from either, and the rest is done."""
    asked = os.access
    monkeypatch.setattr(os, "access", lambda path, mode, **more: "a.png" not in str(path) and asked(path, mode, **more))
    assert nc("encode", "a.png", "b.png", "--weights", tiny)[0] == 0
    assert outputs(folder) == ["a.ncl", "b.ncl"]
    opened = Image.open

    def refuse(source, *arguments, **more):
        if "a.png" in str(source):
            raise PermissionError(13, "Permission denied", str(source))
        return opened(source, *arguments, **more)

    monkeypatch.setattr(Image, "open", refuse)
    code, _, err = nc("encode", "a.png", "b.png", "-f", "--weights", tiny)
    assert code == 1 and err.startswith("nc: a.png: permission denied\nb.ncl: ")


def test_folders_are_searched_for_all_that_pillow_reads_and_the_rest_is_counted(nc, folder, tiny):
    inside = folder / "in"
    inside.mkdir()
    picture = Image.open(folder / "b.png")
    for name, form in (
        ("a.jfif", "JPEG"), ("b.JPE", "JPEG"), ("c.mpo", "MPO"), ("d.bw", "SGI"), ("e.pcx", "PCX"), ("f.psd", "PNG")
    ):  # fmt: skip
        picture.convert("L" if form == "SGI" else "RGB").save(inside / name, form)
    for name in ("film.mpg", "paper.eps", "notes.txt", "README", "sums.h5"):
        (inside / name).write_bytes(b"no picture")
    code, _, err = nc("encode", "-r", "in", "--output-dir", "out", "--weights", tiny)
    assert code == 0 and outputs(folder) == [f"out/{stem}.ncl" for stem in "abcdef"]
    assert err.startswith("nc: in: 5 files left out by name (.eps, .h5, .mpg, .txt)\n")
    assert "left out" not in nc("encode", "-r", "in", "--output-dir", "o", "--quiet", "--weights", tiny)[2]


def test_a_folder_that_cannot_be_looked_into_is_named(nc, folder, tiny, monkeypatch):
    looked = os.scandir

    def refuse(path):
        if str(path).endswith("sub"):
            raise PermissionError(13, "Permission denied", str(path))
        return looked(path)

    (folder / "a.jpg").unlink()
    monkeypatch.setattr(os, "scandir", refuse)
    code, _, err = nc("encode", "-r", folder, "--weights", tiny, "--quiet")
    assert code == 1 and outputs(folder) == ["a.ncl", "b.ncl"]
    assert f"nc: {folder}/sub: Permission denied\n" in err


def test_two_names_are_the_input_and_the_output(nc, folder, tiny):
    data = nccodec.encode(Image.open(folder / "a.png"), weights=tiny)
    assert nc("encode", "a.png", "out.ncl", "--weights", tiny)[0] == 0
    assert outputs(folder) == ["out.ncl"] and (folder / "out.ncl").read_bytes() == data
    assert nc("decode", "out.ncl", "out.webp", "--weights", tiny)[0] == 0
    with Image.open(folder / "out.webp") as decoded:
        assert decoded.format == "WEBP" and decoded.size == (16, 12)
    assert nc("pifs", "a.png", "p.ncl")[0] == 0 and outputs(folder) == ["out.ncl", "p.ncl"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("encode", "a.png", "there.ncl"), "there.ncl may be an input or the output; -o there.ncl"),
        (("encode", "-f", "a.png", "there.ncl"), "-o there.ncl makes it the output"),
        (("encode", "a.png", "-"), "-o - makes it the output"),
        (("encode", "a.png", "b.png", "out.ncl"), "--output-dir names the folder"),
        (("encode", "-r", "sub", "none/out.ncl"), "none: no such folder"),
        (("decode", "there.ncl", "a.png"), "-o a.png makes it the output"),
        (("decode", "there.ncl", "there.ncl", "out.png"), "--output-dir names the folder"),
        (("decode", "there.ncl", "-"), "-o - makes it the output"),
        (("pifs", "a.png", "there.ncl"), "-o there.ncl makes it the output"),
    ],
)
def test_where_two_names_could_mean_two_things_nothing_is_written(nc, folder, arguments, message):
    (folder / "there.ncl").write_bytes(b"there")
    before = sorted(folder.rglob("*"))
    code, out, err = nc(*arguments)
    assert code in (1, 2) and out == "" and message in " ".join(err.split())
    assert sorted(folder.rglob("*")) == before and (folder / "there.ncl").read_bytes() == b"there"
