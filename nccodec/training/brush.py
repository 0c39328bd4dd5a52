"""What rendered screens are drawn with: type, words, colours, and a brush that draws in proportion."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, ...]

LETTERS = np.frombuffer(b"etaoinshrdlcumwfgypbvkjxqz", np.uint8)
SHARES = np.cumsum([127, 91, 82, 75, 70, 67, 63, 61, 60, 43, 40, 28, 28, 24, 24, 22, 20, 20, 19, 15, 10, 8, 2, 2, 1, 1])
LENGTHS = np.repeat(np.arange(1, 13), [3, 17, 21, 16, 11, 8, 8, 6, 4, 3, 2, 1])  # of words, in a hundred
MARKS = ".....?!,,,,,,,;:--"
NUMBERS = ("{:d}", "{:,d}", "-{:d}", "{:d}%", "${:d}.00", "0.{:d}", "{:d}:30", "2024-{:d}", "({:d})", "{:d} kB")


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)


@cache
def cells(size: int) -> np.ndarray:
    """Coverage of ASCII 32 to 126 in cells of one width, uint8 [95, high, wide]: the bundled font is
    proportional, so narrow glyphs are centred and wide ones squeezed."""
    wide, high = max(3, round(0.57 * size)), round(1.3 * size)
    atlas = np.zeros((95, high, wide), np.uint8)
    for code in range(95):
        length = round(font(size).getlength(chr(32 + code)))
        image = Image.new("L", (max(length, wide), high))
        ImageDraw.Draw(image).text(((image.width - length) // 2, 0), chr(32 + code), fill=255, font=font(size))
        atlas[code] = image.resize((wide, high), Image.Resampling.BOX)
    return atlas


def words(random: np.random.Generator, count: int) -> list[str]:
    """Random letters with the word lengths and letter frequencies of English; a few words are
    numbers, and there are capitals and punctuation as in sentences."""
    lengths = random.choice(LENGTHS, count)
    drawn = random.random(int(lengths.sum())) * SHARES[-1]
    letters = LETTERS[np.searchsorted(SHARES, drawn, side="right")].tobytes().decode()
    found, at, opening = [], 0, True
    for length, dress, mark in zip(lengths.tolist(), random.random(count), random.random(count), strict=True):
        word = letters[at : at + length]
        at += length
        if dress < 0.04:
            word = str(1 + int(dress * 25 * 10 ** min(length, 4)))
        elif dress < 0.07:
            word = word.upper()
        elif opening or dress < 0.13:
            word = word.capitalize()
        opening = mark < 5 / 80
        if mark < 18 / 80:
            word += MARKS[int(mark * 80)]
        elif mark > 0.97:
            word = f'"{word}"' if mark > 0.985 else f"({word})"
        found.append(word)
    return found


class Palette(NamedTuple):
    ground: Colour
    ink: Colour
    accents: list[Colour]


def palette(random: np.random.Generator) -> Palette:
    """Dark on light or light on dark, plain or tinted, always with contrast."""
    ground, ink = np.full(3, 255.0), np.zeros(3)
    if random.random() < 0.7:
        tint = 60 if random.random() < 0.4 else 3
        ground = 255 - random.uniform(0, 45) - random.uniform(0, tint, 3)
        ink = random.uniform(0, 60) + random.uniform(0, 1.5 * tint, 3)
    hues = random.random((6, 3))
    hues = (hues - hues.min(1, keepdims=True)) / np.ptp(hues, axis=1, keepdims=True)
    if random.random() < 0.42:
        ground, ink, hues = 0.6 * ink, ground, 90 + 165 * hues
    else:
        hues *= 210
    ground, ink, *accents = map(tuple, np.vstack([ground, ink, hues]).astype(int).tolist())
    return Palette(ground, ink, accents)


class Brush:
    """A panel: its pixels, its palette and its source of chance. scale: pixels drawn for a pixel of
    the result; what `px` is given is in pixels of the result. pool: words for labels, shared by all
    panels of a screen, as drawing them one by one takes ten times as long."""

    def __init__(
        self, width: int, height: int, scale: float, palette: Palette, random: np.random.Generator, pool: list[str]
    ) -> None:
        self.width, self.height, self.scale = width, height, scale
        self.palette, self.random, self.pool = palette, random, pool
        self.image = Image.new("RGB", (self.width, self.height), palette.ground)
        self.draw = ImageDraw.Draw(self.image)

    def px(self, low: float, high: float | None = None) -> int:
        """A length, or one drawn between two; at least 1 unless it may be negative."""
        value = round(self.scale * (low if high is None else self.random.uniform(low, high)))
        return value if low < 0 else max(1, value)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def size(self, most: float) -> int:
        """Of type, 9 to `most` pixels of the result, the small ones more often."""
        return self.px(9 * (most / 9) ** (self.random.random() ** 1.6))

    def mix(self, share: float) -> Colour:
        """From the ground (0) to the ink (1): faint text, lines, faces of buttons."""
        return tuple(round(g + share * (i - g)) for g, i in zip(self.palette.ground, self.palette.ink, strict=True))

    def accent(self) -> Colour:
        return self.palette.accents[self.random.integers(6)]

    def label(self, most: int = 2) -> str:
        if len(self.pool) < most:
            self.pool += words(self.random, 48)
        return " ".join(self.pool.pop() for _ in range(int(self.random.integers(1, most + 1))))

    def number(self) -> str:
        return NUMBERS[self.random.integers(len(NUMBERS))].format(int(10 ** self.random.uniform(0, 4)))

    def text(
        self, x: float, y: float, text: str, size: int, colour: Colour, anchor: str = "la", room: float = 1e9
    ) -> None:
        """One line, cut to about the room that it has."""
        text = text[: max(0, int(room / (0.55 * size)))]
        self.draw.text((x, y), text, fill=colour, font=font(size), anchor=anchor)

    def rectangle(self, box: tuple[float, ...], *colours: Colour | None, corner: float = 0, width: int = 1) -> None:
        """Left, top, right and bottom, inclusive; none where there is no room, which Pillow refuses."""
        box = tuple(map(round, box))
        if box[2] >= box[0] and box[3] >= box[1]:
            self.draw.rounded_rectangle(box, corner, *colours, width=width)

    def part(self, left: int, top: int, right: int, bottom: int, paint: Callable, other: float = 0) -> None:
        """A panel in this one, clipped to its box; other: how often it has a palette of its own."""
        if right > left and bottom > top:
            colours = palette(self.random) if self.chance(other) else self.palette
            child = Brush(right - left, bottom - top, self.scale, colours, self.random, self.pool)
            paint(child)
            self.image.paste(child.image, (left, top))

    def smooth(self, x: int, y: int, wide: int, high: int, colour: Colour, shape: str, *given, **options) -> None:
        """A shape of ImageDraw with antialiased edges; points given in units of the box."""
        mask = Image.new("L", (3 * max(1, wide), 3 * max(1, high)))
        points = [(px * (mask.width - 1), py * (mask.height - 1)) for px, py in given[0]]
        getattr(ImageDraw.Draw(mask), shape)(points, *given[1:], fill=255, **options)
        self.image.paste(colour, (x, y), mask.reduce(3))

    def icon(self, x: int, y: int, side: int, colour: Colour) -> None:
        """A disc, a sector, a rounded square, a polygon or a star."""
        kind, corners, box = self.random.integers(6), int(self.random.integers(3, 8)), [(0, 0), (1, 1)]
        if kind == 0:
            self.smooth(x, y, side, side, colour, "ellipse", box)
        elif kind == 1:
            self.smooth(x, y, side, side, colour, "pieslice", box, *sorted(self.random.uniform(0, 360, 2)))
        elif kind == 2:
            self.smooth(x, y, side, side, colour, "rounded_rectangle", box, side // 2)
        else:
            radii = np.tile([0.5, self.random.uniform(0.2, 0.5)], corners)[:: 1 + (kind == 3)]
            turns = np.arange(len(radii)) * 2 * np.pi / len(radii) + self.random.uniform(0, np.pi)
            points = np.stack([0.5 + radii * np.cos(turns), 0.5 + radii * np.sin(turns)], 1)
            self.smooth(x, y, side, side, colour, "polygon", points.tolist())
