"""The studies of implicit networks, on a picture of a few pixels."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from nccodec.experiments import implicit
from nccodec.experiments.__main__ import app
from nccodec.experiments.implicit import analysed


def test_low_band_of_a_constant_and_its_energy() -> None:
    low, restore = analysed(np.full((8, 6, 1), 7.0))
    np.testing.assert_allclose(low, np.full((4, 3, 1), 7.0), rtol=1e-9)
    np.testing.assert_allclose(restore(low), np.full((8, 6, 1), 7.0), rtol=1e-9)
    # The transform is orthogonal: what is restored from the low band is a projection.
    planes = np.random.default_rng(0).standard_normal((16, 12, 2))
    low, restore = analysed(planes)
    once = restore(low)
    np.testing.assert_allclose(restore(analysed(once)[0]), once, atol=1e-9)
    assert np.sum(once * (planes - once)) == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("study", ["curve", "precision"])
def test_study_writes_its_figures(study: str, tmp_path, monkeypatch) -> None:
    """Of levels there are two of six."""
    monkeypatch.setattr(implicit, "_LEVELS", (16, 56))
    y, x = np.mgrid[:24, :32]
    Image.fromarray(np.stack([x * 8, y * 8, 200 - x], -1).astype(np.uint8)).save(tmp_path / "a.png")
    out = tmp_path / "figures.json"
    given = ["implicit", study, str(tmp_path), "--json", str(out), "--minutes", "0.005", "--bpp", "8"]
    result = CliRunner().invoke(app, given)
    assert result.exit_code == 0, result.output
    rows = json.loads(out.read_text())["rows"]
    assert len(rows) == (1 if study == "curve" else 1 + 2 * 2 * 2 + 5)
    assert all(row["picture"] == "a.png" and row["fit"] > 5 for row in rows)


def test_study_goes_on_where_it_was_cut_off(tmp_path) -> None:
    """Of two sizes the second was not finished: its row is made again, the first is as it was."""
    Image.fromarray(np.arange(24 * 32 * 3).reshape(24, 32, 3).astype(np.uint8)).save(tmp_path / "a.png")
    out = tmp_path / "figures.json"
    given = ["implicit", "curve", str(tmp_path), "--json", str(out), "--steps", "2", "--bpp", "8", "--bpp", "9"]
    assert CliRunner().invoke(app, given).exit_code == 0
    whole = json.loads(out.read_text())
    assert whole["finished"] == len(whole["rows"]) == 2
    kept, redone = whole["rows"]
    out.write_text(json.dumps({**whole, "finished": 1, "rows": [kept | {"fit": -1.0}, redone | {"fit": -2.0}]}))
    assert CliRunner().invoke(app, [*given, "--resume"]).exit_code == 0
    again = json.loads(out.read_text())
    assert again["finished"] == 2 and again["rows"][0] == kept | {"fit": -1.0}
    assert again["rows"][1] | {"processor seconds": 0, "by time": 0} == redone | {"processor seconds": 0, "by time": 0}
    assert CliRunner().invoke(app, [*given, "--resume", "--scale", "0.5"]).exception.args == (
        f"{out}: figures of another scale",
    )
    assert json.loads(out.read_text()) == again
    out.write_text("{}")
    failed = CliRunner().invoke(app, [*given, "--resume"])
    assert failed.exception.args[0].startswith(f"{out}: not the figures of a run that was cut off")
    assert out.read_text() == "{}"
