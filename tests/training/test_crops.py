"""Crops: from any pictures, reproducible, some of them rendered."""

import numpy as np
import pytest
from PIL import Image

from nccodec.errors import TrainingError
from nccodec.training import crops
from nccodec.training.crops import Ahead, CropFolder, subsampled


def test_broken_pictures_are_named_and_small_ones_used(folder):
    found = CropFolder(folder)
    assert found.names == ["grey.webp", "middle.jpg", "sub/small.png"]
    assert list(found.broken) == ["broken.png"] and "broken.png: not an image" in found.broken["broken.png"]
    for side in (32, 64, 160):
        assert found.batch(found.names, 5, side, 1, 7).shape == (5, 3, side, side)
    assert found.pixels(found.names) == 150 * 150 + 40 * 40 + 30 * 200


def test_batches_depend_on_seed_step_and_rank_alone(folder):
    a, b = CropFolder(folder), CropFolder(folder, budget=1)
    b.batch(b.names, 3, 32, 1, 1)
    draws = [(1, 5), (1, 6), (2, 5), (1, 5, 1), (1, 5, 2)]
    batches = [a.batch(a.names, 4, 32, *draw) for draw in draws]
    for batch, draw in zip(batches, draws, strict=True):
        np.testing.assert_array_equal(batch, b.batch(b.names, 4, 32, *draw))
    assert len({batch.tobytes() for batch in batches}) == len(draws)


def test_the_first_process_draws_what_a_single_one_did_before_there_were_several():
    """Checkpoints of that time are resumed with the same crops."""
    assert np.random.default_rng([3, 7, 0]).random() == np.random.default_rng([3, 7]).random()


def test_a_folder_without_pictures_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(TrainingError):
            CropFolder(path)


def test_held_out_pictures_stay_held_out(folder, smooth):
    train, valid = CropFolder(folder).split()
    assert set(train).isdisjoint(valid) and len(train) + len(valid) == 3 and valid
    smooth(50, 50).save(folder / "new.png")
    again_train, again_valid = CropFolder(folder).split()
    assert set(again_valid) <= {*valid, "new.png"}
    assert set(train) <= {*again_train, *again_valid}


@pytest.mark.parametrize(("share", "least", "most"), [(None, 0.035, 0.065), (0, 0, 0), (0.5, 0.46, 0.54), (1, 1, 1)])
def test_a_share_of_the_crops_is_rendered(folder, monkeypatch, share, least, most):
    marked = np.full((8, 8, 3), (1, 2, 3), np.uint8)
    monkeypatch.setattr(crops, "screen", lambda *_: marked)
    found = CropFolder(folder) if share is None else CropFolder(folder, screens=share)
    batch = found.batch(found.names, 2000, 8, 0, 0)
    rendered = (batch.transpose(0, 2, 3, 1) == marked).all((1, 2, 3)).mean()
    assert least <= rendered <= most


def test_most_crops_are_reduced(tmp_path):
    """By 4^sqrt(u), u uniform, in 85 of 100: so 64 of 100 by more than 2, and none by more than 4."""
    ramp = np.broadcast_to((np.arange(800) % 256)[:, None], (800, 800)).astype(np.uint8)
    Image.fromarray(ramp).save(tmp_path / "ramp.png")
    found = CropFolder(tmp_path, screens=0)
    batch = found.batch(found.names, 600, 64, 0, 0)[:, 0].astype(float)
    steps = [np.abs(np.diff(batch, axis=axis)) for axis in (1, 2)]
    steps = np.stack([np.nanmean(np.where(s < 20, s, np.nan), (1, 2)) for s in steps]).max(0)  # not where it wraps
    assert 0.58 < (steps > 2.01).mean() < 0.70
    assert 0.95 < steps.min() < 1.01 and 3.8 < steps.max() < 4.3


def test_subsampling_keeps_luma_and_halves_chroma():
    random = np.random.default_rng(0)
    colour = random.integers(96, 160, (16, 18, 3), np.uint8)
    luma = np.array([0.299, 0.587, 0.114])
    assert np.abs(subsampled(colour) @ luma - colour @ luma).max() < 2.5
    grey = np.repeat(random.integers(0, 256, (15, 17, 1), np.uint8), 3, 2)
    assert np.abs(subsampled(grey).astype(int) - grey).max() <= 1  # the conversion rounds
    stripes = np.full((8, 8, 3), (150, 100, 100), np.uint8)
    stripes[:, ::2] = (100, 125, 100)  # of nearly the same luma
    found = subsampled(stripes).astype(float)
    assert np.ptp(found[..., 0] - found @ luma) <= 2 < np.ptp(stripes[..., 0] - stripes @ luma) / 10


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_batches_made_ahead_are_those_of_their_steps(threads):
    """Also after a jump; and no step is made twice on the way."""
    made = []

    def make(step: int) -> np.ndarray:
        made.append(step)
        return np.array([step, step * step])

    ahead = Ahead(make, threads)
    asked = [0, 1, 2, 3, 100, 101]
    assert [ahead.batch(step).tolist() for step in asked] == [[step, step * step] for step in asked]
    assert len(set(made)) == len(made) and set(asked) <= set(made)


def test_a_fault_of_a_batch_made_ahead_is_raised_where_it_is_asked_for():
    def make(step: int) -> np.ndarray:
        if step == 2:
            raise TrainingError("no second batch")
        return np.array([step])

    ahead = Ahead(make, 2)
    assert [int(ahead.batch(step)[0]) for step in (0, 1)] == [0, 1]
    with pytest.raises(TrainingError, match="second"):
        ahead.batch(2)
