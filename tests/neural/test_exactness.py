"""The integers of the prior are the same in every floating type, thread count and memory layout."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from priors import flat, random_code, random_prior

from nccodec.bitstream.packers import pack_range
from nccodec.neural import prior as prior_module
from nccodec.neural.prior import IntegerPrior, PriorArrays, exact_in, fastest_exact

GRIDS = [(1, 1), (1, 7), (2, 3), (5, 4)]
ATOMS, DOMAINS = 40, 2
PRIOR = random_prior(9, ATOMS, DOMAINS)

DECODE = """
import hashlib, sys
import numpy as np
from priors import random_prior
from nccodec.bitstream.packers import unpack_range
from nccodec.neural.prior import IntegerPrior
values = np.zeros((42, 25, 38), np.int32)
unpack_range(sys.stdin.buffer.read(), IntegerPrior(random_prior(9, 40, 2), 40, 2, 130), values, 0, 42)
print(hashlib.sha256(values.tobytes()).hexdigest())
"""


@pytest.fixture
def forgotten():
    """What this machine was found to do, tried anew, and once more afterwards."""
    fastest_exact.cache_clear()
    yield
    fastest_exact.cache_clear()


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("grid", GRIDS)
def test_every_type_gives_the_same_passes(grid, large):
    q = random_code(10, ATOMS + DOMAINS, *grid, large=large)
    kinds = ("int64", "float64", "float32", None)
    first, *others = (flat(IntegerPrior(PRIOR, ATOMS, DOMAINS, 130, kind), q) for kind in kinds)
    assert all(other == first for other in others)


@pytest.mark.parametrize("threads", ["1", "2"])
def test_other_processes_with_other_thread_counts_decode_the_same_bytes(threads):
    q = random_code(11, ATOMS + DOMAINS, 25, 38)
    payload = pack_range(q, IntegerPrior(PRIOR, ATOMS, DOMAINS, 130, "int64"), 0, ATOMS + DOMAINS)
    root = Path(__file__).parents[2]
    path = os.pathsep.join(map(str, (root, root / "tests", root / "tests" / "neural")))
    count = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads)
    run = subprocess.run(
        [sys.executable, "-c", DECODE],
        input=payload,
        capture_output=True,
        env=os.environ | count | {"PYTHONPATH": path},
    )
    assert run.stdout.decode().strip() == hashlib.sha256(q.tobytes()).hexdigest(), run.stderr.decode()[-2000:]


def scattered(array: np.ndarray) -> np.ndarray:
    """The same values, none beside another in memory."""
    wide = np.zeros((*array.shape, 2), array.dtype)
    wide[..., 1] = array
    return wide[..., 1]


@pytest.mark.parametrize("layout", [np.asfortranarray, scattered])
def test_the_layout_in_memory_does_not_matter(layout):
    prior = PriorArrays.from_tensors({name: layout(array) for name, array in PRIOR.tensors().items()})
    assert not prior.groups[1].before.flags.c_contiguous
    q = random_code(12, ATOMS + DOMAINS, 5, 6)
    plain = IntegerPrior(PRIOR, ATOMS, DOMAINS, 130)
    model = IntegerPrior(prior, ATOMS, DOMAINS, 130)
    assert flat(model, layout(q)) == flat(plain, q)
    assert pack_range(layout(q), model, 0, 42) == pack_range(q, plain, 0, 42)


def test_the_largest_allowed_sum_is_exact_in_float32_and_the_next_ones_are_not():
    """2^24 + 1 is the first integer that float32 lacks."""
    for total, exact in ((2**24 - 1, True), (2**24 + 1, False), (2**24 + 3, False)):
        whole, rest = divmod(total, 127 * 127)
        weight = np.array([[127] * whole + [127] * (rest // 127) + [1]])
        inputs = np.array([[127]] * whole + [[1]] * (rest // 127) + [[rest % 127]])
        assert int((weight @ inputs)[0, 0]) == total
        assert exact_in(np.float32, weight, inputs) == exact
        assert exact_in(np.float64, weight, inputs)


def test_a_type_that_cannot_hold_the_sums_is_seen():
    random = np.random.default_rng(13)
    weight, inputs = random.integers(-40, 41, (8, 300)), random.integers(-40, 41, (300, 5))
    assert exact_in(np.float32, weight, inputs)
    assert not exact_in(np.float16, weight, inputs)


def test_float64_where_float32_fails(forgotten, monkeypatch):
    seen = []

    def refused(kind, weight, inputs):
        size = int((np.abs(weight) @ np.abs(inputs)).max())
        seen.append((kind, size))
        return False

    monkeypatch.setattr(prior_module, "exact_in", refused)
    assert fastest_exact() == "float64"
    (kind, size), *none = seen
    assert kind is np.float32 and not none
    assert 0.99 * 2**24 < size < 2**24  # what is tried reaches the bound
    q = random_code(14, ATOMS + DOMAINS, 4, 3)
    slow = IntegerPrior(PRIOR, ATOMS, DOMAINS, 130)
    assert slow._kind == np.float64
    monkeypatch.undo()
    assert flat(slow, q) == flat(IntegerPrior(PRIOR, ATOMS, DOMAINS, 130, "float32"), q)


def test_float32_where_it_is_exact(forgotten, monkeypatch):
    monkeypatch.setattr(prior_module, "exact_in", lambda kind, weight, inputs: kind is np.float32)
    assert fastest_exact() == "float32"
