"""Implicit networks to bytes and back: every admissible code, the tables beside those of literal formulas, what
positions and values cost, and what a header says."""

import math
import struct
from dataclasses import replace

import literal_implicit
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from implicits import random_implicit

import nccodec
from nccodec.bitstream import container, tables
from nccodec.bitstream.coder import SymbolReader, SymbolWriter
from nccodec.bitstream.container import Chunk
from nccodec.bitstream.fixed import FixedReader, FixedWriter
from nccodec.bitstream.frame import frame
from nccodec.bitstream.symbols import TOTAL
from nccodec.codec.file import read_file, write_file
from nccodec.codec.kinds import read
from nccodec.errors import FormatError, LimitError
from nccodec.implicit.code import Book, Half, ImplicitCode, Steps, round_step
from nccodec.implicit.header import FORMS, NETWORK, NETWORKS, VALUES, Fields, Shape, check_work
from nccodec.implicit.numbers import Bitmap, Bytes, Differences, Gaps, Indices

ANY = settings(max_examples=100)


def equal(a: ImplicitCode, b: ImplicitCode) -> bool:
    """Whether all is the same, but for which of several zeros a book has."""

    def fields(code: ImplicitCode) -> tuple:
        form = "sparse" if code.form in ("gaps", "bitmap") else code.form
        return code.height, code.width, code.grey, code.shape, form, code.values, code.scales is None

    def arrays(code: ImplicitCode) -> list[np.ndarray]:
        values = [*code.matrices, code.biases, *([] if code.scales is None else [code.scales])]
        books = [part.entries for part in values if isinstance(part, Book)]
        steps = [np.array(part.step) for part in values if isinstance(part, Steps)]
        return [*books, *steps, *(part.real() for part in values)]

    return fields(a) == fields(b) and all(np.array_equal(x, y) for x, y in zip(arrays(a), arrays(b), strict=True))


def packers(values: str) -> tuple[str, ...]:
    return ("fixed",) if values == "float16" else ("range", "fixed")


@st.composite
def codes(draw):
    """A code of any shape, and a packer that it may have."""
    values = draw(st.sampled_from(VALUES))
    code = random_implicit(
        draw(st.integers(0, 2**32 - 1)),
        draw(st.sampled_from(NETWORKS)),
        draw(st.sampled_from(FORMS)),
        values,
        (draw(st.integers(1, 99)), draw(st.integers(1, 99))),
        depth=draw(st.integers(1, 4)),
        width=draw(st.integers(1, 12)),
        grey=draw(st.booleans()),
        zeros=draw(st.sampled_from((0, 0.3, 0.9, 1))),
        rank=draw(st.integers(1, 5)),
    )
    if values == "uniform" and draw(st.booleans()):
        # Of any size: from one step to the farthest, all alike or all different.
        factor = draw(st.sampled_from((0, 7, 300, 1 << 15)))
        parts = [Steps((part.q * factor).clip(-32767, 32767), part.step) for part in code.matrices]
        code = replace(code, matrices=tuple(parts))
    return code, draw(st.sampled_from(packers(values)))


@ANY
@given(codes())
def test_every_number_comes_back(given):
    code, packer = given
    data = write_file(code, packer)
    assert equal(read_file(data).code, code)
    fields = read(data)[0].fields
    assert fields.nonzero == sum(int((part.real() != 0).sum()) for part in code.matrices)
    assert fields.shape(code.grey) == code.shape


@pytest.mark.parametrize("packer", ["range", "fixed"])
def test_what_is_read_is_written_as_it_was(packer):
    for form in ("dense", "sparse", "factors"):
        data = write_file(random_implicit(3, "atan", form, zeros=0.6), packer)
        assert write_file(read_file(data).code, packer) == data
        nccodec.test(data)


