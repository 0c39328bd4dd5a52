"""The neighbourhood prior against a literal reading of section 5 of bitstream_spec.md."""

from pathlib import Path

import numpy as np
import pytest

from nccodec.bitstream.context import ContextArrays, ContextModel, group_edges
from nccodec.bitstream.packers import pack_range, unpack_range
from nccodec.errors import FormatError, WeightsError
from nccodec.neural import weights

PRIOR = weights.load(Path(__file__).parents[1] / "golden" / "tiny.safetensors").prior
ATOMS, DOMAINS = 6, 4


def literal(q: np.ndarray, level: int) -> list[tuple[int, int, int, int, int]]:
    """(channel, row, column, table, offset) of every symbol in coding order, cell by cell."""
    _, rows, columns = q.shape
    groups = [range(0, 3), range(3, 6), range(6, 10)]
    out = []
    for g, group in enumerate(groups):
        for p in range(3):
            for c in group:
                for i in range(rows):
                    for j in range(columns):
                        if (2 if (i + j) % 2 else i % 2) != p:
                            continue
                        steps = {
                            0: [],
                            1: [(-1, -1), (-1, 1), (1, -1), (1, 1)],
                            2: [(-1, 0), (1, 0), (0, -1), (0, 1)],
                        }[p]
                        cells = [(i + a, j + b) for a, b in steps if 0 <= i + a < rows and 0 <= j + b < columns]
                        n = max(1, len(cells))
                        s = sum(int(q[c, a, b]) for a, b in cells)
                        f = [
                            4 * sum(abs(int(q[c, a, b])) for a, b in cells) // n,
                            4 * sum(abs(int(q[k, a, b])) for a, b in cells for k in group) // n,
                            sum(abs(int(q[k, i, j])) for k in groups[g - 1]) if g > 0 else 0,
                            sum(abs(int(q[k, i, j])) for h in groups[: max(0, g - 1)] for k in h),
                        ]
                        low, part = level >> 8, level & 255
                        high = min(low + 1, 1)
                        b = int(PRIOR.bias[low, p, c]) * (256 - part) + int(PRIOR.bias[high, p, c]) * part >> 8
                        x = b + sum(int(PRIOR.weight[p, k, c]) * int(PRIOR.log[min(f[k], 4095)]) for k in range(4))
                        offset = (2 * s * int(PRIOR.mean[p, c]) + 64 * n) // (128 * n)
                        out.append((c, i, j, min(63, max(0, (x + 2048) >> 12)), min(32767, max(-32767, offset))))
    return out


@pytest.mark.parametrize(("shape", "level"), [((5, 4), 0), ((1, 1), 77), ((1, 6), 255), ((6, 1), 256), ((3, 7), 130)])
def test_tables_and_offsets_equal_a_literal_reading(shape, level):
    random = np.random.default_rng(level)
    q = np.rint(random.laplace(0, 3, (ATOMS + DOMAINS, *shape))).astype(np.int32)
    found = []
    for part in ContextModel(PRIOR, ATOMS, DOMAINS, level).passes(q, 0, ATOMS + DOMAINS):
        found += zip(*(axis.tolist() for axis in (*part.where, part.tables, part.offsets)), strict=True)
    assert found == literal(q, level)


def test_a_model_never_looks_ahead():
    """What is not decoded yet may hold anything: here noise where the decoder has its zeros."""
    random = np.random.default_rng(5)
    q = np.rint(random.laplace(0, 3, (10, 4, 5))).astype(np.int32)
    noise = random.integers(-9, 9, q.shape).astype(np.int32)
    plain, noisy = np.zeros_like(q), noise.copy()
    model = ContextModel(PRIOR, ATOMS, DOMAINS, 100)
    for a, b in zip(model.passes(plain, 0, 10), model.passes(noisy, 0, 10), strict=True):
        np.testing.assert_array_equal(a.tables, b.tables)
        np.testing.assert_array_equal(a.offsets, b.offsets)
        plain[a.where] = noisy[b.where] = q[a.where]


def test_round_trip_in_two_chunks():
    random = np.random.default_rng(6)
    q = np.rint(random.laplace(0, 30, (10, 7, 5))).astype(np.int32)
    model = ContextModel(PRIOR, ATOMS, DOMAINS, 255)
    back = np.zeros_like(q)
    unpack_range(pack_range(q, model, 0, 6), model, back, 0, 6)
    unpack_range(pack_range(q, model, 6, 10), model, back, 6, 10)
    np.testing.assert_array_equal(back, q)


def test_groups():
    assert group_edges(320, 4) == [0, 3, 12, 36, 108, 320, 324]
    assert group_edges(12, 0) == [0, 3, 12]
    assert group_edges(2, 1) == [0, 2, 3]


def test_levels_beyond_the_weights_are_refused():
    ContextModel(PRIOR, ATOMS, DOMAINS, 256)
    for level in (257, 512):
        with pytest.raises(FormatError, match="beyond the 2 levels"):
            ContextModel(PRIOR, ATOMS, DOMAINS, level)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("tables", lambda a: a - np.eye(1, a.size, 5, dtype=np.int32)[0], "sum to 2\\^24"),
        ("tables", lambda a: a * 0, "outside"),
        ("sizes", lambda a: a + 1, "tables is"),
        ("mean", lambda a: a.astype(np.int64), "int64"),
        ("weight", lambda a: a + 5000, "outside"),
        ("log", lambda a: a[:-1], "log is"),
    ],
)
def test_arrays_that_would_derail_the_coder_are_refused(name, change, message):
    arrays = {key: getattr(PRIOR, key) for key in ("bias", "weight", "mean", "log", "sizes", "tables")}
    with pytest.raises(WeightsError, match=message):
        ContextArrays(**arrays | {name: change(arrays[name])})
