"""Rate-distortion-optimised quantization, and what more effort makes of it."""

import math

import numpy as np
import pytest
import torch
from priors import random_prior, without_context

import nccodec
from nccodec import code
from nccodec.arrays import GRADIENTS
from nccodec.errors import WeightsError
from nccodec.neural import weights
from nccodec.neural.analysis import Analysis
from nccodec.neural.effort import Codes, error_weight, quantize_rate_distortion, worth
from nccodec.neural.masking import Masking
from nccodec.neural.prior import IntegerPrior, PriorArrays
from nccodec.neural.refining import anneal, gradients, worth_of
from nccodec.neural.structure import structure_error
from nccodec.neural.tile import Tile

ATOMS, DOMAINS = 14, 2
PRIOR = random_prior(20, ATOMS, DOMAINS)
PLAIN = without_context(PRIOR, 25)
SHAPE = (ATOMS + DOMAINS, 5, 6)


def scaled(seed: int, spread: float = 4) -> np.ndarray:
    return np.random.default_rng(seed).laplace(0, spread, SHAPE)


def quantized(x: np.ndarray, slope: float, prior: PriorArrays) -> np.ndarray:
    model = IntegerPrior(prior, ATOMS, DOMAINS, 0)
    found = quantize_rate_distortion(x, np.full((len(x), 1, 1), slope), prior, model, ATOMS)
    assert found.dtype == np.int32
    return found


def length(prior: PriorArrays, index: int, symbol: int) -> float:
    """Bits of a symbol with the table of an index and fraction 0, whose escapes are as good as Exp-Golomb codes,
    2 log2(1 + excess)."""
    counts = prior.table(8 * index + 4 if index < 40 else 280 + index)
    m = len(counts) // 2 - 1
    excess = abs(symbol) - m
    return 24 - math.log2(counts[m + symbol] if excess <= 0 else counts[-1]) + 2 * math.log2(1 + max(0, excess))


def lagrangian(x: np.ndarray, q: np.ndarray, slope: float) -> float:
    rate = sum(length(PLAIN, 25, int(symbol)) for symbol in q[:ATOMS].ravel())
    return rate + slope * float(np.square(x - q)[:ATOMS].sum())


@pytest.mark.parametrize("prior", [PRIOR, PLAIN])
def test_where_errors_cost_all_it_is_rounding(prior):
    x = scaled(21)
    np.testing.assert_array_equal(quantized(x, 1e9, prior), np.rint(x))


def test_where_errors_cost_nothing_it_takes_the_cheapest_symbol():
    """Of the two integers around each value and zero, the one with the largest count, here where every symbol
    but the middle one has a cost of its own."""
    counts = PLAIN.table(204).copy()
    m = len(counts) // 2 - 1
    counts[:] = np.random.default_rng(22).permutation(len(counts)) * 1000 + 1000
    counts[m] = 1  # zero is dear
    counts[m + 2] += 2**24 - counts.sum()
    tables = PLAIN.tables.copy()
    start = int(PLAIN.sizes[:204].sum())
    tables[start : start + len(counts)] = counts
    prior = PriorArrays.from_tensors(PLAIN.tensors() | {"tables": tables})
    x = np.random.default_rng(23).uniform(1 - m, m - 1, SHAPE)
    found = quantized(x, 0.0, prior)
    for wanted, symbol in zip(x[:ATOMS].ravel(), found[:ATOMS].ravel(), strict=True):
        low = math.floor(wanted)
        assert symbol == max((low, low + 1, 0), key=lambda s: counts[m + s])
    assert 0.2 < np.mean(found[:ATOMS] == np.floor(x)[:ATOMS]) < 0.8
    np.testing.assert_array_equal(found[ATOMS:], np.rint(x)[ATOMS:])


def test_where_errors_cost_nothing_and_zero_is_likely_all_is_zero():
    assert not quantized(scaled(24), 0.0, PLAIN)[:ATOMS].any()


@pytest.mark.parametrize("slope", [0.3, 1.0, 5.0, 40.0])
def test_no_value_costs_more_than_when_it_is_rounded(slope):
    """Without contexts each value stands alone, so that the sum of all is least too."""
    x = scaled(25, 9)
    found, rounded = quantized(x, slope, PLAIN), np.rint(x)
    assert lagrangian(x, found, slope) < lagrangian(x, rounded, slope)
    for wanted, symbol in zip(x[:ATOMS].ravel(), found[:ATOMS].ravel(), strict=True):
        low = math.floor(wanted)
        costs = [slope * (wanted - s) ** 2 + length(PLAIN, 25, s) for s in (low, low + 1, 0)]
        assert slope * (wanted - symbol) ** 2 + length(PLAIN, 25, int(symbol)) <= min(costs) + 1e-9


def test_the_slope_is_one_for_each_channel_and_cell():
    x = scaled(26)
    for place in np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]], np.ogrid[: SHAPE[0], :1, :1]:
        exact = (sum(place) % 2).astype(bool)
        slope = np.where(exact, 1e9, 0.0)
        found = quantize_rate_distortion(x, slope, PLAIN, IntegerPrior(PLAIN, ATOMS, DOMAINS, 0), ATOMS)[:ATOMS]
        expected = np.where(np.broadcast_to(exact, SHAPE), np.rint(x), 0)[:ATOMS]
        np.testing.assert_array_equal(found, expected)