@ANY
@given(
    st.lists(st.one_of(st.integers(-32767, 32767), st.integers(-3, 3), st.sampled_from((-32767, 32767))), max_size=60),
    st.sampled_from(("range", "fixed")),
)
def test_any_numbers_come_back_under_any_packer(numbers, packer):
    q = np.array(numbers, np.int64)
    shape = Shape("siren", 1, max(1, len(q)), 1)
    matrix = Steps(np.resize(q, (shape.width, 2)) if len(q) else np.zeros((1, 2), np.int64), 2.0**-20)
    last, biases = Steps(np.zeros((1, shape.width), np.int64), 0.5), Steps(np.resize(matrix.q, shape.biases), 2.0)
    for form in ("dense", "sparse"):
        code = ImplicitCode(5, 4, True, shape, form, (matrix, last), None, biases)
        assert equal(read_file(write_file(code, packer)).code, code)


@ANY
@given(st.lists(st.integers(0, 2000), max_size=30), st.integers(0, 600), st.sampled_from(("range", "fixed")))
def test_any_gaps_come_back(gaps, after, packer):
    """Also those that take several symbols, and exactly so many."""
    kept = np.zeros(sum(gaps) + len(gaps) + after, bool)
    kept[np.cumsum(np.array(gaps, np.int64) + 1) - 1] = True
    assert_positions_come_back(Gaps, kept, packer)


@pytest.mark.parametrize("gap", [0, 254, 255, 256, 509, 510, 511, 1 << 20])
def test_gaps_about_the_largest_symbol_come_back(gap):
    kept = np.zeros(gap + 1, bool)
    kept[gap] = True
    for packer in ("range", "fixed"):
        assert_positions_come_back(Gaps, kept, packer)
        if gap < 1000:
            assert_positions_come_back(Bitmap, kept, packer)


def assert_positions_come_back(kind: type, kept: np.ndarray, packer: str) -> int:
    """Returns the bits that they take."""
    content = content_of(kind.of(packer, kept), kept, packer)
    told = Bytes(content)
    way, reader = kind.told(packer, told), reader_of(packer, told.rest())
    np.testing.assert_array_equal(way.read(reader, len(kept)), kept)
    reader.finish()
    return 8 * len(content)


def content_of(way, symbols: np.ndarray, packer: str) -> bytes:
    writer = SymbolWriter() if packer == "range" else FixedWriter()
    way.write(writer, symbols)
    return way.about + writer.content()


def reader_of(packer: str, content: bytes):
    return (SymbolReader if packer == "range" else FixedReader)(content)


@pytest.mark.parametrize(("zeros", "bits"), [(0.8, 3.61), (0.95, 5.73), (0.995, 9.08)])
def test_positions_cost_their_entropy(zeros, bits):
    """H(p) / p for each number that is not zero: what no way to tell them can be below of on the mean."""
    p = 1 - zeros
    entropy = (-p * math.log2(p) - zeros * math.log2(zeros)) / p
    assert entropy == pytest.approx(bits, abs=0.01)
    kept = np.random.default_rng(3).random(200_000) < p
    for kind in (Gaps, Bitmap):
        cost = assert_positions_come_back(kind, kept, "range") / kept.sum()
        assert cost == pytest.approx(entropy, rel=0.02)


def test_gaps_of_many_symbols_cost_their_entropy():
    """A number in five thousand is not zero: most symbols say that a gap goes on."""
    kept = np.random.default_rng(4).random(1 << 20) < 1 / 5000
    p = kept.mean()
    entropy = (-p * math.log2(p) - (1 - p) * math.log2(1 - p)) / p
    assert assert_positions_come_back(Gaps, kept, "range") / kept.sum() == pytest.approx(entropy, rel=0.05)


def test_bells_are_those_of_the_page():
    for first in range(0, 256, 5):
        for change in range(0, 256, 15):
            counts = tables.bell(first, change)
            assert counts.tolist() == literal_implicit.bell(first, change)
            assert counts.sum() == TOTAL and counts.min() >= 1 and len(counts) % 2 == 0
            symmetric = counts[:-1]
            np.testing.assert_array_equal(symmetric, symmetric[::-1])


