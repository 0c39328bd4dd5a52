"""Made the frozen files of this folder, once: `python tests/golden/make.py`. The tests never run it.

Run it again only when the format changes, and then say so in bitstream_spec.md.
"""

import json
import math
import struct
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image

import nccodec
from nccodec.bitstream import container, tables
from nccodec.bitstream.coder import SymbolWriter, Table
from nccodec.bitstream.container import Chunk, Common, Header
from nccodec.bitstream.frame import frame, unframe
from nccodec.bitstream.symbols import TOTAL
from nccodec.code import Extras, grid_of
from nccodec.codec.file import write_file
from nccodec.codec.kinds import read
from nccodec.implicit.code import ImplicitCode, Steps
from nccodec.implicit.header import NETWORK
from nccodec.implicit.header import Fields as ImplicitFields
from nccodec.neural import weights
from nccodec.neural.architecture import Architecture
from nccodec.neural.code import CollageCode
from nccodec.neural.prior import FINE, FRACTIONS, LOG, PASSES, SCALES, IntegerPrior, Layers, PriorArrays, group_edges
from nccodec.neural.shapes import shapes
from nccodec.pifs.code import Layout, PartitionCode
from nccodec.points.code import PointsCode
from nccodec.points.header import LARGEST_FACTOR
from nccodec.points.packing import pack as pack_points
from nccodec.screen.code import Part, ScreenCode, channels, collage_cells
from nccodec.screen.encoding import Encoder
from nccodec.screen.header import COPY, FLAT
from nccodec.screen.options import Options
from nccodec.whole import walk
from nccodec.whole.code import Style, WholeCode
from nccodec.whole.header import MAX_CANVAS
from nccodec.whole.packing import MAX_STYLE

HERE = Path(__file__).parent
TINY = HERE / "tiny.safetensors"
sys.path.append(str(HERE.parent))
from implicits import random_implicit  # noqa: E402
from partitions import random_partition  # noqa: E402
from pointsets import random_points  # noqa: E402
from wholes import random_whole  # noqa: E402


def table(index: int, fraction: int) -> np.ndarray:
    """A two-sided geometric law around fraction / 8 that widens with the index."""
    m = 1 + index // 4
    ratio = 0.02 * 1.06**index
    mass = np.array([*(ratio ** abs(k - fraction / FRACTIONS) for k in range(-m, m + 1)), 2.0**-12])
    counts = np.maximum(1, np.floor(mass / mass.sum() * TOTAL)).astype(np.int32)
    counts[m] += TOTAL - counts.sum()
    return counts


