"""What an address of the IIIF Image API 3.0 asks for: region, size, rotation, quality and format, in pixels."""

import math
import re
from dataclasses import dataclass
from fractions import Fraction

FORMATS = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
QUALITIES = ("default", "color", "gray", "bitonal")
LONGEST = {"jpg": 65500, "png": 65500, "webp": 16383}  # pixels along a side that a format holds
_NUMBER = r"\d{1,9}(?:\.\d{1,9})?"


class BadRequest(Exception):
    """An address that is not of the API, or asks for what is not offered. The message is one line."""


@dataclass(frozen=True)
class Limits:
    """Of one picture: width, height in pixels; enlargement: the largest; pixels: of an answer at most."""

    width: int
    height: int
    enlargement: int
    pixels: int

    @property
    def widest(self) -> int:
        """The widest answer."""
        return min(LONGEST["jpg"], self.enlargement * self.width)

    @property
    def tallest(self) -> int:
        """The tallest answer."""
        return min(LONGEST["jpg"], self.enlargement * self.height)


@dataclass(frozen=True)
class Wanted:
    """One answer. region: x, y, width, height of the original, whole pixels. size: width, height before it is turned.
    mirrored: left to right, before that too. turned: 0, 90, 180 or 270 degrees clockwise. limits: of the picture."""

    region: tuple[int, int, int, int]
    size: tuple[int, int]
    mirrored: bool
    turned: int
    quality: str
    format: str
    limits: Limits

    @property
    def canonical(self) -> str:
        """The address's last four parts in the form that the API calls canonical."""
        x, y, width, height = self.region
        whole = self.region == (0, 0, self.limits.width, self.limits.height)
        region = "full" if whole else f"{x},{y},{width},{height}"
        upscaled = self.size[0] > width or self.size[1] > height
        size = "max" if self.size == _largest(self.region, self.limits) else f"{self.size[0]},{self.size[1]}"
        if upscaled and size != "max":
            size = "%5E" + size
        return f"{region}/{size}/{'!' if self.mirrored else ''}{self.turned}/{self.quality}.{self.format}"


def parse(region: str, size: str, rotation: str, file: str, limits: Limits, second: bool = False) -> Wanted:
    """The last four parts of an address, percent-decoded. second: as version 2 of the API, where "full" is a size and
    enlargement needs no "^". BadRequest for what is not valid or not offered."""
    box = _region(region, limits)
    pixels = _size(size, box, limits, second)
    mirrored, turned = _rotation(rotation)
    quality, dot, format = file.rpartition(".")
    if not dot or format not in FORMATS:
        raise BadRequest(f"format {format!r} is not offered: {', '.join(FORMATS)}")
    if quality not in QUALITIES:
        raise BadRequest(f"quality {quality!r} is not offered: {', '.join(QUALITIES)}")
    if max(pixels) > LONGEST[format]:
        raise BadRequest(f"{pixels[0]} x {pixels[1]} pixels are more than {format} holds along a side")
    return Wanted(box, pixels, mirrored, turned, quality, format, limits)


def _region(text: str, limits: Limits) -> tuple[int, int, int, int]:
    width, height = limits.width, limits.height
    if text == "full":
        return 0, 0, width, height
    if text == "square":
        side = min(width, height)
        return (width - side) // 2, (height - side) // 2, side, side
    if match := re.fullmatch(r"(\d{1,9}),(\d{1,9}),(\d{1,9}),(\d{1,9})", text, re.ASCII):
        x, y, w, h = map(int, match.groups())
    elif match := re.fullmatch(rf"pct:({_NUMBER}),({_NUMBER}),({_NUMBER}),({_NUMBER})", text, re.ASCII):
        left, top, across, down = (Fraction(part) / 100 for part in match.groups())
        if not across or not down:
            raise BadRequest(f"region {text!r} is empty")
        x, y = (_rounded(share * n) for share, n in ((left, width), (top, height)))
        w, h = (max(1, _rounded(share * n)) for share, n in ((across, width), (down, height)))
    else:
        raise BadRequest(f"region {text!r} is not full, square, x,y,w,h or pct:x,y,w,h")
    if not w or not h or x >= width or y >= height:
        raise BadRequest(f"region {text!r} holds no pixel of {width} x {height}")
    return x, y, min(w, width - x), min(h, height - y)


