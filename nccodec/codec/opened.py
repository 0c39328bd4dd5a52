"""A file that many views are made of: parsed once, decoded where it is looked at."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from ..bitstream.container import ALPHA
from ..bitstream.extras import read_extras
from ..code import TILE, Keep, Span
from ..collage.output import Request, View, grey_levels
from ..errors import LimitError
from ..imaging.alpha import joined
from ..imaging.metadata import info_of
from .decode import alpha_of
from .kinds import numbered, read

# Views reduced by so much are means over plates: reduced pictures that are kept, of squares of so many cells. By less
# than REDUCTION they are made anew, unless the plates are there already.
REDUCTION = 4
PLATES = {REDUCTION: TILE, 2: TILE // 2}
WHOLE_PIXELS = 1 << 24  # of an enlarged picture of which no part can be made alone
LARGEST = 16  # enlargement


class Opened:
    """One `.ncl`. Any number of threads may ask for its views.

    common: what its header says. extras: transparency and metadata. size: bytes that it holds itself; what views need
    besides goes to `keep`. largest: the most that it can be enlarged, a power of two.
    """

    def __init__(self, data: bytes, keep: Keep, weights: Any = None) -> None:
        """weights: as of `nccodec.decode`. NclError for bytes that are no `.ncl`; damage within the tiles of a large
        picture shows when they are first looked at."""
        header, chunks = read(data)
        self._room = numbered(header.kind).room()
        self._weights = self._room.weights(header, weights)
        model = self._room.model(header, self._weights)
        of_map = [chunk for chunk in chunks if chunk.kind < ALPHA]
        self._reader, self._keep = self._room.Reader(header, of_map, model, keep), keep
        self.common = header.common
        self.extras = read_extras(header.common, chunks)
        alpha = 0 if self.extras.alpha is None else self.extras.alpha.nbytes
        self.size = self._reader.size + alpha + sum(len(content or b"") for content in self.extras.metadata.values())
        room_for = math.sqrt(WHOLE_PIXELS / (header.common.width * header.common.height))
        self.largest = LARGEST if self._reader.LOCAL else min(LARGEST, 1 << max(0, int(math.log2(max(1, room_for)))))

    def part(
        self, region: tuple[float, float, float, float], size: tuple[int, int], detail: bool = True
    ) -> Image.Image:
        """A region x, y, width, height of the original, in its pixels, fractions allowed, as a picture of size width,
        height: mode, and "icc_profile", "exif" and "xmp" in its `info`, as of `nccodec.decode`.

        detail: False enlarges without predicted detail. LimitError for a region that is not inside, and for more than
        `largest`; NclError where the file is damaged.
        """
        x, y, width, height = region
        inside = min(x, y) >= 0 and x + width <= self.common.width and y + height <= self.common.height
        if not inside or min(width, height) <= 0 or min(size) < 1:
            raise LimitError(f"the region {x:g},{y:g},{width:g},{height:g} is not inside the picture")
        if max(size[0] / width, size[1] / height) > self.largest + 1:
            raise LimitError(f"{width:g} x {height:g} pixels cannot be enlarged to {size[0]} x {size[1]}")
        request = self._request(region, size, detail)
        if self._of_kept(request):
            made = self._of_plates(request)
        else:
            made = self._room.synthesise(self._reader.code(request), self._weights, request, "cpu")
        picture = Image.fromarray(made)
        if self.extras.alpha is not None:
            picture = joined(picture, alpha_of(self.extras.alpha, request))
        picture.info |= info_of(self.extras.metadata)
        return picture

    def work(self, region: tuple[float, float, float, float], size: tuple[int, int]) -> int:
        """How many pixels, of the original or enlarged, are to be decoded for `part`, as far as is known before."""
        request = self._request(region, size)
        if not self._reader.LOCAL:
            made = self._keep.has(("plate", request.up, request.down, 0, 0))
            return 0 if made else self.common.width * self.common.height * request.up**2
        if not self._of_kept(request):
            return math.ceil(region[2] * region[3] * request.up**2)
        missing = [at for at, _, _ in self._places(request) if not self._keep.has(("plate", 1, request.down, *at))]
        side = PLATES[request.down] * self.common.side
        return sum(min(side, self.common.height - y) * min(side, self.common.width - x) for y, x in missing)

    def _request(
        self, region: tuple[float, float, float, float], size: tuple[int, int], detail: bool = True
    ) -> Request:
        """See `part`."""
        request = Request.of_region(region, size, self.common.side, detail)
        if self._reader.LOCAL and request.down > REDUCTION:
            return _at_reduction(request, REDUCTION)
        return request

    def prepare(self) -> list[Callable[[], object]]:
        """What makes the plates that reduced views need, each to be called once, the smallest views' first."""
        if not self._reader.LOCAL:
            return []
        makers = []
        for down, cells in PLATES.items():
            side = cells * self.common.side
            places = [(y, x) for y in range(0, self.common.height, side) for x in range(0, self.common.width, side)]
            makers += [lambda down=down, place=place: self._plate(1, down, *place) for place in places]
        return makers

    def _of_kept(self, request: Request) -> bool:
        """Whether to make a view from plates."""
        if not self._reader.LOCAL or request.down == REDUCTION:
            return True
        down = request.down
        return down in PLATES and all(self._keep.has(("plate", 1, down, *at)) for at, _, _ in self._places(request))

    def _places(self, request: Request) -> Iterator[tuple[tuple[int, int], int, int]]:
        """The plates that a request is made from: their first pixels, y and x, and the same in samples."""
        (top, bottom), (left, right) = request.samples(request.rows, request.columns)
        side = max(self.common.width, self.common.height) * request.up
        if self._reader.LOCAL:
            side = PLATES[request.down] * self.common.side // request.down
        for y in range(top // side * side, bottom, side):
            for x in range(left // side * side, right, side):
                yield (y * request.down // request.up, x * request.down // request.up), y, x

    def _of_plates(self, request: Request) -> np.ndarray:
        """uint8 [H, W, 3] or [H, W], from plates at the request's scale."""
        rows, columns = request.samples(request.rows, request.columns)
        shape = (rows[1] - rows[0], columns[1] - columns[0], 1 if self.common.grey else 3)
        z = np.zeros(shape, np.uint8)
        for at, top, left in self._places(request):
            plate = self._plate(request.up, request.down, *at)
            down, across = _shared(rows, top, plate.shape[0]), _shared(columns, left, plate.shape[1])
            z[_after(down, rows[0]), _after(across, columns[0])] = plate[_after(down, top), _after(across, left)]
        real = np.moveaxis(z, 2, 0)[None].astype(np.float32) / 255  # [1, C, H, W]
        return grey_levels(request.fit(real, request.rows, request.columns), 0)

    def _plate(self, up: int, down: int, y: int, x: int) -> np.ndarray:
        """A square from a pixel on, or all of the picture, decoded at a scale: uint8 [H, W, C]."""

        def make() -> np.ndarray:
            common = self.common
            view = View(up / down)
            if self._reader.LOCAL:
                side = PLATES[down] * common.side
                edges = (min(y + side, common.height), min(x + side, common.width))
                width, height = (-(-(end - start) // down) for end, start in zip(edges[::-1], (x, y), strict=True))
                view = View(up / down, crop=(x // down, y // down, width, height))
            request = Request.of(view, (common.height, common.width), common.side)
            made = self._room.synthesise(self._reader.code(request), self._weights, request, "cpu")
            return made.reshape(*made.shape[:2], -1)

        return self._keep(("plate", up, down, y, x), make, lambda plate: plate.nbytes)


def _at_reduction(request: Request, down: int) -> Request:
    """The same of a decode at 1 / down, which is at least as large."""
    more = request.down / down
    extent, origin = (tuple(n * more for n in pair) for pair in (request.extent, request.origin))
    return replace(request, down=down, extent=extent, origin=origin)


def _shared(span: Span, start: int, length: int) -> Span:
    return max(span[0], start), min(span[1], start + length)


def _after(span: Span, start: int) -> slice:
    return slice(span[0] - start, span[1] - start)