def test_falling_tables_are_those_of_the_page():
    """All of them: where they fall slowly, the weight of the last is large."""
    for number in range(256):
        counts = tables.falling(number, 256)
        assert counts.tolist() == literal_implicit.falling(number)
        assert counts.sum() == TOTAL and counts.min() >= 1


@pytest.mark.parametrize("number", [20, 40, 63, 90, 150, 200])
def test_falling_tables_are_geometric(number):
    """Of a distance d, symbol k has d (1 - d)^k, the last (1 - d)^255."""
    d = 2 ** (-number / 16)
    expected = np.append(d * (1 - d) ** np.arange(255), (1 - d) ** 255)
    # What integers of 16 bits leave of small distances, and that each symbol has a count.
    np.testing.assert_allclose(tables.falling(number, 256) / TOTAL, expected, rtol=0.02, atol=2**-15)


@pytest.mark.parametrize("first", [16, 40, 64])
def test_bells_that_do_not_bend_are_geometric(first):
    """The ratio changes by 2^-15.9 from size to size, which is next to nothing."""
    ratio = 1 - 2 ** (-first / 16)
    counts = tables.bell(first, 255) / TOTAL
    m = len(counts) // 2 - 1
    k = np.arange(20)
    np.testing.assert_allclose(counts[m : m + 20] / counts[m], ratio**k, rtol=0.02, atol=1e-6)


@pytest.mark.parametrize("deviation", [0.5, 1, 3, 10, 30])
def test_bells_are_normal(deviation):
    """s[k] = exp(-k^2 / (2 deviation^2)): the first ratio is exp(-1 / (2 deviation^2)), each next exp(-1 / deviation^2)
    of the one before."""
    first, change = (-16 * math.log2(1 - math.exp(-x / deviation**2)) for x in (0.5, 1))
    counts = tables.bell(round(first), round(change))
    m = len(counts) // 2 - 1
    sizes = np.arange(min(m, math.ceil(3 * deviation)) + 1)
    entropy = -(counts / TOTAL * np.log2(counts / TOTAL)).sum()
    assert entropy == pytest.approx(math.log2(deviation * math.sqrt(2 * math.pi * math.e)), rel=0.02, abs=0.15)
    np.testing.assert_allclose(
        -np.log(counts[m : m + len(sizes)] / counts[m]), sizes**2 / (2 * deviation**2), rtol=0.06, atol=0.02
    )


def entropy_of(law: np.ndarray) -> float:
    law = law[law > 0]
    return float(-(law * np.log2(law)).sum())


def rounded(kind: str, deviation: float) -> np.ndarray:
    """Chances of -400 .. 400: of the law between halves."""
    edges = np.arange(-400.5, 401) / deviation
    if kind == "normal":
        below = np.array([0.5 * math.erfc(-x / math.sqrt(2)) for x in edges])
    else:
        tail = np.exp(-np.abs(edges) * math.sqrt(2)) / 2
        below = np.where(edges < 0, tail, 1 - tail)
    return np.diff(below)


@pytest.mark.parametrize("kind", ["normal", "laplace"])
@pytest.mark.parametrize("deviation", [0.4, 1, 2.5, 8, 25])
def test_a_fitted_bell_is_near_the_entropy(kind, deviation):
    law = rounded(kind, deviation)
    count = np.rint(law * 200_000).astype(int)
    q = np.repeat(np.arange(-400, 401), count)
    first, change, cost = tables.fitted_bell(q)
    entropy = entropy_of(count / count.sum())
    assert entropy <= cost / len(q) + 1e-9 and cost / len(q) < 1.015 * entropy + 0.005
    assert cost == pytest.approx(tables.difference_bits(tables.bell(first, change), q).sum())


