"""Pictures of implicit networks: beside a second decoder, beside closed forms, at any scale, in parts, between two."""

import math
import sys
import warnings
from dataclasses import replace
from itertools import product

import literal_decoder
import numpy as np
import pytest
from implicits import random_implicit

import nccodec
from nccodec import cli
from nccodec.arrays import GRADIENTS, numpy_form, set_threads
from nccodec.codec.animate import blends_of, iterates_of, map_of
from nccodec.codec.file import write_file
from nccodec.collage import windows
from nccodec.collage.output import Request, View
from nccodec.errors import CollageError, LimitError
from nccodec.implicit import synthesis
from nccodec.implicit.code import Half, ImplicitCode, frequencies
from nccodec.implicit.header import FORMS, NETWORKS, VALUES, Shape

REQUESTS = ({}, {"scale": 2}, {"scale": 0.5}, {"scale": 1 / 8}, {"scale": 1.4}, {"size": (9, 23)}, {"size": (1, 1)})


def half(*values) -> Half:
    return Half(np.array(values, np.float16))


def linear(size: tuple[int, int], network: str, first: list, last: list, biases: list, **more) -> ImplicitCode:
    """A grey network of one hidden layer, by its numbers. size: height, width."""
    shape = Shape(network, 1, len(first), 1, **more)
    return ImplicitCode(*size, True, shape, "dense", (half(*first), half(last)), None, half(*biases))


def decoded(code: ImplicitCode, packer: str = "fixed", **request) -> np.ndarray:
    return np.asarray(nccodec.decode(write_file(code, packer), **request)).astype(int)