def test_offsets_are_taken_into_account():
    """Means of 3 steps everywhere: symbols are counted from there, and nothing but 3 is cheap."""
    bias = PLAIN.tensors()
    groups = {name: np.zeros_like(array) for name, array in bias.items() if "." in name}
    for g, channels in enumerate((3, 9, 2, 2)):
        groups[f"{g}.second_bias"] = np.full_like(bias[f"{g}.second_bias"], 100 * 4096)
        out, multiplier = groups[f"{g}.out"], groups[f"{g}.out_multiplier"]
        out[:channels, 0] = 1
        multiplier[:channels] = 3 * 1024 * 65536 // 100
    prior = PriorArrays.from_tensors(bias | groups)
    parts = list(IntegerPrior(prior, ATOMS, DOMAINS, 0).passes(np.zeros(SHAPE, np.int32), 0, ATOMS))
    assert all((part.offsets == 3).all() and (part.tables == 204).all() for part in parts)
    x = np.full(SHAPE, 3.4)
    assert (quantized(x, 1e-3, prior)[:ATOMS] == 3).all()
    assert (quantized(x, 1e-3, PLAIN)[:ATOMS] == 0).all()
    assert (quantized(np.full(SHAPE, 2.6), 1e-3, prior)[:ATOMS] == 3).all()


def test_values_stay_in_the_bounds_of_the_file():
    x = np.full(SHAPE, 1e6)
    x[:, 0] = -1e6
    found = quantized(x, 1e9, PRIOR)
    assert (found[:, 0] == -32767).all() and (found[:, 1:] == 32767).all()


def test_code_lengths():
    codes = Codes(PRIOR)
    for number in (0, 7, 343):
        counts = PRIOR.table(number)
        m = len(counts) // 2 - 1
        symbols = np.arange(-m - 3, m + 4)
        bits = codes.lengths(np.full(len(symbols), number), symbols)
        np.testing.assert_allclose(np.exp2(-bits[3:-3]) * 2**24, counts[:-1])
        escapes = -np.log2(counts[-1] / 2**24) + 2 * np.log2([4, 3, 2])
        np.testing.assert_allclose(bits[:3], escapes)
        np.testing.assert_allclose(bits[-3:], escapes[::-1])


