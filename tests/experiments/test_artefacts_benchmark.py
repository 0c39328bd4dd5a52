"""The study of artefacts: each figure is that of files anyone can make, each picture shows what it says."""

import json

import numpy as np
import pytest
from PIL import Image, features
from typer.testing import CliRunner

import nccodec
from nccodec.evaluation.artefacts import blockiness, colour_error
from nccodec.evaluation.codecs import PEERS
from nccodec.experiments.__main__ import app
from nccodec.experiments.artefacts import side_by_side, worst_square
from nccodec.imaging.psnr import psnr


@pytest.fixture
def pictures(tmp_path, smooth):
    (tmp_path / "set").mkdir()
    for name, size in (("a.png", (70, 96)), ("b.png", (64, 50))):
        smooth(*size).save(tmp_path / "set" / name)
    return tmp_path / "set"


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["artefacts", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.output


def test_figures_are_means_over_files_of_about_the_same_bytes(tmp_path, pictures, tiny):
    ours = ("--codecs", "ncl-e0", "--quality", 20, "--quality", 60, "--weights", tiny)
    text = run(pictures, *ours, "--json", tmp_path / "a.json")
    found = json.loads((tmp_path / "a.json").read_text())
    sources = [Image.open(pictures / name).convert("RGB") for name in ("a.png", "b.png")]
    assert found["pictures"] == 2
    whole = np.mean([blockiness(np.asarray(source)) for source in sources])
    assert found["originals"] == {"blockiness": pytest.approx(whole)}
    assert f"Blockiness of the originals: {whole:.3f}." in text
    titles = ["nccodec -e 0", *(PEERS[name].title for name in ("jpeg", "webp", "avif") if PEERS[name].present())]
    pairs = [(quality, title) for quality in (20, 60) for title in titles]
    assert [(row["quality"], row["codec"]) for row in found["rows"]] == pairs
    assert len(found["files"]) == 2 * len(pairs)
    rows = {(row["quality"], row["codec"]): row for row in found["rows"]}
    data = [nccodec.encode(source, 60, 0, tiny) for source in sources]
    jpegs = [PEERS["jpeg"].fitted(*pair) for pair in zip(sources, map(len, data), strict=True)]
    decoded = {
        "nccodec -e 0": [nccodec.decode(file, weights=tiny) for file in data],
        "JPEG": [PEERS["jpeg"].decode(file) for file in jpegs],
    }
    for title, files in (("nccodec -e 0", data), ("JPEG", jpegs)):
        planes = [[np.asarray(p) for p in pair] for pair in zip(sources, decoded[title], strict=True)]
        expected = {
            "bpp": np.mean([8 * len(f) / (s.width * s.height) for f, s in zip(files, sources, strict=True)]),
            "psnr-rgb": np.mean([psnr(*pair) for pair in planes]),
            "blockiness": np.mean([blockiness(after) for _, after in planes]),
            "colour-error": np.mean([colour_error(*pair) for pair in planes]),
        }
        row = rows[60, title]
        assert {key: row[key] for key in expected} == pytest.approx(expected)
        assert set(row) == {"quality", "codec", *expected}  # sides under 161 pixels have no MS-SSIM
        assert f"{row['psnr-rgb']:.2f}" in text and f"{row['blockiness']:.3f}" in text


def test_crops_are_side_by_side(tmp_path, pictures, tiny):
    options = ("--codecs", "ncl-e0", "--quality", 30, "--weights", tiny, "--json", tmp_path / "a.json")
    run(pictures / "a.png", *options, "--plot", tmp_path / "crops")
    assert [path.name for path in (tmp_path / "crops").iterdir()] == ["a-q30.png"]
    with Image.open(tmp_path / "crops" / "a-q30.png") as sheet:
        count = 2 + features.check("webp") + features.check("avif")
        assert sheet.width == count * (2 * 70 + 8) + 8


def test_an_unknown_codec_is_refused(tmp_path, pictures):
    result = CliRunner().invoke(
        app, ["artefacts", str(pictures), "--codecs", "gif", "--json", str(tmp_path / "a.json")]
    )
    assert result.exit_code == 1 and "codec 'gif' is unknown" in str(result.exception)
    assert not (tmp_path / "a.json").exists()


def test_the_square_that_is_shown_is_where_borders_are(tmp_path):
    """Noise of small steps, and cells of different means in the lower right."""
    rng = np.random.default_rng(4)
    picture = rng.integers(100, 110, (256, 448, 1)).repeat(3, 2)
    picture[64:, 256:] += np.kron(rng.integers(0, 60, (12, 12)), np.ones((16, 16), int))[..., None]
    assert worst_square(np.uint8(picture)) == (256, 64, 448, 256)
    assert worst_square(np.zeros((20, 300, 3), np.uint8)) == (0, 0, 20, 20)


def test_a_square_is_enlarged_without_interpolation(smooth):
    one, two = smooth(40, 60), smooth(60, 40).resize((60, 40))
    sheet = np.asarray(side_by_side([("one", one), ("two", two)], (10, 5, 40, 35)))
    for picture, left in ((one, 8), (two, 8 + 60 + 8)):
        shown = sheet[20:80, left : left + 60]
        np.testing.assert_array_equal(shown, np.asarray(picture)[5:35, 10:40].repeat(2, 0).repeat(2, 1))
    assert (sheet[:20].min(axis=(0, 2))[8:30] < 128).any() and (sheet[:20].min(axis=(0, 2))[76:98] < 128).any()
