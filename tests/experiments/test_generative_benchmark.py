"""The study of generative collages on a handful of pictures."""

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from nccodec.experiments import generative
from nccodec.generative.architecture import Architecture

COLOUR = Path(__file__).parents[1] / "golden" / "generative" / "colour.safetensors"


def test_copies_alone_have_flat_ranges():
    """With all s 0, each range is the mean of its affine part."""
    a = Architecture(size=8, ranges=2, kernel=8, atoms=2, latents=2, upper=1, hidden=8, width=8)
    objective = generative.Copies(a)
    torch.nn.init.zeros_(objective.arrays["decoder/2/weight"][-32:])
    latents = torch.randn(1, 2)
    affine, scales = objective.network.decode(latents)
    assert not scales.any()
    cells = affine.reshape(2, 4, 2, 4).mean((1, 3))
    expected = cells.repeat_interleave(4, 0).repeat_interleave(4, 1)
    torch.testing.assert_close(objective.decoded(latents, 3)[0, 0], expected)


def test_every_variant_is_trained_and_samples_are_timed(tmp_path):
    random = np.random.default_rng(0)
    (tmp_path / "d").mkdir()
    for number in range(12):
        Image.fromarray(random.integers(0, 256, (8, 8), np.uint8)).save(tmp_path / "d" / f"{number}.png")
    generative.command(tmp_path / "d", tmp_path / "g.json", 2, None, str(COLOUR), 4, tmp_path / "sheets")
    told = json.loads((tmp_path / "g.json").read_text())
    assert told["parameters of a map"] == 640 and told["pixels"] == 64
    assert all(told[name]["nats"] > 0 and told[name]["processor seconds"] > 0 for name in generative.VARIANTS)
    assert told["samples"]["4 at 40x, seconds"] > 0
    assert Image.open(tmp_path / "sheets" / "samples.png").size == (32, 32)
    assert Image.open(tmp_path / "sheets" / "enlarged.png").size == (4 * 640, 2 * 640)
