"""The pages to compare on: alike each time, left out by name where a program is missing; and the bytes of peers."""

import json
import math
import shutil

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from nccodec.experiments.__main__ import app
from nccodec.experiments.pages import area_mean, scanned
from nccodec.experiments.peers_of_pages import rate_change


def run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(map(str, arguments)))
    assert result.exit_code == code, result.output
    return result.output


def test_what_is_missing_is_left_out_and_said(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    told = run("pages", tmp_path / "pages", "--json", tmp_path / "pages.json", code=1)
    found = json.loads((tmp_path / "pages.json").read_text())
    assert set(found["pages"]) == {"sprites", "plot"} and len(found["left out"]) == 12
    assert "sheet: left out: chromium is not installed" in told
    assert found["left out"]["document"] == "soffice is not installed"
    assert found["left out"]["dither"] == "needs photographs: --photos FOLDER"
    with Image.open(tmp_path / "pages" / "sprites.png") as page:
        assert (page.mode, page.size) == ("RGB", (960, 640)) and len(page.getcolors()) <= 20


@pytest.mark.parametrize("bitonal", [False, True])
def test_a_scan_is_half_as_large_noisy_and_the_same_again(bitonal):
    page = Image.new("RGB", (300, 200), "white")
    page.paste("black", (60, 60, 200, 140))
    first, again = (scanned(page, np.random.default_rng(3), 1.0, bitonal) for _ in range(2))
    z = np.asarray(first)
    assert first.size == (150, 100) and np.array_equal(z, again)
    assert z[40:60, 50:80].mean() < 80 < 180 < z[75:95, 20:120].mean()
    assert bitonal == ((z == 0).mean() + (z == 255).mean() > 0.8)


def test_area_means_are_rounded_to_the_nearest():
    z = np.zeros((4, 8, 3), np.uint8)
    z[0, 0], z[:2, 4:] = 8, 255
    assert np.array_equal(np.asarray(area_mean(Image.fromarray(z), 4))[0, :, 0], [1, 128])


def test_peers_bytes_are_those_of_their_files_and_go_on(tmp_path, smooth):
    (tmp_path / "set").mkdir()
    smooth(64, 80).save(tmp_path / "set" / "a.png")
    out = ("--json", tmp_path / "peers.json")
    run("peers", tmp_path / "set", *out, "--curves", "")
    first = json.loads((tmp_path / "peers.json").read_text())["pictures"]["a.png"]
    assert {"webp", "png"} <= set(first["lossless"]) and all(size > 20 for size in first["lossless"].values())
    run("peers", tmp_path / "set", *out, "--curves", "jpeg", "--no-lossless")
    found = json.loads((tmp_path / "peers.json").read_text())["pictures"]["a.png"]
    assert found["lossless"] == first["lossless"]
    assert len(found["curves"]["jpeg"]["bpp"]) == len(found["curves"]["jpeg"]["settings"]) > 4


def test_rates_are_compared_where_both_reach():
    """Half the rate at every PSNR is -log 2; below our worst file our smallest counts; a file without error is better
    than any."""
    theirs = {"bpp": [0.1, 0.2, 0.4], "psnr-rgb": [30.0, 35.0, 40.0]}
    halves = {"bpp": [0.05, 0.1, 0.2], "psnr-rgb": [30.0, 35.0, 40.0]}
    assert rate_change({"ncl": halves, "webp": theirs}, "webp") == pytest.approx(-math.log(2))
    exact = {"bpp": [0.1], "psnr-rgb": [None]}
    # The mean of log 0.1, 0.2, 0.4 along straight lines is that of its ends: log 0.2.
    assert rate_change({"ncl": exact, "webp": theirs}, "webp") == pytest.approx(math.log(0.1 / 0.2), abs=1e-3)
    worse = {"bpp": [0.3, 0.1, 0.2], "psnr-rgb": [28.0, 30.0, 35.0]}  # one that a smaller file surpasses
    assert rate_change({"ncl": worse, "webp": theirs}, "webp") == pytest.approx(0, abs=1e-9)
    assert rate_change({"ncl": {"bpp": [1], "psnr-rgb": [20.0]}, "webp": theirs}, "webp") is None
