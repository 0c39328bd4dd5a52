"""`nc compare` as a user runs it. Times are left out wherever results are compared."""

import json
import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, features

import nccodec
from nccodec.evaluation.artefacts import blockiness, colour_error
from nccodec.evaluation.cache import default_path
from nccodec.evaluation.codecs import PEERS

FAST = ("--metrics", "psnr", "--jobs", 1)


@pytest.fixture
def pictures(tmp_path, smooth):
    (tmp_path / "set").mkdir()
    for name, size in (("a.png", (40, 56)), ("b.png", (48, 32))):
        smooth(*size).save(tmp_path / "set" / name)
    return tmp_path / "set"


def test_curves_tables_and_card(nc, pictures, tmp_path, tiny):
    """Rates against the bytes of `nccodec.encode` and Pillow; the card keeps its other entries."""
    mine = tmp_path / "mine.safetensors"
    shutil.copy(tiny, mine)
    (tmp_path / "mine.json").write_text('{"steps": 3, "test curves": {"older": 1}}')
    qualities = (0, 30, 60, 100)
    ladder = [part for quality in qualities for part in ("-q", quality)]
    options = ("--codecs", "ncl-e0,jpeg", "--weights", mine, *ladder, "--json", "c.json", "--card", *FAST)
    code, out, _ = nc("compare", "set", *options)
    assert code == 0 and "MS-SSIM" not in out
    found = json.loads((tmp_path / "c.json").read_text())
    assert found["pictures"] == [
        {"name": "a.png", "width": 56, "height": 40},
        {"name": "b.png", "width": 32, "height": 48},
    ]
    ours, jpeg = found["curves"]
    assert (ours["name"], ours["settings"], jpeg["name"]) == ("nccodec -e 0", list(qualities), "JPEG")
    sources = [Image.open(pictures / name).convert("RGB") for name in ("a.png", "b.png")]
    for quality, bpp in zip(qualities, ours["results"]["bpp"], strict=True):
        sizes = [8 * len(nccodec.encode(p, quality, 0, mine)) / (p.width * p.height) for p in sources]
        assert bpp == pytest.approx(np.mean(sizes))
    assert set(ours["results"]) == {"bpp", "psnr-rgb", "encoding_time", "decoding_time"}
    for text in ("BD-rate", "against JPEG", f"{ours['results']['bpp'][2]:.3f}", "Speed near 0.75 bpp"):
        assert text in out
    card = json.loads((tmp_path / "mine.json").read_text())
    assert card["steps"] == 3 and list(card["test curves"]) == ["older", "set, nccodec -e 0"]
    assert card["test curves"]["set, nccodec -e 0"]["results"] == ours["results"]


def test_published_curves_are_added_under_names_of_their_own(nc, pictures, tmp_path):
    results = {"bpp": [0.1, 0.3, 1, 3], "psnr-rgb": [20, 27, 34, 44]}
    (tmp_path / "theirs.json").write_text(json.dumps([{"name": name, "results": results} for name in ("JPEG", "VTM")]))
    options = ("--codecs", "jpeg", "--with", "theirs.json", "--json", "c.json", *FAST)
    code, out, _ = nc("compare", "set/a.png", *options)
    assert code == 0 and "VTM" in out
    found = json.loads((tmp_path / "c.json").read_text())
    assert [curve["name"] for curve in found["curves"]] == ["JPEG", "JPEG (theirs)", "VTM"]
    assert found["curves"][2]["results"] == results
    assert nc("compare", "set/b.png", "--codecs", "webp", "--with", "c.json", *FAST)[0] == 0


def test_a_second_run_does_only_what_is_new(nc, pictures, tmp_path):
    """Times are of the first run, unless the cache is not used."""
    runs = []
    for arguments in ((), (), ("--no-cache",)):
        options = ("--codecs", "jpeg", "--json", "c.json", "-f", *FAST, *arguments)
        code, _, err = nc("compare", "set", *options)
        runs.append((json.loads((tmp_path / "c.json").read_text()), "measuring" in err))
        assert code == 0
    assert default_path().exists()
    assert runs[0][0] == runs[1][0] != runs[2][0]
    assert [measured for _, measured in runs] == [True, False, True]


