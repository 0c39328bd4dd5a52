"""What is minimised, and at which levels."""

import pytest
import torch

from nccodec.neural.model import lagrange


def crops_level_noise(run):
    run.step()  # away from the start, where networks add nothing
    return run.crops(5, 4), torch.tensor([0.0, 0.6, 1.0, 2.0]), run.draw(5)[1][:1].expand(4, -1, -1, -1)


@pytest.mark.parametrize("referring", [False, True])
def test_the_loss_is_the_mean_of_the_lagrangians_of_the_crops(trainer, referring):
    run = trainer()
    crops, level, noise = crops_level_noise(run)
    together = run.objective(crops, level, noise, referring)
    alone = [run.objective(crops[i : i + 1], level[i : i + 1], noise[i : i + 1], referring) for i in range(4)]
    for value, values in zip(together, zip(*alone, strict=True), strict=True):
        torch.testing.assert_close(value, torch.stack(values).mean())
    for (loss, bpp, error), weight in zip(alone, lagrange(run.objective.architecture.lambdas, level), strict=True):
        torch.testing.assert_close(loss, (weight * 255**2 * error + bpp) / weight.sqrt())


@torch.no_grad()
def test_rate_and_error_are_those_of_the_integers(trainer):
    """Without noise, bits and error are what prior and decoder give for the rounded coefficients."""
    run = trainer()
    with torch.enable_grad():
        crops, level, _ = crops_level_noise(run)
    model, prior = run.objective.model, run.objective.prior
    scaled = model.scaled(model.analyse(crops), level)
    for referring in (False, True):
        q = scaled.round()
        if not referring:
            q[:, model.architecture.atoms :] = 0
        shift = (q - scaled) if referring else (scaled.round() - scaled)
        _, bpp, error = run.objective(crops, level, shift, referring)
        bits = prior.bits(q, q, level)[:, : None if referring else model.architecture.atoms]
        torch.testing.assert_close(bpp, bits.sum() / (4 * 32 * 32))
        decoded = model.decode(model.dequantize(q, level))
        torch.testing.assert_close(error, (decoded - crops).square().mean(), rtol=1e-4, atol=1e-7)


def test_all_levels_are_drawn_and_the_ends_more_often(trainer):
    run = trainer(batch=20_000)
    level, noise = run.draw(3)
    assert level.shape == (20_000,) and noise.shape == (20_000, 26, 4, 4)
    assert level.min() == 0 and level.max() == 2
    for end in (0, 2):
        assert abs((level == end).float().mean() - 0.25 / 2.5) < 0.01
    inner = level[(level > 0) & (level < 2)].sort().values / 2
    assert (inner - torch.linspace(0, 1, len(inner))).abs().max() < 0.02  # uniform
    assert noise.min() >= -0.5 and noise.max() < 0.5 and abs(noise.mean()) < 1e-3
    assert abs(noise.var() - 1 / 12) < 1e-3


def test_draws_depend_on_seed_step_and_rank_alone(trainer):
    def drawn(seed: int, step: int, rank: int) -> list[float]:
        run = trainer(seed=seed)
        run.rank = rank
        level, noise = run.draw(step)
        return [*level.tolist(), float(noise.sum())]

    draws = [(0, 0, 0), (0, 1, 0), (1, 0, 0), (0, 0, 1), (0, 0, 2)]
    assert len({tuple(drawn(*draw)) for draw in draws}) == len(draws)
    assert drawn(1, 4, 1) == drawn(1, 4, 1)
