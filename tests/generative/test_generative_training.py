"""The bound that training lowers, worked out by hand, and training itself."""

import json
import math

import numpy as np
import pytest
import torch
from PIL import Image

from nccodec.errors import LimitError, TrainingError
from nccodec.generative import training, weights
from nccodec.generative.architecture import Architecture
from nccodec.generative.augmentation import moved
from nccodec.generative.card import write_card
from nccodec.generative.folder import Pictures, fitted, on_ground
from nccodec.generative.network import Generative
from nccodec.generative.objective import Objective, divergence_of, log_logistic
from nccodec.generative.sampling import between, drawn
from nccodec.training import checkpoint

SMALL = Architecture(size=8, ranges=2, kernel=8, atoms=4, latents=3, upper=1, hidden=16, width=8)


def bars(count: int) -> np.ndarray:
    """Black pictures of 8 x 8 with a white row or column: uint8 [count, 1, 8, 8]."""
    pixels = np.zeros((count, 1, 8, 8), np.uint8)
    for number, picture in enumerate(pixels):
        place = number // 2 % 8
        picture[0, place if number % 2 else slice(None), slice(None) if number % 2 else place] = 255
    return pixels


def test_the_divergence_of_normal_distributions():
    """ln(s2 / s1) + (s1^2 + (m1 - m2)^2) / (2 s2^2) - 1/2, for s1 = 1, s2 = 2, m1 - m2 = 3."""
    one, four = torch.zeros(1, 1), torch.full((1, 1), math.log(4))
    found = divergence_of(torch.full((1, 1), 3.0), one, torch.zeros(1, 1), four)
    assert found.item() == pytest.approx(math.log(2) + 10 / 8 - 0.5)
    assert divergence_of(one, one, one, one).item() == 0


def test_nats_of_grey_pictures():
    """Mid-grey samples say nothing: ln 2 a pixel. A sample that is white, p = 1 / (1 + e^-2)."""
    objective = Objective(SMALL)
    pictures = torch.from_numpy(bars(2)).float() / 255
    assert objective.nats(torch.full((2, 1, 8, 8), 0.5), pictures).tolist() == pytest.approx([64 * math.log(2)] * 2)
    assert objective.nats(pictures, pictures)[0].item() == pytest.approx(64 * math.log1p(math.exp(-2)), rel=1e-5)


@pytest.mark.parametrize("z", [-0.2, 0.0, 0.4, 1.1])
def test_masses_of_all_levels_are_one(z):
    levels = torch.arange(256, dtype=torch.float64) / 255
    masses = log_logistic(torch.full((256,), z, dtype=torch.float64), levels, torch.tensor(math.log(0.05))).exp()
    assert masses.sum().item() == pytest.approx(1, abs=1e-6)
    assert int(masses.argmax()) == round(255 * min(1, max(0, z)))


def test_the_bound_is_of_both_layers():
    """With all weights 0 the samples are the bias, 0, and means and logarithms of all distributions are 0."""
    objective = Objective(SMALL)
    for array in objective.parameters():
        torch.nn.init.zeros_(array)
    nats, divergence = objective(torch.zeros(1, 1, 8, 8), torch.randn(1, 4))
    assert nats.item() == pytest.approx(64 * math.log1p(math.exp(-2)), rel=1e-5)
    assert divergence.item() == 0


def test_the_networks_are_one_in_numpy_and_torch():
    objective = Objective(SMALL)
    arrays = {name: value.astype(np.float64) for name, value in training.arrays_of(objective).items()}
    network, pictures = Generative(SMALL, arrays), bars(4) / 255
    with torch.no_grad():
        mean, log_variance = objective.network.encode(torch.from_numpy(pictures).float())
        affine, scales = objective.network.decode(mean[:, :3])
        prior = objective.network.prior(mean[:, 3:])
    found = network.encode(pictures)
    for tensor, array in zip((mean, log_variance), found, strict=True):
        np.testing.assert_allclose(tensor.numpy(), array, atol=1e-5)
    for tensor, array in zip((affine, scales), network.decode(found[0][:, :3]), strict=True):
        np.testing.assert_allclose(tensor.numpy(), array, atol=1e-5)
    for tensor, array in zip(prior, network.prior(found[0][:, 3:]), strict=True):
        np.testing.assert_allclose(tensor.numpy(), array, atol=1e-5)


