"""Iterates of files' maps, beside steps that are taken here pixel by pixel in float64, from what a decoder that was
written from the specification reads; and what holds for every map."""

import math
from itertools import pairwise
from pathlib import Path

import literal_collage
import literal_decoder
import literal_partition
import numpy as np
import pytest
from partitions import random_partition
from PIL import Image
from wholes import random_whole

import nccodec
from nccodec.arrays import GRADIENTS
from nccodec.codec.animate import iterates_of, map_of
from nccodec.codec.file import read_file, write_file
from nccodec.collage.iteration import iterates
from nccodec.collage.output import Request, View
from nccodec.errors import LimitError, NclWarning
from nccodec.pifs.code import Layout
from nccodec.pifs.iteration import Iteration

OK = Path(__file__).parents[1] / "golden" / "ok"
PARTITIONED = ["partition-37x22", "partition-fixed-21x26", "partition-grey-9x20", "partition-steep-30x19"]
COLLAGES = ["range-19x14", "grey-16x9", "fixed-19x14", "escapes-12x12"]


def data_of(name: str) -> bytes:
    return (OK / f"{name}.ncl").read_bytes()


def noise(height: int, width: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8))


def padded(z: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return np.pad(z, [(0, n - m) for n, m in zip(shape, z.shape, strict=True)], "edge")


class LiteralPartition:
    """Planes in grey levels, those of luma less 128; steps as of section 4.5."""

    def __init__(self, data: bytes, scale: float, monkeypatch) -> None:
        self.read = literal_decoder.partition(data)
        self.scales = [scale, 2 * scale, 2 * scale][: len(self.read.planes)]
        self.affine = []
        for plane, each in zip(self.read.planes, self.scales, strict=True):
            flat = type(plane)(self.read.fields, plane.chroma)
            flat.ranges = {at: (*value[:3], None) for at, value in plane.ranges.items()}
            self.affine.append(literal_partition.decoded(flat, each))

    def start(self, picture: np.ndarray) -> list[np.ndarray]:
        red, green, blue = np.moveaxis(picture.astype(float), 2, 0)
        luma = 0.299 * red + 0.587 * green + 0.114 * blue
        planes = [luma - 128, (blue - luma) / 1.772, (red - luma) / 1.402]
        return [padded(z, affine.shape) for z, affine in zip(planes, self.affine, strict=False)]

    def step(self, state: list[np.ndarray]) -> list[np.ndarray]:
        result = [affine.copy() for affine in self.affine]
        for plane, scale, z, out in zip(self.read.planes, self.scales, state, result, strict=True):
            for (side, top, left), (*_, domain) in plane.ranges.items():
                b = int(side * scale)
                if domain is None or b <= 1:
                    continue
                s, number, y, x = domain
                square = z[int(y * scale) : int(y * scale) + 2 * b, int(x * scale) : int(x * scale) + 2 * b]
                pooled = literal_partition.means_of(square, 2) - square.mean()
                pooled = np.rot90(pooled.T if number >= 4 else pooled, number % 4)
                out[int(top * scale) : int(top * scale) + b, int(left * scale) : int(left * scale) + b] += s * pooled
        return result

    def picture(self, state: list[np.ndarray], height: int, width: int) -> np.ndarray:
        luma, *chroma = (z[:height, :width] for z in state)
        if not chroma:
            return luma + 128
        red, blue = luma + 128 + 1.402 * chroma[1], luma + 128 + 1.772 * chroma[0]
        return np.stack([red, (luma + 128 - 0.299 * red - 0.114 * blue) / 0.587, blue], -1)


class LiteralCollage:
    """One plane of three channels in grey levels; steps as of section 3.6."""

    def __init__(self, data: bytes, scale: float, monkeypatch) -> None:
        def kept(affine, s, side):
            self.affine, self.s, self.side = 255 * affine, s, side
            return affine

        tiny = Path(__file__).parents[1] / "golden" / "tiny.safetensors"
        with monkeypatch.context() as patched:
            patched.setattr(literal_collage, "fixed_point", kept)
            collage = literal_collage.Collage(data, tiny)
            collage.at_scale(scale)
        self.grey = collage.fields.grey

    def start(self, picture: np.ndarray) -> list[np.ndarray]:
        channels = np.moveaxis(picture.astype(float), 2, 0)
        return [np.stack([padded(z, self.affine.shape[1:]) for z in channels])]

    def step(self, state: list[np.ndarray]) -> list[np.ndarray]:
        (z,), result, (_, rows, columns), b = state, self.affine.copy(), self.s.shape, self.side
        for k, i, j in np.argwhere(self.s):
            dy, dx = [(-1, -1), (-1, 0), (0, -1), (0, 0)][k]
            y, x = min(max(i + dy, 0), rows - 2) * b, min(max(j + dx, 0), columns - 2) * b
            square = z[:, y : y + 2 * b, x : x + 2 * b]
            pooled = square.reshape(3, b, 2, b, 2).mean((2, 4)) - square.mean((1, 2), keepdims=True)
            result[:, i * b : i * b + b, j * b : j * b + b] += self.s[k, i, j] * pooled
        return [result]

    def picture(self, state: list[np.ndarray], height: int, width: int) -> np.ndarray:
        z = state[0][:, :height, :width]
        return z.mean(0) if self.grey else np.moveaxis(z, 0, 2)


def apart(a: list[np.ndarray], b: list[np.ndarray]) -> tuple[float, float]:
    differences = np.concatenate([(x - y).ravel() for x, y in zip(a, b, strict=True)])
    return np.abs(differences).max(), math.sqrt((differences**2).mean())


@pytest.mark.parametrize("scale", [1, 2, 0.5])
@pytest.mark.parametrize("name", PARTITIONED + COLLAGES)
def test_iterates_are_those_of_the_specification(name, scale, tiny, monkeypatch):
    data = data_of(name)
    literal = (LiteralPartition if name in PARTITIONED else LiteralCollage)(data, scale, monkeypatch)
    about = nccodec.info(data)
    height, width = (math.ceil(about[side] * scale) for side in ("height", "width"))
    start = noise(height, width)
    map = map_of(data, View(scale), tiny)
    found = list(iterates_of(map, start, None))
    assert len(found) == map.iteration.exact + 1 > 2
    states = [literal.start(np.asarray(start))]
    for _ in found:
        states.append(literal.step(states[-1]))
    fixed = states[-1]
    size = max(np.abs(z).max() for state in states for z in state)
    for each, state in zip(found, states, strict=False):
        expected = np.clip(np.floor(literal.picture(state, height, width) + 0.5), 0, 255)
        assert np.abs(each.picture - expected).max() <= 1
        np.testing.assert_allclose((each.distance.largest, each.distance.rms), apart(state, fixed), atol=1e-5 * size)
        assert each.distance.largest <= each.bound + 1e-9 * size
    assert found[1].distance.largest > 1
    decoded = np.asarray(nccodec.decode(data, scale, weights=tiny)).astype(int)
    assert np.abs(found[-1].picture - decoded).max() <= 1


@pytest.mark.parametrize("name", PARTITIONED + COLLAGES)
def test_the_start_is_the_first_and_forgotten_in_the_last(name, tiny):
    data = data_of(name)
    map = map_of(data, View(), tiny)
    picture = noise(*map.iteration.size)
    ends = []
    for start in (picture, "noise", "grey"):
        first, *_, last = iterates_of(map, start, None)
        ends.append(last.picture)
        assert first.number == 0 and last.distance.largest < 1e-6 and last.bound == 0
        shown = np.asarray(picture.convert("L") if first.picture.ndim == 2 else picture).astype(int)
        if start == "grey":
            assert (first.picture == 128).all()
        elif start != "noise":
            assert np.abs(first.picture - shown).max() <= (1 if first.picture.ndim == 3 else 86)  # grey as it is summed
    assert np.array_equal(ends[0], ends[1]) and np.array_equal(ends[0], ends[2])


def test_as_many_steps_as_asked_for(tiny):
    map = map_of(data_of("partition-37x22"), View(), tiny)
    every = list(iterates_of(map, "noise", None))
    for steps in (0, 1, len(every) - 1, len(every) + 2):
        found = list(iterates_of(map, "noise", steps))
        assert [each.number for each in found] == list(range(steps + 1))
        for one, other in zip(found, every, strict=False):
            assert np.array_equal(one.picture, other.picture) and one.distance == other.distance
    assert found[-1].distance.largest < 1e-9 and found[-1].bound == 0


@pytest.mark.parametrize("name", ["partition-37x22", "range-19x14"])
@pytest.mark.parametrize("options", [{"size": (23, 31)}, {"crop": (3, 2, 9, 8)}, {"scale": 3}, {"scale": 0.3}])
def test_views_are_those_of_the_decode(name, options, tiny):
    data = data_of(name)
    *_, last = iterates_of(map_of(data, View(**options), tiny), "noise", None)
    decoded = np.asarray(nccodec.decode(data, **options, weights=tiny)).astype(int)
    assert last.picture.shape == decoded.shape and np.abs(last.picture - decoded).max() <= 1


def test_smoothing_is_done_to_the_fixed_point_alone():
    data = data_of("partition-37x22")
    plain, smooth = (list(iterates_of(map_of(data, View(smooth=on)), "noise", None)) for on in (False, True))
    for one, other in zip(plain[:-1], smooth[:-1], strict=True):
        assert np.array_equal(one.picture, other.picture)
    decoded = np.asarray(nccodec.decode(data, smooth=True)).astype(int)
    assert np.abs(smooth[-1].picture - decoded).max() <= 1 < np.abs(plain[-1].picture - decoded).max()
    *_, early = iterates_of(map_of(data, View(smooth=True)), "noise", 2)
    assert np.array_equal(early.picture, plain[2].picture)


@pytest.mark.parametrize("largest", [8, 32])
@pytest.mark.parametrize("most", [3, 7])
def test_no_distance_exceeds_its_bound(largest, most):
    """Maps of ranges of all sides with |s| up to 7/8, from starts of black and white: those of the largest range, and
    such as make the mean of a domain that is not of whole ranges differ most from its middle."""
    layout = Layout(60, 90, True, 300, 32, largest, 4, 4, 8)
    random = np.random.default_rng(most)
    tightest = math.inf
    for seed in range(3):
        code = random_partition(layout, seed, most)
        f = Iteration(code, None, Request.of(View(), (60, 90), 32))
        assert f.largest_scale == most / 8
        few = random.random((60, 90, 1)) < random.choice((0.02, 0.5))
        for picture in (few, np.kron(random.random((15, 23, 1)) < 0.5, np.ones((4, 4, 1)))[:60, :90]):
            found = list(iterates(f, f.start(np.uint8(255 * picture).repeat(3, 2)), None))
            for one, other in pairwise(found):
                assert other.distance.largest <= one.distance.largest * f.factor(other.number) + 1e-9
                assert other.distance.largest <= other.bound + 1e-9
            tightest = min(tightest, found[1].bound / found[1].distance.largest)
    assert tightest < 2.5  # a bound, not just any large number


@pytest.mark.parametrize("name", ["partition-37x22", "range-19x14", "whole-37x22"])
def test_without_self_reference_one_step_does(name, tiny):
    data = data_of(name)
    map = map_of(data, View(self_reference=False), tiny)
    assert map.iteration.exact == 1 and map.iteration.largest_scale == 0 == map.iteration.factor(1)
    first, last = iterates_of(map, "noise", None)
    assert first.distance.largest > 10 and last.distance.largest == 0
    decoded = np.asarray(nccodec.decode(data, self_reference=False, weights=tiny)).astype(int)
    assert np.abs(last.picture - decoded).max() <= 1


@pytest.mark.parametrize("name", ["partition-37x22", "range-19x14"])
def test_tensors_are_iterated_alike(name, tiny):
    """What a GPU computes with, here on the CPU."""
    file = read_file(data_of(name), tiny)
    common = file.header.common
    request = Request.of(View(), (common.height, common.width), common.side)
    found = []
    for device in ("cpu", GRADIENTS):
        f = file.kind.room().Iteration(file.code, file.weights, request, device)
        found.append(list(iterates(f, f.start(np.asarray(noise(*f.size))), None)))
    for one, other in zip(*found, strict=True):
        assert np.abs(one.picture.astype(int) - other.picture).max() <= 1
        assert abs(one.distance.rms - other.distance.rms) < 1e-3


def test_what_is_not_iterated(tiny):
    with pytest.raises(LimitError, match="screen maps are not iterated"):
        map_of(data_of("screen-45x31"), View())
    with pytest.raises(LimitError, match="smoothing is for partitioned maps"):
        map_of(data_of("range-19x14"), View(smooth=True), tiny)
    with pytest.raises(LimitError, match="decoded to 12000 x 18000 are over the limit"):
        map_of(write_file(random_whole((300, 200), 4, 0)), View(60, crop=(0, 0, 1, 1)))


def test_transparency_is_told(tiny):
    with pytest.warns(NclWarning, match="transparency is left out"):
        map_of(data_of("alpha-19x14"), View(), tiny)
