"""The camera that falls into a whole-image map."""

import math

import numpy as np
import pytest

from nccodec.errors import LimitError
from nccodec.whole.code import WholeCode
from nccodec.whole.descent import Descent

STEP = 16  # a grey level


def code_of(turn: int | None = None, height: int = 48, width: int = 48, domain=(0, 0, 6), seed: int = 3) -> WholeCode:
    """6 x 6 ranges, grey, of one isometry or of all that there are."""
    random = np.random.default_rng(seed)
    allowed = [0, 2, 5, 7] if height != width else range(8)
    turns = random.choice(allowed, (6, 6)) if turn is None else np.full((6, 6), turn)
    means, scales = random.integers(-70, 70, (1, 6, 6)), random.integers(8, 20, (6, 6))
    return WholeCode(height, width, True, STEP, 8, domain, means, scales, turns)


def colour(code: WholeCode, y: float, x: float, way: float, depth: int = 0) -> float:
    """Luma less 128 at a point by the definition of the map, with the fading of the ranges that the camera is in."""
    h, w = code.size
    top, left, side = code.domain
    i, j = min(int(y // h), code.ranges - 1), min(int(x // w), code.ranges - 1)
    mean, s, turn = float(code.means[0, i, j]), code.scales[i, j] / 32, int(code.isometries[i, j])
    share = min(1.0, max(0.0, way - depth))
    share = share * share * (3 - 2 * share)
    middle = code.means[0, top : top + side, left : left + side].mean()
    # Undo the isometry: as many turns by 90 degrees counter-clockwise as its last two bits say, then the transposition.
    v, u = (y - i * h) / h - 0.5, (x - j * w) / w - 0.5
    for _ in range(turn & 3):
        v, u = u, -v  # what a quarter turn brought here came from there
    if turn & 4:
        v, u = u, v
    if depth == 7:
        return mean
    there = (top + side * (v + 0.5)) * h, (left + side * (u + 0.5)) * w
    z = colour(code, *there, way, depth + 1)
    return (1 - share) * (mean + s * (z - middle)) + share * z


@pytest.mark.parametrize("turn", range(8))
@pytest.mark.parametrize("domain", [(0, 0, 6), (1, 2, 3)])
def test_the_end_of_the_film_is_its_beginning_in_every_isometry(turn, domain):
    camera = Descent(code_of(turn, domain=domain), None, (64, 40), number=2 * 6 + 3)
    assert camera.generations == (2 if turn >= 4 else 1)
    first, last = (camera.frame(way).astype(int) for way in (0.0, float(camera.generations)))
    assert first.std() > 10
    assert np.abs(first - last).mean() < 0.05


@pytest.mark.parametrize(("height", "width"), [(48, 48), (36, 60)])
@pytest.mark.parametrize("way", [0.0, 0.4, 0.9])
def test_a_frame_is_the_map_at_its_points(height, width, way):
    code = code_of(height=height, width=width)
    number = int(np.flatnonzero((code.isometries < 4).ravel())[7])
    camera = Descent(code, None, (30, 18), number=number)
    frame = camera.frame(way)
    assert frame.shape == (18, 30, 3)
    # Where the camera is, from the map alone: the fixed point of the range's affine map, nearer by 6 ** way.
    turn = int(code.isometries.ravel()[number])
    h, w = code.size
    corner = np.array([number // 6 * h, number % 6 * w], float)
    cosine, sine = round(math.cos(turn * math.pi / 2)), round(math.sin(turn * math.pi / 2))
    into = np.array([[cosine, -sine], [sine, cosine]]) / 6  # y, x: a quarter turn counter-clockwise takes x to -y
    half = np.array([height, width]) / 2
    fixed = np.linalg.solve(np.eye(2) - into, corner + np.array([h, w]) / 2 - into @ half)
    angle = {0: 0.0, 1: math.pi / 2, 2: -math.pi, 3: -math.pi / 2}[turn] * way  # a half turn goes either way
    turned = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]) * 6.0**-way
    pixel, expected = min(height / 18, width / 30), np.zeros((18, 30))
    for row in range(18):
        for column in range(30):
            values = []
            for k in range(4):
                for n in range(4):
                    at = np.array([row + (k + 0.5) / 4 - 9, column + (n + 0.5) / 4 - 15]) * pixel + half
                    y, x = fixed + turned @ (at - fixed)
                    y, x = (abs(y) if y < height else 2 * height - y), (abs(x) if x < width else 2 * width - x)
                    values.append(colour(code, y, x, way))
            expected[row, column] = np.mean(values) + 128
    difference = np.abs(frame[:, :, 0] - np.clip(expected, 0, 255))
    # What ranges show is taken linear between its samples, which blurs by about a pixel of the frame: of noise as this,
    # less than a quarter of the contrast; a wrong turn or range changes more than all of it.
    assert difference.mean() < 0.25 * expected.std()
    assert np.corrcoef(frame[:, :, 0].ravel(), expected.ravel())[0, 1] > 0.95


def test_colours_do_not_leave_their_range_on_the_way():
    code = code_of(0)
    camera = Descent(code, None, (32, 32))
    ends = camera.frame(0.0)
    for way in (0.25, 0.5, 0.75):
        assert ends.min() <= camera.frame(way).min()
        assert camera.frame(way).max() <= ends.max() + 2


def test_the_usual_range_is_near_the_middle_and_not_mirrored():
    code = code_of()
    camera = Descent(code, None, (32, 32))
    assert camera.generations == 1
    assert Descent(code_of(5), None, (32, 32)).generations == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"at": (48, 0)}, "48,0 is not inside 48 x 48 pixels"),
        ({"number": 36}, "range 36 is none of the 36"),
        ({"number": 0}, "range 0 is not in the domain"),
        ({"at": (1, 1)}, "range 0 is not in the domain"),
    ],
)
def test_places_that_cannot_be_fallen_into_are_refused(options, message):
    with pytest.raises(LimitError, match=message):
        Descent(code_of(0, domain=(2, 2, 4)), None, (32, 32), **options)


def test_at_and_number_name_the_same_range():
    code = code_of()
    a = Descent(code, None, (16, 16), at=(3 * 8 + 1, 2 * 8 + 7)).frame(0.5)
    np.testing.assert_array_equal(a, Descent(code, None, (16, 16), number=2 * 6 + 3).frame(0.5))
