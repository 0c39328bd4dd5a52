"""A slow and literal decoder of `.ncl` files, written from bitstream_spec.md alone; [n] is its section n."""

import itertools
import math
import struct

import numpy as np
from literal_collage import Collage
from literal_container import MAXIMUM_PIXELS, Bits, RangeDecoder, check_container, chunks, decompressed, require
from literal_generative import Generative
from literal_implicit import Fields, Implicit
from literal_partition import Partition
from literal_points import Points
from literal_scales import coverage, enlarged, means
from literal_screen import Screen
from literal_whole import Whole


def partition(data):
    """A partitioned map [4]."""
    roots = math.prod(-(-n // 2 ** data[11]) for n in struct.unpack_from("<II", data, 12))
    limit = 1024 + 4 * roots * 4 ** data[11]
    contents = {kind: decompressed(payload, limit) for kind, payload in chunks(data).items() if kind < 0x20}
    return Partition(data, contents, RangeDecoder, Bits)


def screen(data, weights_path):
    """A screen map [5]."""
    limit = 2**20 + 16 * math.prod(struct.unpack_from("<II", data, 12))
    contents = {kind: decompressed(payload, limit) for kind, payload in chunks(data).items() if kind < 0x20}

    def collage(file):
        check_container(file)
        require(not file[9] & 58 and set(chunks(file)) <= {1, 2}, "file of a collage")
        return Collage(file, weights_path)

    require(8 in contents, "pixels are missing")
    return Screen(data, contents, collage, means, enlarged)


def whole(data, weights_path):
    """A whole-image map [6]."""
    chunk_limits = {0x18: 1024 + 32 * int.from_bytes(data[20:22], "little") ** 2, 0x19: 2**26}
    contents = {kind: decompressed(payload, chunk_limits[kind]) for kind, payload in chunks(data).items() if kind < 32}

    def style(file):
        """Of the file of a style, a function that decodes it to a size, to samples 0 to 1, and its size."""
        check_container(file)
        require(not file[9] & 58 and set(chunks(file)) <= {1, 2}, "file of a style")
        collage = Collage(file, weights_path)

        def decoded(width, height):
            z = resized(collage, file, width=width, height=height)
            return np.clip(np.floor(255 * z + 0.5), 0, 255) / 255

        return decoded, (collage.fields.width, collage.fields.height)

    return Whole(data, contents, RangeDecoder, style, means)


def implicit(data):
    """An implicit network [7]."""
    limit = 65536 + 16 * Fields(data).numbers
    contents = {kind: decompressed(payload, limit) for kind, payload in chunks(data).items() if kind < 32}
    return Implicit(data, contents, RangeDecoder, Bits, means)


def points(data):
    """A set of points: section 8."""
    return Points(data, {kind: decompressed(payload, 2**12) for kind, payload in chunks(data).items() if kind < 32})


def generative(data, weights_path):
    """A generative collage [9]."""
    limit = 1 + 2 * int.from_bytes(data[20:22], "little")
    contents = {kind: decompressed(payload, limit) for kind, payload in chunks(data).items() if kind < 0x20}
    return Generative(data, contents, Bits, means, enlarged, weights_path)


def metadata(data):
    """ICC profile, EXIF and XMP, as far as there are any [2.4]."""
    found = {kind: decompressed(payload, 2**24) for kind, payload in chunks(data).items() if kind >= 0x80}
    require(all(found.values()), "empty metadata")
    return found


def transparency(payload, height, width):
    """The plane alpha, 0 to 255 [2.4]."""
    content = decompressed(payload, 1 + width * height)
    require(len(content) == 1 + width * height and content[0] <= 1, "alpha")
    values = [list(content[1 + i * width : 1 + i * width + width]) for i in range(height)]
    for i, j in itertools.product(range(height), range(width)):
        if content[0] == 1 and j > 0:
            values[i][j] += values[i][j - 1]
    for i, j in itertools.product(range(1, height), range(width)):
        values[i][j] += values[i - 1][j]
    alpha = np.array(values) % 256
    require(not (alpha == 255).all(), "opaque alpha")
    return alpha


def transparency_at(alpha, scale):
    """Transparency at the scale 1/B, ..., 1/2, 1, 2, 4, ... [2.4]: real [1, H, W]."""
    z = alpha[None] / 255
    if scale > 1:
        return enlarged(z, int(scale))
    side = int(1 / scale)
    return means(np.pad(z, ((0, 0), (0, -z.shape[1] % side), (0, -z.shape[2] % side)), "edge"), side)


def resized(code, data, scale=1.0, width=None, height=None):
    """Real samples of the picture, with its transparency if there is any, at a scale or of a size [1.5]."""
    size = None if width is None else (width, height)
    width, height = code.fields.width, code.fields.height
    steps = [2.0**k for k in range(-data[11], 32)]
    wanted = scale if size is None else max(size[0] / width, size[1] / height)
    require(0 < wanted <= 65, "scale")
    step = min(step for step in steps if step >= wanted)
    require(width * height * max(1, step) ** 2 <= MAXIMUM_PIXELS, "too many pixels at this scale")
    z = code.at_scale(step)
    if data[9] & 4:
        z = np.concatenate([z, transparency_at(transparency(chunks(data)[0x20], height, width), step)])
    if size is not None or scale != step:
        size = size or [max(1, math.floor(side * scale + 0.5)) for side in (width, height)]
        z = coverage(height * step, size[1], z.shape[1]) @ z @ coverage(width * step, size[0], z.shape[2]).T
    return z


def decode(data, weights_path=None, scale=1.0, size=None):
    """The picture as uint8 [H, W, channels], or [H, W] if it is grey and opaque, at a scale or of size (w, h)."""
    check_container(data)
    metadata(data)
    kinds = {
        0: lambda: Collage(data, weights_path),
        2: lambda: partition(data),
        8: lambda: screen(data, weights_path),
        10: lambda: whole(data, weights_path),
        16: lambda: implicit(data),
        18: lambda: points(data),
        24: lambda: generative(data, weights_path),
    }
    z = resized(kinds[data[9] & 58](), data, scale, *(size or ()))
    grey_levels = np.clip(np.floor(255 * z + 0.5), 0, 255).astype(np.uint8)
    return grey_levels[0] if len(z) == 1 else grey_levels.transpose(1, 2, 0)