def weighted_colour(difference: torch.Tensor) -> torch.Tensor:
    """COLOUR, which is 1, for each of the 3 x 4 x 4 samples of a cell, times the squares of its mean chroma."""
    _, _, height, width = difference.shape
    red, green, blue = difference[0].reshape(3, height // 4, 4, width // 4, 4).mean((2, 4))
    cb = -0.168736 * red - 0.331264 * green + 0.5 * blue
    cr = 0.5 * red - 0.418688 * green - 0.081312 * blue
    return 48 * (cb.square() + cr.square()).sum()


def test_the_energy_of_an_atom_is_what_it_adds_to_the_error(tiny):
    """Atoms of 6 x 6 pixels on cells of 4 x 4, alone in the middle of a picture: their squares, and the chroma of the
    part inside the cell."""
    model = weights.load(tiny).model(GRADIENTS)
    found, atoms = model.energy(), model["atoms"]
    assert found[6:].tolist() == [1, 1, 1, 1]
    for number in range(6):
        inside = atoms[number : number + 1, :, 1:5, 1:5]
        expected = atoms[number].square().sum() + weighted_colour(inside)
        assert float(found[number]) == pytest.approx(float(expected), rel=1e-4)


def test_what_colour_counts_is_its_share_of_what_an_error_is_worth(tiny, smooth):
    """At the middle of two levels, of coefficients in steps; in one choice 16 times as much as in a search."""
    tile = Tile(smooth(24, 28), weights.load(tiny), GRADIENTS)
    first, search = worth(tile, 128, None), worth(tile, 128, None, colour=1)
    assert first[0] == search[0] == pytest.approx(1.375 * math.sqrt(0.01 * 0.1) * 255**2 / 3, rel=1e-5)
    chroma = [float(weighted_colour(atom[None, :, 1:5, 1:5])) for atom in tile.model["atoms"]]
    gain = tile.model.gain(torch.tensor([0.5]))[0, :6].numpy()
    np.testing.assert_allclose((first[1] - search[1])[:6, 0, 0], 15 * first[0] * np.array(chroma) / gain**2, rtol=1e-3)


def masked(difference: torch.Tensor, masking: Masking) -> float:
    """The squared error of each pixel by its cell of 4 x 4, and three times that of luma, whose means over a quarter of
    the cell's side are single pixels here."""
    x = difference[0].double().numpy()
    luma = np.tensordot((0.299, 0.587, 0.114), x, 1)
    weights = [n.repeat(4, 0).repeat(4, 1) for n in (masking.fine, masking.coarse)]
    return float((weights[0] * (x**2).sum(0) + weights[1] * 3 * luma**2).sum())


def test_an_error_counts_by_lambda_and_more_from_level_one_on():
    lambdas = (0.01, 0.1, 0.4)
    for levels in (np.array([0.0, 0.5, 1.0, 2.0]), torch.tensor([0.0, 0.5, 1.0, 2.0])):
        found = np.asarray(error_weight(lambdas, levels))
        expected = np.array([0.0025, 1.375 * math.sqrt(0.01 * 0.1), 0.25, 1.0]) * 255**2 / 3
        np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("tune", ["psnr", "eye"])
@pytest.mark.parametrize("size", [(24, 28), (3, 30), (48, 56)])
def test_more_effort_never_costs_more(tiny, smooth, size, tune):
    """Reckoned for the integers: bits of the prior's network, and the error of the picture at 1.375 of the level's
    lambda, here both halfway between those of the two levels, for each of three channels."""
    found = weights.load(tiny)
    analysis, tile = Analysis(smooth(*size), found, tune=tune), Tile(smooth(*size), found, GRADIENTS)
    masking = Masking.of(smooth(*size), 4)
    level = torch.tensor([0.5])
    costs, shares = [], []
    for effort in (0, 1, 2, 4):
        code = analysis.code(128, effort, shares.append)
        assert len(shares) > 0 or effort < 2
        q = torch.from_numpy(np.concatenate([code.atoms, code.scales])).float()[None]
        with torch.no_grad():
            decoded = tile.model.decode(tile.model.dequantize(q, level), level)
            difference = decoded - tile.padded
            error = difference.square().sum() if tune == "psnr" else masked(difference, masking)
            if tune == "eye":  # a hundredth for each sample; of a picture of 24 x 28, half size has no room for it
                error = error + 0.01 * decoded.numel() * structure_error(decoded, tile.padded)[0]
            error = error + weighted_colour(difference)
            bits = found.prior_network().bits(q, q, level).sum()
        costs.append(float(bits + 1.375 * math.sqrt(0.01 * 0.1) * 255**2 / 3 * error))
    # Effort 1 counts colour otherwise, and may find by chance what is as good.
    assert 1.001 * costs[1] >= costs[2] >= costs[3] and costs[3] < costs[1]
    assert shares[-1] == 1 and min(shares) >= 0


@pytest.mark.parametrize("effort", [2, 6])
@pytest.mark.parametrize("network", ["filter", "refinement"])
def test_networks_that_give_no_numbers_are_an_error(tiny, tmp_path, smooth, network, effort):
    found = weights.load(tiny)
    huge = {name: t * 0 + 65504 if name.startswith(f"{network}.") else t for name, t in found.tensors.items()}
    if network == "filter":
        huge["filter.amplitude"] = found.tensors["filter.amplitude"] * 0 + 30
    weights.save(tmp_path / "huge.safetensors", found.architecture, huge, found.prior, found.dead_zone)
    with pytest.raises(WeightsError, match="not finite"):
        nccodec.encode(smooth(24, 28), 50, effort=effort, weights=tmp_path / "huge.safetensors")
    data = nccodec.encode(smooth(24, 28), 50, effort=1, weights=tmp_path / "huge.safetensors")
    assert nccodec.decode(data, weights=tmp_path / "huge.safetensors").size == (28, 24)


def test_a_tile_is_seen_as_part_of_the_picture(tiny, smooth, monkeypatch):
    """What the search takes for its picture is, with plain integers, what the decoder makes of the whole file there,
    also along the borders to other tiles."""
    monkeypatch.setattr(code, "TILE", 12)
    picture, found = smooth(96, 80), weights.load(tiny)
    whole = np.asarray(nccodec.decode(nccodec.encode(picture, 50, effort=0, weights=tiny), weights=tiny)).astype(int)
    places = code.tiles(24, 20)
    assert len(places) == 4
    for place in places:
        tile = Tile(picture, found, place=place)
        seen = np.clip(np.rint(tile.decode(tile.plain(128), 128)[0].transpose(1, 2, 0) * 255), 0, 255)
        part = whole[tuple(slice(4 * side.start, 4 * side.stop) for side in place)]
        assert np.abs(seen - part).max() <= 1


def test_annealing_finds_better_coefficients_and_leaves_the_self_reference(tiny, smooth):
    """In the cost of the nearest integers, at once and always the same."""
    analysis = Tile(smooth(24, 28), weights.load(tiny), GRADIENTS)
    scaled, error, slope, reports = analysis.in_steps(128), worth_of(analysis, 2000.0, None), torch.tensor(2.0), []
    found, again = (anneal(analysis, scaled, 128, error, slope, 40, lambda: reports.append(1)) for _ in range(2))
    assert torch.equal(found, again) and len(reports) == 80
    assert torch.equal(found[:, 6:], scaled[:, 6:]) and not torch.equal(found[:, :6], scaled[:, :6])
    before, after = (gradients(analysis, x[0].round().int().numpy(), x, 128, error)[0] for x in (scaled, found))
    assert after < before
