"""The loop keeps the best, repeats to the bit, and weighs transparency; objectives are what they say."""

import math
import warnings

import pytest
import torch

from nccodec.errors import LimitError, NclWarning
from nccodec.parameterization.features import random_filters
from nccodec.parameterization.fourier import Fourier
from nccodec.parameterization.kinds import make
from nccodec.parameterization.objectives import Texture, Transfer, Unit
from nccodec.parameterization.optimising import Rules, optimise
from nccodec.parameterization.parameters import Canvas
from nccodec.parameterization.style import gram, grams, style_loss
from nccodec.parameterization.transformations import moved, rolled

FEATURES = random_filters()


def picture(seed: int, height: int = 24, width: int = 32) -> torch.Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


class Plain:
    """One number a frame, that is its red, and as many that are its opacity."""

    rate = 0.1

    def __init__(self, reds: list[float], opacity: float | None = None) -> None:
        self.red = torch.tensor(reds, requires_grad=True)
        self.opacity = None if opacity is None else torch.tensor([opacity], requires_grad=True)
        self.parameters = [self.red] if opacity is None else [self.red, self.opacity]

    def picture(self) -> torch.Tensor:
        planes = [self.red, 0 * self.red, 0 * self.red]
        planes += [] if self.opacity is None else [self.opacity.expand(len(self.red))]
        return torch.stack(planes, 1)[:, :, None, None].expand(-1, -1, 8, 8)

    def code(self, quality: float) -> None:
        return None


class Toward:
    """The squared distance of red to a value that rises from 0.2 to 0.6 along a film; Ctrl-C at a call."""

    nothing = 2.0

    def __init__(self, stop: int | None = None) -> None:
        self.calls, self.stop, self.ways = 0, stop, []

    def __call__(self, shown: torch.Tensor, way: float, random: torch.Generator) -> torch.Tensor:
        if self.calls == self.stop:
            raise KeyboardInterrupt
        self.calls += 1
        self.ways.append(way)
        return (shown[:, 0].mean() - (0.2 + 0.4 * way)).square()


def test_frames_are_optimised_for_what_is_at_their_place():
    made, objective = Plain([0.5, 0.5, 0.5]), Toward()
    shares = []
    loss = optimise(made, objective, Rules(40), lambda *told: shares.append(told[0]))
    torch.testing.assert_close(made.red.detach(), torch.tensor([0.2, 0.4, 0.6]), rtol=0, atol=0.04)
    assert objective.ways[:3] == [0, 0.5, 1] and objective.calls == 120 and loss < 2e-3
    assert shares == pytest.approx([(n + 1) / 40 for n in range(40)])


def test_ctrl_c_keeps_the_best():
    made = Plain([0.9])
    with pytest.warns(NclWarning, match="stopped after 30 steps: the best so far is kept"):
        loss = optimise(made, Toward(stop=30), Rules(1000))
    assert abs(float(made.red.detach()) - 0.2) < 0.35 and loss < 0.49
    made = Plain([0.9])
    with pytest.warns(NclWarning, match="after 0 steps"):
        assert optimise(made, Toward(stop=0), Rules(5)) == math.inf
    assert made.red.tolist() == [pytest.approx(0.9)]


def test_of_an_optimisation_that_gets_worse_the_start_is_kept():
    made = Plain([0.21])
    loss = optimise(made, Toward(), Rules(4, rate=50))  # from one side of all to the other
    assert made.red.tolist() == [pytest.approx(0.21)] and loss == pytest.approx(1e-4, rel=1e-3)


def test_transparency_counts_as_what_is_gained_times_what_is_seen_through():
    """Red 0.2 at no opacity shows the background alone; its loss less that of nothing, times 1 - opacity."""
    losses = []

    class Constant(Toward):
        def __call__(self, shown: torch.Tensor, way: float, random: torch.Generator) -> torch.Tensor:
            losses.append(shown.detach())
            return 0 * shown.mean() + 0.5

    made = Plain([0.2], 0.25)
    assert optimise(made, Constant(), Rules(1)) == pytest.approx((0.5 - 2.0) * 0.75)
    optimise(made, Constant(), Rules(1, seed=1))
    backgrounds = [(shown - torch.tensor([0.05, 0, 0])[:, None, None]) / 0.75 for shown in losses]
    assert all(float(b.min()) >= -1e-5 and float(b.max()) <= 1 + 1e-5 for b in backgrounds)
    assert float(backgrounds[0].std()) > 0.02 and not torch.equal(*backgrounds)
    # What is constant is worth most where nothing hides the background.
    assert made.opacity.grad.item() == pytest.approx(1.5)


