"""Crops: from any pictures, reproducible, some of them rendered."""

import numpy as np
import pytest

from nccodec.errors import TrainingError
from nccodec.training import crops
from nccodec.training.crops import CropFolder


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
