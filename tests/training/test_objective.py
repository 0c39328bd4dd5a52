"""What is minimised, and at which levels."""

import pytest
import torch

from nccodec.neural.levels import lagrange
from nccodec.neural.model import colour_error
from nccodec.neural.structure import structure_error
from nccodec.training.objective import border_error


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
        torch.testing.assert_close(value, torch.stack(values).mean(), rtol=1e-5, atol=1e-5)
    run = trainer(border=0.0, colour=0.0, structure=0.0)
    crops, level, noise = crops_level_noise(run)
    plain = [run.objective(crops[i : i + 1], level[i : i + 1], noise[i : i + 1], referring) for i in range(4)]
    for (loss, bpp, error), weight in zip(plain, lagrange(run.objective.architecture.lambdas, level), strict=True):
        torch.testing.assert_close(loss, (weight * 255**2 * error + bpp) / weight.sqrt())


def test_distortion_sees_borders_and_colours(trainer):
    """A cell of 8 x 8 among 4 x 4 that is brighter by 0.1: 4 borders of 8 pixels and 3 channels. Another crop that is
    bluer throughout: 0.1 in blue is 0.0886 / 1.772 in blue chroma and -0.0114 / 1.402 in red."""
    difference = torch.zeros(2, 3, 32, 32)
    difference[0, :, 8:16, 16:24] = 0.1
    difference[1, 2] = 0.1
    seen = border_error(difference, 8)
    torch.testing.assert_close(seen, torch.tensor([4 * 8 * 3 * 0.01 / (3 * 32 * 32), 0.0]))
    shifted = (0.0886 / 1.772) ** 2 + (0.0114 / 1.402) ** 2
    torch.testing.assert_close(colour_error(difference, 8), torch.tensor([0.0, shifted]), atol=1e-9, rtol=1e-4)
    run = trainer(border=2.0, colour=3.0, structure=0.0)
    error, distortion = run.objective.distortion(difference, torch.zeros_like(difference))
    torch.testing.assert_close(error, torch.tensor([64 * 0.01 / 1024, 0.01 / 3]))
    torch.testing.assert_close(distortion, error + torch.tensor([2 * float(seen[0]), 3 * shifted]))


def test_a_difference_within_cells_and_a_step_inside_them_are_no_border_error():
    difference = torch.zeros(1, 1, 16, 16)
    difference[..., 4:] = 1.0  # a step in the middle of cells of 8
    assert border_error(difference, 8).item() == 0
    difference[..., 8:] = 3.0
    assert border_error(difference, 8).item() == pytest.approx(16 * 4 / 256)


@torch.no_grad()
def test_rate_and_error_are_those_of_the_integers(trainer):
    """Without noise, bits and error are what prior and decoder give for the rounded coefficients."""
    run = trainer()
    with torch.enable_grad():
        crops, level, _ = crops_level_noise(run)
    model, prior = run.objective.model, run.objective.prior
    scaled = model.in_steps(model.analyse(crops), level)
    for referring in (False, True):
        q = scaled.round()
        if not referring:
            q[:, model.architecture.atoms :] = 0
        shift = (q - scaled) if referring else (scaled.round() - scaled)
        _, bpp, error = run.objective(crops, level, shift, referring)
        bits = prior.bits(q, q, level)[:, : None if referring else model.architecture.atoms]
        torch.testing.assert_close(bpp, bits.sum() / (4 * 32 * 32))
        decoded = model.decode(model.dequantize(q, level), level)
        torch.testing.assert_close(error, (decoded - crops).square().mean(), rtol=1e-4, atol=1e-7)


def test_all_levels_are_drawn_the_ends_more_often_and_the_highest_rarely(trainer):
    run = trainer(batch=20_000)
    level, noise = run.draw(3)
    assert level.shape == (20_000,) and noise.shape == (20_000, 26, 4, 4)
    assert level.min() == 0 and level.max() == 2
    # The upper 35 % of -1/4 .. 2 1/4 begin at 1.375 and get 22 % of the crops; both parts are uniform.
    assert abs((level > 1.375).float().mean() - 0.22) < 0.01
    for end, share in ((0, 0.78 * 0.25 / 1.625), (2, 0.22 * 0.25 / 0.875)):
        assert abs((level == end).float().mean() - share) < 0.01
    for low, high in ((0, 1.375), (1.375, 2)):
        inner = level[(level > low) & (level < high)].sort().values
        assert (inner - torch.linspace(low, high, len(inner))).abs().max() < 0.03
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


def test_the_weight_of_structure_counts(trainer):
    source = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    decoded = source.mean((2, 3), keepdim=True).expand_as(source)
    objective = trainer(border=0.0, colour=0.0, structure=0.5).objective
    error, distortion = objective.distortion(decoded, source)
    torch.testing.assert_close(distortion, error + 0.5 * structure_error(decoded, source))
    assert (distortion > error + 0.3).all()


@pytest.mark.parametrize("referring", [False, True])
def test_bfloat16_changes_loss_and_gradients_little(trainer, referring):
    """Its significand has 8 bits: the loss within a hundredth, the gradients together within a third, which
    integers that fall to the other side account for."""
    runs = [trainer(bf16=bf16) for bf16 in (False, True)]
    crops, level, noise = crops_level_noise(runs[0])
    runs[1].objective.load_state_dict(runs[0].objective.state_dict())
    losses = [run.objective(crops, level, noise, referring)[0] for run in runs]
    assert losses[0] != losses[1]
    torch.testing.assert_close(*losses, rtol=0.01, atol=0)
    for run, loss in zip(runs, losses, strict=True):
        run.optimizer.zero_grad()
        loss.backward()
    exact, found = ([p.grad for p in run.objective.parameters() if p.grad is not None] for run in runs)
    assert len(exact) == len(found) > 20
    assert all(g.dtype == torch.float32 for g in found)
    apart = sum(float((a - b).square().sum()) for a, b in zip(exact, found, strict=True))
    assert apart < 0.1 * sum(float(g.square().sum()) for g in exact)
