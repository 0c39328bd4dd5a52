"""Training on a folder of odd pictures: it learns, and its weights encode."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

import nccodec
from nccodec.errors import TrainingError
from nccodec.neural import weights
from nccodec.neural.architecture import Architecture
from nccodec.neural.prior import IntegerPrior
from nccodec.training.crops import CropFolder
from nccodec.training.export import export
from nccodec.training.loop import Trainer
from nccodec.training.options import Options
from nccodec.training.start import pca_patches


def test_pca_finds_the_directions_of_variance():
    torch.manual_seed(0)
    directions = torch.linalg.qr(torch.randn(48, 48)).Q[:, :3]
    strength = torch.tensor([3.0, 2.0, 1.0])
    patches = 0.5 + 0.05 * (torch.randn(2000, 3) * strength) @ directions.T  # 2000 blocks of 3 x 4 x 4
    pictures = patches.reshape(20, 100, 3, 4, 4).permute(0, 2, 3, 1, 4).reshape(20, 3, 4, 400)
    found = pca_patches(pictures, 4, 3).reshape(3, 48)
    assert ((found @ directions).abs() - torch.eye(3)).abs().max() < 0.1
    torch.testing.assert_close(found @ found.T, torch.eye(3), atol=1e-5, rtol=0)


def test_training_lowers_the_loss(trainer):
    """That of the training crops, of the live parameters, and that of the held-out picture, of the average."""

    @torch.no_grad()
    def held_out(run):
        """Sum over the levels of the Lagrangian's logarithm, of integers."""
        (name,), total = run.valid_names, 0.0
        x = run.middle(name, 256)
        for number, multiplier in enumerate(run.options.architecture.lambdas):
            level = torch.tensor([float(number)])
            q = run.model.in_steps(run.model.analyse(x), level).round()
            bpp = float(run.prior.bits(q, q, level).sum()) / (x.shape[-1] * x.shape[-2])
            decoded = run.model.decode(run.model.dequantize(q, level), level).clamp(0, 1)
            total += math.log(multiplier * 255**2 * float((decoded - x).square().mean()) + bpp)
        return total

    @torch.no_grad()
    def live(run):
        steps = range(1000, 1012)
        return sum(float(run.objective(run.crops(s, 2), *run.draw(s), False)[0]) for s in steps) / len(steps)

    run = trainer(steps=120, rate=1e-3)
    before = held_out(run), live(run)
    run.run()
    assert held_out(run) < before[0]
    assert live(run) < 0.97 * before[1]


def test_the_rate_rises_and_falls(trainer):
    run, rates = trainer(steps=400, rate=0.01), []
    for done in (0, 99, 199, 399):
        run.done = done
        run.step()
        rates.append([group["lr"] / group["scale"] for group in run.optimizer.param_groups])
    cosine = [1e-5 + (0.01 - 1e-5) * (1 + math.cos(math.pi * done / 400)) / 2 for done in (0, 99, 199, 399)]
    expected = [cosine[0] / 200, cosine[1] / 2, cosine[2], cosine[3]]
    np.testing.assert_allclose(rates, np.repeat(np.array(expected)[:, None], len(rates[0]), 1))


def test_the_weights_of_a_run_encode_and_start_another(trainer, folder, options, tmp_path, smooth):
    run = trainer()
    run.run()
    path = tmp_path / "mine.safetensors"
    export(run, path)
    picture = smooth(70, 50)
    sizes = [len(nccodec.encode(picture, quality, weights=path)) for quality in (0, 50, 100)]
    assert sizes == sorted(set(sizes))
    data = nccodec.encode(picture, 100, weights=path)
    difference = np.asarray(nccodec.decode(data, weights=path)).astype(float) - np.asarray(picture)
    assert np.abs(difference).mean() < 25
    further = Trainer(CropFolder(folder), options(), init=weights.load(path))
    np.testing.assert_array_equal(further.model["atoms"].detach(), weights.load(path).model()["atoms"])
    with pytest.raises(TrainingError, match="another architecture"):
        Trainer(CropFolder(folder), Options(Architecture(), steps=1), init=weights.load(path))


