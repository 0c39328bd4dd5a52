"""Container, bits and range decoder of the literal decoder, from bitstream_spec.md alone; [n] is its section n."""

import struct
import zlib

import zstandard

MAXIMUM_PIXELS = 178956970
WRONG = 2**64
MAGIC = bytes.fromhex("8E4E434C0D0A1A0A")
ZSTD_MAGIC = bytes.fromhex("28B52FFD")


def require(condition, message):
    if not condition:
        raise ValueError(message)


def check_container(data):
    """What all kinds of maps have in common [2.1]."""
    require(len(data) >= 10, "too short")
    shortest = {0: 46, 2: 38, 8: 47, 10: 47, 16: 43, 18: 36, 24: 36}
    require(len(data) >= shortest.get(data[9] & 58, WRONG), "too short, or another kind of map")
    require(data[:8] == MAGIC, "magic")
    require(data[8] == 1, "version")
    require(data[9] < 64, "reserved flags")
    require(2 <= data[11] <= 6, "log2 B")
    width, height = struct.unpack_from("<II", data, 12)
    require(width >= 1 and height >= 1 and width * height <= MAXIMUM_PIXELS, "dimensions")
    require(zlib.crc32(data[:-4]) == struct.unpack("<I", data[-4:])[0], "checksum")


class Bits:
    """Bits, the highest of each byte first."""

    def __init__(self, data):
        self.left = "".join(f"{byte:08b}" for byte in data)

    def take(self, count):
        require(count <= len(self.left), "bits are missing")
        taken, self.left = self.left[:count], self.left[count:]
        return int("0" + taken, 2)

    def finish(self):
        require(len(self.left) < 8 and "1" not in self.left, "bits left over")


class RangeDecoder:
    """The range decoder of [1.3], with its escapes."""

    def __init__(self, content):
        require(len(content) >= 4, "number of words is missing")
        (count,) = struct.unpack_from("<I", content)
        require(len(content) >= 4 + 4 * count, "words are missing")
        self.left = list(struct.unpack_from(f"<{count}I", content, 4))
        self.escapes = Bits(content[4 + 4 * count :])
        self.lower, self.range = 0, 2**64 - 1
        self.point = self.word() << 32 | self.word()

    def word(self):
        return self.left.pop(0) if self.left else 0

    def finish(self):
        """After the last symbol."""
        require(not self.left, "words left over")
        require(self.range == 2**64 - 1 or (self.point - self.lower) % 2**64 < 2**33 - 1, "end of the words")
        self.escapes.finish()

    def symbol(self, table):
        scale = self.range >> 24
        quantile = (self.point - self.lower) % 2**64 // scale
        require(quantile < 2**24, "quantile")
        k, left = 0, 0
        while quantile >= left + table[k]:
            left += table[k]
            k += 1
        self.lower = (self.lower + scale * left) % 2**64
        self.range = scale * table[k]
        if self.range < 2**32:
            self.lower = (self.lower << 32) % 2**64
            self.range <<= 32
            self.point = (self.point << 32) % 2**64 | self.word()
        return k

    def difference(self, table):
        k, m = self.symbol(table), (len(table) - 2) // 2
        if k <= 2 * m:
            return k - m
        zeros = 0
        while self.escapes.take(1) == 0:
            zeros += 1
            require(zeros <= 17, "escape too long")
        v = 2**zeros + self.escapes.take(zeros)
        size = (v - 1) // 2 + m + 1
        return -size if v % 2 == 0 else size


def chunks(data):
    """The payloads of the known chunks, by type [2.2]."""
    sizes = {0: 42, 2: 34, 8: 43, 10: 43, 16: 39, 18: 32, 24: 32}
    found, number, last, at, end = {}, 0, -1, sizes[data[9] & 58], len(data) - 4
    while at < end:
        require(at + 5 <= end, "chunk header cut off")
        kind, length = struct.unpack_from("<BI", data, at)
        payload = data[at + 5 : min(at + 5 + length, end)]
        require(len(payload) == length, "payload cut off")
        at, number = at + 5 + length, number + 1
        require(number <= 64, "number of chunks")
        of_map = {
            0: (1, 2), 2: range(0x10, 0x15), 8: (8, 9), 10: (0x18, 0x19), 16: (0x1A,), 18: (0x1C,), 24: (0x1E,),
        }[data[9] & 58]  # fmt: skip
        if kind in (*of_map, 0x20, 0x80, 0x81, 0x82):
            require(kind > last, "order of chunks")
            found[kind], last = payload, kind
        else:
            require(kind >= 0x80, "unknown critical chunk")
    require((0x20 in found) == bool(data[9] & 4), "flag of transparency")
    return found


def decompressed(payload, limit):
    """What the payload of a chunk holds [1.2]."""
    require(payload[:4] == ZSTD_MAGIC, "not a zstd frame")
    frame = zstandard.get_frame_parameters(payload)
    require(frame.dict_id == 0, "dictionary")
    require(frame.content_size not in (zstandard.CONTENTSIZE_UNKNOWN, zstandard.CONTENTSIZE_ERROR), "no content size")
    require(frame.content_size <= limit, "content size")
    return zstandard.ZstdDecompressor().decompress(payload, allow_extra_data=False)
