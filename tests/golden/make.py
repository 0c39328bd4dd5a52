"""Made the frozen files of this folder, once: `python tests/golden/make.py`. The tests never run it.

Run it again only when the format changes, and then say so in bitstream_spec.md.
"""

import json
import math
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np

from nccodec.bitstream import container
from nccodec.bitstream.container import Chunk
from nccodec.bitstream.frame import frame, unframe
from nccodec.bitstream.symbols import TOTAL
from nccodec.code import Extras
from nccodec.codec.file import write_file
from nccodec.codec.kinds import read
from nccodec.neural import weights
from nccodec.neural.architecture import Architecture
from nccodec.neural.code import CollageCode
from nccodec.neural.prior import FINE, FRACTIONS, LOG, PASSES, SCALES, IntegerPrior, Layers, PriorArrays, group_edges
from nccodec.neural.shapes import shapes
from nccodec.pifs.code import Layout, PartitionCode

sys.path.append(str(Path(__file__).parents[1]))
from made import HERE, TINY, code_of, write_good
from make_implicits import bad_implicits, implicits
from make_points import bad_points, points
from make_screens import bad_screens, screens
from make_wholes import bad_wholes, wholes
from partitions import random_partition


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


def model_of(code: CollageCode) -> IntegerPrior:
    return IntegerPrior(weights.load(TINY).prior, 6, 4, code.level)


def extras_of(height: int, width: int) -> Extras:
    """A soft disc, and bytes for every kind of metadata."""
    y, x = np.mgrid[0:height, 0:width]
    alpha = np.clip(300 - 30 * np.hypot(y - height / 2, x - width / 3), 0, 255).astype(np.uint8)
    return Extras(alpha, b"profile", b"MM\0*\0\0\0\x08\0\0\0\0\0\0", b"<x:xmpmeta/>")


def files() -> dict[str, bytes]:
    """The files that must decode, by name."""
    tiny = weights.load(TINY)
    made = {name: write_file(code, packer, model_of(code)) for name, (packer, code) in collages().items()}
    made |= {name: write_file(code, "fixed" if "fixed" in name else "range") for name, code in partitions().items()}
    made |= {name: write_file(code, "range", tiny) for name, code in (screens() | wholes()).items()}
    made |= {name: write_file(code, packer) for name, (packer, code) in implicits().items()}
    made |= {name: write_file(code, "fixed") for name, code in points().items()}
    return made | transparent()


def transparent() -> dict[str, bytes]:
    code = code_of(14, 19, False, 100, 2, 1)
    grey = random_partition(Layout(20, 9, True, 700, 16, 8, 8, 8, 1), 3, 12)
    holes = np.zeros((20, 9), np.uint8)
    holes[3:17, 2:7] = 255
    return {
        "alpha-19x14": write_file(code, "range", model_of(code), extras_of(14, 19)),
        "alpha-grey-9x20": write_file(grey, extras=Extras(holes)),
    }


def collages() -> dict[str, tuple[str, CollageCode]]:
    return {
        "range-19x14": ("range", code_of(14, 19, False, 100, 2, 1)),
        "fixed-19x14": ("fixed", code_of(14, 19, False, 100, 2, 1)),
        "grey-16x9": ("range", code_of(9, 16, True, 256, 3, 2)),
        "one-pixel": ("range", code_of(1, 1, False, 0, 4, 3)),
        "strip-40x1": ("fixed", code_of(1, 40, True, 37, 4, 4)),
        "escapes-12x12": ("range", code_of(12, 12, False, 200, 40, 5)),
        "empty-33x7": ("range", code_of(7, 33, False, 0, 0, 6)),
        "tiles-518x10": ("range", code_of(10, 518, False, 77, 1, 7)),
    }


def partitions() -> dict[str, PartitionCode]:
    return {
        "partition-37x22": random_partition(Layout(22, 37, False, 500, 16, 16, 1, 4, 8), 1, 12),
        "partition-steep-30x19": random_partition(Layout(19, 30, False, 300, 8, 8, 4, 8, 8), 2, 32, 1),
        "partition-grey-9x20": random_partition(Layout(20, 9, True, 700, 16, 8, 8, 8, 1), 3, 12),
        "partition-fixed-21x26": random_partition(Layout(26, 21, False, 500, 16, 16, 1, 4, 8), 5, 12),
        "partition-one-pixel": random_partition(Layout(1, 1, False, 900, 4, 4, 4, 4, 8), 4),
    }


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
    for name, data in files().items():
        write_good(name, data)
    make_bad()
    show_example()
