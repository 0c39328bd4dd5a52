"""What several rooms' tests share."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from PIL import Image

# pytest-xdist has a process on each core: threads beside one another there would only wait for a core. numpy and torch
# read it when they are imported, which nothing above does, and so do processes that tests start.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
# The same examples each time, however slow the machine is.
settings.register_profile(
    "same", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("same")
TINY = Path(__file__).parent / "golden" / "tiny.safetensors"


@pytest.fixture
def tiny() -> Path:
    """The frozen little weights file: cells of 4 pixels, 6 atoms, 4 domains, 2 levels."""
    return TINY


@pytest.fixture
def smooth():
    """A function (height, width) -> a colourful picture without randomness."""
    import numpy as np

    def make(height: int, width: int) -> Image.Image:
        y, x = np.mgrid[0:height, 0:width].astype(float)
        planes = [np.sin(x / 7 + y / 11), np.cos(x / 5 - y / 9), np.sin((x + y) / 13) * np.cos(x / 3)]
        return Image.fromarray(np.uint8(np.stack(planes, -1) * 100 + 127))

    return make


@pytest.fixture(scope="session")
def users(tmp_path_factory) -> Path:
    """A folder of folders of users. `mktemp` looks at all folders before it makes one: not for thousands of tests."""
    return tmp_path_factory.mktemp("users")


@pytest.fixture(autouse=True)
def no_user_files(users, monkeypatch):
    """Tests see the weights of the repository only, and a cache of their own."""
    for kind in ("DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", tempfile.mkdtemp(prefix=f"{kind.lower()}-", dir=users))
    monkeypatch.delenv("NCCODEC_WEIGHTS", raising=False)
