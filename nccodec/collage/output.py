"""From the map's samples at the scale they are decoded at to the picture that was asked for."""

import math
from dataclasses import dataclass
from numbers import Integral

import numpy as np

from ..arrays import Array, numpy_of
from ..code import MAX_PIXELS, Span
from ..errors import LimitError
from .scales import decoding_scale, resize_area, samples_of

SMALLEST_SCALE, LARGEST_SCALE = 0.03, 64.0
_SMALL = 32  # pixels
_AROUND = 48  # pixels to each side of a region that any enlargement of it may be made from


def output_size(code_size: tuple[int, int], scale: float, size: tuple[int, int] | None) -> tuple[int, int]:
    """Height and width of the decoded picture. code_size and size: height, width.

    Rounded to the nearest, but upwards at 1/2, 1/4, ..., and at least 1. LimitError outside the limits.
    """
    height, width = code_size
    if size is None:
        if not SMALLEST_SCALE <= scale <= LARGEST_SCALE:
            raise LimitError(f"scale {scale:g} is outside {SMALLEST_SCALE} .. {LARGEST_SCALE:g}")
        exact = scale < 1 and math.log2(scale).is_integer()
        size = tuple(math.ceil(n * scale) if exact else max(1, math.floor(n * scale + 0.5)) for n in code_size)
    factor = max(size[0] / height, size[1] / width)
    if min(size) < 1 or factor > LARGEST_SCALE + 1:
        raise LimitError(
            f"cannot decode {width} x {height} to {size[1]} x {size[0]} pixels: 1 to {LARGEST_SCALE:g} times a side"
        )
    return size


def _lengths(rows: Span, columns: Span) -> tuple[int, int]:
    return rows[1] - rows[0], columns[1] - columns[0]


def checked_crop(crop: tuple[int, int, int, int], size: tuple[int, int]) -> tuple[Span, Span]:
    """Rows and columns of a region x, y, width, height of a picture of `size`, height and width. LimitError where
    it is not inside."""
    x, y, width, height = crop
    if not all(isinstance(n, Integral) for n in crop):
        raise LimitError(f"the region {x},{y},{width},{height} is not in whole pixels")
    if min(width, height) < 1 or min(x, y) < 0 or x + width > size[1] or y + height > size[0]:
        raise LimitError(f"the region {x},{y},{width},{height} is not inside {size[1]} x {size[0]} pixels")
    return (y, y + height), (x, x + width)


@dataclass(frozen=True)
class View:
    """What of a map is decoded, and how.

    scale: enlargement, 0.03 .. 64; or else size: width, height of the picture in pixels. crop: x, y, width, height of
    the part of it that is made, in its pixels. detail: with what is predicted below the original pixel.
    self_reference: False for the affine part alone. smooth: with the borders of ranges smoothed. max_pixels: of the
    original, and of what is made.
    """

    scale: float = 1
    size: tuple[int, int] | None = None
    crop: tuple[int, int, int, int] | None = None
    detail: bool = True
    self_reference: bool = True
    smooth: bool = False
    max_pixels: int = MAX_PIXELS