def places(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """x and y of the middles, -1 to 1 along the longer side."""
    y, x = np.mgrid[0:height, 0:width]
    m = max(height, width)
    return (2 * x + 1 - width) / m, (2 * y + 1 - height) / m


@pytest.mark.parametrize("network", NETWORKS)
def test_both_decoders_agree_on_every_form(network):
    number = 0
    for form, values, packer in product(FORMS, VALUES, ("fixed", "range")):
        if values == "float16" and packer == "range":
            continue
        number += 1
        code = random_implicit(
            number, network, form, values, (11 + number % 5, 17 - number % 7), 1 + number % 3, 1 + number % 8,
            number % 3 == 0, zeros=0 if number % 2 else 0.7,
        )  # fmt: skip
        data = write_file(code, packer)
        for request in REQUESTS:
            literal = literal_decoder.decode(data, **request).astype(int)
            made = np.asarray(nccodec.decode(data, **request)).astype(int)
            assert made.shape == literal.shape and np.abs(made - literal).max() <= 1


def test_a_network_without_bends_is_a_slope():
    """max(0, h) of what is never below 0: 1/2 + v / 2 is linear in cos and sin of one frequency."""
    code = linear(
        (20, 32), "fourier", [[0.25, 0], [0, 0.25]], [1.5, -1], [0.5, 0.5, 0.125], features=1, sigma=2, seed=9
    )
    ((across, down),) = frequencies(code.shape)
    x, y = places(20, 32)
    angle = math.pi * (across * x + down * y)
    v = 1.5 * (0.5 + 0.25 * np.cos(angle)) - (0.5 + 0.25 * np.sin(angle)) + 0.125
    np.testing.assert_allclose(decoded(code), 255 * (0.5 + v / 2), atol=0.5 + 1e-4)


@pytest.mark.parametrize("up", [1, 2, 4])
def test_a_sine_of_a_known_frequency(up):
    """sin(30 (x / 8 + 1 / 60)): a wave along the longer side, at every scale the same function."""
    code = linear((10, 40), "siren", [[0.125, 0]], [0.75], [0.0166015625, 0])
    x, _ = places(10 * up, 40 * up)
    expected = 0.5 + 0.375 * np.sin(30 * (0.125 * x + 0.0166015625))
    np.testing.assert_allclose(decoded(code, scale=up), 255 * expected, atol=0.5 + 1e-4)


@pytest.mark.parametrize(
    ("network", "bend", "spreads"), [("atan", np.arctan, (0.67, 0.6)), ("tanh", np.tanh, (0.63, 0.49))]
)
def test_bends_and_their_squares(network, bend, spreads):
    code = linear((24, 17), network, [[0.5, -1], [1, 0.25]], [1, -0.5, 0.75, 2], [0.125, -0.25, -1])
    x, y = (math.sqrt(3) * axis for axis in places(24, 17))
    first, second = bend(0.5 * x - y + 0.125), bend(x + 0.25 * y - 0.25)
    v = (first - 0.5 * second) / spreads[0] + (0.75 * first**2 + 2 * second**2) / spreads[1] - 1
    np.testing.assert_allclose(decoded(code), 255 / (1 + np.exp(-v)), atol=0.5 + 1e-4)


def test_a_gradient_in_closed_form():
    """sin(30 h) of a small h is 30 h: a slope of 5.8 grey levels a pixel, limited at both ends."""
    tiny = 2.0**-14
    code = linear((8, 64), "siren", [[tiny, 0]], [800], [0, 0])
    x, _ = places(8, 64)
    expected = (127.5 + 127.5 * 800 * np.sin(30 * tiny * x)).clip(0, 255)
    made = decoded(code)
    np.testing.assert_allclose(made, expected, atol=0.5 + 1e-4)
    assert made.min() == 0 and made.max() == 255 and np.all(np.diff(made) >= 0)
    line = 127.5 + 127.5 * 800 * 30 * tiny * x
    inside = (line > 0) & (line < 255)
    np.testing.assert_allclose(line[inside], expected[inside], atol=0.01)


def test_frequencies_are_normal_and_of_their_deviation():
    f = frequencies(Shape("fourier", 1, 1, 1, 1024, 10, 1)) / 2.5
    assert f.shape == (1024, 2)
    assert abs(f.mean()) < 0.06 and abs(f.std() - 1) < 0.04 and 0.66 < (np.abs(f) < 1).mean() < 0.71
    other = frequencies(Shape("fourier", 1, 1, 1, 1024, 10, 2)) / 2.5
    assert abs(np.corrcoef(f.ravel(), other.ravel())[0, 1]) < 0.08


def test_frequencies_are_those_of_splitmix():
    """Its first outputs from the seed 1234567, which are published with it."""
    published = (6457827717110365317, 3203168211198807973, 9817491932198370423)
    total = sum(z >> shift & 0xFFFF for z in published for shift in (0, 16, 32, 48)) - 393210
    found = frequencies(Shape("fourier", 1, 1, 1, 1, 4, 1234567))
    assert found[0, 0] == total / 65536


def test_sines_are_those_of_the_library():
    """Within 1e-15 and what a rounding of the argument makes."""
    random = np.random.default_rng(0)
    near = (np.arange(-40, 41) * math.pi / 4)[:, None] + np.array([0, 1e-9, -1e-9, 1e-3])
    x = np.concatenate(
        [random.uniform(-7, 7, 4000), random.normal(0, 1e4, 2000), near.ravel(), [0.0, -0.0, 1e9, 2.0**35]]
    )
    made = numpy_form.sine(x.copy())
    for value, sine in zip(x.tolist(), made.tolist(), strict=True):
        assert abs(sine - math.sin(value)) <= 1e-15 + abs(value) * 2.0**-52
    assert np.abs(made).max() <= 1 + 1e-15
    np.testing.assert_array_equal(numpy_form.sine(-x), -made)


@pytest.mark.parametrize(
    "request_", [{}, {"scale": 4}, {"scale": 0.5}, {"scale": 0.7}, {"scale": 1.6}, {"size": (13, 51)}]
)
@pytest.mark.parametrize("network", NETWORKS)
def test_a_crop_is_a_part_of_the_whole(network, request_):
    data = write_file(random_implicit(2, network, size=(29, 38)))
    whole = np.asarray(nccodec.decode(data, **request_))
    x, y = whole.shape[1] // 3, whole.shape[0] // 4
    part = np.asarray(nccodec.decode(data, crop=(x, y, 5, 6), **request_)).astype(int)
    assert np.abs(part - whole[y : y + 6, x : x + 5]).max() <= 1


@pytest.mark.parametrize("down", [2, 4, 32])
def test_below_scale_1_pixels_are_means(down):
    """Of the picture at scale 1, not rounded, continued by its nearest pixels."""
    code = random_implicit(5, "tanh", size=(27, 38), grey=True)
    network = [(matrix, biases[:, None]) for matrix, biases in code.network()]
    x, y = places(27, 38)
    z = synthesis.evaluate(code.shape, network, None, np.stack([x.ravel(), y.ravel()])).reshape(27, 38)
    z = np.pad(z, ((0, -27 % down), (0, -38 % down)), mode="edge")
    z = z.reshape(len(z) // down, down, -1, down).mean((1, 3))
    np.testing.assert_allclose(decoded(code, "range", scale=1 / down), 255 * z, atol=0.5 + 1e-3)


@pytest.mark.parametrize("network", NETWORKS)
def test_a_larger_scale_is_the_same_function_at_finer_places(network):
    """At an odd multiple the middles of the pixels are there again: 3 x as large, every third sample of each axis."""
    code = random_implicit(6, network, size=(14, 20))
    fine = replace(code, height=42, width=60)
    np.testing.assert_array_equal(decoded(fine, "range")[1::3, 1::3], decoded(code, "range"))
    doubled = replace(code, height=28, width=40)
    np.testing.assert_array_equal(decoded(doubled, "range"), decoded(code, "range", scale=2))


@pytest.mark.parametrize("request_", [{"size": (1, 1)}, {"scale": 2}, {"scale": 0.25}, {"size": (50, 33)}])
def test_little_is_made_at_a_time(request_, monkeypatch):
    """However large the picture, or what makes one pixel; and the picture is the same."""
    data = write_file(random_implicit(7, "fourier", size=(41, 58)))
    whole = np.asarray(nccodec.decode(data, **request_)).astype(int)
    made, evaluate = [], synthesis.evaluate
    monkeypatch.setattr(windows, "_TILE", 9)
    monkeypatch.setattr(synthesis, "_BLOCK", 7 * 10)
    monkeypatch.setattr(synthesis, "evaluate", lambda *given: made.append(given[-1].shape[1]) or evaluate(*given))
    parts = np.asarray(nccodec.decode(data, **request_)).astype(int)
    assert np.abs(parts - whole).max() <= 1
    assert len(made) >= 100 and max(made) <= 7  # samples; 10 numbers of each in the widest layer


def test_samples_that_take_too_many_products_are_refused(monkeypatch):
    """Those that are to be made, not those of the whole."""
    code = random_implicit(8, size=(20, 30))
    data = write_file(code)
    monkeypatch.setattr(synthesis, "MAX_WORK", code.shape.weights * 20 * 30)
    nccodec.decode(data)
    nccodec.decode(data, scale=2, crop=(3, 4, 30, 20))
    nccodec.decode(data, scale=0.5)
    with pytest.raises(LimitError, match=r"2400 samples of a network of 84 weights are over"):
        nccodec.decode(data, scale=2)
    f = map_of(data, View(scale=2))
    with pytest.raises(LimitError, match="are over"):
        next(iterates_of(f, "noise", None))


def overflowing(network: str, size: tuple[int, int] = (9, 12)) -> ImplicitCode:
    """Of the largest numbers, of both signs, in every layer."""
    more = {"features": 3, "sigma": 255, "seed": 5} if network == "fourier" else {}
    shape, random = Shape(network, 32, 64, 3, **more), np.random.default_rng(0)
    matrices = tuple(Half((random.choice((-1, 1), part) * 65504.0).astype(np.float16)) for part in shape.layers)
    return ImplicitCode(*size, False, shape, "dense", matrices, None, half(*[65504.0] * shape.biases))


@pytest.mark.parametrize("network", NETWORKS)
def test_networks_that_overflow_have_a_picture(network, tmp_path):
    """Without a warning, in all that can be made of them."""
    data = write_file(overflowing(network), "fixed")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for request in REQUESTS:
            nccodec.decode(data, **request)
        f = map_of(data, View(scale=0.5))
        assert len(list(iterates_of(f, "noise", None))) == 2
        assert len(list(blends_of(f, f, 3))) == 3
        nccodec.test(data)


def test_blends_begin_and_end_with_the_decodes():
    """In the middle is the network of the mean numbers, which is no mean of pictures."""
    one, other = (random_implicit(seed, values="float16", size=(13, 18)) for seed in (1, 2))
    f, g = (map_of(write_file(code, "fixed"), View()) for code in (one, other))
    frames = list(blends_of(f, g, 3))
    assert len(frames) == 3
    np.testing.assert_array_equal(frames[0], decoded(one))
    np.testing.assert_array_equal(frames[2], decoded(other))
    x, y = places(13, 18)
    layers = [
        ((a + b) / 2, ((c + d) / 2)[:, None]) for (a, c), (b, d) in zip(one.network(), other.network(), strict=True)
    ]
    middle = synthesis.evaluate(one.shape, layers, None, np.stack([x.ravel(), y.ravel()])).reshape(3, 13, 18)
    assert np.abs(frames[1] - (255 * middle).clip(0, 255).transpose(1, 2, 0)).max() <= 0.5 + 1e-4
    mean = (frames[0].astype(float) + frames[2]) / 2
    assert np.abs(frames[1] - mean).mean() > 5


def test_networks_of_two_shapes_have_none_between_them():
    maps = [map_of(write_file(random_implicit(3, "fourier", size=(9, 9), width=width)), View()) for width in (5, 5, 6)]
    assert len(list(blends_of(*maps[:2], 2))) == 2
    with pytest.raises(CollageError, match="no networks between two of different shapes"):
        blends_of(maps[0], maps[2], 2)
    changed = replace(random_implicit(3, "fourier", size=(9, 9), width=5), shape=Shape("fourier", 2, 5, 3, 5, 6, 8))
    with pytest.raises(CollageError, match="different shapes"):  # of other frequencies
        blends_of(maps[0], map_of(write_file(changed), View()), 2)


def test_networks_of_different_forms_can_be_blended():
    dense, sparse = random_implicit(4, size=(9, 9)), random_implicit(5, form="sparse", size=(9, 9), zeros=0.5)
    f, g = (map_of(write_file(code), View()) for code in (dense, sparse))
    assert len(list(blends_of(f, g, 5))) == 5


def test_one_step_from_any_start_is_the_picture():
    """The map is constant."""
    for request in ({}, {"scale": 2.0}, {"scale": 0.5}, {"scale": 1.3}, {"crop": (2, 3, 7, 5)}):
        data = write_file(random_implicit(9, "atan", size=(16, 21)))
        f = map_of(data, View(**request))
        assert f.iteration.exact == 1 and f.iteration.factor(1) == 0 and f.iteration.largest_scale == 0
        start, end = iterates_of(f, "noise", None)
        assert (start.number, end.number) == (0, 1) and start.distance.largest > 50
        assert end.distance.largest == end.bound == 0
        np.testing.assert_array_equal(end.picture, np.asarray(nccodec.decode(data, **request)))


def test_the_command_takes_one_step(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.ncl").write_bytes(write_file(random_implicit(10, grey=True)))
    monkeypatch.setattr(sys, "argv", ["nc", "decode", "a.ncl", "--start", "noise", "-o", "a.png"])
    with pytest.raises(SystemExit) as caught:
        cli.main()
        raise SystemExit(0)
    assert not caught.value.code
    said = "".join(capsys.readouterr())
    assert "no self-reference to iterate: one step from any start gives its fixed point" in said and "2 frames" in said


def test_without_self_reference_nothing_is_missing():
    code = random_implicit(11)
    np.testing.assert_array_equal(decoded(code, "range", self_reference=False), decoded(code, "range"))


def test_what_an_implicit_network_does_not_have_is_refused():
    data = write_file(random_implicit(0))
    for option, message in (({"smooth": True}, "smoothing is for"), ({"detail": False}, "no predicted detail")):
        with pytest.raises(LimitError, match=message):
            nccodec.decode(data, **option)


def test_threads_change_nothing():
    data = write_file(random_implicit(12, "siren", size=(90, 120), width=20))
    try:
        set_threads(3)
        many = np.asarray(nccodec.decode(data)).astype(int)
        set_threads(1)
        assert np.abs(many - np.asarray(nccodec.decode(data))).max() <= 1
    finally:
        set_threads(None)


@pytest.mark.parametrize("network", NETWORKS)
def test_torch_gives_the_same_picture(network):
    code = random_implicit(13, network, size=(15, 22))
    for view in (View(), View(scale=2), View(scale=0.5)):
        request = Request.of(view, (15, 22), 64)
        made = [synthesis.synthesise(code, request, device).astype(int) for device in ("cpu", GRADIENTS)]
        assert np.abs(made[0] - made[1]).max() <= 1
