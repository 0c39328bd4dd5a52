"""The containers of animated pictures, whose frames Pillow writes: see `film`."""

import io
import struct
import zlib
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from PIL import Image

from ..errors import ImageError, LimitError

_LARGEST = (1 << 32) - 1  # bytes that a WebP counts


class WebP:
    """https://developers.google.com/speed/webp/docs/riff_container"""

    def __init__(self, size: tuple[int, int], fps: float, loop: bool) -> None:
        self._size, self._clock = [_triple(n - 1) for n in size], _Clock(fps, 1000)
        self._content = io.BytesIO()
        self._content.write(b"RIFF\0\0\0\0WEBP")
        animated = b"\x02\0\0\0"
        self._chunk(b"VP8X", animated + b"".join(self._size))
        self._chunk(b"ANIM", b"\xff" * 4 + struct.pack("<H", 0 if loop else 1))

    def add(self, frame: np.ndarray) -> None:
        picture = _written(Image.fromarray(frame), "WEBP", quality=90)[12:]  # its chunks
        corner, drawn_over = bytes(6), b"\x02"
        head = corner + b"".join(self._size) + _triple(self._clock.next()) + drawn_over
        self._chunk(b"ANMF", head + picture)

    def finish(self) -> bytes:
        count = self._content.tell() - 8
        if count > _LARGEST:
            raise LimitError(f"{count} bytes are more than a WebP holds")
        self._content.seek(4)
        self._content.write(struct.pack("<I", count))
        return self._content.getvalue()

    def _chunk(self, name: bytes, content: bytes) -> None:
        self._content.write(name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2))


class Gif:
    """https://www.w3.org/Graphics/GIF/spec-gif89a.txt"""

    def __init__(self, size: tuple[int, int], fps: float, loop: bool) -> None:
        self._clock = _Clock(fps, 100)
        self._content = io.BytesIO()
        self._content.write(b"GIF89a" + struct.pack("<HHBBB", *size, 0x70, 0, 0))  # without colours of its own
        if loop:
            self._content.write(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0")

    def add(self, frame: np.ndarray) -> None:
        picture = Image.fromarray(frame).quantize(256)
        head, colours, pixels = _parts_of_gif(_written(picture, "GIF"))
        left = 1 << 2  # where it is, when the next is drawn over it
        control = struct.pack("<BHB", left, self._clock.next(), 0)
        self._content.write(b"\x21\xf9\x04" + control + b"\0" + head + colours + pixels)

    def finish(self) -> bytes:
        return self._content.getvalue() + b"\x3b"


class Apng:
    """https://www.w3.org/TR/png-3/"""

    def __init__(self, size: tuple[int, int], fps: float, loop: bool) -> None:
        self._size, self._loop, self._count, self._numbered = size, loop, 0, 0
        self._time = (1 / Fraction(fps).limit_denominator(1001)).limit_denominator(65535)
        self._content = io.BytesIO()

    def add(self, frame: np.ndarray) -> None:
        chunks = list(_chunks_of_png(_written(Image.fromarray(frame), "PNG", compress_level=4)))
        if not self._count:
            self._content.write(b"\x89PNG\r\n\x1a\n")
            self._chunk(*chunks[0])
            self._frames = self._content.tell()
            self._count_frames()
        times = self._time.numerator, self._time.denominator
        self._chunk(b"fcTL", self._number() + struct.pack(">4I2H2B", *self._size, 0, 0, *times, 0, 0))
        for name, data in chunks:
            if name == b"IDAT":
                self._chunk(*((b"fdAT", self._number() + data) if self._count else (name, data)))
        self._count += 1

    def finish(self) -> bytes:
        self._chunk(b"IEND", b"")
        self._content.seek(self._frames)
        self._count_frames()
        return self._content.getvalue()

    def _count_frames(self) -> None:
        self._chunk(b"acTL", struct.pack(">II", self._count, 0 if self._loop else 1))

    def _number(self) -> bytes:
        self._numbered += 1
        return struct.pack(">I", self._numbered - 1)

    def _chunk(self, name: bytes, content: bytes) -> None:
        self._content.write(struct.pack(">I", len(content)) + name + content)
        self._content.write(struct.pack(">I", zlib.crc32(name + content)))


class _Clock:
    """Times of frames in whole units of which there are `units` a second, rounded such that the sum stays right."""

    def __init__(self, fps: float, units: int) -> None:
        self._time, self._shown, self._told = units / fps, 0, 0

    def next(self) -> int:
        self._shown += 1
        until = round(self._shown * self._time)
        self._told, before = until, self._told
        return until - before


def _written(picture: Image.Image, name: str, **options: object) -> bytes:
    content = io.BytesIO()
    try:
        picture.save(content, name, **options)
    except MemoryError:
        raise
    except Exception as error:  # Pillow's writers raise anything at all on what they cannot hold
        raise ImageError(f"{picture.width} x {picture.height} pixels cannot be written as {name} ({error})") from None
    return content.getvalue()


def _triple(number: int) -> bytes:
    return struct.pack("<I", number)[:3]


def _chunks_of_png(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 8
    while place < len(data):
        (length,) = struct.unpack_from(">I", data, place)
        yield data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        place += 12 + length


def _parts_of_gif(data: bytes) -> tuple[bytes, bytes, bytes]:
    """The descriptor of a GIF's one picture, such that its colours follow it; those; its pixels."""
    flags = data[10]
    colours = data[13 : 13 + (3 << (flags & 7) + 1)]
    place = 13 + len(colours)
    while data[place] == 0x21:  # extensions
        place += 2
        while data[place]:
            place += 1 + data[place]
        place += 1
    descriptor = data[place : place + 9] + bytes([data[place + 9] & 0x40 | 0x80 | flags & 7])
    return descriptor, colours, data[place + 10 : -1]
