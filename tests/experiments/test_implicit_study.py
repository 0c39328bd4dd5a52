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