def test_moved_pictures():
    pictures, random = torch.rand(6, 3, 12, 12), torch.Generator().manual_seed(0)
    np.testing.assert_allclose(moved(pictures, 0.0, random).numpy(), pictures.numpy(), atol=1e-6)
    plain = torch.full((6, 3, 12, 12), 0.25)
    np.testing.assert_allclose(moved(plain, 1.0, random).numpy(), plain.numpy(), atol=1e-6)
    far = moved(pictures, 1.0, random)
    assert far.min() >= 0 and far.max() <= 1 and (far - pictures).abs().max() > 0.2


def test_training_lowers_the_bound():
    trainer = training.Trainer(SMALL, bars(16), training.Run(steps=300, batch=16, rate=0.02, augment=0.0))
    before, reports = training.measured(trainer.objective, bars(16)), []
    trainer.train(reports.append)
    after = training.measured(trainer.objective, bars(16))
    assert trainer.done == 300 and [r.step for r in reports] == [50, 100, 150, 200, 250, 300]
    assert after["nats"] < 0.8 * before["nats"] and after["psnr"] > before["psnr"] + 1
    assert after["bits"] == pytest.approx(after["nats"] / 64 / math.log(2))


def test_the_same_seed_trains_the_same_weights():
    run = training.Run(steps=5, seed=4)
    first, second = (training.Trainer(SMALL, bars(16), run) for _ in range(2))
    other = training.Trainer(SMALL, bars(16), training.Run(steps=5, seed=5))
    for trainer in (first, second, other):
        trainer.train()
    arrays = [training.arrays_of(trainer.objective)["atoms"] for trainer in (first, second, other)]
    np.testing.assert_array_equal(arrays[0], arrays[1])
    assert not np.array_equal(arrays[0], arrays[2])


def test_an_interrupted_and_resumed_run_takes_the_same_steps(tmp_path):
    class Stopped(Objective):
        left = 3

        def forward(self, *given):
            if not self.left:
                raise KeyboardInterrupt
            self.left -= 1
            return super().forward(*given)

    whole, first, second = (
        training.Trainer(SMALL, bars(16), training.Run(steps=7), made) for made in (Objective, Stopped, Objective)
    )
    whole.train()
    with pytest.raises(KeyboardInterrupt):
        first.train(save=lambda: checkpoint.save(tmp_path / "c", first))
    checkpoint.resume(tmp_path / "c", second)
    assert second.done == 3 and second.elapsed == first.elapsed > 0
    second.train(save=lambda: checkpoint.save(tmp_path / "c", second))
    checkpoint.resume(tmp_path / "c", first)
    assert first.done == 7
    expected = training.arrays_of(whole.objective)
    for trainer in (first, second):
        for name, array in training.arrays_of(trainer.objective).items():
            np.testing.assert_array_equal(array, expected[name])
    for changes, message in (
        ({"rate": 1e-4}, "other rate"),
        ({"seed": 1}, "other seed"),
        ({"batch": 2}, "other batch"),
    ):
        with pytest.raises(TrainingError, match=message):
            checkpoint.resume(tmp_path / "c", training.Trainer(SMALL, bars(16), training.Run(steps=7, **changes)))
    with pytest.raises(TrainingError, match="other pictures"):
        checkpoint.resume(tmp_path / "c", training.Trainer(SMALL, bars(16), training.Run(7), pictures="others"))


def test_training_starts_at_other_weights(tmp_path):
    first = training.Trainer(SMALL, bars(16), training.Run(steps=2))
    weights.save(tmp_path / "w.safetensors", SMALL, training.arrays_of(first.objective))
    start = weights.load(tmp_path / "w.safetensors")
    second = training.Trainer(SMALL, bars(16), training.Run(steps=2, seed=9), init=start)
    for name, array in training.arrays_of(second.objective).items():
        np.testing.assert_array_equal(array, start.tensors[name].astype(np.float32))
    other = Architecture(**SMALL.to_dict() | {"atoms": 5})
    with pytest.raises(TrainingError, match=r"w\.safetensors: has another architecture"):
        training.Trainer(other, bars(16), training.Run(steps=2), init=start)


def test_a_loss_that_is_no_number_ends_training():
    trainer, saved = training.Trainer(SMALL, bars(16), training.Run(steps=100, rate=1e9, augment=0.0)), []
    with pytest.raises(TrainingError, match="no number at step 50; a lower --rate"):
        trainer.train(save=lambda: saved.append(trainer.done))
    assert saved == []


