"""A camera that falls into the picture without end: into the fixed point of one range's affine map.

A range shows the domain reduced by D, so that the camera, when it has come closer by D, sees what it saw before, turned
as the range's isometry says, in the range's colours: mean + s (z - k), z being what it saw and k its mean. On its way
it turns along, and these colours fade: at a share f of the way they are (1 - f) (mean + s (z - k)) + f z, a convex
blend, in which nothing overshoots. So the end of a generation is its beginning. A mirrored copy cannot be reached by
turning: there a film takes two generations, after which the mirror images have undone each other.
"""

import math

import numpy as np

from ..arrays import QUIET
from ..arrays.threads import share
from ..errors import LimitError
from ..imaging.colour import to_rgb
from ..neural.weights import Weights
from .code import MIDDLE, WholeCode
from .header import SCALE_UNIT
from .synthesis import shown

_SAMPLES = 2  # along each side of a pixel of a frame
_MOST = 1 << 19  # samples of the finest picture of the domain
_REMEMBERED = 4
_CHUNK = 1 << 15  # points that are worked on at a time
_ANGLES = {(1, 0): 0.0, (0, 1): math.pi / 2, (-1, 0): math.pi, (0, -1): -math.pi / 2}


class Descent:
    """Frames of width x height. generations: of ranges in ranges, that a film takes until it begins again: 1, or 2 in a
    mirrored range. factor: how much closer each brings the camera.

    LimitError for a place or range that is not in the domain.
    """

    def __init__(
        self, code: WholeCode, weights: Weights | None, size: tuple[int, int], at: tuple[float, float] | None = None,
        number: int | None = None,
    ) -> None:  # fmt: skip
        """at: x, y in pixels; or number: of the range in raster order; by default one near the middle of the domain,
        not mirrored if there is one."""
        self._code, self._size = code, size
        self._rows, self._columns = code.size
        self._row, self._column = self._chosen(at, number)
        self.factor = code.domain[2]
        linear, constant = self._inverse()
        turned = np.rint(linear / self.factor).astype(int)
        mirrored = round(float(np.linalg.det(turned))) < 0
        self.generations = 2 if mirrored else 1
        self._centre = np.linalg.solve(linear - np.eye(2), -constant)  # y, x of the fixed point
        # Of the map into the range, which is the inverse: cosine and sine of its turn.
        self._angle = 0.0 if mirrored else _ANGLES[turned[0, 0], turned[1, 0]]
        spans = []  # of the domain, as far as it is in the picture
        for first, length, end in zip(code.domain, code.size, (code.height, code.width), strict=False):
            spans.append((first * length, min(end, (first + self.factor) * length)))
        self._middle = np.array([sum(span) / 2 for span in spans])
        # A pixel of a frame in those of the picture, before the fall, when all of the domain's part is seen that has
        # the frame's shape: beyond the domain nothing is shown again.
        self._pixel = min((end - first) / n for (first, end), n in zip(spans, size[::-1], strict=True))
        self._domain, self._style = self._pyramids(weights)

    def _chosen(self, at: tuple[float, float] | None, number: int | None) -> tuple[int, int]:
        """Row and column of the range to fall into."""
        code = self._code
        top, left, side = code.domain
        if at is not None:
            x, y = at
            if not (0 <= x < code.width and 0 <= y < code.height):
                raise LimitError(f"{x:g},{y:g} is not inside {code.width} x {code.height} pixels")
            row, column = int(y // self._rows), int(x // self._columns)
        elif number is not None:
            if not 0 <= number < code.ranges**2:
                raise LimitError(f"range {number} is none of the {code.ranges**2}, from 0 on")
            row, column = divmod(number, code.ranges)
        else:
            rows, columns = np.mgrid[top : top + side, left : left + side]
            away = (rows - top - (side - 1) / 2) ** 2 + (columns - left - (side - 1) / 2) ** 2
            inside = code.isometries[top : top + side, left : left + side]
            beyond = (rows + 1) * self._rows > code.height
            beyond |= (columns + 1) * self._columns > code.width
            first = np.lexsort((away.ravel(), (inside >= 4).ravel(), beyond.ravel()))[0]
            return int(rows.ravel()[first]), int(columns.ravel()[first])
        if not (top <= row < top + side and left <= column < left + side):
            raise LimitError(f"range {row * code.ranges + column} is not in the domain, of which copies are made")
        return row, column

    def _inverse(self) -> tuple[np.ndarray, np.ndarray]:
        """The affine map from the chosen range onto the domain, y and x: matrix [2, 2] and constant [2]."""
        turn = np.array([self._code.isometries[self._row, self._column]])
        corner = np.array([self._row * self._rows, self._column * self._columns], float)

        def onto(point: np.ndarray) -> np.ndarray:
            y, x = source_of(turn, *(point - corner)[:, None], self._rows, self._columns)
            return np.array([y[0], x[0]]) * self.factor + np.array(self._code.domain[:2]) * self._code.size

        constant = onto(np.zeros(2))
        return np.stack([onto(step) - constant for step in np.eye(2)], axis=1), constant

    def _pyramids(self, weights: Weights | None) -> tuple["_Pyramid", "_Pyramid | None"]:
        """What ranges show, of the domain and of the style."""
        domains, styles, up = [], [], 1
        while not domains or (
            up <= 2 * self.factor / self._pixel and self._rows * self._columns * up**2 <= _MOST and up <= 64
        ):
            small = shown(self._code, weights, up)
            domains.append(np.ascontiguousarray(small.domain.transpose(1, 2, 0), np.float32))
            if small.style is not None:
                styles.append(np.ascontiguousarray(small.style.transpose(1, 2, 0), np.float32))
            up *= 2
        return _Pyramid(domains), _Pyramid(styles) if styles else None

    @QUIET
    def frame(self, way: float) -> np.ndarray:
        """The camera's picture after `way` generations, 0 .. `generations`: uint8 [height, width, 3]."""
        width, height = self._size
        down, across = height * _SAMPLES, width * _SAMPLES
        y = (np.arange(down) + 0.5) / _SAMPLES - height / 2
        x = (np.arange(across) + 0.5) / _SAMPLES - width / 2
        middle = self._middle - self._centre
        closer = self._pixel * self.factor**-way
        cosine, sine = math.cos(self._angle * way), math.sin(self._angle * way)
        shrunk = self.factor**-way
        y = y * closer + middle[0] * shrunk
        x = x * closer + middle[1] * shrunk
        channels = len(self._code.means)
        tables = [self._faded(_smooth(way - level)) for level in range(int(way) + 2)]  # the last: of all below, too
        z = np.empty((down, across, channels), np.float32)

        def work(start: int, stop: int) -> None:
            rows = max(1, _CHUNK // across)
            for first in range(start, stop, rows):
                part = slice(first, min(stop, first + rows))
                v, u = y[part, None], x[None]
                place_y = self._centre[0] + cosine * v + sine * u
                place_x = self._centre[1] - sine * v + cosine * u
                points = (np.broadcast_to(place, (len(v), across)).ravel() for place in (place_y, place_x))
                z[part] = self._colours(*points, closer, tables).reshape(-1, across, channels)

        share(work, down, least=_SAMPLES)
        places = [(i, j) for i in range(_SAMPLES) for j in range(_SAMPLES)]
        planes = sum(z[i::_SAMPLES, j::_SAMPLES] for i, j in places).transpose(2, 0, 1) / np.float32(len(places))
        colours = np.stack(to_rgb(*planes)) if channels == 3 else planes.repeat(3, axis=0)
        return np.ascontiguousarray(np.clip(colours + (MIDDLE + 0.5), 0, 255).astype(np.uint8).transpose(1, 2, 0))

    def _colours(self, y: np.ndarray, x: np.ndarray, pixel: float, tables: list[tuple]) -> np.ndarray:
        """The map's fixed point, faded, at points y, x of the picture, float64 [n]: float32 [n, C]. pixel: how far
        apart they are. tables: of `_faded` at each level, the last, which are not faded, for all below."""
        code = self._code
        top, left = (n * size for n, size in zip(code.domain, code.size, strict=False))
        y, x = _inside(y, code.height), _inside(x, code.width)
        middle = code.middle.astype(np.float32)
        result, gain, level = None, None, 0
        while True:
            colours, scales, weights = tables[min(level, len(tables) - 1)]
            row, column = (y / self._rows).astype(np.int64), (x / self._columns).astype(np.int64)
            place = row * code.ranges + column
            v, u = y - row * self._rows, x - column * self._columns
            own = colours[place]
            if self._style:
                own = own + weights[place] * self._style.at(v, u, pixel)
            result = own if result is None else result + gain * (own - middle)
            gain = scales[place] if gain is None else gain * scales[place]
            v, u = source_of(code.isometries.ravel()[place], v, u, self._rows, self._columns)
            level += 1
            if level >= len(tables) - 1 and pixel >= self._domain.finest:
                break
            y, x, pixel = v * self.factor + top, u * self.factor + left, pixel * self.factor
            y, x = _inside(y, code.ranges * self._rows), _inside(x, code.ranges * self._columns)
        return result + gain * self._domain.at(v, u, pixel)

    def _faded(self, share_of: float) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """What a range adds to what it shows of the domain less its mean, and the gains of that and of the style, if
        there is one: float32 [ranges^2, C], [ranges^2, 1] and [ranges^2, 1]. share_of: how far the range's own colours
        have faded, 0 .. 1."""
        code = self._code
        means = code.levels.reshape(len(code.means), -1).T
        scales = code.scales.reshape(-1, 1) / SCALE_UNIT
        kept = 1 - share_of
        style = None
        if code.style is not None:
            style = (code.style.weights.reshape(-1, 1) * (kept / SCALE_UNIT)).astype(np.float32)
        return (
            (kept * means + share_of * code.middle).astype(np.float32),
            (kept * scales + share_of).astype(np.float32),
            style,
        )


class _Pyramid:
    """A picture of a range at the scales 1, 2, 4, ...: float32 [rows, columns, C] each."""

    def __init__(self, pictures: list[np.ndarray]) -> None:
        self._pictures = pictures
        self._between: dict[float, np.ndarray] = {}  # the last pictures between two scales, by pixel

    @property
    def finest(self) -> float:
        """The distance of the finest samples, in pixels at scale 1."""
        return 0.5 ** (len(self._pictures) - 1)

    def at(self, y: np.ndarray, x: np.ndarray, pixel: float) -> np.ndarray:
        """At points y, x, in pixels at scale 1, of which `pixel` are from one to the next: float32 [n, C]."""
        picture = self._between.get(pixel)
        if picture is None:
            if len(self._between) >= _REMEMBERED:
                self._between.clear()
            picture = self._between[pixel] = self._made(pixel)
        up = picture.shape[0] / self._pictures[0].shape[0]
        return _linear(picture, y * up, x * up)

    def _made(self, pixel: float) -> np.ndarray:
        """Linear between the two scales that are nearest, at the finer of these."""
        exact = min(max(0.0, -math.log2(pixel)), len(self._pictures) - 1.0)
        coarse = int(exact)
        if exact == coarse:
            return self._pictures[coarse]
        finer = self._pictures[coarse + 1]
        return finer + np.float32(1 - (exact - coarse)) * (_doubled(_doubled(self._pictures[coarse], 0), 1) - finer)


def _doubled(picture: np.ndarray, axis: int) -> np.ndarray:
    """Twice as many samples along an axis, linear between those that there are."""
    z = np.moveaxis(picture, axis, 0)
    before, after = np.concatenate([z[:1], z[:-1]]), np.concatenate([z[1:], z[-1:]])
    pairs = np.stack([0.75 * z + 0.25 * before, 0.75 * z + 0.25 * after], axis=1)
    return np.moveaxis(pairs.reshape(-1, *z.shape[1:]), 0, axis)  # [n, 2, ...] -> [2 n, ...]


def source_of(
    turns: np.ndarray, y: np.ndarray, x: np.ndarray, height: float, width: float
) -> tuple[np.ndarray, np.ndarray]:
    """`synthesis.place_in` for points: where in what a range shows, before that is turned, its point y, x lies."""
    half = turns & 2 > 0
    y, x = np.where(half, height - y, y), np.where(half, width - x, x)
    quarter = turns & 1 > 0
    y, x = np.where(quarter, x, y), np.where(quarter, height - y, x)
    transposed = turns & 4 > 0
    return np.where(transposed, x, y), np.where(transposed, y, x)


def _smooth(way: float) -> float:
    """0 up to 0, 1 from 1 on, without a jump of speed."""
    way = min(1.0, max(0.0, way))
    return way * way * (3 - 2 * way)


def _inside(x: np.ndarray, length: float) -> np.ndarray:
    """Points brought into 0 .. length by half-sample symmetry."""
    if x.min() >= 0 and x.max() < length:
        return x
    x = np.abs(x) % (2 * length)
    return np.minimum(np.minimum(x, 2 * length - x), np.nextafter(length, 0))


def _linear(picture: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """picture: float32 [rows, columns, C], samples in the middle of unit squares. At points y, x: float32 [n, C]."""
    rows, columns, channels = picture.shape
    y, x = np.clip(y - 0.5, 0, rows - 1), np.clip(x - 0.5, 0, columns - 1)
    top, left = np.minimum(y.astype(np.int64), rows - 2), np.minimum(x.astype(np.int64), columns - 2)
    top, left = np.maximum(top, 0), np.maximum(left, 0)
    v, u = ((n - first).astype(np.float32)[:, None] for n, first in ((y, top), (x, left)))
    flat = picture.reshape(-1, channels)
    at = top * columns + left
    below, right = (columns if rows > 1 else 0), (1 if columns > 1 else 0)
    corners = (flat.take(at + step, axis=0) for step in (0, right, below, below + right))
    first, second, third, fourth = corners
    first += u * (second - first)
    third += u * (fourth - third)
    first += v * (third - first)
    return first
