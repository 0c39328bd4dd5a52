"""Golden files of whole-image maps: what must decode, and what must fail."""

import struct
from dataclasses import replace

import numpy as np
from made import HERE, TINY, code_of
from make_screens import screens
from wholes import random_whole

from nccodec.bitstream import container
from nccodec.bitstream.container import Chunk, Header
from nccodec.bitstream.frame import frame, unframe
from nccodec.code import Extras
from nccodec.codec.file import write_file
from nccodec.codec.kinds import read
from nccodec.neural import weights
from nccodec.neural.code import CollageCode
from nccodec.whole import walk
from nccodec.whole.code import Style, WholeCode
from nccodec.whole.header import MAX_CANVAS
from nccodec.whole.packing import MAX_STYLE


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
