"""How the minutes of a run are divided."""

import pytest

from nccodec.training.plan import following, for_fits, measurable


def test_long_runs_keep_what_all_fits_need_and_short_ones_two_fifths():
    """All fits and 16 pictures take 600 * 0.7 + 2000 * 0.45 + 16 * 12 = 1512 steps."""
    assert following(600, 0.5, 16) == pytest.approx(756)
    assert following(10, 0.5, 16) == pytest.approx(240)


def test_measuring_takes_at_most_its_share_of_the_minutes():
    """A picture takes 12 steps, of half a second here."""
    assert [measurable(minutes, 0.5, 16) for minutes in (0.1, 4, 100)] == [1, 6, 16]


def test_fits_share_what_the_curve_leaves():
    """420 to 900; four pictures of 8 steps of 2 seconds are 64 seconds."""
    assert for_fits(64 + 1320, 2.0, 4) == pytest.approx((420, 900))
    assert for_fits(10, 2.0, 4) == (0, 0)


def test_training_ends_where_the_rest_of_the_minutes_is_needed(trainer):
    """Of 10 minutes, 3 minutes at 0.1 s a step: one held-out picture and all fits need 1332 steps, 133.2 s."""
    run = trainer(steps=None, minutes=10)
    run.elapsed, run.done = 180.0, 1800
    assert run.progress == pytest.approx(180 / (600 - 133.2))
    run.elapsed, run.done = 466.9, 4669
    assert run.progress == 1
