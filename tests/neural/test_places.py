"""Where weights are looked for: every folder may be absent or closed."""

import json
import os
from pathlib import Path

import pytest

from nccodec.errors import WeightsError
from nccodec.neural import places, weights


@pytest.fixture
def homeless(monkeypatch):
    """As of a process without HOME, whose user has no entry."""

    def home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setattr(Path, "home", home)


def test_without_a_home_the_weights_that_ship_are_found(homeless):
    assert places.user_folder() is None
    assert weights.named("photo").name == "photo"
    with pytest.raises(WeightsError, match="no weights named 'none'"):
        weights.named("none")


def test_folders_that_cannot_be_looked_into_are_passed_over(tmp_path, tiny, monkeypatch):
    closed, looked = tmp_path / "closed", os.scandir

    def refuse(path):
        if Path(path) == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return looked(path)

    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "mine.safetensors").write_bytes(tiny.read_bytes())
    (tmp_path / "file").touch()
    named = (closed, tmp_path / "absent", tmp_path / "file", tmp_path / "open")
    monkeypatch.setenv("NCCODEC_WEIGHTS", os.pathsep.join(map(str, named)))
    monkeypatch.setattr(os, "scandir", refuse)
    assert places.installed()[-1] == tmp_path / "open" / "mine.safetensors"
    assert weights.matching(weights.load(tiny).fingerprint).name == "mine"
    assert str(closed) in places.searched()


def test_a_card_with_what_is_no_number_is_shown_as_json(tmp_path, tiny):
    (tmp_path / "w.safetensors").write_bytes(tiny.read_bytes())
    (tmp_path / "w.json").write_text('{"loss": NaN, "best": [Infinity, 3]}')
    card = weights.load(tmp_path / "w.safetensors").card()
    assert json.dumps(card, allow_nan=False) == '{"loss": null, "best": [null, 3]}'
