"""Golden files of implicit networks: what must decode, and what must fail."""

import math
import struct
from dataclasses import replace

import numpy as np
from implicits import random_implicit
from made import HERE

from nccodec.bitstream import container, tables
from nccodec.bitstream.coder import SymbolWriter, Table
from nccodec.bitstream.container import Chunk, Common, Header
from nccodec.bitstream.frame import frame, unframe
from nccodec.codec.kinds import read
from nccodec.implicit.code import ImplicitCode, Steps
from nccodec.implicit.header import NETWORK
from nccodec.implicit.header import Fields as ImplicitFields


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
