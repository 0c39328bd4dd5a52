"""What the study of speed reports."""

import json

from nccodec.arrays import set_threads
from nccodec.experiments import speed


def test_every_codec_and_command_is_measured(tmp_path, smooth, tiny):
    (tmp_path / "pictures").mkdir()
    smooth(30, 44).save(tmp_path / "pictures" / "a.png")
    try:
        speed.command(tmp_path / "pictures", tmp_path / "speed.json", str(tiny), [0], 1)
    finally:
        set_threads(None)
    told = json.loads((tmp_path / "speed.json").read_text())
    assert [row["name"] for row in told["codecs"]] == ["nccodec -e 0", "AVIF", "WebP", "JPEG"]
    assert [row["name"] for row in told["commands"]] == ["nc -e 0", "Pillow, AVIF", "Pillow, WebP", "Pillow, JPEG"]
    for row in told["codecs"] + told["commands"]:
        assert all(value > 0 for key, value in row.items() if key != "name")
    inside, whole = told["codecs"][0], told["commands"][0]
    assert whole["encode"] > inside["encode"] and whole["decode MB"] > 10
