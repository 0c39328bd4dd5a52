"""Decisions and their arithmetic code: the tables against the functions they stand for, and what the code costs."""

import math

import numpy as np
import pytest

from nccodec.screen.mixing import AT, DIRECT, SQUASH, STRETCH, decide, end, line, read_all, slots_and_weights, start


def test_squash_is_the_logistic_function():
    logistic = 65536 / (1 + np.exp(-np.arange(-2048, 2048) / 256))
    # Straight lines over half a unit are off by at most 1/8 of the largest second derivative there, 0.0962 x 65536.
    assert np.abs(SQUASH - np.clip(logistic, 16, 65520)).max() < 65536 * 0.0963 / 8 / 4 + 1
    assert (np.diff(SQUASH) >= 0).all()


def test_stretch_is_its_inverse():
    assert (np.diff(STRETCH) >= 0).all()
    for q in range(16, 4080, 7):
        d = STRETCH[q]
        assert SQUASH[d + 2048] >= 16 * q + 8 > SQUASH[d + 2047]


def coded(bits, contexts, code=None):
    """Bytes of the bits, each in its context; or, of code, the bits."""
    slots, weights = slots_and_weights(16)
    now = np.zeros(64, np.int64)
    data = np.zeros(len(bits) + 100, np.uint8) if code is None else np.frombuffer(code, np.uint8).copy()
    start(now, data, code is not None)
    decoded = []
    for bit, context in zip(bits, contexts, strict=True):
        now[AT], now[AT + 1] = context, 100
        decoded.append(decide(slots, weights, now, data, 2, 0, 1, 6, -1 if code else bit))
    if code is None:
        return data[: end(now, data)].tobytes()
    assert read_all(now, data)
    return decoded


@pytest.mark.parametrize("chances", [(0.5, 0.5), (0.02, 0.9), (0.001, 0.001)])
def test_bits_come_back_and_cost_their_entropy(chances):
    random = np.random.default_rng(7)
    contexts = random.integers(0, 2, 20_000)
    bits = (random.random(20_000) < np.array(chances)[contexts]).astype(int).tolist()
    code = coded(bits, contexts.tolist())
    assert coded(bits, contexts.tolist(), code) == bits
    entropy = -sum(p * math.log2(p) + (1 - p) * math.log2(1 - p) for p in chances) / 2 * 20_000 / 8
    assert 0.9 * entropy - 8 < len(code) < 1.06 * entropy + 16


def test_no_decision_at_all_is_one_byte():
    assert coded([], []) == b"\1" and coded([], [], b"\1") == []


def test_lines_are_whole_and_after_the_direct_slots():
    lines = [line(h, (1 << 16) - 16) for h in range(5000)]
    assert all(DIRECT <= at < DIRECT + (1 << 16) and (at - DIRECT) % 16 == 0 for at in lines)
    assert len(set(lines)) > 2700  # of 4096, drawn 5000 times: 4096 (1 - exp(-5000 / 4096)) = 2888