@pytest.mark.parametrize("kind", ["normal", "laplace"])
@pytest.mark.parametrize("deviation", [1.5, 60, 1000, 9000])
def test_numbers_of_any_width_cost_about_their_entropy(kind, deviation):
    """Which of a wide law is log2 of the deviation, and 2.05 of a normal law, 1.94 of Laplace's."""
    random = np.random.default_rng(8)
    real = random.normal(0, deviation, 20_000) if kind == "normal" else random.laplace(0, deviation / 2**0.5, 20_000)
    q = np.rint(real).clip(-32767, 32767).astype(np.int64)
    way = Differences.of("range", q)
    content = content_of(way, q, "range")
    told = Bytes(content)
    np.testing.assert_array_equal(Differences.told("range", told).read(reader_of("range", told.rest()), len(q)), q)
    if kind == "normal":
        differential = math.log2(deviation * math.sqrt(2 * math.pi * math.e))
    else:
        differential = math.log2(deviation * math.sqrt(2) * math.e)
    assert 8 * len(content) / len(q) == pytest.approx(differential, rel=0.02, abs=0.08)


def test_entries_cost_their_entropy():
    law = np.array([0.5, 0.25, 0.125, 0.0625, 0.0625])
    indices = np.random.default_rng(2).choice(5, 40_000, p=law)
    content = content_of(Indices.of("range", indices, 5), indices, "range")
    assert 8 * len(content) / len(indices) == pytest.approx(1.875, rel=0.02)


def test_steps_make_exact_floats():
    """All 32767 of them, of any step that rounding gives."""
    random = np.random.default_rng(1)
    q = np.arange(-32767, 32768)
    for step in (*(10.0 ** random.uniform(-30, 30, 60)), 2.0**-100, 2.0**100, 0.1, 1 / 3):
        kept = round_step(float(step))
        assert abs(kept / step - 1) <= 2**-8
        assert np.float32(kept) == kept and int(np.float32(kept).view(np.uint32)) & 0xFFFF == 0
        products = Steps(q, kept).real()
        np.testing.assert_array_equal(products.astype(np.float32).astype(np.float64), products)
        exact = [int(n) * int(kept * 2**200) for n in (1, 3, 32767, -32767)]  # in whole 2^-200
        assert [int(Steps(np.array(n), kept).real() * 2.0**200) for n in (1, 3, 32767, -32767)] == exact
        assert round_step(kept) == kept


def test_float16_has_one_packer():
    with pytest.raises(LimitError, match="packer 'fixed' only"):
        write_file(random_implicit(0, values="float16"), "range")


def test_the_form_of_positions_is_the_shorter_one():
    """A bit a weight where many are there, gaps where few are."""
    for zeros, form in ((0.3, "bitmap"), (0.97, "gaps")):
        code = random_implicit(47, "atan", "sparse", width=40, zeros=zeros)
        data = write_file(code, "fixed")
        assert read(data)[0].fields.form == form
        lengths = {each: len(write_file(replace(code, form=each), "fixed")) for each in ("gaps", "bitmap")}
        assert len(data) == min(lengths.values()) == lengths[form]


def test_a_codebook_needs_no_zero_where_no_number_is_zero():
    """Of a form that tells positions."""
    entries = np.array([-1, 0.5], np.float16)
    shape = Shape("siren", 1, 1, 1)
    books = Book(np.array([[0, 1]]), entries), Book(np.array([[1]]), entries)
    for packer in ("range", "fixed"):
        for form in ("gaps", "bitmap"):
            code = ImplicitCode(3, 4, True, shape, form, books, None, Half(np.array([0.5, 1], np.float16)))
            assert equal(read_file(write_file(code, packer)).code, code)


def test_a_single_number_at_the_end_of_a_large_matrix_is_read_in_few_steps(monkeypatch):
    """Its gap takes thousands of symbols, each of which is looked at once."""
    kept = np.zeros(1 << 20, bool)
    kept[-1] = True
    content = Bytes(content_of(Gaps.of("range", kept), kept, "range"))
    way, reader = Gaps.told("range", content), reader_of("range", content.rest())
    made, table = [], Gaps._table
    monkeypatch.setattr(Gaps, "_table", lambda self: made.append(1) or table(self))
    assert way.read(reader, len(kept)).sum() == 1
    assert len(made) == 1


