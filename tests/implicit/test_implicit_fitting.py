"""Fits of small pictures: determinism, Ctrl-C, schedules of sparse networks, factors, sizes of networks."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from nccodec.codec.decode import decode_picture
from nccodec.codec.file import write_file
from nccodec.collage.output import View
from nccodec.errors import LimitError, NclWarning
from nccodec.imaging.psnr import psnr
from nccodec.implicit import fitting
from nccodec.implicit.encoding import Encoder, random_code
from nccodec.implicit.factors import Factored
from nccodec.implicit.fitting import Pixels, Rules, Stopped, fit, rate_at
from nccodec.implicit.header import Shape
from nccodec.implicit.network import Network, initialise
from nccodec.implicit.options import Options
from nccodec.implicit.parameters import Dense
from nccodec.implicit.sizes import bytes_of, shape_for
from nccodec.implicit.sparsity import Sparse, moved_at, pruned_at

SHAPE = Shape("siren", 3, 12, 3)


def waves() -> np.ndarray:
    """uint8 [24, 32, 3], smooth."""
    y, x = np.mgrid[:24, :32] / 32
    planes = [np.sin(7 * x + 2 * y), np.cos(5 * y - x), x * y]
    return np.rint(127.5 + 100 * np.stack(planes, -1)).astype(np.uint8)


def fitted(steps: int, report=lambda *_: None) -> tuple[Network, float]:
    network = Network(SHAPE)
    initialise(network, 0)
    return network, fit(network, Pixels(waves()), Rules(steps, None, 256), report)


def psnr_of(network: Network, sample: torch.Tensor | None = None) -> float:
    """Of all pixels of `waves`, or of some."""
    pixels = Pixels(waves())
    sample = torch.arange(pixels.count) if sample is None else sample
    return -10 * np.log10(pixels.error(network, sample) / 4)


def stop_at(least: float, past: float = -1.0):
    """What to report to, for Ctrl-C from a share on, after one above `past` was reported."""
    highest = -1.0

    def report(share: float, db: float, seconds: float) -> None:
        nonlocal highest
        if highest > past and least <= share < 1:
            raise KeyboardInterrupt
        highest = max(highest, share)

    return report


def test_places_are_pixel_centres() -> None:
    places, targets = Pixels(np.array([[0, 255, 51]], np.uint8)).at(torch.arange(3))
    np.testing.assert_allclose(places.numpy(), [[-2 / 3, 0, 2 / 3], [0, 0, 0]], atol=1e-7)
    np.testing.assert_allclose(targets.numpy(), [[-1, 1, -0.6]], atol=1e-7)


def test_same_steps_give_the_same_network() -> None:
    one, other = fitted(40), fitted(40)
    assert one[1] == other[1]
    assert torch.equal(one[0].theta, other[0].theta)


def test_smooth_picture_is_fitted() -> None:
    assert fitted(400)[1] > 35


def test_fit_that_is_lost_goes_back_at_half_the_rate() -> None:
    network = Network(SHAPE)
    initialise(network, 0)
    run = fitting._Run(network, Pixels(waves()), Rules(10, None, 256), Dense(network), None, lambda *_: None)
    run._check()
    best, rate = network.theta.clone(), run._rate
    network.theta.add_(1)
    # A running mean of memory 0.98 is 2 - 0.98^k after k losses of 2: 1.15 times the 1 before at k = 9, no sooner.
    for number, loss in enumerate([1.0, *[2.0] * 8]):
        run._watch(loss)
        assert not torch.equal(network.theta, best), number
    run._watch(2.0)
    assert torch.equal(network.theta, best) and run._rate == rate / 2
    network.theta.add_(1)
    run._watch(float("nan"))
    assert torch.equal(network.theta, best) and run._rate == rate / 4


def test_interrupt_keeps_the_best() -> None:
    network = Network(SHAPE)
    initialise(network, 0)
    with pytest.raises(Stopped) as stopped:
        fit(network, Pixels(waves()), Rules(400, None, 256), stop_at(0.5))
    assert 200 <= stopped.value.steps < 300
    assert psnr_of(network) == pytest.approx(stopped.value.psnr) and stopped.value.psnr > 25


def test_interrupt_of_an_encoder_warns_and_ends_its_finetuning_too() -> None:
    options = Options(width=8, depth=2, steps=100, finetune=300)
    with pytest.warns(NclWarning, match="stopped after [56]\\d steps"):
        encoder = Encoder(Image.fromarray(waves()), replace(options, report=stop_at(0.5)))
    stopped = encoder.code(32, 0)
    again = encoder.rounded(32, "uniform", 0)
    assert write_file(stopped, "range") == write_file(again, "range")
    encoder = Encoder(Image.fromarray(waves()), replace(options, report=stop_at(0.3, 0.99)))
    with pytest.warns(NclWarning, match="the fit is kept, not finetuned"):
        stopped = encoder.code(32, 0)
    assert write_file(stopped, "range") == write_file(encoder.rounded(32, "uniform", 0), "range")


def test_large_pictures_are_measured_on_a_sample(monkeypatch) -> None:
    monkeypatch.setattr(fitting, "_MEASURED", 100)
    monkeypatch.setattr(fitting, "_PRODUCTS", 0)
    sample = Pixels(waves()).sample(100)
    assert len(sample) == 100 and (sample.diff() >= 0).all() and sample[0] >= 0 and 600 < sample[-1] < 24 * 32
    network, reached = fitted(40)
    assert reached == pytest.approx(psnr_of(network, sample)) and reached != pytest.approx(psnr_of(network), abs=1e-3)


def test_a_start_that_is_no_number_is_refused() -> None:
    network = Network(SHAPE)
    network.theta.fill_(float("nan"))
    with pytest.raises(LimitError, match="starts from gives what is no number"):
        fit(network, Pixels(waves()), Rules(10, None, 256))


def test_rate_rises_then_falls_to_zero() -> None:
    assert [rate_at(share) for share in (0, 0.025, 0.05, 0.525, 1)] == pytest.approx([0, 0.5, 1, 0.5, 0])


def test_schedules_of_sparsity() -> None:
    # 1 - (1 - t)^3 of the last sparsity; half a cosine, from 0.3.
    assert [pruned_at(t * 0.75, 0.8) for t in (0, 0.5, 1)] == pytest.approx([0, 0.7, 0.8])
    assert [moved_at(t * 0.75) for t in (0, 0.5, 1)] == pytest.approx([0.3, 0.15, 0])


@pytest.mark.parametrize("way", ["rigl", "prune"])
def test_share_of_zeros_is_what_was_asked_for(way: str) -> None:
    network = Network(SHAPE)
    initialise(network, 0)
    parameters = Sparse(network, 0.5, way, 0)
    fit(network, Pixels(waves()), Rules(150, None, 256), parameters=parameters)
    assert zeros_of(network) == pytest.approx(0.5 * SHAPE.weights, abs=2)
    assert all(bool((layer[:, :-1] != 0).all()) for layer in (network.layers[0], network.layers[-1]))


def zeros_of(network: Network) -> int:
    return sum(int((layer[:, :-1] == 0).sum()) for layer in network.layers)


@pytest.mark.parametrize("way", ["rigl", "prune"])
@pytest.mark.parametrize("ends", [2.0, 0.3, 0.9])
def test_what_is_told_of_a_sparse_fit_is_of_the_network_it_leaves(way: str, ends: float) -> None:
    shape = Shape("siren", 3, 16, 3)
    network = Network(shape)
    initialise(network, 0)
    parameters = Sparse(network, 0.8, way, 0)
    try:
        told = fit(network, Pixels(waves()), Rules(400, None, 256), stop_at(ends), parameters)
    except Stopped as stopped:
        told = stopped.psnr
    assert told == pytest.approx(psnr_of(network))
    assert zeros_of(network) == pytest.approx(0.8 * shape.weights, abs=4)
    assert told > (15 if ends == 2 else 10)


def test_gradients_of_factors_are_those_of_finite_differences() -> None:
    network = Network(Shape("siren", 2, 5, 1), dtype=torch.float64)
    initialise(network, 0)
    parameters = Factored(network, 2, 0)
    places = 2 * torch.rand(2, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) - 1
    targets = torch.zeros(1, 9, dtype=torch.float64)

    def error() -> float:
        parameters.spread()
        return network.error(places, targets)

    parameters.spread()
    network.learn(places, targets)
    parameters.collect(0.0)
    for value, slope in parameters.groups:
        flat, width = value.view(-1), 1e-7
        for number in range(0, flat.numel(), 3):
            before = float(flat[number])
            flat[number] = before + width
            above = error()
            flat[number] = before - width
            below = error()
            flat[number] = before
            assert (above - below) / (2 * width) == pytest.approx(float(slope.view(-1)[number]), rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("options", [Options(), Options(sparsity=0.8), Options(network="cppn"), Options(depth=3)])
def test_chosen_network_is_the_largest_within_the_budget(options: Options) -> None:
    options = options.toward(4000)
    shape = shape_for(options, 512, 768, False)
    wider = Shape(shape.network, shape.depth, shape.width + 1, 3)
    assert bytes_of(shape, options) <= 4000 < bytes_of(wider, options)


def test_budget_that_no_network_meets() -> None:
    with pytest.raises(LimitError, match="no network of 5 layers fits into 80 bytes"):
        shape_for(Options().toward(80), 512, 768, False)
    with pytest.raises(LimitError, match="no network of layers of 40 fits into 300 bytes"):
        shape_for(Options(width=40).toward(300), 512, 768, False)


def test_start_from_another_picture() -> None:
    picture = Image.fromarray(waves())
    first = Encoder(picture, Options(width=8, depth=2, steps=1)).code(96, 0)
    again = Encoder(picture, Options(init=first, steps=1))
    assert again.shape == first.shape
    # One step at a rate of 0: the network is still the other's.
    for (a, _), (b, _) in zip(first.network(), again._network.get(), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-3)
    with pytest.raises(LimitError, match="is grey"):
        Encoder(picture.convert("L"), Options(init=first, steps=1))


CASES = (
    {}, {"values": "float16"}, {"values": "codebook"}, {"factors": 0.5}, {"sparsity": 0.5}, {"bits": 10},
    {"bits": 8, "values": "codebook"}, {"bits": 11, "sparsity": 0.5, "sparse": "prune"},
    {"network": "fourier", "features": 8, "sigma": 1.0}, {"network": "cppn", "activation": "tanh"},
)  # fmt: skip


@pytest.mark.parametrize("given", CASES, ids=lambda given: "-".join(map(str, given.values())) or "siren")
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_file_shows_what_was_fitted(given: dict, mode: str) -> None:
    picture = Image.fromarray(waves()).convert(mode)
    encoder = Encoder(picture, Options(width=12, depth=3, steps=200, finetune=20, **given))
    code = encoder.code(96, 0)
    fixed = given.get("values") == "float16" or "factors" in given
    data = write_file(code, "fixed" if fixed else "range", None)
    shown = decode_picture(data, View(), None, "cpu").convert(mode)
    rounding = 1 / 12 / 255**2  # of samples to whole grey levels
    expected = -10 * np.log10(10 ** (-encoder.psnr / 10) + rounding)
    assert psnr(picture, shown) == pytest.approx(expected, abs=0.5)
    assert shown.size == picture.size


def test_levels_change_the_picture_as_much_as_they_name() -> None:
    pixels = Pixels(waves())
    encoder = Encoder(Image.fromarray(waves()), Options(width=12, depth=3, steps=300, finetune=0))
    places, network = pixels.at(torch.arange(pixels.count))[0], Network(encoder.shape)
    network.set(encoder.fitted)
    fit, fit_error = network.output(places), 4 * 10 ** (-encoder.psnr / 10)
    changes = []
    for level in range(48, 64, 2):
        network.set(encoder.code(level, 0).network())
        change = float((network.output(places) - fit).square().mean())
        changes.append(change / (4 * 4 ** (-level * 9 / 96) * fit_error))
    assert 0.5 < np.mean(changes) < 2  # each is one draw of errors of rounding


@pytest.mark.parametrize("sparsity", [0.0, 0.6])
def test_bits_are_those_of_the_integers_before_entropy_coding(sparsity: float) -> None:
    options = Options(width=12, depth=3, steps=50, bits=6, finetune=0, sparsity=sparsity)
    code = Encoder(Image.fromarray(waves()), options).code(32, 0)
    counts = [np.count_nonzero(values.q) for values in code.matrices]
    widths = [np.log2(2 * np.abs(values.q).max() + 1) for values in code.matrices]
    assert np.average(widths, weights=counts) == pytest.approx(6, abs=0.05)
    book = Encoder(Image.fromarray(waves()), replace(options, values="codebook", bits=3)).code(32, 0)
    assert {len(values.entries) for values in book.matrices} == {8}


def test_random_networks_stay_within_the_limits_of_files() -> None:
    with pytest.raises(LimitError, match="weights is over 4194304"):
        random_code(1, 8, 8, depth=4, units=1024)
    with pytest.raises(LimitError, match="pixels are over the limit"):
        random_code(1, 200_000, 200_000)


def test_random_network_has_contrast_and_a_seed() -> None:
    codes = [random_code(seed, 32, 48) for seed in (1, 1, 2)]
    data = [write_file(code, "fixed", None) for code in codes]
    assert data[0] == data[1] != data[2]
    assert np.asarray(decode_picture(data[0], View(), None, "cpu")).std() > 10


def test_options_name_their_fault() -> None:
    for given, message in (
        ({"network": "mlp"}, "network 'mlp' is none of siren, fourier, cppn"),
        ({"width": 1}, "width 1 is not 2 .. 1024"),
        ({"steps": 0}, "steps 0 is not 1 or more"),
        ({"minutes": 0.0}, "0 minutes are no time"),
        ({"sparsity": 0.5, "factors": 0.5}, "sparse or factored"),
        ({"factors": 0.5, "values": "codebook"}, "factors are float16"),
        ({"factors": 0.5, "bits": 6}, "factors are float16"),
        ({"values": "float16", "bits": 6}, "float16 has 16 bits"),
        ({"values": "codebook", "bits": 11}, "a codebook has 10 bits"),
        ({"init": SimpleNamespace(), "width": 8}, "has its width"),
    ):
        with pytest.raises(LimitError, match=message):
            Options(**given)
