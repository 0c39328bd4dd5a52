"""The network prior in integers against a literal reading of section 3.5 of bitstream_spec.md."""

from dataclasses import replace

import numpy as np
import pytest
from priors import draw, edges, flat, literal, random_code, random_prior, without_context

from nccodec.bitstream.packers import pack_range, unpack_range
from nccodec.errors import FormatError, WeightsError
from nccodec.neural import weights
from nccodec.neural.architecture import Architecture
from nccodec.neural.prior import IntegerPrior, PriorArrays, group_edges

GRIDS = [(1, 1), (1, 7), (6, 1), (2, 3), (5, 4)]
ATOMS, DOMAINS = 14, 2  # four groups: 3, 9 and 2 atoms, and the domains
PRIOR = random_prior(0, ATOMS, DOMAINS, levels=3)


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize(("grid", "level"), list(zip(GRIDS, (0, 77, 255, 256, 430), strict=True)))
def test_tables_and_offsets_equal_a_literal_reading(grid, level, large):
    q = random_code(level, ATOMS + DOMAINS, *grid, large=large)
    found = flat(IntegerPrior(PRIOR, ATOMS, DOMAINS, level), q)
    assert found == list(literal(PRIOR, q, ATOMS, level))
    assert len(found) == q.size


def test_the_frozen_weights_equal_a_literal_reading_at_the_last_level(tiny):
    prior = weights.load(tiny).prior
    q = random_code(3, 10, 4, 5)
    assert flat(IntegerPrior(prior, 6, 4, 256), q) == list(literal(prior, q, 6, 256))


def test_every_array_of_the_prior_matters():
    """So that the comparisons above would see any of them misread."""
    q = random_code(1, ATOMS + DOMAINS, 6, 7)
    expected = flat(IntegerPrior(PRIOR, ATOMS, DOMAINS, 100), q)
    for name, array in PRIOR.tensors().items():
        if name not in ("sizes", "tables") and array.size:
            other = PriorArrays.from_tensors(PRIOR.tensors() | {name: array[..., ::-1].copy()})
            assert flat(IntegerPrior(other, ATOMS, DOMAINS, 100), q) != expected, name


@pytest.mark.parametrize("grid", GRIDS)
def test_a_model_never_looks_ahead(grid):
    """What is not decoded yet may hold anything: here noise where the decoder has its zeros."""
    q = random_code(5, ATOMS + DOMAINS, *grid)
    plain, noisy = np.zeros_like(q), random_code(6, ATOMS + DOMAINS, *grid, large=True)
    model = IntegerPrior(PRIOR, ATOMS, DOMAINS, 100)
    count = 0
    for a, b in zip(model.passes(plain, 0, 16), model.passes(noisy, 0, 16), strict=True):
        np.testing.assert_array_equal(a.tables, b.tables)
        np.testing.assert_array_equal(a.offsets, b.offsets)
        plain.reshape(-1)[a.where] = noisy.reshape(-1)[b.where] = q.reshape(-1)[a.where]
        count += len(a.tables)
    assert count == q.size


def test_what_is_decoded_is_looked_at():
    q = random_code(5, ATOMS + DOMAINS, 4, 5)
    zeros = flat(IntegerPrior(PRIOR, ATOMS, DOMAINS, 100), np.zeros_like(q))
    differs = [a[3:] != b[3:] for a, b in zip(zeros, flat(IntegerPrior(PRIOR, ATOMS, DOMAINS, 100), q), strict=True)]
    assert not any(differs[: 3 * 6])  # the first pass of the first group has nothing before it
    assert np.mean(differs[3 * 6 :]) > 0.8


def test_round_trip_in_two_chunks():
    q = random_code(6, ATOMS + DOMAINS, 7, 5, 30)
    model = IntegerPrior(PRIOR, ATOMS, DOMAINS, 255)
    back = np.zeros_like(q)
    unpack_range(pack_range(q, model, 0, ATOMS), model, back, 0, ATOMS)
    assert back[:ATOMS].any() and not back[ATOMS:].any()
    unpack_range(pack_range(q, model, ATOMS, 16), model, back, ATOMS, 16)
    np.testing.assert_array_equal(back, q)