@dataclass(frozen=True)
class Request:
    """A view of a map in pixels: a picture of `height` x `width`, decoded at scale up / down, powers of two of which
    one is 1.

    whole: the decode at that scale is the picture, once cut to size. extent: otherwise, what of it the picture
    covers, height and width, and origin: from where on, down and across. rows, columns: the part of the picture that
    is made, all of it unless cropped.
    """

    view: View
    height: int
    width: int
    up: int
    down: int
    whole: bool
    extent: tuple[float, float]
    rows: Span
    columns: Span
    origin: tuple[float, float] = (0.0, 0.0)

    @classmethod
    def of(cls, view: View, code_size: tuple[int, int], side: int) -> "Request":
        """code_size: height, width of the original. side: 1 / the smallest scale that can be decoded at.
        LimitError outside the limits."""
        wanted = None if view.size is None else view.size[::-1]
        height, width = output_size(code_size, view.scale, wanted)
        rows, columns = checked_crop(view.crop or (0, 0, width, height), (height, width))
        made = _lengths(rows, columns)
        if max(math.prod(code_size), math.prod(made)) > view.max_pixels:
            asked = "" if made == code_size else f" decoded to {made[1]} x {made[0]}"
            original = f"{code_size[1]} x {code_size[0]} pixels{asked}"
            raise LimitError(f"{original} are over the limit of {view.max_pixels}")
        factor = view.scale if wanted is None else max(height / code_size[0], width / code_size[1])
        up, down = decoding_scale(factor, side)
        extent = (code_size[0] * up / down, code_size[1] * up / down)
        whole = wanted is None and factor in (up, 1 / down)
        request = cls(view, height, width, up, down, whole, extent, rows, columns)
        samples = request._enlarged()
        if math.prod(samples) > MAX_PIXELS:
            decode = f"{samples[1]} x {samples[0]} pixels"
            raise LimitError(f"{made[1]} x {made[0]} is decoded at {decode}, over the limit of {MAX_PIXELS}")
        return request

    @classmethod
    def of_region(
        cls, region: tuple[float, float, float, float], size: tuple[int, int], side: int, detail: bool = True
    ) -> "Request":
        """A region x, y, width, height of the original, in its pixels, fractions allowed, as a picture of size width,
        height. side, detail: as of `of` and `View`. LimitError for too large a scale.

        The scale is the smallest at which the region has all pixels of the picture but one along each side: at 1/2,
        301 pixels are 150.5 samples, asked for as 151 by who rounds up, which is no reason to decode at 1. Of a picture
        of up to _SMALL a side one pixel is too much to leave out: there all are needed.
        """
        spare = 1 if max(size) > _SMALL else 0
        factor = max((pixels - spare) / length for pixels, length in zip(size, region[2:], strict=True))
        if factor > LARGEST_SCALE:
            raise LimitError(f"cannot decode {region[2]:g} x {region[3]:g} to {size[0]} x {size[1]} pixels")
        up, down = decoding_scale(math.nextafter(factor, math.inf) if spare else factor, side)
        x, y, width, height = (n * up / down for n in region)
        view = View(size=size, crop=(0, 0, *size), detail=detail)  # a crop, since it is made of its neighbourhood
        rows, columns = (0, size[1]), (0, size[0])
        return cls(view, size[1], size[0], up, down, False, (height, width), rows, columns, (y, x))

    def _enlarged(self) -> tuple[int, int]:
        """Height and width of the samples that are made, of a region those around it included."""
        spans = self.samples(self.rows, self.columns)
        if self.cropped and self.up > 1:
            around = _AROUND * self.up
            ends = (math.ceil(length) for length in self.extent)
            spans = [(max(0, a - around), min(end, b + around)) for (a, b), end in zip(spans, ends, strict=True)]
        return _lengths(*spans)

    @property
    def cropped(self) -> bool:
        return self.view.crop is not None

    def samples(self, rows: Span, columns: Span) -> tuple[Span, Span]:
        """The samples at the scale up / down, rows and columns, that a part of the picture is made of."""
        if self.whole:
            return rows, columns
        down = samples_of(rows, self.height, self.extent[0], self.origin[0])
        return down, samples_of(columns, self.width, self.extent[1], self.origin[1])

    def fit(self, z: Array, rows: Span | None = None, columns: Span | None = None) -> Array:
        """z: [1, C, H, W] at the scale up / down, from the first of `samples` on. Returns [1, C, height, width],
        or the part of it in rows and columns."""
        rows, columns = rows or (0, self.height), columns or (0, self.width)
        if self.whole:
            return z[:, :, : rows[1] - rows[0], : columns[1] - columns[0]]
        return resize_area(z, self.height, self.width, self.extent, rows, columns, self.origin)


def grey_levels(z: Array, bias: float) -> np.ndarray:
    """z: [1, C, H, W], 0 black less bias, 1 white less bias. Returns uint8 [H, W, 3], or [H, W] for one channel."""
    levels = numpy_of(z)[0] * 255 + (255 * bias + 0.5)
    levels[np.isnan(levels)] = 0
    picture = np.clip(levels, 0, 255, out=levels).astype(np.uint8)
    return picture[0] if len(picture) == 1 else np.ascontiguousarray(np.moveaxis(picture, 0, 2))