def test_colours_are_trained_too():
    a = Architecture(size=8, channels=3, ranges=2, kernel=4, atoms=4, latents=3, upper=1, hidden=16, width=8)
    pixels = np.repeat(bars(16), 3, axis=1) // np.array([1, 2, 3], np.uint8)[:, None, None]
    trainer = training.Trainer(a, pixels, training.Run(steps=60, batch=16, rate=0.01, augment=0.0))
    before = training.measured(trainer.objective, pixels)["bits"]
    trainer.train()
    assert training.measured(trainer.objective, pixels)["bits"] < 0.9 * before


def test_a_folder_of_pictures(tmp_path):
    (tmp_path / "sub").mkdir()
    for number, picture in enumerate(bars(20)):
        Image.fromarray(picture[0]).save(tmp_path / ("sub" if number % 2 else ".") / f"{number:02}.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("not looked at")
    pictures = Pictures(tmp_path, 255)
    assert pictures.pixels.shape == (20, 1, 8, 8) and list(pictures.broken) == ["broken.png"]
    np.testing.assert_array_equal(pictures.pixels[pictures.names.index("sub/03.png")], bars(4)[3])
    used, held_out = pictures.split()
    assert sorted([*used, *held_out]) == list(range(20)) and len(held_out) == 2
    Image.new("RGB", (8, 8), (10, 200, 30)).save(tmp_path / "green.png")
    assert Pictures(tmp_path, 255).pixels.shape == (21, 3, 8, 8)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((), "holds no two readable pictures"),
        (((8, 8),), "holds no two readable pictures"),
        (((8, 8), (12, 12)), r"1\.png: is of another size than .*0\.png"),
        (((8, 9), (8, 9)), r"0\.png: 8 x 9 pixels are no square"),
        (((65, 65), (65, 65)), r"no two readable pictures .*4225 pixels are over the limit|65 x 65 pixels are over"),
    ],
)
def test_folders_that_cannot_be_trained_on(tmp_path, sizes, message):
    for number, size in enumerate(sizes):
        Image.new("L", size).save(tmp_path / f"{number}.png")
    with pytest.raises(TrainingError, match=message):
        Pictures(tmp_path, 255)
    with pytest.raises(TrainingError, match="no such folder"):
        Pictures(tmp_path / "nothing", 255)


def test_the_ground_shows_through():
    picture = Image.fromarray(np.array([[[9, 0], [9, 255]], [[9, 128], [9, 255]]], np.uint8), "LA")
    assert np.asarray(on_ground(picture, 255)).tolist() == [[255, 9], [pytest.approx(132, abs=1), 9]]
    assert fitted(picture, 2, 3, 0).shape == (1, 3, 2, 2)
    with pytest.raises(LimitError, match="2 x 2 pixels; these weights are for 8 x 8"):
        fitted(picture, 8, 1, 0)


def test_samples_are_those_of_the_seed_and_cool_down():
    found = weights_of_small()
    first = drawn(found, 5, 1.0, seed=3)
    np.testing.assert_array_equal(first, drawn(found, 5, 1.0, seed=3))
    assert first.shape == (5, 3) and not np.array_equal(first, drawn(found, 5, 1.0, seed=4))
    middle = found.network.prior(np.zeros((1, 1)))[0]
    np.testing.assert_allclose(drawn(found, 2, 0.0, seed=3), np.repeat(middle, 2, 0))
    np.testing.assert_allclose(between(np.zeros(2), np.array([1.0, 4.0]), 3), [[0, 0], [0.5, 2], [1, 4]])


def weights_of_small() -> weights.Weights:
    torch.manual_seed(0)
    tensors = {name: value.astype(np.float16) for name, value in training.arrays_of(Objective(SMALL)).items()}
    return weights.Weights("small.safetensors", bytes(8), SMALL, tensors)


def test_the_card_tells_what_was_done(tmp_path):
    for number, picture in enumerate(bars(20)):
        Image.fromarray(picture[0]).save(tmp_path / f"{number:02}.png")
    pictures = Pictures(tmp_path, 0)
    trainer = training.Trainer(SMALL, pictures.pixels, training.Run(steps=2))
    trainer.train()
    write_card(tmp_path / "w.safetensors", "nc x", "a note", trainer, pictures, 0.5, {"nats": 1.0})
    card = json.loads((tmp_path / "w.json").read_text())
    assert (card["name"], card["steps"], card["note"], card["validation"]) == ("w", 2, "a note", {"nats": 1.0})
    assert card["pictures"]["trained on"] == 18 and card["pictures"]["fingerprint"] == pictures.fingerprint