def test_report_and_plots(nc, pictures, tmp_path, tiny):
    pytest.importorskip("matplotlib")
    options = ("--codecs", "ncl-e0,jpeg", "--weights", tiny, "--report", "--plot", "--out", "x", "--report-images", 1)
    code, _, err = nc("compare", "set", *options, *FAST)
    assert code == 0 and "x/report.html: " in err
    assert sorted(path.name for path in (tmp_path / "x").iterdir()) == [
        "enlarged.png", "psnr.png", "report.html", "same-bytes.png",
    ]  # fmt: skip
    for name in ("enlarged.png", "psnr.png", "same-bytes.png"):
        with Image.open(tmp_path / "x" / name) as plot:
            assert min(plot.size) > 100 and len(plot.convert("RGB").getcolors(1 << 24)) > 20
    before = {path: path.read_bytes() for path in (tmp_path / "x").iterdir()}
    code, _, err = nc("compare", "set", *options, *FAST)
    assert (code, err) == (1, "nc: x/report.html: exists already (-f overwrites it)\n")
    (tmp_path / "x" / "report.html").unlink()
    del before[tmp_path / "x" / "report.html"]
    assert (
        nc("compare", "set", "--plot", "--out", "x", *FAST)[2] == "nc: x/psnr.png: exists already (-f overwrites it)\n"
    )
    assert before == {path: path.read_bytes() for path in (tmp_path / "x").iterdir()}


def test_ms_ssim_is_left_out_where_a_picture_is_too_small(nc, pictures, tmp_path):
    code, _, err = nc("compare", "set", "--codecs", "jpeg", "--json", "c.json", "--jobs", 1)
    assert code == 0 and "left out: set/a.png: MS-SSIM needs sides of 161 pixels, and it has 56 x 40\n" in err
    results = json.loads((tmp_path / "c.json").read_text())["curves"][0]["results"]
    assert set(results) == {"bpp", "psnr-rgb", "encoding_time", "decoding_time"}


def test_what_the_eye_sees_beside_psnr(nc, pictures, tmp_path):
    """Columns and results of decodes that Pillow makes; rates are compared at equal PSNR all the same."""
    options = ("--codecs", "jpeg,webp", "--metrics", "psnr,blockiness,colour", "--json", "c.json", "--jobs", 1)
    code, out, err = nc("compare", "set", *options)
    assert code == 0 and "left out" not in err and "BD-rate" in out
    assert "PSNR, dB  blockiness  colour error" in out
    jpeg, webp = (curve["results"] for curve in json.loads((tmp_path / "c.json").read_text())["curves"])
    expected: dict = {"blockiness": [], "colour-error": []}
    for name in ("a.png", "b.png"):
        source = Image.open(pictures / name).convert("RGB")
        source.save(tmp_path / "x.jpg", quality=18, optimize=True, progressive=True, subsampling=2)
        decoded = np.asarray(Image.open(tmp_path / "x.jpg"))
        expected["blockiness"].append(blockiness(decoded))
        expected["colour-error"].append(colour_error(np.asarray(source), decoded))
    at = PEERS["jpeg"].ladder.index(18)
    assert {key: jpeg[key][at] for key in expected} == pytest.approx({k: np.mean(v) for k, v in expected.items()})
    assert set(webp) == set(jpeg)


def test_a_comparison_without_psnr(nc, pictures, tmp_path):
    pytest.importorskip("matplotlib")
    options = ("--metrics", "colour", "--report", "--plot", "--out", "x", "--json", "c.json")
    code, out, _ = nc("compare", "set", "--codecs", "jpeg", *options, "--jobs", 1)
    assert code == 0 and "BD-rate" not in out and "colour error" in out
    assert sorted(path.name for path in (tmp_path / "x").iterdir()) == ["report.html", "same-bytes.png"]
    results = json.loads((tmp_path / "c.json").read_text())["curves"][0]["results"]
    assert set(results) == {"bpp", "colour-error", "encoding_time", "decoding_time"}
    assert nc("compare", "set", "--codecs", "jpeg", "--with", "c.json", *FAST)[0] == 0