def test_weights_without_domains_start_a_run_with_them(trainer, folder, options, tmp_path):
    """Atoms are worth what they were and cost what they did; the self-reference is zero, at next to no bits."""
    plain = {"architecture": replace(options().architecture, domains=0)}
    run = trainer(**plain)
    run.run()
    path = tmp_path / "plain.safetensors"
    export(run, path)
    grown, same = (Trainer(CropFolder(folder), options(**o), init=weights.load(path)) for o in ({}, plain))
    level, picture, atoms = torch.tensor([0.5]), run.crops(5, 1), options().architecture.atoms
    with torch.no_grad():
        found, expected = (t.model.in_steps(t.model.analyse(picture), level) for t in (grown, same))
        assert torch.equal(found[:, :atoms], expected) and not found[:, atoms:].any() and found.shape[1] > atoms
        q = found.round()
        bits, before = grown.prior.bits(q, q, level), same.prior.bits(q[:, :atoms], q[:, :atoms], level)
    torch.testing.assert_close(bits[:, :atoms], before)
    assert expected.round().any() and bits[:, atoms:].max() < 0.05
    with pytest.raises(TrainingError, match="another architecture"):
        export(grown, tmp_path / "grown.safetensors")
        Trainer(CropFolder(folder), options(**plain), init=weights.load(tmp_path / "grown.safetensors"))


def test_weights_grow_dense_blocks_that_do_nothing_yet(trainer, folder, options, tmp_path):
    run = trainer()
    run.run()
    path = tmp_path / "one.safetensors"
    export(run, path)
    deeper = {"architecture": replace(options().architecture, dense=2)}
    grown, same = (Trainer(CropFolder(folder), options(**o), init=weights.load(path)) for o in (deeper, {}))
    level, picture = torch.tensor([0.5]), run.crops(5, 1)
    with torch.no_grad():
        found, expected = (t.model.in_steps(t.model.analyse(picture), level) for t in (grown, same))
    assert torch.equal(found, expected) and expected.abs().max() > 0.1
    assert len(list(grown.model.fine.children())) == len(list(same.model.fine.children())) + 1
    with pytest.raises(TrainingError, match="another architecture"):
        export(grown, tmp_path / "two.safetensors")
        Trainer(CropFolder(folder), options(), init=weights.load(tmp_path / "two.safetensors"))


def test_the_exported_prior_is_exact_and_that_of_the_run(trainer, tmp_path):
    """The same tables and offsets whatever the arithmetic, and with them the bits that training counted."""
    run = trainer(rate=5e-3)
    run.run()
    export(run, tmp_path / "mine.safetensors")
    loaded, a = weights.load(tmp_path / "mine.safetensors"), run.options.architecture
    scale = np.geomspace(6, 0.1, a.channels)[:, None, None]
    q = np.random.default_rng(0).laplace(0, scale, (a.channels, 12, 13)).round().astype(np.int32)
    found = []
    for kind in ("float32", "float64", "int64"):
        passes = list(IntegerPrior(loaded.prior, a.atoms, a.domains, 256, kind).passes(q, 0, a.channels))
        assert sum(len(part.tables) for part in passes) == q.size
        found.append([np.concatenate([getattr(part, name) for part in passes]) for name in ("tables", "offsets")])
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)
    tables = [loaded.prior.table(number) for number in range(len(loaded.prior.sizes))]
    values = np.concatenate([q.reshape(-1)[part.where] for part in passes])
    bits = 0.0
    for number, offset, value in zip(*found[0], values, strict=True):
        table = tables[number]
        middle = len(table) // 2 - 1
        if abs(value - offset) <= middle:
            bits -= math.log2(table[middle + value - offset] / 2**24)
    both = torch.from_numpy(q).float()[None]
    with torch.no_grad():
        counted = float(run.prior.bits(both, both, torch.tensor([1.0])).sum())
    assert abs(bits / counted - 1) < 0.02


@pytest.mark.parametrize(
    "wrong", [{"steps": None}, {"minutes": 1.0}, {"loss": "other"}, {"crop": 30}, {"crop": 8}, {"rate": 0.0}]
)
def test_options_that_make_no_sense_are_refused(options, wrong):
    with pytest.raises(TrainingError):
        options(**wrong)
