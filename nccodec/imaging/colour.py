"""RGB and YCbCr (ITU-R BT.601, full range, as in JFIF), for arrays and tensors alike."""

from typing import TypeVar

T = TypeVar("T")


def to_ycc(red: T, green: T, blue: T) -> tuple[T, T, T]:
    """Luma, blue and red chroma (0 for grey), in the units of the samples."""
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return luma, (blue - luma) / 1.772, (red - luma) / 1.402


def to_rgb(luma: T, cb: T, cr: T) -> tuple[T, T, T]:
    """Inverse of `to_ycc`."""
    red, blue = luma + 1.402 * cr, luma + 1.772 * cb
    return red, (luma - 0.299 * red - 0.114 * blue) / 0.587, blue