def test_each_metric_that_a_picture_is_too_small_for_is_left_out(nc, tmp_path):
    Image.effect_noise((15, 40), 50).convert("RGB").save(tmp_path / "a.png")
    options = ("--codecs", "jpeg", "--jobs", 1, "--metrics")
    code, out, err = nc("compare", "a.png", *options, "psnr,blockiness,colour")
    assert code == 0 and "colour error" not in out
    assert "left out: a.png: blockiness needs sides of 17 pixels, and it has 15 x 40\n" in err
    assert "left out: a.png: the colour error needs sides of 16 pixels, and it has 15 x 40\n" in err
    assert nc("compare", "a.png", *options, "blockiness,colour")[0] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("absent.png",), "absent.png: no such file"),
        (("text.png",), "text.png: not an image"),
        (("set", "text.png"), "text.png: not an image"),
        (("empty",), "empty: holds no pictures"),
        (("set", "--codecs", "jpeg,gif"), "codec 'gif' is unknown: ncl, ncl-e0 to ncl-e9, ncl-psnr, ncl-e1-psnr"),
        (("set", "--with", "text.png"), "text.png: is not JSON"),
        (("set", "--weights", "absent", "--metrics", "psnr"), "no weights named 'absent'"),
        (("set", "--json", "text.png"), "text.png: exists already (-f overwrites it)"),
        (("set", "--plot", "--out", "text.png"), "text.png: is not a folder"),
        (("set", "--metrics", "ms-ssim"), "a.png: MS-SSIM needs sides of 161 pixels, and it has 56 x 40"),
        (("set/a.png", "-f", "--json", "set/a.png"), "set/a.png: is the source itself"),
    ],
)
def test_what_cannot_be_compared_is_one_line_and_writes_nothing(nc, pictures, tmp_path, arguments, message):
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "empty").mkdir()
    before = sorted(tmp_path.rglob("*"))
    code, out, err = nc("compare", *arguments)
    assert (code, out) == (1, "") and err.startswith("nc: ") and message in err and err.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "arguments", [(), ("a.png", "--metrics", "ssim"), ("a.png", "-q", "101"), ("a.png", "--jobs", "0")]
)
def test_usage_errors_exit_2(nc, arguments):
    code, out, err = nc("compare", *arguments)
    assert (code, out) == (2, "") and "Usage: nc compare" in err


def test_what_pillow_lacks_is_left_out_of_the_default_and_refused_by_name(nc, pictures, tiny, monkeypatch):
    monkeypatch.setattr(features, "check", lambda name: name == "jpg")
    code, _, err = nc("compare", "set/a.png", "--weights", tiny, "-q", 50, *FAST)
    assert code == 0 and "left out: webp: Pillow" in err and "left out: avif: Pillow" in err
    code, _, err = nc("compare", "set/a.png", "--codecs", "jpeg,avif", *FAST)
    assert code == 1 and err.startswith("nc: avif: Pillow")


def test_ctrl_c_ends_at_once_with_130_and_writes_nothing(tmp_path):
    """In a process of its own, interrupted as soon as it has measured something."""
    for number in range(3):
        Image.effect_noise((700, 700), 30).convert("RGB").save(tmp_path / f"{number}.png")
    script = "import sys; from nccodec.cli import main\nif __name__ == '__main__': sys.argv[0] = 'nc'; main()"
    (tmp_path / "run.py").write_text(script)
    options = ["--codecs", "jpeg,webp,jpeg2000", "--metrics", "psnr", "--jobs", "1", "--json", "c.json"]
    files = [f"{number}.png" for number in range(3)]
    running = subprocess.Popen(
        [sys.executable, "run.py", "compare", *files, *options],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert running.stderr.readline().startswith("measuring: 1/9, ")
    os.killpg(running.pid, signal.SIGINT)
    out, err = running.communicate(timeout=60)  # comes back when all processes that hold the pipes have ended
    assert running.returncode == 130 and out == "" and "Traceback" not in err
    assert not (tmp_path / "c.json").exists()
