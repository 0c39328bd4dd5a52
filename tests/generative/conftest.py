"""Weights files that were tampered with."""

import json
from pathlib import Path

import pytest
from safetensors.numpy import load, save

from nccodec.generative import weights

GOLDEN = Path(__file__).parents[1] / "golden" / "generative"


@pytest.fixture
def rewritten(tmp_path):
    """A function: name of frozen weights, change(tensors, about) -> path of the changed file."""

    def make(name, change=lambda tensors, about: None):
        data = (GOLDEN / f"{name}.safetensors").read_bytes()
        length = int.from_bytes(data[:8], "little")
        about = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["nccodec"])
        tensors = {key: value.copy() for key, value in load(data).items()}
        change(tensors, about)
        path = tmp_path / f"{name}.safetensors"
        path.write_bytes(save(tensors, {"nccodec": json.dumps(about)}))
        return path

    return make


@pytest.fixture
def generative_weights(rewritten):
    """The same, loaded."""
    return lambda name, change: weights.load(rewritten(name, change))