def _size(text: str, region: tuple[int, int, int, int], limits: Limits, second: bool) -> tuple[int, int]:
    width, height = region[2:]
    larger, form = text.startswith("^") or second, text.removeprefix("^")
    if form == "max" or (second and form == "full"):
        return _largest(region, limits, text.startswith("^"))
    if match := re.fullmatch(rf"pct:({_NUMBER})", form, re.ASCII):
        share = Fraction(match[1]) / 100
        size = tuple(max(1, _rounded(share * n)) for n in (width, height)) if share else (0, 0)
    elif match := re.fullmatch(r"(\d{1,9}),", form, re.ASCII):
        size = int(match[1]), max(1, _rounded(Fraction(height * int(match[1]), width)))
    elif match := re.fullmatch(r",(\d{1,9})", form, re.ASCII):
        size = max(1, _rounded(Fraction(width * int(match[1]), height))), int(match[1])
    elif match := re.fullmatch(r"(!?)(\d{1,9}),(\d{1,9})", form, re.ASCII):
        size = int(match[2]), int(match[3])
        if match[1]:
            size = _inside(size, (width, height), larger)
    else:
        raise BadRequest(f"size {text!r} is not max, w,  ,h  w,h  !w,h or pct:n, with or without ^")
    if min(size) < 1:
        raise BadRequest(f"size {text!r} is empty")
    if not larger and (size[0] > width or size[1] > height):
        raise BadRequest(f"size {text!r} is larger than the region, {width} x {height}; ^{form} enlarges")
    most = limits.enlargement
    if size[0] > most * width or size[1] > most * height:
        raise BadRequest(f"size {text!r} is over {most} times the region, {width} x {height}")
    if size[0] * size[1] > limits.pixels or size[0] > limits.widest or size[1] > limits.tallest:
        raise BadRequest(f"{size[0]} x {size[1]} pixels are over the limit of {limits.pixels}, or of a side")
    return size


def _inside(box: tuple[int, int], size: tuple[int, int], larger: bool) -> tuple[int, int]:
    """The largest size of the same form inside of a box, not larger than it is unless `larger`."""
    factor = min(Fraction(box[0], size[0]), Fraction(box[1], size[1]))
    if not larger:
        factor = min(factor, Fraction(1))
    return tuple(max(1, _rounded(n * factor)) if factor else 0 for n in size)


def _largest(region: tuple[int, int, int, int], limits: Limits, larger: bool = False) -> tuple[int, int]:
    """The largest size of a region, within the limits, and if not `larger` no larger than it is."""
    width, height = region[2:]
    factor = limits.enlargement if larger else 1
    if width * height * factor * factor <= limits.pixels:
        box = (width * factor, height * factor)
    else:
        root = math.sqrt(limits.pixels / (width * height))
        box = max(1, int(width * root)), max(1, int(height * root))
    return min(box[0], limits.widest), min(box[1], limits.tallest)


def _rotation(text: str) -> tuple[bool, int]:
    match = re.fullmatch(rf"(!?)({_NUMBER})", text, re.ASCII)
    if not match or Fraction(match[2]) > 360:
        raise BadRequest(f"rotation {text!r} is not 0 to 360 degrees, with or without !")
    degrees = Fraction(match[2]) % 360
    if degrees % 90:
        raise BadRequest(f"rotation {text!r} is not offered: 0, 90, 180 and 270 are")
    return bool(match[1]), int(degrees)


def _rounded(number: Fraction) -> int:
    """To the nearest, halves upwards."""
    return math.floor(number + Fraction(1, 2))
