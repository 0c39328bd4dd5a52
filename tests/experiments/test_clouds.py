"""Nearness of clouds, and the study from end to end in the fewest steps."""

import json

import numpy as np
import pytest

from nccodec.experiments import clouds
from nccodec.points import covers, fitting


def test_nearness_by_hand():
    """A box of 3 x 4, diameter 5; a point of b is 1 away, and one of a 2 from what is nearest to it."""
    a, b = np.array([[0.0, 0], [3, 4], [3, 2]]), np.array([[0.0, 1], [3, 4]])
    told = clouds.nearness(a, b)
    assert told["hausdorff"] == pytest.approx(40)
    assert told["chamfer"] == pytest.approx(100 / 5 * ((1 + 0) / 2 + (1 + 0 + 2) / 3) / 2)


def test_the_study_is_written(tmp_path, monkeypatch):
    for name, value in {"_ROUNDS": 1, "_STEPS": 5, "_CLOSER": (5, 0.01, 50)}.items():
        monkeypatch.setattr(covers, name, value)
    monkeypatch.setattr(fitting, "_STEPS", 5)
    monkeypatch.setattr(clouds, "_SIDE", 64)
    monkeypatch.setattr(clouds, "_TRUTH", 2000)
    clouds.command(tmp_path / "c.json", ["sierpinski"], 2000, [3], 1, 0, 1, tmp_path / "sheets")
    told = json.loads((tmp_path / "c.json").read_text())
    (row,) = told["found"]
    assert (row["name"], row["maps"]) == ("sierpinski", 3) and row["bytes"] < 130
    assert row["hausdorff"] >= row["chamfer"] > 0 and row["sampled"]["chamfer"] < 3
    assert min(told["rendered"].values()) > 0
    assert (tmp_path / "sheets" / "sierpinski-3.png").exists()
