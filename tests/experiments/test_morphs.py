"""The middle between two maps, as it is measured."""

import json

import numpy as np
import pytest
from PIL import ImageOps

from nccodec.experiments import morphs


def test_gradient_energy_by_hand():
    """Two rows of four pixels: luma is that of grey; 2 x 3 differences across, 4 down."""
    grey = np.array([[0, 10, 10, 40], [0, 0, 20, 20]], np.uint8)
    across, down = (100 + 0 + 900 + 0 + 400 + 0) / 6, (0 + 100 + 100 + 400) / 4
    assert morphs.gradient_energy(grey[:, :, None].repeat(3, 2)) == pytest.approx(across + down)


def test_every_kind_is_measured(tmp_path, smooth, tiny):
    smooth(40, 60).save(tmp_path / "a.png")
    ImageOps.flip(smooth(52, 48)).save(tmp_path / "b.png")
    morphs.command(tmp_path / "a.png", tmp_path / "b.png", tmp_path / "m.json", str(tiny))
    told = json.loads((tmp_path / "m.json").read_text())
    assert told["size"] == [48, 40] and [row["kind"] for row in told["rows"]] == [*morphs.KINDS]
    for row in told["rows"]:
        assert min(row["between"], row["fade"], *row["ends"]) > 10 and row["db"] > 20
        assert row["fade"] < max(row["ends"])
    assert told["rows"][0]["db"] > 45  # affine parts alone: a cross-fade but for rounding and limits


def test_networks_are_measured_by_where_they_start(tmp_path, smooth):
    smooth(40, 60).save(tmp_path / "a.png")
    ImageOps.flip(smooth(40, 60)).save(tmp_path / "b.png")
    morphs.command(tmp_path / "a.png", tmp_path / "b.png", tmp_path / "m.json", networks=4, scale=0.5)
    told = json.loads((tmp_path / "m.json").read_text())
    assert told["size"] == [30, 20] and [*told["rows"]] == [*morphs.NETWORKS]
    for row in told["rows"].values():
        assert [len(energies) for energies in row.values()] == [5, 5, 5]
        assert len({energies[0] for energies in row.values()}) == 1  # of the same first network
