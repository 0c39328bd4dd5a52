"""What the golden files of several kinds of map share: the tiny weights, collages under them, and writing."""

from pathlib import Path

import numpy as np

import nccodec
from nccodec.code import grid_of
from nccodec.neural import weights
from nccodec.neural.code import CollageCode

HERE = Path(__file__).parent
TINY = HERE / "tiny.safetensors"


def code_of(height: int, width: int, grey: bool, level: int, spread: float, seed: int) -> CollageCode:
    random = np.random.default_rng(seed)
    tiny = weights.load(TINY)
    rows, columns = grid_of(height, width, 4)
    atoms = np.rint(random.laplace(0, spread, (6, rows, columns))).astype(np.int32)
    scales = np.rint(random.laplace(0, spread / 2, (4, rows, columns))).astype(np.int32)
    if min(rows, columns) < 2:
        scales[:] = 0
    return CollageCode(height, width, grey, level, 4, tiny.fingerprint, atoms, scales)


def write_good(name: str, data: bytes) -> None:
    """The file, which must decode, and what it decodes to."""
    (HERE / "ok" / f"{name}.ncl").write_bytes(data)
    nccodec.decode(data, weights=TINY).save(HERE / "ok" / f"{name}.png")
