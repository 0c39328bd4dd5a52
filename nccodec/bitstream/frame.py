"""zstd frames, in which all payloads are."""

import zstandard

from ..errors import FormatError

_FAST, _SLOW = 1, 19  # levels
_LARGE = 4096  # bytes, from which the slow level takes its time


def frame(payload: bytes) -> bytes:
    """A zstd frame with content size, without checksum. A large payload that the fast level cannot compress at all, as
    is what was range-coded, is not tried at the slow one."""
    for level in (_FAST, _SLOW) if len(payload) >= _LARGE else (_SLOW,):
        made = zstandard.ZstdCompressor(level=level, write_checksum=False).compress(payload)
        if len(made) > len(payload):
            break
    return made


def unframe(data: bytes, limit: int) -> bytes:
    """The content of one zstd frame that states its size, at most `limit` bytes. Else FormatError."""
    try:
        parameters = zstandard.get_frame_parameters(data)
        if parameters.content_size == zstandard.CONTENTSIZE_UNKNOWN or parameters.dict_id:
            raise FormatError("zstd frame without content size, or with a dictionary")
        if parameters.content_size > limit:
            raise FormatError(f"zstd frame of {parameters.content_size} bytes is over the limit of {limit}")
        reader = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
        content = reader.decompress(data)
    except zstandard.ZstdError as error:
        raise FormatError(f"damaged zstd frame ({error})") from None
    if not reader.eof or reader.unused_data or len(content) != parameters.content_size:
        raise FormatError("zstd frame is not exactly the chunk's payload")
    return content


def unframed(data: bytes) -> bytes:
    """The content of a frame whose size is known to be right."""
    return unframe(data, zstandard.get_frame_parameters(data).content_size)
