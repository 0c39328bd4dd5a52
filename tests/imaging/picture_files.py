"""Files of pictures by the letter of their specifications, without Pillow."""

import struct
import zlib

import numpy as np


def png(width: int, height: int, depth: int, kind: int, samples: bytes, *more: tuple[bytes, bytes]) -> bytes:
    """A PNG by the letter of its specification. kind: 0 grey, 2 RGB, 4 grey and alpha, 6 RGBA. samples: rows without
    filter bytes. more: chunks, name and content, before the samples."""

    def chunk(name: bytes, content: bytes) -> bytes:
        body = name + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    row = len(samples) // height
    rows = b"".join(b"\0" + samples[i * row : i * row + row] for i in range(height))
    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    chunks = [(b"IHDR", head), *more, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


def tiff(samples: np.ndarray, order: str, compression: int, planar: bool = False) -> bytes:
    """An RGB TIFF of 16 bits a sample, [H, W, 3], uncompressed (1) or of Adobe's Deflate (8). order: < or >."""
    height, width = samples.shape[:2]
    planes = np.moveaxis(samples, 2, 0) if planar else samples[None]
    strips = [np.ascontiguousarray(plane).astype(f"{order}u2").tobytes() for plane in planes]
    strips = [zlib.compress(strip) if compression == 8 else strip for strip in strips]
    count, ends = len(strips), 8 + np.cumsum([0, *map(len, strips)])
    after = int(ends[-1])
    place = after + 6 + (8 * count if planar else 0)  # of the directory
    tables = struct.pack(f"{order}3H", 16, 16, 16)
    if planar:
        tables += struct.pack(f"{order}3I3I", *map(int, ends[:-1]), *map(len, strips))
    fields = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 3, after), (259, 3, 1, compression), (262, 3, 1, 2),
        (273, 4, count, after + 6 if planar else 8), (277, 3, 1, 3), (278, 4, 1, height),
        (279, 4, count, after + 18 if planar else len(strips[0])), (284, 3, 1, 2 if planar else 1),
    ]  # fmt: skip

    def field(tag: int, kind: int, number: int, value: int) -> bytes:
        inside = struct.pack(f"{order}HH", value, 0) if (kind, number) == (3, 1) else struct.pack(f"{order}I", value)
        return struct.pack(f"{order}HHI", tag, kind, number) + inside

    directory = struct.pack(f"{order}H", len(fields)) + b"".join(field(*each) for each in fields) + bytes(4)
    magic = b"II" if order == "<" else b"MM"
    return magic + struct.pack(f"{order}HI", 42, place) + b"".join(strips) + tables + directory