def test_what_is_drawn_from_the_model_is_coded_at_the_length_of_its_tables():
    model = IntegerPrior(PRIOR, ATOMS, DOMAINS, 300)
    q, bits = draw(7, PRIOR, model, (ATOMS + DOMAINS, 30, 31))
    payload = pack_range(q, model, 0, ATOMS + DOMAINS)
    assert abs(8 * (len(payload) - 4) - bits) <= 96  # the count of words apart: the state's words, and rounding
    assert bits > 96 / 0.01


def test_tables_without_context():
    q = random_code(8, ATOMS + DOMAINS, 3, 4, large=True)
    for index, table in ((0, 4), (39, 316), (40, 320), (63, 343)):
        found = flat(IntegerPrior(without_context(PRIOR, index), ATOMS, DOMAINS, 5), q)
        assert {symbol[3:] for symbol in found} == {(table, 0)}


def test_groups():
    assert group_edges(320, 4) == [0, 3, 12, 36, 108, 320, 324]
    assert group_edges(12, 0) == [0, 3, 12]
    assert group_edges(2, 1) == [0, 2, 3]
    assert group_edges(109, 0) == edges(109, 0) == [0, 3, 12, 36, 108, 109]


def test_levels_beyond_the_weights_are_refused():
    IntegerPrior(PRIOR, ATOMS, DOMAINS, 512)
    for level in (513, 768):
        with pytest.raises(FormatError, match="beyond the 3 levels"):
            IntegerPrior(PRIOR, ATOMS, DOMAINS, level)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("tables", lambda a: a - np.eye(1, a.size, 5, dtype=np.int32)[0], "sum to 2\\^24"),
        ("tables", lambda a: a * 0, "outside"),
        ("sizes", lambda a: a + 1, "tables is"),
        ("sizes", lambda a: a + np.where(np.arange(344) < 2, [1, -1] + [0] * 342, 0).astype(np.int32), "sum to 2\\^24"),
        ("mean", lambda a: a.astype(np.int64), "int64"),
        ("mean", lambda a: a + 17000, "outside"),
        ("weight", lambda a: a + 5000, "outside"),
        ("log", lambda a: a[:-1], "log is"),
        ("log", lambda a: a - 1, "outside"),
        ("bias", lambda a: a * 0 + 2**24 + 1, "outside"),
        ("bias", lambda a: a[0], "bias is"),
    ],
)
def test_arrays_that_would_derail_the_coder_are_refused(name, change, message):
    with pytest.raises(WeightsError, match=message):
        replace(PRIOR, **{name: change(getattr(PRIOR, name))})


def saturated(rows: tuple[str, ...], total: int) -> PriorArrays:
    """A prior of 110 atoms whose last group has a hidden unit with weights of this total magnitude, in these
    arrays. 127 * 132104 is the last multiple of 127 below 2^24."""
    prior = random_prior(1, 110, 0, hidden=4)
    last = {name: np.zeros_like(getattr(prior.groups[4], name)) for name in ("before", "diagonal", "direct")}
    left = total
    for name in rows[::-1]:
        row = last[name][1].reshape(-1)
        for k in range(len(row)):
            row[k] = min(127, left) * (-1) ** k
            left -= min(127, left)
    assert left == 0
    return replace(prior, groups=(*prior.groups[:4], replace(prior.groups[4], **last)))