def layers(random: np.random.Generator, start: int, channels: int, hidden: int) -> Layers:
    """Random weights, and multipliers and biases that keep most hidden units between their bounds."""

    def weight(*shape: int) -> np.ndarray:
        return np.clip(np.rint(random.normal(0, 40, shape)), -127, 127).astype(np.int8)

    def bias(*shape: int) -> np.ndarray:
        return random.integers(-10 * 4096, 50 * 4096, shape, np.int32)

    inputs = 18 * start + 8 * channels
    steps = [(m, m + 1) for m in (8_000_000 // round(12 * inputs**0.5), 120_000, 6_000, 60_000)]
    first, second, mean, scale = (random.integers(low, high + low // 4, 64, np.int32) for low, high in steps)
    return Layers(
        before=weight(hidden, 2 * start, 3, 3),
        diagonal=weight(hidden, 8 * channels),
        direct=weight(hidden, 8 * channels),
        first_multiplier=first[:hidden],
        first_bias=bias(2, PASSES, hidden),
        second=weight(hidden, hidden),
        second_multiplier=second[:hidden],
        second_bias=bias(hidden),
        out=weight(2 * channels, hidden),
        out_multiplier=np.concatenate([mean[:channels], scale[:channels]]),
    )


def make_weights() -> None:
    random = np.random.default_rng(20240229)
    a = Architecture(
        range_size=4,
        kernel=6,
        atoms=6,
        domains=4,
        width=8,
        depth=8,
        blocks=1,
        dense=1,
        refinement=8,
        filter=8,
        detail=8,
        lambdas=(0.01, 0.1),
    )
    state = {name: random.normal(0, 0.05, shape) for name, shape in shapes(a).items()}
    for name in state:
        if name.startswith("refinement."):
            state[name] = random.normal(0, 0.3, state[name].shape)
        if name.startswith("detail."):
            state[name] = random.normal(0, 0.06, state[name].shape)
    state["filter.gain"] += 1
    state["atoms"] = random.normal(0, 0.1, state["atoms"].shape)
    state["log_gain"] = np.log(np.array([[4.0] * 6 + [2.0] * 4, [12.0] * 6 + [4.0] * 4]))
    tables = [table(i, f) for i in range(SCALES) for f in (range(-4, 4) if i < FINE else (0,))]
    edges = group_edges(a.atoms, a.domains)
    prior = PriorArrays(
        bias=random.integers(4096 * 8, 4096 * 34, (2, PASSES, a.channels), np.int32),
        weight=random.integers(-8, 40, (PASSES, a.channels), np.int32),
        mean=random.integers(-256, 512, (PASSES, a.channels), np.int32),
        log=np.array([round(256 * math.log2(1 + f)) for f in range(LOG)], np.int32),
        sizes=np.array([len(t) for t in tables], np.int32),
        tables=np.concatenate(tables),
        groups=tuple(
            layers(random, start, stop - start, hidden)
            for (start, stop), hidden in zip(pairwise(edges), (16, 32, 16), strict=True)
        ),
    )
    weights.save(TINY, a, state, prior, (0.1, 0.2))


def code_of(height: int, width: int, grey: bool, level: int, spread: float, seed: int) -> CollageCode:
    random = np.random.default_rng(seed)
    tiny = weights.load(TINY)
    rows, columns = grid_of(height, width, 4)
    atoms = np.rint(random.laplace(0, spread, (6, rows, columns))).astype(np.int32)
    scales = np.rint(random.laplace(0, spread / 2, (4, rows, columns))).astype(np.int32)
    if min(rows, columns) < 2:
        scales[:] = 0
    return CollageCode(height, width, grey, level, 4, tiny.fingerprint, atoms, scales)


def model_of(code: CollageCode) -> IntegerPrior:
    return IntegerPrior(weights.load(TINY).prior, 6, 4, code.level)


def extras_of(height: int, width: int) -> Extras:
    """A soft disc, and bytes for every kind of metadata."""
    y, x = np.mgrid[0:height, 0:width]
    alpha = np.clip(300 - 30 * np.hypot(y - height / 2, x - width / 3), 0, 255).astype(np.uint8)
    return Extras(alpha, b"profile", b"MM\0*\0\0\0\x08\0\0\0\0\0\0", b"<x:xmpmeta/>")


def make_transparent() -> None:
    code = code_of(14, 19, False, 100, 2, 1)
    grey = random_partition(Layout(20, 9, True, 700, 16, 8, 8, 8, 1), 3, 12)
    holes = np.zeros((20, 9), np.uint8)
    holes[3:17, 2:7] = 255
    files = {
        "alpha-19x14": write_file(code, "range", model_of(code), extras_of(14, 19)),
        "alpha-grey-9x20": write_file(grey, extras=Extras(holes)),
    }
    for name, data in files.items():
        (HERE / "ok" / f"{name}.ncl").write_bytes(data)
        nccodec.decode(data, weights=TINY).save(HERE / "ok" / f"{name}.png")


def make_ok() -> None:
    files = {
        "range-19x14.ncl": ("range", code_of(14, 19, False, 100, 2, 1)),
        "fixed-19x14.ncl": ("fixed", code_of(14, 19, False, 100, 2, 1)),
        "grey-16x9.ncl": ("range", code_of(9, 16, True, 256, 3, 2)),
        "one-pixel.ncl": ("range", code_of(1, 1, False, 0, 4, 3)),
        "strip-40x1.ncl": ("fixed", code_of(1, 40, True, 37, 4, 4)),
        "escapes-12x12.ncl": ("range", code_of(12, 12, False, 200, 40, 5)),
        "empty-33x7.ncl": ("range", code_of(7, 33, False, 0, 0, 6)),
        "tiles-518x10.ncl": ("range", code_of(10, 518, False, 77, 1, 7)),
    }
    for name, (packer, code) in files.items():
        data = write_file(code, packer, model_of(code))
        (HERE / "ok" / name).write_bytes(data)
        nccodec.decode(data, weights=TINY).save(HERE / "ok" / (Path(name).stem + ".png"))


def partitions() -> dict[str, PartitionCode]:
    return {
        "partition-37x22": random_partition(Layout(22, 37, False, 500, 16, 16, 1, 4, 8), 1, 12),
        "partition-steep-30x19": random_partition(Layout(19, 30, False, 300, 8, 8, 4, 8, 8), 2, 32, 1),
        "partition-grey-9x20": random_partition(Layout(20, 9, True, 700, 16, 8, 8, 8, 1), 3, 12),
        "partition-fixed-21x26": random_partition(Layout(26, 21, False, 500, 16, 16, 1, 4, 8), 5, 12),
        "partition-one-pixel": random_partition(Layout(1, 1, False, 900, 4, 4, 4, 4, 8), 4),
    }


def make_partitions() -> None:
    for name, code in partitions().items():
        data = write_file(code, "fixed" if "fixed" in name else "range")
        (HERE / "ok" / f"{name}.ncl").write_bytes(data)
        nccodec.decode(data).save(HERE / "ok" / f"{name}.png")


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


def make_screens() -> None:
    for name, code in screens().items():
        data = write_file(code, "range", weights.load(TINY))
        (HERE / "ok" / f"{name}.ncl").write_bytes(data)
        nccodec.decode(data, weights=TINY).save(HERE / "ok" / f"{name}.png")


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


def every_turn() -> WholeCode:
    """A grey square in which each isometry comes with both signs of the largest |s|, and others."""
    code = random_whole((40, 40), 8, 21, grey=True)
    code.scales[:2] = [[30] * 8, [-30] * 8]
    code.isometries[:2] = range(8)
    return code


def wholes() -> dict[str, WholeCode]:
    return {
        "whole-37x22": random_whole((22, 37), 5, 20, domain=(1, 0, 3)),
        "whole-grey-40x40": every_turn(),
        "whole-style-41x26": random_whole((26, 41), 6, 22, most=24, style=code_of(13, 19, False, 100, 2, 23)),
        "whole-one-pixel": random_whole((1, 1), 4, 24, side=4, step=320),
        "whole-strip-3x50": random_whole((50, 3), 7, 25, grey=True, side=16, domain=(2, 3, 4)),
        "whole-escapes-20x20": random_whole((20, 20), 9, 26, step=1, spread=900),
    }


def make_wholes() -> None:
    for name, code in wholes().items():
        data = write_file(code, "range", weights.load(TINY))
        (HERE / "ok" / f"{name}.ncl").write_bytes(data)
        nccodec.decode(data, weights=TINY).save(HERE / "ok" / f"{name}.png")


def means_too_far() -> bytes:
    """The content of 4 x 4 grey ranges, with the second mean beyond 32767 steps, which no encoder writes."""
    given, nothing = np.array([30000] * 2 + [0] * 14), np.zeros(16, np.int64)
    keys = (walk.MEANS, walk.ROOT), (walk.SIZES, 0)
    writer = walk.Writer({key: [symbols] for key, symbols in zip(keys, (given, nothing), strict=True)}, True, False)
    writer.differences(keys[0], 16, given)
    writer.symbols(keys[1], 16, nothing)
    return writer.content()


def bad_wholes() -> dict[str, tuple[bytes, str, str]]:
    tiny, (header, chunks) = weights.load(TINY), read((HERE / "ok" / "whole-37x22.ncl").read_bytes())
    about, (ranges, style) = read((HERE / "ok" / "whole-style-41x26.ncl").read_bytes())
    square, cells = read((HERE / "ok" / "whole-grey-40x40.ncl").read_bytes())
    small = read(write_file(random_whole((8, 8), 4, 30, grey=True, most=0)))[0]
    content = unframe(cells[0].payload, 1 << 20)
    inner = code_of(13, 19, False, 100, 2, 23)

    thin = replace(small, common=replace(small.common, width=MAX_CANVAS // 1024 + 1))
    clear = "is not clear about whether there is a style"

    def other(head: Header, **changed: object) -> Header:
        return replace(head, fields=replace(head.fields, **changed))

    def write(head: Header, *held: Chunk) -> bytes:
        return container.write(head, list(held))

    def holding(new: bytes) -> bytes:
        return write(square, Chunk(0x18, frame(new)))

    def with_bytes(at: int, new: bytes) -> bytes:
        return holding(content[:at] + new + content[at + len(new) :])

    def styled(new: CollageCode, packer: str = "range") -> bytes:
        return write(about, ranges, Chunk(0x19, frame(write_file(new, packer, tiny.prior_at(new.level)))))

    turned, far = random_whole((22, 37), 5, 20), replace(random_whole((22, 37), 5, 20), step=65535)
    turned.scales[2, 2], turned.isometries[2, 2] = 9, 1
    large = replace(code_of(4, 4, False, 0, 0, 1), height=1024, width=MAX_STYLE // 1024 + 1)
    empty = [np.zeros((n, large.height // 4, -(-large.width // 4)), np.int32) for n in (6, 4)]
    large = replace(large, atoms=empty[0], scales=empty[1])
    unsaid = replace(random_whole((26, 41), 6, 22), style=Style(inner, np.zeros((6, 6), np.int64)))
    pebble = random_whole((9, 261), 4, 31, style=code_of(1, 1, False, 100, 2, 1))
    metadata = write_file(inner, "range", tiny.prior_at(inner.level), Extras(xmp=b"<x:xmpmeta/>"))
    # In a grey content 12 bytes are the tables of means, 31 that of sizes, one that of signs, 8 that of isometries.
    (words,) = struct.unpack_from("<I", content, 52)
    end = 56 + 4 * words
    longer = content[:52] + struct.pack("<I", words + 2) + content[56:end] + b"\1" * 8 + content[end:]
    cases = {
        "few-ranges": (write(other(header, ranges=3, side=2), *chunks), "FormatError", "3 ranges to a side"),
        "canvas": (
            write(other(thin, ranges=1024), *cells),
            "LimitError",
            "262145 x 8 pixels in 1024 x 1024 whole ranges are over 268435456",
        ),
        "many-ranges": (write(other(header, ranges=1025), *chunks), "FormatError", "1025 ranges to a side"),
        "no-step": (write(other(header, step=0), *chunks), "FormatError", "without a quantizer step"),
        "domain-low": (write(other(header, top=3), *chunks), "FormatError", "is not in the picture"),
        "domain-right": (write(other(header, left=3), *chunks), "FormatError", "is not in the picture"),
        "domain-small": (write(other(header, side=1), *chunks), "FormatError", "is not in the picture"),
        "steep": (write(other(header, largest_scale=31), *chunks), "FormatError", "|s| of 31 / 32 is over 30 / 32"),
        "scales": (write(other(header, largest_scale=29), *chunks), "FormatError", "header states largest scale"),
        "more-ranges": (write(other(header, ranges=6), *chunks), "FormatError", "range packer"),
        "styled": (write(other(about, styled=3), ranges, style), "FormatError", "header states largest scale"),
        "style-unnamed": (write(other(about, fingerprint=bytes(8)), ranges, style), "FormatError", clear),
        "style-uncounted": (write(other(about, styled=0), ranges, style), "FormatError", clear),
        "style-without": (write_file(unsaid, "range", tiny), "FormatError", clear),
        "style-missing": (write(about, ranges), "FormatError", "disagree on what there is"),
        "style-beside": (write(header, chunks[0], style), "FormatError", "disagree on what there is"),
        "style-grey": (styled(code_of(13, 19, True, 100, 2, 23)), "FormatError", "in colour or packer"),
        "style-fixed": (styled(inner, "fixed"), "FormatError", "in colour or packer"),
        "style-large": (styled(large), "LimitError", "1025 x 1024 is over 1048576 pixels"),
        "style-small": (write_file(pebble, "range", tiny), "LimitError", "too small for its ranges: cannot"),
        "style-metadata": (write(about, ranges, Chunk(0x19, frame(metadata))), "FormatError", "chunks of its own"),
        "style-screen": (
            write(about, ranges, Chunk(0x19, frame(write_file(screens()["screen-one-pixel"])))),
            "FormatError",
            "kind of map 2 inside another map",
        ),
        "no-ranges": (write(header), "FormatError", "disagree on what there is"),
        "turned": (write_file(turned), "FormatError", "lays ranges that are no squares across themselves"),
        "mean": (write_file(far), "FormatError", "is beyond 8192 grey levels"),
        "mean-steps": (write(small, Chunk(0x18, frame(means_too_far()))), "FormatError", "beyond 32767 steps"),
        "fixed": (
            write(replace(header, common=replace(header.common, packer="fixed")), *chunks),
            "FormatError",
            "with packer 'fixed'",
        ),
        "tables-cut": (holding(content[:51]), "FormatError", "ends inside its tables"),
        "words-missing": (holding(content[:60]), "FormatError", "fewer words than stated"),
        "zero": (with_bytes(10, b"\0"), "FormatError", "a probability is 0"),
        "no-sizes": (with_bytes(12, bytes(31)), "FormatError", "all weights of a table are 0"),
        "no-signs": (with_bytes(43, b"\0"), "FormatError", "a probability is 0"),
        "no-isometries": (with_bytes(44, bytes(8)), "FormatError", "all weights of a table are 0"),
        "words-left": (holding(longer), "FormatError", "words are left over"),
        "bytes-left": (holding(content + b"\1"), "FormatError", "escapes are left over"),
    }
    return {f"whole-{name}": case for name, case in cases.items()}


def with_low_bits() -> ImplicitCode:
    """Of which the numbers are hundreds of steps, the lowest bits of each apart."""
    code = random_implicit(46, depth=1, width=6, size=(8, 12))
    fine = tuple(
        Steps(part.q * 64 + np.arange(part.q.size).reshape(part.q.shape), part.step / 64) for part in code.matrices
    )
    return replace(code, matrices=fine)


def far_between(seed: int, network: str, width: int, size: tuple[int, int], grey: bool) -> ImplicitCode:
    """Of which six units a layer are used, so that there are long gaps between weights."""
    random = np.random.default_rng(seed)
    code = random_implicit(seed, network, "sparse", size=size, width=width, grey=grey, zeros=1)
    before, matrices = np.arange(code.matrices[0].q.shape[1]), []
    for part in code.matrices:
        q, rows = part.q.copy(), np.sort(random.choice(len(part.q), min(len(part.q), 6), replace=False))
        q[np.ix_(rows, before)] = random.integers(1, 60, (len(rows), len(before))) * random.choice((-1, 1))
        before = rows
        matrices.append(Steps(q, part.step))
    return replace(code, matrices=tuple(matrices), biases=Steps(0 * code.biases.q, code.biases.step))


def implicits() -> dict[str, tuple[str, ImplicitCode]]:
    return {
        "implicit-siren-21x13": ("range", random_implicit(40, size=(13, 21), depth=2, width=6)),
        "implicit-siren-halves-9x16": (
            "fixed",
            random_implicit(41, values="float16", size=(16, 9), depth=1, width=5, grey=True),
        ),
        "implicit-fourier-gaps-17x12": ("range", far_between(51, "fourier", 400, (12, 17), False)),
        "implicit-fourier-codebook-14x14": (
            "range",
            random_implicit(43, "fourier", values="codebook", size=(14, 14), width=5),
        ),
        "implicit-atan-bitmap-12x19": (
            "range",
            random_implicit(44, "atan", "sparse", "codebook", (19, 12), width=6, zeros=0.5),
        ),
        "implicit-tanh-factors-18x10": ("range", random_implicit(45, "tanh", "factors", size=(10, 18), width=6)),
        "implicit-low-bits-12x8": ("range", with_low_bits()),
        "implicit-fixed-gaps-11x15": (
            "fixed",
            random_implicit(47, "atan", "sparse", size=(15, 11), width=30, zeros=0.95, grey=True),
        ),
        "implicit-fixed-bitmap-13x8": (
            "fixed",
            random_implicit(48, "tanh", "sparse", "float16", (8, 13), width=5, zeros=0.4),
        ),
        "implicit-fixed-factors-10x10": (
            "fixed",
            random_implicit(49, "fourier", "factors", "codebook", (10, 10), width=4, grey=True, rank=2),
        ),
        "implicit-one-pixel": ("range", random_implicit(50, size=(1, 1), depth=1, width=1)),
    }


def make_implicits() -> None:
    for name, (packer, code) in implicits().items():
        data = write_file(code, packer)
        (HERE / "ok" / f"{name}.ncl").write_bytes(data)
        nccodec.decode(data).save(HERE / "ok" / f"{name}.png")


def by_hand(content: bytes, values: str, form: str = "dense", packer: str = "fixed", nonzero: int = 3) -> bytes:
    """A file of a network of one sine, with 2 weights and then 1, and 2 biases; of factors, 2 x 1 and 1 x 2 numbers."""
    fields = ImplicitFields("siren", 1, 1, 0, 0, 0, values, form, form == "factors", nonzero)
    return container.write(Header(4, Common(3, 3, True, False, packer, 64), fields), [Chunk(NETWORK, frame(content))])


def bad_implicits() -> dict[str, tuple[bytes, str, str]]:
    files = {
        name: (HERE / "ok" / f"implicit-{name}.ncl").read_bytes()
        for name in ("siren-21x13", "siren-halves-9x16", "fourier-codebook-14x14", "tanh-factors-18x10")
    }
    siren, halves, fourier, factors = files.values()
    header, chunks = read(siren)
    content = unframe(chunks[0].payload, 1 << 20)
    numbers = header.fields.shape(False).weights + header.fields.shape(False).biases

    def patched(data: bytes, at: int, form: str, *values: int) -> bytes:
        new = struct.pack("<" + form, *values)
        body = data[:at] + new + data[at + len(new) : -4]
        return body + container.zlib.crc32(body).to_bytes(4, "little")

    def holding(new: bytes) -> bytes:
        return container.write(header, [Chunk(NETWORK, frame(new))])

    def half(*values: float) -> bytes:
        return np.array(values, "<f2").tobytes()

    def book(*entries: float) -> bytes:
        return struct.pack("<H", len(entries)) + half(*entries)

    def with_step(bits: int) -> bytes:
        return holding(struct.pack("<H", bits) + content[2:])

    def beyond(gaps: list[int]) -> bytes:
        """Told that one number of the first matrix is not 0, and coded gaps."""
        writer = SymbolWriter()
        writer.symbols(np.array(gaps), Table(tables.falling(9, 256)))
        told = struct.pack("<IB", 1, 9) + STEP + bytes(3) + struct.pack("<IB", 0, 9) + STEP + bytes(3) + STEP + bytes(3)
        return by_hand(told + writer.content(), "uniform", "gaps", "range")

    STEP, OTHERS = b"\x80\x3f", b"\x80\x3f\0" * 2
    # Told of matrices without numbers, and of biases: of gaps, that there are none.
    NONE = struct.pack("<IB", 0, 0)
    (words,) = struct.unpack_from("<I", content, 20)  # after four times a step and three bytes
    longer = content[:20] + struct.pack("<I", words + 2) + content[24:] + b"\1" * 8
    outside, zero = "lies outside its matrix", "is told not to be zero is zero"
    unlike, limits = "frequencies of", "are outside 1 .. 32 of 1 .. 1024"
    cases = {
        "network": (patched(siren, 20, "B", 4), "FormatError", "network 4 of an implicit network is unknown"),
        "values": (patched(siren, 31, "B", 3), "FormatError", "values 3 of an implicit network is unknown"),
        "form": (patched(siren, 32, "B", 4), "FormatError", "form 4 of an implicit network is unknown"),
        "no-layers": (patched(siren, 21, "B", 0), "FormatError", f"0 layers of 6 {limits}"),
        "deep": (patched(siren, 21, "B", 33), "FormatError", f"33 layers of 6 {limits}"),
        "no-width": (patched(siren, 22, "H", 0), "FormatError", f"2 layers of 0 {limits}"),
        "wide": (patched(siren, 22, "H", 1025), "FormatError", f"2 layers of 1025 {limits}"),
        "weights": (patched(siren, 21, "BH", 6, 1024), "LimitError", "weights is over 4194304"),
        "products": (
            patched(patched(siren, 12, "I", 1 << 21), 21, "BH", 2, 1024),
            "LimitError",
            "weights for 2097152 x 13 pixels is over",
        ),
        "siren-features": (patched(siren, 24, "H", 1), "FormatError", unlike),
        "siren-sigma": (patched(siren, 26, "B", 1), "FormatError", unlike),
        "siren-seed": (patched(siren, 27, "I", 1), "FormatError", unlike),
        "no-features": (patched(fourier, 24, "H", 0), "FormatError", unlike),
        "many-features": (patched(fourier, 24, "H", 1025), "FormatError", unlike),
        "no-sigma": (patched(fourier, 26, "B", 0), "FormatError", unlike),
        "dense-rank": (patched(siren, 33, "H", 1), "FormatError", "rank 1 of the form 'dense'"),
        "no-rank": (patched(factors, 33, "H", 0), "FormatError", "rank 0 of the form 'factors'"),
        "large-rank": (patched(factors, 33, "H", 1025), "FormatError", "rank 1025 of the form 'factors'"),
        "halves-range": (patched(halves, 10, "B", 1), "FormatError", "float16 with packer 'range'"),
        "side": (patched(siren, 11, "B", 5), "FormatError", "with 32 px as the side of its squares"),
        "nonzero": (patched(siren, 35, "I", 7), "FormatError", "header states 7 numbers that are not zero"),
        "no-network": (container.write(header, []), "FormatError", "without its chunk"),
        "large-frame": (holding(bytes((1 << 16) + 16 * numbers + 1)), "FormatError", "zstd"),
        "cut": (holding(content[:19]), "FormatError", "ends inside its parameters"),
        "words-missing": (holding(content[:-2]), "FormatError", "fewer words than stated"),
        "words-left": (holding(longer), "FormatError", "words are left over"),
        "bytes-left": (holding(content + b"\1"), "FormatError", "escapes are left over"),
        "no-step": (with_step(0), "FormatError", "a step of 0 "),
        "small-step": (with_step(0x0D00), "FormatError", "a step of 3.9"),
        "large-step": (with_step(0x7200), "FormatError", "a step of 2.53"),
        "negative-step": (with_step(0xBF80), "FormatError", "a step of -1 "),
        "endless-step": (with_step(0x7F80), "FormatError", "a step of inf "),
        "shift": (holding(content[:2] + b"\x10" + content[3:]), "FormatError", "with 16 bits"),
        "bits": (by_hand(STEP + b"\x11" + OTHERS + bytes(9), "uniform"), "FormatError", "with 17 bits"),
        "far": (by_hand(STEP + b"\x10" + OTHERS + b"\x80\0" * 2, "uniform"), "FormatError", "beyond 32767 steps"),
        "bits-missing": (by_hand(STEP + b"\x10" + OTHERS + bytes(3), "uniform"), "FormatError", "bits are missing"),
        "bits-left": (by_hand(STEP + b"\x02" + OTHERS + b"\x54", "uniform", nonzero=2), "FormatError", "bits are left"),
        "half": (
            by_hand(half(0, 0) + b"\x3c\0\x3c\0\x7e\0", "float16"),
            "FormatError",
            "float16 of an implicit network is not",
        ),
        "bias": (by_hand(half(0, math.inf, 1, 1, 1), "float16"), "FormatError", "is not finite"),
        "scale": (
            by_hand(half(1, math.inf, 0, 0, 1, 1, 1, 1), "float16", "factors", nonzero=4),
            "FormatError",
            "is not finite",
        ),
        "one-entry": (by_hand(book(0) * 2 + half(0, 0), "codebook"), "FormatError", "1 entries of a codebook"),
        "many-entries": (
            by_hand(struct.pack("<H", 1025) + half(*range(1025)) + book(0, 1) + half(0, 0), "codebook"),
            "FormatError",
            "1025 entries of a codebook",
        ),
        "falling-entries": (by_hand(book(1, 0) + book(0, 1) + half(0, 0), "codebook"), "FormatError", "do not rise"),
        "equal-entries": (by_hand(book(-0.0, 0) + book(0, 1) + half(0, 0), "codebook"), "FormatError", "do not rise"),
        "endless-entry": (
            by_hand(book(0, math.inf) + book(0, 1) + half(0, 0), "codebook"),
            "FormatError",
            "is not finite",
        ),
        "no-entry": (
            by_hand(book(0, 1, 2) + book(0, 1) + half(0, 0) + b"\x70", "codebook"),
            "FormatError",
            "symbol 3 of 3",
        ),
        "no-entries": (
            by_hand(book(0, 1) + bytes(2) + book(0, 1) + bytes(2) + half(0, 0) + bytes(4), "codebook", packer="range"),
            "FormatError",
            "all weights of a table are 0",
        ),
        "no-zero": (
            by_hand(NONE + book(1, 2) + NONE + book(0, 1) + half(0, 0), "codebook", "gaps", nonzero=0),
            "FormatError",
            "without the zero that is told of",
        ),
        "outside": (
            by_hand(struct.pack("<IB", 1, 2) + NONE + half(0, 0) + b"\x80\0\0", "float16", "gaps"),
            "FormatError",
            outside,
        ),
        "outside-range": (beyond([2]), "FormatError", outside),
        "outside-far": (beyond([255] * 20), "FormatError", outside),
        "counts": (
            by_hand(struct.pack("<IB", 3, 0) + NONE + half(0, 0) + bytes(6), "float16", "gaps"),
            "FormatError",
            "3 weights that are not zero, of 2",
        ),
        "gap-bits": (
            by_hand(struct.pack("<IB", 1, 27) + NONE + half(0, 0) + bytes(9), "float16", "gaps"),
            "FormatError",
            "gaps of 27 bits",
        ),
        "no-chance": (
            by_hand((b"\0" + STEP + bytes(3)) * 2 + STEP + bytes(7), "uniform", "bitmap", "range"),
            "FormatError",
            "a probability is 0",
        ),
        "kept-zero": (by_hand(half(0, 0) + b"\x80\0\0", "float16", "bitmap", nonzero=0), "FormatError", zero),
        "kept-step": (
            by_hand(struct.pack("<IB", 1, 0) + STEP + b"\0" + NONE + STEP + b"\0" + STEP + b"\0", "uniform", "gaps"),
            "FormatError",
            zero,
        ),
    }
    return {f"implicit-{name}": case for name, case in cases.items()}


def points() -> dict[str, PointsCode]:
    return {
        "points-23x14": random_points((14, 23), 4, 40, density=3),
        "points-grey-paper-9x17": random_points((17, 9), 2, 41, grey=True, paper=True, density=5),
        "points-space-15x15": random_points((15, 15), 7, 42, dimensions=3, density=3),
        "points-one-pixel": random_points((1, 1), 2, 43, density=64),
    }


def make_points() -> None:
    for name, code in points().items():
        data = write_file(code, "fixed")
        (HERE / "ok" / f"{name}.ncl").write_bytes(data)
        nccodec.decode(data).save(HERE / "ok" / f"{name}.png")


def bad_points() -> dict[str, tuple[bytes, str, str]]:
    code, space = (points()[name] for name in ("points-23x14", "points-space-15x15"))
    header, (chunk,) = read((HERE / "ok" / "points-23x14.ncl").read_bytes())
    content = unframe(chunk.payload, 1 << 16)

    def with_fields(**changed) -> bytes:
        return container.write(replace(header, fields=replace(header.fields, **changed)), [chunk])

    def holding(content: bytes) -> bytes:
        return container.write(header, [Chunk(chunk.kind, frame(content))])

    def with_maps(code: PointsCode, **changed) -> bytes:
        changed = replace(code, **changed)
        fields, chunks = pack_points(changed, "fixed", None)
        return container.write(Header(5, changed.common("fixed", False), fields), chunks)

    d = code.dimensions
    turn = np.array([[[0, -LARGEST_FACTOR], [LARGEST_FACTOR, 0]]] * 4)
    weights_of = code.weights + np.array([1, 0, 0, 0])
    cases = {
        "range": (container.write(replace(header, common=replace(header.common, packer="range")), [chunk]),
                  "FormatError", "packer 'range'"),
        "one-map": (with_fields(maps=1), "FormatError", "1 maps are outside 2 .. 64"),
        "many-maps": (with_fields(maps=65), "FormatError", "65 maps are outside 2 .. 64"),
        "more-maps": (with_fields(maps=5), "FormatError", "5 maps take"),
        "dimensions": (with_fields(dimensions=4), "FormatError", "points of 4 dimensions"),
        "space": (with_fields(dimensions=3), "FormatError", "4 maps take"),
        "paper": (with_fields(paper=2), "FormatError", "reserved bits"),
        "no-density": (with_fields(density=0), "FormatError", "out of bounds"),
        "dense": (with_fields(density=65), "FormatError", "out of bounds"),
        "no-gamma": (with_fields(gamma=0), "FormatError", "out of bounds"),
        "growth": (with_fields(growth=129), "FormatError", "out of bounds"),
        "no-white": (with_fields(white=0), "FormatError", "out of bounds"),
        "steep": (with_maps(code, matrices=turn), "FormatError", "is over 0.96875"),
        "factor": (with_fields(factor=code.factor - 1), "FormatError", "header states a factor"),
        "factor-above": (with_fields(factor=code.factor + 1), "FormatError", "header states a factor"),
        "hidden-steep": (holding(turn[0].astype("<i2").tobytes() + content[2 * d * d :]), "FormatError", "factor"),
        "no-weight": (with_maps(code, weights=np.array([0, 1, 2, 65533])), "FormatError", "weights of the maps"),
        "weights": (with_maps(code, weights=weights_of), "FormatError", "weights of the maps"),
        "place": (with_maps(code, place=np.array([0, np.inf, 1], np.float32)), "FormatError", "place of a set"),
        "no-unit": (with_maps(space, place=np.array([0, 0, 0, 0], np.float32)), "FormatError", "place of a set"),
        "bytes-left": (holding(content + b"\0"), "FormatError", "over the limit"),
        "cut": (holding(content[:-1]), "FormatError", "4 maps take"),
        "no-maps": (container.write(header, []), "FormatError", "without its maps"),
        "large": (
            container.write(replace(header, common=replace(header.common, width=1 << 23, height=9)), [chunk]),
            "LimitError", "8388608 x 9 pixels is over 67108864",
        ),
    }  # fmt: skip
    return {f"points-{name}": case for name, case in cases.items()}


def make_bad() -> None:
    good = (HERE / "ok" / "range-19x14.ncl").read_bytes()
    header, chunks = read(good)
    flip = bytearray(good)
    flip[60] ^= 4
    wide = bytearray(container.write(header, chunks)[:-4])
    wide[9] |= 0x40
    strange = bytearray(wide)
    strange[9] ^= 0x60

    def summed(data: bytes) -> bytes:
        return data + container.zlib.crc32(data).to_bytes(4, "little")

    whole = (HERE / "ok" / "partition-37x22.ncl").read_bytes()
    about, parts = read(whole)
    clear = (HERE / "ok" / "alpha-19x14.ncl").read_bytes()
    seen, pieces = read(clear)
    opaque = Chunk(container.ALPHA, frame(b"\1\xff" + bytes(19 * 14 - 1)))
    tiled, sheets = read((HERE / "ok" / "tiles-518x10.ncl").read_bytes())
    content = b"\xff\xff\xff\x7f" + unframe(sheets[0].payload, 1 << 20)[4:]
    column = CollageCode(
        9, 3, False, 0, 4, header.fields.fingerprint, np.zeros((6, 3, 1), np.int32), np.ones((4, 3, 1), np.int32)
    )
    cases = {
        "not-ncl": (b"\x89PNG\r\n\x1a\n" + good[8:], "FormatError", "wrong magic"),
        "newlines": (good.replace(b"\r\n", b"\n"), "FormatError", "line endings"),
        "empty": (b"", "TruncatedError", "inside the header"),
        "header-cut": (good[:30], "TruncatedError", "inside the header"),
        "version-2": (good[:8] + b"\x02" + good[9:], "FormatError", "version 2 is unknown"),
        "truncated": (good[:-20], "TruncatedError", "past the end"),
        "bit-flip": (bytes(flip), "ChecksumError", "checksum mismatch"),
        "reserved-flag": (summed(bytes(wide)), "FormatError", "reserved flag bits"),
        "unknown-kind": (summed(bytes(strange)), "FormatError", "kind of map 8 is unknown"),
        "repeated-chunk": (container.write(header, [chunks[0], *chunks]), "FormatError", "repeated"),
        "unknown-chunk": (container.write(header, [*chunks, Chunk(0x33, b"")]), "FormatError", "0x33 is unknown"),
        "no-zstd": (container.write(header, [Chunk(1, b"abcdefgh")]), "FormatError", "zstd"),
        "narrow-scales": (write_file(column, "fixed", None), "FormatError", "less than two cells"),
        "scales-missing": (container.write(header, chunks[:1]), "FormatError", "header states"),
        "wrong-kind": (container.write(about, [chunks[0], *parts]), "FormatError", "belongs to another kind of map"),
        "no-step": (summed(whole[:20] + b"\0\0" + whole[22:-4]), "FormatError", "or no step"),
        "means-missing": (container.write(about, [parts[0], *parts[2:]]), "FormatError", "chunk means is missing"),
        "sides-rising": (summed(whole[:22] + b"\x32" + whole[23:-4]), "FormatError", "are not sides of ranges"),
        "tile-cut": (
            container.write(tiled, [Chunk(1, frame(content)), *sheets[1:]]),
            "FormatError",
            "tile 0 ends beyond",
        ),
        "alpha-missing": (
            container.write(seen, [c for c in pieces if c.kind != container.ALPHA]),
            "FormatError",
            "disagree",
        ),
        "alpha-short": (
            container.write(seen, [*chunks, Chunk(container.ALPHA, frame(bytes(19 * 14)))]),
            "FormatError",
            "for 266 pixels",
        ),
        "alpha-opaque": (container.write(seen, [*chunks, opaque]), "FormatError", "opaque and must be absent"),
        "metadata-empty": (
            container.write(header, [*chunks, Chunk(container.EXIF, frame(b""))]),
            "FormatError",
            "must be absent",
        ),
        "metadata-twice": (
            container.write(header, [*chunks, *(Chunk(container.XMP, frame(b"x")) for _ in range(2))]),
            "FormatError",
            "repeated",
        ),
        "other-weights": (summed(good[:34] + b"\0" * 8 + good[42:-4]), "WeightsError", "0000000000000000"),
    }
    cases |= bad_screens() | bad_wholes() | bad_implicits() | bad_points()
    expected = {}
    for name, (data, error, message) in cases.items():
        (HERE / "bad" / f"{name}.ncl").write_bytes(data)
        expected[f"{name}.ncl"] = [error, message]
    (HERE / "bad" / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def show_example() -> None:
    """Print the example of bitstream_spec.md."""
    tiny = weights.load(TINY)
    atoms = np.zeros((6, 2, 3), np.int32)
    atoms[0] = [[3, 4, 4], [2, 3, 41]]
    atoms[1] = [[0, -1, 0], [1, 0, 0]]
    atoms[4, 1, 2] = -2
    scales = np.zeros((4, 2, 3), np.int32)
    scales[3, 0, 1], scales[0, 1, 2] = 2, -3
    code = CollageCode(7, 9, False, 128, 4, tiny.fingerprint, atoms, scales)
    data = write_file(code, "range", model_of(code))
    fields = {"height": 7, "width": 9, "grey": False, "level": 128, "range_size": 4}
    fields |= {"fingerprint": tiny.fingerprint.hex(), "atoms": atoms.tolist(), "scales": scales.tolist()}
    print("```json\n" + json.dumps(fields) + "\n```\n\n```")
    header, chunks = read(data)
    cuts = [
        (8, "magic"), (1, "version 1"), (1, "flags: colour, a collage"),
        (1, "packer: range"), (1, "log2 B: cells of 4 pixels"),
        (4, "W = 9"), (4, "H = 7"), (2, "level 128: halfway from level 0 to level 1"), (2, "6 atoms"), (1, "4 domains"),
        (1, "3 iterations"), (4, "scale sum 3"), (4, "2 scales are not zero"), (8, "fingerprint"),
    ]  # fmt: skip
    for chunk in chunks:
        cuts += [
            (1, f"chunk: {header.names[chunk.kind]}"),
            (4, f"{len(chunk.payload)} bytes"),
            (len(chunk.payload), "zstd frame"),
        ]
    at = 0
    for length, text in [*cuts, (4, "CRC-32")]:
        for start in range(0, length, 16):
            part = data[at + start : at + min(length, start + 16)]
            print(f"{at + start:04x}  {part.hex(' '):<47}  {text if not start else ''}".rstrip())
        at += length
    print("```")


if __name__ == "__main__":
    make_weights()
    make_ok()
    make_partitions()
    make_screens()
    make_wholes()
    make_implicits()
    make_points()
    make_transparent()
    make_bad()
    show_example()
