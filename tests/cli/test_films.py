"""`nc decode --start` and `nc morph`: what is written and said, and what is refused in one line."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import nccodec
from nccodec.codec.file import read_file, write_file
from nccodec.whole.code import WholeCode

MADE: dict[str, bytes] = {}


@pytest.fixture
def files(nc, smooth, tmp_path, tiny):
    """a.ncl and b.ncl of `nc pifs`, c.ncl of `nc encode` without and d.ncl with self-reference, e.ncl a screen map."""
    if not MADE:
        MADE["a"] = nccodec.encode(smooth(40, 60), map="pifs")
        MADE["b"] = nccodec.encode(smooth(40, 72).crop((12, 0, 72, 40)), map="pifs")
        MADE["c"] = nccodec.encode(smooth(40, 60), map="collage")
        MADE["d"] = (tiny.parent / "ok" / "range-19x14.ncl").read_bytes()
        MADE["e"] = nccodec.encode(smooth(16, 16), lossless=True)
    for name, data in MADE.items():
        (tmp_path / f"{name}.ncl").write_bytes(data)
    return tmp_path


def frames(path) -> list[np.ndarray]:
    with Image.open(path) as film:
        found = []
        for number in range(film.n_frames):
            film.seek(number)
            found.append(np.asarray(film.convert("RGB")).astype(int))
        return found


def test_the_way_to_the_fixed_point(nc, files, smooth):
    smooth(90, 30).save(files / "start.png")
    code, out, err = nc("decode", "a.ncl", "--start", "start.png", "-o", "a.png")
    assert (code, out) == (0, "")
    first, *lines = err.splitlines()
    found = frames("a.png")
    steps = len(found) - 1
    assert re.fullmatch(
        rf"a\.png: 60 x 40, {steps + 1} frames; exact after {steps} steps from any start.*\|s\| up to [\d.]+.*", first
    )
    told = [re.fullmatch(r"  step (\d+): largest ([\d.]+), RMS ([\d.]+) grey levels from the fixed point.*", line)
            for line in lines]  # fmt: skip
    assert [int(each[1]) for each in told] == list(range(steps + 1))
    assert float(told[0][2]) > 50 > 5 > float(told[steps][2]) == float(told[steps][3]) == 0
    start = np.asarray(smooth(90, 30).resize((60, 40), Image.Resampling.LANCZOS)).astype(int)
    assert np.abs(found[0] - start).max() <= 1
    assert np.abs(found[-1] - np.asarray(nccodec.decode((files / "a.ncl").read_bytes()))).max() <= 1
    with Image.open("a.png") as film:
        assert film.info["duration"] == 500 and film.info["loop"] == 0


def test_a_map_without_self_reference_says_so(nc, files, tiny):
    code, _, err = nc("decode", "c.ncl", "--start", "noise", "-o", "c.png")
    assert code == 0 and len(frames("c.png")) == 2
    assert "no self-reference to iterate: one step from any start gives its fixed point" in err.splitlines()[0]
    for options, steps in ([], 4), (["--no-self-reference"], 2):
        assert nc("decode", "d.ncl", "--start", "noise", "-o", "d.png", "-f", "--weights", tiny, *options)[0] == 0
        assert len(frames("d.png")) == steps


def test_json_tells_each_step(nc, files):
    code, out, err = nc("decode", "a.ncl", "--start", "grey", "--steps", 3, "--json", "--scale", 2)
    told = json.loads(out)
    assert (code, err, told["target"]) == (0, "", "a@2x.webp") and (told["width"], told["height"]) == (120, 80)
    assert [sorted(each) for each in told["iterates"]] == [["bound", "largest", "rms"]] * 4
    assert told["exact"] > 3 and len(frames("a@2x.webp")) == 4
    falls = told["largest_scale"] < 1
    assert {each["bound"] is not None for each in told["iterates"]} == {falls}


@pytest.mark.parametrize("options", [[], ["-j", 2]])
def test_several_files_make_a_film_each(nc, files, options):
    code, _, err = nc("decode", "a.ncl", "e.ncl", "b.ncl", "--start", "noise", "--steps", 2, "--output-dir", "out",
                      "--format", "gif", "--fps", 5, "--once", *options)  # fmt: skip
    assert code == 1 and len(frames("out/a.gif")) == len(frames("out/b.gif")) == 3
    assert "nc: e.ncl: screen maps are not iterated" in err and not (files / "out" / "e.gif").exists()
    with Image.open("out/a.gif") as film:
        assert "loop" not in film.info


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["decode", "e.ncl", "--start", "noise"], 1, "nc: e.ncl: screen maps are not iterated: pixels are copies"),
        (["decode", "a.ncl", "--start", "none.png"], 1, "nc: none.png: no such file"),
        (["decode", "a.ncl", "--start", "noise", "-o", "a.jpg"], 1, "nc: a.jpg: no film format is known by"),
        (["decode", "a.ncl", "--start", "noise", "--fps", "0"], 1, "nc: a.webp: 0 frames a second are outside"),
        (["decode", "a.ncl", "--start", "noise", "--format", "bmp"], 2, "'bmp' is no film format"),
        (["decode", "a.ncl", "--start", "noise", "--steps", "x"], 2, "'x' is neither all nor a number up to 1000"),
        (["decode", "a.ncl", "--start", "noise", "--steps", "1001"], 2, "'1001' is neither all nor a number"),
        (["decode", "a.ncl", "--start", "noise", "--strip", "all"], 2, "films have no metadata"),
        (["decode", "a.ncl", "--steps", "2"], 2, "--steps, --fps and --once are for --start"),
        (["decode", "a.ncl", "--once"], 2, "--steps, --fps and --once are for --start"),
        (["decode", "c.ncl", "--start", "noise", "--smooth"], 1, "nc: c.ncl: smoothing is for partitioned maps"),
        (["morph", "a.ncl", "c.ncl", "-o", "m.webp"], 1, "nc: a.ncl and c.ncl: there are no maps between a"),
        (["morph", "a.ncl", "e.ncl", "-o", "m.webp"], 1, "nc: e.ncl: screen maps are not iterated"),
        (["morph", "a.ncl", "start.png", "-o", "m.webp"], 1, "nc: start.png: not a .ncl file"),
        (["morph", "a.ncl", "x.ncl", "-o", "m.webp"], 1, "nc: x.ncl: No such file or directory"),
        (["morph", "a.ncl", "b.ncl", "-o", "m.avi"], 1, "nc: m.avi: no film format is known by"),
        (["morph", "a.ncl", "b.ncl", "-o", "none/m.gif"], 1, "nc: none: no such folder"),
        (["morph", "a.ncl", "b.ncl", "-o", "m.gif", "--fps", "60"], 1, "nc: m.gif: 60 frames a second are outside"),
        (["morph", "a.ncl", "b.ncl", "-o", "m.gif", "--frames", "1"], 2, "Invalid value for '--frames'"),
        (["morph", "a.ncl", "b.ncl", "-o", "m.gif", "--size", "9"], 2, "'9' is not WxH"),
        (["morph", "a.ncl", "b.ncl", "-o", "m.gif", "--size", "9x9", "--scale", "2"], 2, "give --scale or --size"),
        (["morph", "a.ncl", "b.ncl", "-o", "m.webp", "--scale", "99"], 2, "99.0 is not in the range"),
        (["morph", "a.ncl", "b.ncl", "-o", "there.webp"], 1, "nc: there.webp: exists already"),
    ],
)
def test_what_is_refused(nc, files, smooth, arguments, code, said):
    smooth(8, 8).save(files / "start.png")
    (files / "there.webp").write_bytes(b"kept")
    before = {path.name: path.read_bytes() for path in files.iterdir()}
    found, out, err = nc(*arguments)
    assert (found, out) == (code, "") and said in err
    assert code == 2 or len(err.splitlines()) == 1
    assert {path.name: path.read_bytes() for path in files.iterdir()} == before


@pytest.mark.parametrize("name", ["m.webp", "m.gif", "m.png", "m.mp4"])
def test_morph_writes_a_film_in_every_format(nc, files, name):
    code, out, err = nc("morph", "a.ncl", "b.ncl", "-o", name, "--frames", 4, "--scale", 0.5)
    assert (code, out) == (0, "")
    assert err == f"{name}: 4 frames, {(files / name).stat().st_size} bytes\n"
    if name != "m.mp4":
        assert [frame.shape for frame in frames(name)] == [(20, 30, 3)] * 4


def test_morph_goes_from_one_decode_to_the_other(nc, files, tiny):
    for pair, weights in ((("a.ncl", "b.ncl"), None), (("d.ncl", "d.ncl"), tiny)):
        options = [] if weights is None else ["--weights", weights]
        assert nc("morph", *pair, "-o", "m.png", "--frames", 3, "--quiet", "-f", *options) == (0, "", "")
        first, middle, last = frames("m.png")
        ends = [np.asarray(nccodec.decode((files / name).read_bytes(), weights=weights)) for name in pair]
        assert np.abs(first - ends[0]).max() <= 1 and np.abs(last - ends[1]).max() <= 1
        assert (np.abs(middle - first).max() > 10) == (pair[0] != pair[1])


def test_a_film_that_fails_leaves_what_was_there(nc, files, monkeypatch):
    from nccodec.errors import ImageError
    from nccodec.imaging import film_containers

    def full(*_):
        raise ImageError("no more room")

    (files / "m.webp").write_bytes(b"kept")
    monkeypatch.setattr(film_containers.WebP, "add", full)
    code, _, err = nc("morph", "a.ncl", "b.ncl", "-o", "m.webp", "-f")
    assert (code, err) == (1, "nc: m.webp: no more room\n")
    assert (files / "m.webp").read_bytes() == b"kept" and not list(files.glob(".nc-*"))


def test_zoom_writes_a_film_that_loops(nc, files):
    code, out, err = nc("zoom", "a.ncl", "--seconds", "0.5", "--fps", "4", "--size", "30x20")
    assert (code, out) == (0, "")
    assert re.fullmatch(r"a@zoom\.webp: 30 x 20, 2 frames, 0\.50 s, \d+ bytes\n", err)
    assert [frame.shape for frame in frames("a@zoom.webp")] == [(20, 30, 3)] * 2
    with Image.open("a@zoom.webp") as film:
        assert film.info["loop"] == 0


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("a.ncl", "--size", "1x1"), 1, "nc: a.ncl: frames of 1 x 1 are outside 2 .. 4096 pixels to a side\n"),
        (("a.ncl", "--range", "3"), 1, "nc: a.ncl: only whole-image maps, as `nc fractalize` makes them, have ranges"),
        (("a.ncl", "--at", "60,1"), 1, "nc: a.ncl: 60,1 is not inside 60 x 40 pixels\n"),
        (("a.ncl", "--at", "60"), 2, "'60' is not X,Y, such as 120,80"),
        (("a.ncl", "-o", "a.jpg"), 1, "a.jpg: no film format is known by the extension '.jpg'"),
        (("a.ncl", "-o", "a.gif", "--fps", "60"), 1, "nc: a.gif: 60 frames a second are outside 0.1 .. 50"),
        (("none.ncl",), 1, "nc: none.ncl: No such file or directory\n"),
        (("-",), 2, "what comes from stdin has no name for the film; give -o"),
        (("a.ncl", "--at", "1,1", "--range", "0"), 2, "give --at or --range, not both"),
    ],
)
def test_zoom_refuses_in_one_line_and_writes_nothing(nc, files, arguments, status, message):
    code, out, err = nc("zoom", *arguments)
    assert (code, out) == (status, "")
    assert message in err and "Traceback" not in err
    assert not list(files.glob("*@zoom*"))


def test_zoom_tells_of_transparency_by_file(nc, files, smooth):
    picture = smooth(20, 30)
    picture.putalpha(100)
    (files / "f.ncl").write_bytes(nccodec.encode(picture))
    code, _, err = nc("zoom", "f.ncl", "--seconds", "0.1", "--size", "30x20")
    assert code == 0 and err.splitlines()[0] == "nc: warning: f.ncl: its transparency is left out"


def test_aligned_copies_are_turned_as_in_the_first_file(nc, files, smooth):
    first = nccodec.encode(smooth(40, 60), map="whole", range_size=8)
    second = nccodec.encode(smooth(40, 72).crop((12, 0, 72, 40)), map="whole", range_size=8, upright=True)
    (files / "f.ncl").write_bytes(first)
    (files / "g.ncl").write_bytes(second)
    for name, options in (("plain.png", ()), ("aligned.png", ("--align",))):
        assert nc("morph", "f.ncl", "g.ncl", "-o", name, "--frames", "3", "--scale", "4", *options)[0] == 0
    plain, aligned = frames("plain.png"), frames("aligned.png")
    np.testing.assert_array_equal(plain[0], aligned[0])
    # The last frame is the second file with the isometries of the first, and that alone.
    code = read_file(second).code
    turned = replace(code, isometries=read_file(first).code.isometries)
    assert (turned.isometries != code.isometries).any() and (code.scales > 0).all()
    expected = np.asarray(nccodec.decode(write_file(turned), 4).convert("RGB")).astype(int)
    assert np.abs(aligned[-1] - expected).max() <= 1
    assert np.abs(plain[-1] - np.asarray(nccodec.decode(second, 4).convert("RGB")).astype(int)).max() <= 1


def test_other_maps_are_not_aligned(nc, files):
    code, _, err = nc("morph", "a.ncl", "b.ncl", "-o", "m.png", "--align")
    assert code == 1
    assert err == "nc: b.ncl: only whole-image maps, as `nc fractalize` makes them, can be aligned with each other\n"


def test_maps_that_cut_a_picture_in_different_ways_have_none_between(nc, files):
    codes = []
    for ranges in (5, 6):
        grid = np.zeros((ranges, ranges), int)
        codes.append(WholeCode(40, 60, True, 16, 8, (0, 0, ranges), grid[None], grid, grid))
    for name, code in zip(("f.ncl", "g.ncl"), codes, strict=True):
        (files / name).write_bytes(write_file(code))
    code, _, err = nc("morph", "f.ncl", "g.ncl", "-o", "m.png")
    assert code == 1 and err.count("\n") == 1 and "different ways" in err and err.startswith("nc: f.ncl and g.ncl: ")
    assert not (files / "m.png").exists()