@pytest.mark.parametrize("name", ["fourier", "collage"])
def test_the_same_seed_gives_the_same_bits(name):
    objective = Texture(FEATURES, [picture(0)])
    runs = []
    for seed in (3, 3, 4):
        made = make(name, Canvas(24, 32, alpha=True, seed=seed))
        runs.append((optimise(made, objective, Rules(3, seed=seed)), made.picture().detach()))
    assert runs[0][0] == runs[1][0] and torch.equal(runs[0][1], runs[1][1])
    assert not torch.equal(runs[0][1], runs[2][1])


def test_a_texture_becomes_like_its_style():
    style = Fourier(Canvas(32, 32, seed=9))
    with torch.no_grad():
        style.parameters[0] *= 40
    objective, made = Texture(FEATURES, [style.picture().detach()]), make("fourier", Canvas(32, 32))
    with torch.no_grad():
        before = float(objective.measure(made.picture()))
    optimise(made, objective, Rules(20))
    with torch.no_grad():
        assert float(objective.measure(made.picture())) < 0.7 * before
        assert float(objective.measure(style.picture())) < 2e-4


def test_styles_of_a_film_are_mixed_by_their_gram_matrices():
    styles = [picture(0), picture(1).square()]
    objective, shown = Texture(FEATURES, styles), picture(2)
    found = [grams(FEATURES(p, FEATURES.style_layers)) for p in (*styles, shown)]
    wanted = {layer: 0.75 * found[0][layer] + 0.25 * found[1][layer] for layer in found[0]}
    assert float(objective.measure(shown, 0.25)) == pytest.approx(float(style_loss(found[2], wanted)), rel=1e-4)
    assert float(objective.measure(styles[1], 1.0)) < 2e-4


def test_transfer_weighs_content_against_style():
    content, style = picture(0), picture(1)
    objective = Transfer(FEATURES, content, [style], 3.0)
    assert float(objective.parts(content)[1]) == 0 and float(objective.parts(style)[0]) < 2e-4
    style_part, content_part = objective.parts(picture(2))
    assert float(objective(picture(2), 0.0, torch.Generator())) == pytest.approx(float(style_part + 3 * content_part))


def test_a_unit_is_the_mean_of_its_channel():
    shown = picture(5)
    means = FEATURES(shown, ("octave1",))["octave1"].mean((0, 2, 3))
    unit = Unit(FEATURES, "octave1", [3, 7])
    assert float(unit.measure(shown, 0.25)) == pytest.approx(-float(0.75 * means[3] + 0.25 * means[7]))
    with pytest.raises(LimitError, match=r"channel 72 of layer 'octave1' is outside 0 \.\. 71"):
        Unit(FEATURES, "octave1", [72])


def test_rolling_and_moving():
    random, shown = torch.Generator().manual_seed(0), picture(0)
    turned = rolled(shown, random)
    assert turned.shape == shown.shape and not torch.equal(turned, shown)
    torch.testing.assert_close(gram(turned), gram(shown))
    flat = torch.full((1, 3, 20, 30), 0.3)
    torch.testing.assert_close(moved(flat, random), flat)
    # Straight on, a ramp of rows and columns stays one: turned and enlarged by no more than told.
    ramp = torch.linspace(0, 1, 40)[None, None, None].expand(1, 1, 40, 40)
    for _ in range(20):
        steps = moved(ramp, random)[0, 0, 15:25, 15:25]
        across, down = (steps[:, 1:] - steps[:, :-1]).mean() * 39, (steps[1:] - steps[:-1]).mean() * 39
        assert math.exp(-0.1) - 0.01 < float(torch.hypot(across, down)) < math.exp(0.1) + 0.01
        assert abs(math.degrees(math.atan2(float(down), float(across)))) < 10.5


def test_rules_need_an_end():
    with pytest.raises(LimitError, match="without end"):
        Rules(None)
    with pytest.raises(LimitError, match="nan minutes are no time"):
        Rules(None, math.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert optimise(Plain([0.9]), Toward(), Rules(None, 0.001)) <= 0.49