@pytest.mark.parametrize("rows", [("before",), ("before", "diagonal"), ("before", "direct")])
def test_weights_whose_sums_could_reach_two_to_the_24_are_refused(rows, tmp_path, monkeypatch):
    saturated(rows, 132104).check(110, 0, 2)
    beyond = saturated(rows, 132105)
    with pytest.raises(WeightsError, match="could reach 2\\^24"):
        beyond.check(110, 0, 2)
    path = tmp_path / "w.safetensors"
    architecture = Architecture(range_size=8, kernel=8, atoms=110, domains=0, lambdas=(0.01, 0.1))
    weights.save(path, architecture, {}, saturated(rows, 132104), (0.1, 0.1))
    weights.load(path)
    with pytest.raises(WeightsError, match="could reach 2\\^24"):
        weights.save(path, architecture, {"x": np.zeros(1)}, beyond, (0.1, 0.1))
    with monkeypatch.context() as unchecked:
        unchecked.setattr(PriorArrays, "check", lambda *_: None)
        weights.save(path, architecture, {"x": np.zeros(1)}, beyond, (0.1, 0.1))
    with pytest.raises(WeightsError, match=r"w\.safetensors: prior: a sum of products could reach 2\^24"):
        weights.load(path)


def test_diagonal_and_direct_weights_are_never_summed_together():
    prior = saturated(("before",), 132104 - 900)
    for name in ("diagonal", "direct"):
        getattr(prior.groups[4], name)[1, :9] = 100
    prior.check(110, 0, 2)


def test_the_most_negative_weight_counts_as_128():
    prior = saturated(("before",), 132104)
    row = prior.groups[4].before[1].reshape(-1)
    assert row[1] == -127
    row[1] = -128
    with pytest.raises(WeightsError, match="could reach"):
        prior.check(110, 0, 2)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("before", lambda a: a[:, 1:], "before is"),
        ("before", lambda a: a.astype(np.int16), "before is int16"),
        ("diagonal", lambda a: a[:, :-1], "diagonal is"),
        ("direct", lambda a: a[:-1], "direct is"),
        ("first_bias", lambda a: a[:1], "first_bias is"),
        ("first_bias", lambda a: a * 0 + 2**30 + 1, "outside"),
        ("first_multiplier", lambda a: a * 0 - 1, "outside"),
        ("first_multiplier", lambda a: a * 0 + 2**24, "outside"),
        ("second", lambda a: a[:, :-1], "second is"),
        ("second_bias", lambda a: a.astype(np.float32), "second_bias is float32"),
        ("out", lambda a: a[:-1], "out is"),
        ("out_multiplier", lambda a: a[:-1], "out_multiplier is"),
    ],
)
def test_networks_of_wrong_shapes_and_sizes_are_refused(name, change, message):
    layers = PRIOR.groups[1]
    layers.check(3, 3, 12)
    with pytest.raises(WeightsError, match=message):
        replace(layers, **{name: change(getattr(layers, name))}).check(3, 3, 12)


def test_a_prior_of_another_architecture_is_refused():
    PRIOR.check(ATOMS, DOMAINS, 3)
    for wrong in ((ATOMS, DOMAINS, 2), (ATOMS - 1, DOMAINS, 3), (ATOMS - 1, DOMAINS + 1, 3)):
        with pytest.raises(WeightsError):
            PRIOR.check(*wrong)
    with pytest.raises(WeightsError, match="3 groups instead of 4"):
        replace(PRIOR, groups=PRIOR.groups[:3]).check(ATOMS, DOMAINS, 3)
    with pytest.raises(WeightsError, match="1025 hidden units"):
        random_prior(0, 2, 0, hidden=1025).check(2, 0, 2)


def test_tensors_and_back():
    back = PriorArrays.from_tensors(PRIOR.tensors())
    assert back.tensors().keys() == PRIOR.tensors().keys()
    for name, array in PRIOR.tensors().items():
        np.testing.assert_array_equal(back.tensors()[name], array)
    for wrong in ({"surprise": PRIOR.log}, {"1.surprise": PRIOR.log}, {"5.out": PRIOR.log}):
        with pytest.raises(TypeError):
            PriorArrays.from_tensors(PRIOR.tensors() | wrong)
