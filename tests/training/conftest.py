"""A folder of odd pictures, and training runs on it that are small enough for tests."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nccodec.neural.architecture import Architecture
from nccodec.training.crops import CropFolder
from nccodec.training.loop import Trainer
from nccodec.training.options import Options

SMALL = Architecture(
    range_size=8,
    kernel=12,
    atoms=24,
    domains=2,
    width=8,
    depth=16,
    blocks=1,
    dense=1,
    refinement=8,
    filter=8,
    detail=8,
    lambdas=(0.002, 0.01, 0.05),
)


@pytest.fixture
def folder(tmp_path, smooth) -> Path:
    root = tmp_path / "crops"
    (root / "sub").mkdir(parents=True)
    smooth(150, 150).save(root / "middle.jpg", quality=95)
    smooth(40, 40).save(root / "sub" / "small.png")
    smooth(30, 200).convert("L").save(root / "grey.webp", lossless=True)
    (root / "broken.png").write_bytes(b"no picture")
    (root / "notes.txt").write_text("not looked at")
    return root


@pytest.fixture
def options() -> Callable[..., Options]:
    """Options of a small run of six steps, the last three with the self-reference, with changes."""

    def make(**changes) -> Options:
        return Options(**{"architecture": SMALL, "steps": 6, "crop": 32, "batch": 2, "reference_from": 0.5} | changes)

    return make


@pytest.fixture
def trainer(folder, options) -> Callable[..., Trainer]:
    """A new small run, with changes of its options."""
    return lambda **changes: Trainer(CropFolder(folder), options(**changes))
