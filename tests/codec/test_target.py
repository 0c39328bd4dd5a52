"""The search over levels, on made-up measures."""

import math

import pytest

from nccodec.codec.target import highest_within

TOP = 1536


def counted(value):
    """A measure of level and effort that counts how often each effort is asked for something new."""
    seen, counts = {}, {}

    def measure(level: int, effort: int) -> float:
        assert 0 <= level <= TOP
        if (level, effort) not in seen:
            seen[level, effort] = value(level, effort)
            counts[effort] = counts.get(effort, 0) + 1
        return seen[level, effort]

    return measure, counts


SHAPES = {
    "line": lambda level: level / 100,
    "late": lambda level: (level / TOP) ** 6 * 15,
    "early": lambda level: math.sqrt(level),
    "steps": lambda level: level // 7 * 0.07,
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("share", [0.013, 0.2, 0.5, 0.77, 0.999])
def test_it_ends_within_the_tolerance_and_not_above_the_limit(shape, share):
    value = SHAPES[shape]
    measure, counts = counted(lambda level, _: value(level))
    limit = value(TOP) * share
    level = highest_within(measure, TOP, limit, 0.02, 1)
    assert value(level) <= limit
    # Within the tolerance, or else the next level is already above the limit.
    assert value(level) >= limit - 0.02 or value(level + 1) > limit
    assert counts[1] <= 24


def test_without_tolerance_it_finds_the_highest():
    for limit in (0.0, 3.333, 7.0, 15.35):
        measure, _ = counted(lambda level, _: level / 100)
        assert highest_within(measure, TOP, limit, 0.0, 0) == math.floor(limit * 100 + 1e-9)


def test_out_of_reach_it_gives_the_nearest_end():
    measure, counts = counted(lambda level, _: 5 + level / 100)
    assert highest_within(measure, TOP, 4.0, 0.02, 1) == 0
    assert highest_within(measure, TOP, 40.0, 0.02, 1) == TOP
    assert counts[1] == 2
    for limit, end in ((4.0, 0), (40.0, TOP)):
        measure, counts = counted(lambda level, effort: 5 + level / 100 - effort / 50)
        assert highest_within(measure, TOP, limit, 0.02, 6) == end
        assert counts[6] <= 5


@pytest.mark.parametrize("gain", [lambda level: 0.06, lambda level: 0.03 + 0.05 * level / TOP, lambda level: -0.1])
@pytest.mark.parametrize("limit", [9.0, 10.5, 12.34])
def test_more_effort_is_met_in_few_codes_of_its_own(gain, limit):
    """The dear effort gives less (or more) than the cheap one by an amount that varies with the level."""
    measure, counts = counted(lambda level, effort: 8 + level / 300 - (gain(level) if effort > 1 else 0))
    level = highest_within(measure, TOP, limit, 0.02, 7)
    assert limit - 0.02 <= measure(level, 7) <= limit
    assert counts[7] <= 5
