"""Golden files of screen maps: what must decode, and what must fail."""

from dataclasses import replace

import numpy as np
from made import HERE, TINY, code_of
from PIL import Image

from nccodec.bitstream import container
from nccodec.bitstream.container import Chunk, Header
from nccodec.bitstream.frame import frame, unframe
from nccodec.codec.file import write_file
from nccodec.codec.kinds import read
from nccodec.neural import weights
from nccodec.screen.code import Part, ScreenCode, channels, collage_cells
from nccodec.screen.encoding import Encoder
from nccodec.screen.header import COPY, FLAT
from nccodec.screen.options import Options


def page(height: int, width: int, seed: int, colours: int = 5, noise: float = 0.02) -> np.ndarray:
    """int32 [height, width]: rows of marks from a small alphabet, with soft edges, on plain ground, and some noise."""
    random = np.random.default_rng(seed)
    inks = random.integers(0, 1 << 24, colours, np.int32)
    alphabet = random.integers(0, colours, (6, 7, 5)) * (random.random((6, 7, 5)) < 0.6)
    indices = np.zeros((height + 9, width + 6), np.int64)
    for y in range(2, height, 9):
        for x in range(1, width * 2 // 3, 6):
            indices[y : y + 7, x : x + 5] = alphabet[random.integers(6)]
    pixels = inks[indices[:height, :width]]
    strange = random.random(pixels.shape) < noise
    return np.where(strange, random.integers(0, 1 << 24, pixels.shape), pixels).astype(np.int32)


def lossless(pixels: np.ndarray, grey: bool = False) -> ScreenCode:
    picture = channels(pixels, grey)
    return Encoder(Image.fromarray(picture), Options(lossless=True)).code(0, 0)


def with_collage() -> ScreenCode:
    """A page with two collages, one of which reaches to its corner."""
    pixels, tiny = page(30, 44, 4), weights.load(TINY).fingerprint
    inner, corner = code_of(16, 8, False, 100, 2, 8), code_of(6, 20, False, 256, 2, 9)
    parts = (Part(0, 1, inner), Part(3, 3, corner))
    modes = collage_cells((4, 6), parts)
    modes[2, 0] = FLAT
    pixels[16:24, :8] = pixels[16, 0]
    assert inner.fingerprint == corner.fingerprint == tiny
    return ScreenCode(False, 700, False, pixels, modes, np.zeros((4, 6, 2), np.int64), parts)


def copied() -> ScreenCode:
    """Copies by offsets to all sides, also of copies, and from within the cell itself."""
    pixels = page(24, 41, 5, noise=0.3)
    modes, offsets = np.zeros((3, 6), np.uint8), np.zeros((3, 6, 2), np.int64)
    copies = ((0, 1, 0, 3), (1, 0, 5, -20), (1, 2, 8, 1), (2, 1, 8, -8), (2, 5, 0, 40), (2, 3, 1, 0))
    for row, column, down, right in copies:
        modes[row, column], offsets[row, column] = COPY, (down, right)
        for y in range(8 * row, 8 * row + 8):
            for x in range(8 * column, min(8 * column + 8, 41)):
                pixels[y, x] = pixels[y - down, x - right]
    return ScreenCode(False, 0, True, pixels, modes, offsets)


def screens() -> dict[str, ScreenCode]:
    random = np.random.default_rng(12)
    return {
        "screen-45x31": lossless(page(31, 45, 1)),
        "screen-noise-17x9": lossless(random.integers(0, 1 << 24, (9, 17)).astype(np.int32)),
        "screen-grey-26x25": lossless(page(25, 26, 2, 4) % 251, True),
        "screen-one-pixel": lossless(np.array([[0x123456]], np.int32)),
        "screen-copies-41x24": copied(),
        "screen-collages-44x30": with_collage(),
    }


def bad_screens() -> dict[str, tuple[bytes, str, str]]:
    good = (HERE / "ok" / "screen-copies-41x24.ncl").read_bytes()
    header, chunks = read(good)
    content = unframe(chunks[0].payload, 1 << 20)
    mixed, parts = read((HERE / "ok" / "screen-collages-44x30.ncl").read_bytes())
    collages = unframe(parts[1].payload, 1 << 20)
    twice = Chunk(9, frame(collages + collages))
    outside = copied()
    outside.offsets[0, 1] = (0, 9)
    moved = bytearray(collages)
    moved[4] = 5

    def other(name: str, value: object) -> Header:
        return replace(header, fields=replace(header.fields, **{name: value}))

    def write(head: Header, *held: Chunk) -> bytes:
        return container.write(head, list(held))

    large = replace(code_of(8, 8, False, 0, 0, 1), height=6400, width=6400)
    huge = replace(with_collage(), parts=(Part(0, 0, large),))
    longer, cut = frame(content + b"\0"), frame(collages[:-1])
    return {
        "screen-copy-outside": (write_file(outside), "FormatError", "copy of what is not in the picture"),
        "screen-bytes-left": (write(header, Chunk(8, longer)), "FormatError", "bytes, of which not all"),
        "screen-counts": (write(other("copied", 5), *chunks), "FormatError", "header states flat"),
        "screen-level": (write(other("level", 3), *chunks), "FormatError", "no level and no collages"),
        "screen-no-pixels": (write(mixed, parts[1]), "FormatError", "disagree on what there is"),
        "screen-no-collages": (write(mixed, parts[0]), "FormatError", "disagree on what there is"),
        "screen-overlap": (write(mixed, parts[0], twice), "FormatError", "not in raster order"),
        "screen-displaced": (write(mixed, parts[0], Chunk(9, frame(bytes(moved)))), "FormatError", "not in the grid"),
        "screen-huge-collage": (write_file(huge, "range", weights.load(TINY)), "FormatError", "is not in the grid"),
        "screen-cut-collage": (write(mixed, parts[0], Chunk(9, cut)), "FormatError", "ends inside one"),
    }
