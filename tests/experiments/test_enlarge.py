"""The benchmark of enlargement: each figure is that of files anyone can make."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import nccodec
from nccodec.experiments.__main__ import app
from nccodec.experiments.enlarge import spline_4x
from nccodec.imaging.psnr import psnr


def row_of(tmp_path: Path, picture: Image.Image, *options: str) -> dict:
    (tmp_path / "in").mkdir()
    picture.save(tmp_path / "in" / "a.png")
    out = tmp_path / "out.json"
    result = CliRunner().invoke(app, ["enlarge", str(tmp_path / "in"), "--json", str(out), "--quality", "60", *options])
    assert result.exit_code == 0, result.output
    (row,) = json.loads(out.read_text())["rows"]
    assert row.pop("quality") == 60
    return row


def test_files_of_encode(tmp_path, smooth, tiny):
    """63 x 66 pixels: three and two are left out, as whole squares of 4 are reduced."""
    picture = smooth(66, 63)
    row, whole = row_of(tmp_path, picture, "--weights", str(tiny)), picture.crop((0, 0, 60, 64))
    data = nccodec.encode(whole.reduce(4), 60, weights=tiny, map="collage")
    assert row.pop("share of non-zero s") == nccodec.info(data)["share_of_nonzero_scales"]
    expected = {
        "4x": nccodec.decode(data, 4, weights=tiny),
        "4x without detail": nccodec.decode(data, 4, weights=tiny, detail=False),
        "4x without self-reference": nccodec.decode(data, 4, weights=tiny, self_reference=False),
        "4x, neither": nccodec.decode(data, 4, weights=tiny, detail=False, self_reference=False),
        "1x and BICUBIC": nccodec.decode(data, weights=tiny).resize((60, 64), Image.Resampling.BICUBIC),
    }
    assert row == pytest.approx({name: psnr(np.asarray(whole), np.asarray(z)) for name, z in expected.items()})


def test_files_of_pifs(tmp_path, smooth):
    """The decode at 4x, and two enlargements of the one at 1x, not far from each other."""
    picture = smooth(96, 128)
    row = row_of(tmp_path, picture, "--pifs")
    data = nccodec.encode(picture.reduce(4), 60, map="pifs")
    assert set(row) == {"4x", "1x and spline", "1x and BICUBIC"}
    assert row["4x"] == pytest.approx(psnr(np.asarray(picture), np.asarray(nccodec.decode(data, 4))))
    cubic = nccodec.decode(data).resize(picture.size, Image.Resampling.BICUBIC)
    assert row["1x and BICUBIC"] == pytest.approx(psnr(np.asarray(picture), np.asarray(cubic)))
    assert abs(row["1x and spline"] - row["1x and BICUBIC"]) < 1
    spline = spline_4x(nccodec.decode(data))
    assert row["1x and spline"] == pytest.approx(psnr(np.asarray(picture), np.asarray(spline)))
