"""The study of solids from end to end in the fewest steps."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from nccodec.experiments import solids
from nccodec.parameterization.features import random_filters


def test_parts_of_a_flat_texture_have_the_style():
    """Whatever part of a texture of one colour: the loss of that colour is 0, of another it is not."""
    style = torch.tensor([0.2, 0.5, 0.7])[None, :, None, None].expand(1, 3, 16, 16)
    objective = solids.Flat(random_filters(), style, 16)
    random = torch.Generator().manual_seed(0)
    same, other = (objective(x.expand(1, 3, 40, 40), 0, random).item() for x in (style[..., :1, :1], style.new_ones(1)))
    assert same == pytest.approx(0, abs=2e-4) and other > 0.3


def test_the_study_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(solids, "load", random_filters)
    monkeypatch.setattr(solids, "_SIDE", 24)
    (tmp_path / "styles").mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "styles" / "noise.png")
    solids.command(
        tmp_path / "styles", tmp_path / "s.json", ["sphere"], ["pixels"], 2, 2, 32, 256, 0, 1, tmp_path / "sheets"
    )  # fmt: skip
    rows = json.loads((tmp_path / "s.json").read_text())["rows"]
    assert [(row["style"], row["mesh"], row["made"]) for row in rows] == [
        ("noise.png", "sphere", "flat"), ("noise.png", "sphere", "views"), ("noise.png", "sphere", "held"),
    ]  # fmt: skip
    assert all(row["loss"] > 0 and row["seams"] > 0 and row["gap"] > 0 for row in rows)
    assert Image.open(tmp_path / "sheets" / "noise-sphere-pixels.png").size == (5 * 24, 3 * 24)