def test_no_gap_leads_out_of_a_matrix_for_long():
    """However many numbers are told of, and however often a gap goes on."""
    kept = np.zeros(1 << 18, bool)
    kept[-1] = True
    content = Bytes(content_of(Gaps.of("range", kept), kept, "range"))
    way, reader = Gaps.told("range", content), reader_of("range", content.rest())
    with pytest.raises(FormatError, match="outside its matrix"):
        way.read(reader, 1000)
    with pytest.raises(FormatError, match="4294967295 weights"):
        Gaps("range", struct.pack("<IB", 2**32 - 1, 5)).read(reader, 1000)


def test_what_a_header_says():
    code = random_implicit(1, "fourier", "sparse", size=(24, 36), depth=3, width=7, zeros=0.8)
    data = write_file(code)
    about = nccodec.info(data)
    assert (about["kind"], about["network"], about["hidden_layers"], about["hidden_width"]) == (
        "implicit network", "fourier", 3, 7,
    )  # fmt: skip
    weights = 7 * 10 + 2 * 49 + 3 * 7
    assert (about["weights"], about["biases"]) == (weights, 24)
    assert about["sparsity"] == pytest.approx(1 - code.nonzero / weights)
    assert about["features"] == 5 and about["sigma"] == 1.5 and about["seed"] == 7
    assert set(about["chunks"]) == {"network", "header and framing"}
    assert about["chunks"]["header and framing"] == 48
    header = read(data)[0]
    lines = header.fields.lines(header.common)
    assert lines["map"] == (
        "constant: a network of Fourier features, 3 hidden layers of 7, 5 frequencies of deviation 1.5"
    )
    assert lines["parameters"] == f"{weights} weights, 24 biases; {code.nonzero} weights not zero, uniform"


def test_what_a_header_says_of_factors():
    """Zeros are counted among the numbers that are held: 2 x 14 x 9 of 189 weights."""
    code = random_implicit(1, "fourier", "factors", depth=3, rank=9)
    fields = read(write_file(code))[0].fields
    about = fields.about(code.common("range", False))
    assert about["sparsity"] == pytest.approx(1 - code.nonzero / (2 * 14 * 9)) and 0 <= about["sparsity"] < 0.3
    lines = fields.lines(code.common("range", False))
    assert lines["parameters"] == "189 weights, 24 biases; factors of rank 9, uniform"


def test_fields_come_back():
    fields = Fields("fourier", 32, 1000, 1024, 255, 2**32 - 1, "codebook", "factors", 1024, 12345)
    small = replace(fields, width=10)
    common = random_implicit(0).common("range", False)
    assert Fields.unpack(small.pack(), common) == small and len(fields.pack()) == Fields.SIZE == 19


def test_sizes_of_networks_are_limited():
    check_work(1 << 22, 1 << 10, 1 << 10)
    for too_much in ((1 << 22) + 1, 1, 1), (1 << 22, 1 << 10, (1 << 10) + 1):
        with pytest.raises(LimitError):
            check_work(*too_much)


def test_contents_of_any_bytes_are_refused_or_read():
    """Under headers of every form, kind of values and packer."""
    random = np.random.default_rng(6)
    for number in range(400):
        network, form, values = NETWORKS[number % 4], FORMS[number // 4 % 4], VALUES[number // 16 % 3]
        packer = packers(values)[number % len(packers(values))]
        header, (chunk,) = read(write_file(random_implicit(1, network, form, values, (3, 4), width=2, depth=1), packer))
        content = random.integers(0, random.choice((2, 256)), random.integers(0, 120), np.uint8).tobytes()
        data = container.write(header, [Chunk(NETWORK, frame(content))])
        try:
            assert nccodec.decode(data).size == (4, 3)
        except nccodec.NclError as error:
            assert str(error) and "\n" not in str(error)
        assert chunk.kind == NETWORK
