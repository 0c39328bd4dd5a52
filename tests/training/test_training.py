"""Training on a folder of odd pictures: it learns, resumes exactly, and its weights encode."""

import math

import numpy as np
import pytest
import torch

import nccodec
from nccodec.errors import TrainingError
from nccodec.neural import weights
from nccodec.neural.architecture import Architecture
from nccodec.training import checkpoint
from nccodec.training.crops import CropFolder
from nccodec.training.export import export
from nccodec.training.loop import Options, Trainer
from nccodec.training.start import pca_patches

SMALL = Architecture(range_size=8, kernel=12, atoms=24, domains=2, width=8, blocks=1, lambdas=(0.002, 0.01, 0.05))


@pytest.fixture
def folder(tmp_path, smooth):
    root = tmp_path / "crops"
    (root / "sub").mkdir(parents=True)
    smooth(150, 150).save(root / "middle.jpg", quality=95)
    smooth(40, 40).save(root / "sub" / "small.png")
    smooth(30, 200).convert("L").save(root / "grey.webp", lossless=True)
    (root / "broken.png").write_bytes(b"no picture")
    (root / "notes.txt").write_text("not looked at")
    return root


def options(**changes) -> Options:
    given = {"steps": 6, "crop": 32, "batch": 2, "reference_from": 0.5}
    return Options(SMALL, **given | changes)


def state(trainer: Trainer) -> dict[str, torch.Tensor]:
    return {**trainer.model.state_dict(), **{f"prior.{k}": v for k, v in trainer.prior.state_dict().items()}}


def test_broken_pictures_are_named_and_small_ones_used(folder):
    found = CropFolder(folder)
    assert found.names == ["grey.webp", "middle.jpg", "sub/small.png"]
    assert list(found.broken) == ["broken.png"] and "broken.png: not an image" in found.broken["broken.png"]
    for side in (32, 64, 160):
        assert found.batch(found.names, 5, side, 1, 7).shape == (5, 3, side, side)
    assert found.pixels(found.names) == 150 * 150 + 40 * 40 + 30 * 200


def test_batches_depend_on_seed_and_step_alone(folder):
    a, b = CropFolder(folder), CropFolder(folder, budget=1)
    b.batch(b.names, 3, 32, 1, 1)
    np.testing.assert_array_equal(a.batch(a.names, 4, 32, 1, 5), b.batch(b.names, 4, 32, 1, 5))
    assert not np.array_equal(a.batch(a.names, 4, 32, 1, 5), a.batch(a.names, 4, 32, 1, 6))
    assert not np.array_equal(a.batch(a.names, 4, 32, 1, 5), a.batch(a.names, 4, 32, 2, 5))


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


def test_pca_finds_the_directions_of_variance():
    torch.manual_seed(0)
    directions = torch.linalg.qr(torch.randn(48, 48)).Q[:, :3]
    strength = torch.tensor([3.0, 2.0, 1.0])
    patches = 0.5 + 0.05 * (torch.randn(2000, 3) * strength) @ directions.T  # 2000 blocks of 3 x 4 x 4
    pictures = patches.reshape(20, 100, 3, 4, 4).permute(0, 2, 3, 1, 4).reshape(20, 3, 4, 400)
    found = pca_patches(pictures, 4, 3).reshape(3, 48)
    assert ((found @ directions).abs() - torch.eye(3)).abs().max() < 0.1
    torch.testing.assert_close(found @ found.T, torch.eye(3), atol=1e-5, rtol=0)


@pytest.mark.parametrize("loss", ["unrolled", "collage"])
def test_a_resumed_run_equals_one_without_interruption(folder, tmp_path, loss):
    whole = Trainer(CropFolder(folder), options(loss=loss))
    whole.run()
    first = Trainer(CropFolder(folder), options(loss=loss))
    for _ in range(3):
        first.step()
    checkpoint.save(tmp_path / "c", first)
    second = Trainer(CropFolder(folder), options(loss=loss))
    checkpoint.resume(tmp_path / "c", second)
    assert second.done == 3
    second.run()
    assert second.done == whole.done == 6
    for name, value in state(whole).items():
        assert torch.equal(value, state(second)[name]), name


def test_a_checkpoint_of_another_run_is_refused(folder, tmp_path):
    trainer = Trainer(CropFolder(folder), options())
    checkpoint.save(tmp_path / "c", trainer)
    with pytest.raises(TrainingError, match="other crop"):
        checkpoint.resume(tmp_path / "c", Trainer(CropFolder(folder), options(crop=64)))
    (tmp_path / "junk").write_bytes(b"junk")
    with pytest.raises(TrainingError, match="cannot read"):
        checkpoint.resume(tmp_path / "junk", trainer)


def test_an_interruption_leaves_a_checkpoint(folder, tmp_path):
    trainer = Trainer(CropFolder(folder), options())

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer.run(stop, save=tmp_path / "c", every=2)
    again = Trainer(CropFolder(folder), options())
    checkpoint.resume(tmp_path / "c", again)
    assert again.done == 2


def test_training_lowers_the_lagrangian(folder):
    def cost(trainer):
        rows = trainer.validate()
        return sum(math.log(r["lambda"] * 255**2 * 10 ** (-r["psnr"] / 10) + r["bpp"]) for r in rows)

    trainer = Trainer(CropFolder(folder), options(steps=60, rate=1e-3))
    before = cost(trainer)
    trainer.run()
    assert cost(trainer) < before


def test_the_weights_of_a_run_encode_and_start_another(folder, tmp_path, smooth):
    trainer = Trainer(CropFolder(folder), options())
    trainer.run()
    path = tmp_path / "mine.safetensors"
    export(trainer, path)
    picture = smooth(70, 50)
    sizes = [len(nccodec.encode(picture, quality, path)) for quality in (0, 50, 100)]
    assert sizes == sorted(set(sizes))
    data = nccodec.encode(picture, 100, path)
    difference = np.asarray(nccodec.decode(data, weights=path)).astype(float) - np.asarray(picture)
    assert np.abs(difference).mean() < 25
    further = Trainer(CropFolder(folder), options(), init=weights.load(path))
    assert torch.equal(further.model.atoms, weights.load(path).model().atoms)
    with pytest.raises(TrainingError, match="another architecture"):
        Trainer(CropFolder(folder), Options(Architecture(), steps=1), init=weights.load(path))


@pytest.mark.parametrize("wrong", [{"steps": None}, {"minutes": 1.0}, {"loss": "other"}, {"crop": 30}, {"crop": 8}])
def test_options_that_make_no_sense_are_refused(wrong):
    with pytest.raises(TrainingError):
        options(**wrong)
