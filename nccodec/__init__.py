"""nccodec: pictures as the fixed points of contractive maps. Nothing heavy is imported before it is used."""

from typing import TYPE_CHECKING

from .code import MAX_PIXELS
from .errors import NclError, NclWarning

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from PIL import Image

__version__ = "0.1.0"
__all__ = ["NclError", "NclWarning", "decode", "encode", "info", "register_pillow", "test"]


def encode(
    image: "Image.Image",
    quality: float | None = None,
    effort: int = 1,
    weights: "str | Path" = "photo",
    packer: str = "range",
    device: str = "auto",
    *,
    bpp: float | None = None,
    size: int | None = None,
    psnr: float | None = None,
    strip: "Collection[str]" = (),
    verify: bool = False,
    progress: "Callable[[float], None]" = lambda _: None,
) -> bytes:
    """The bytes of a `.ncl`.

    image: a Pillow image of any mode that has colours; transparency and, out of its `info`, ICC profile, EXIF and
    XMP are kept, but for those in strip: "icc", "exif", "xmp", "all". verify: decode the bytes and compare with what
    the encoder meant, VerificationError where they differ. quality: 0 .. 100, 75
    if no target is given either: bpp, bits per pixel, or size, bytes, which the file stays below by at most
    2 %; or psnr, dB, which the decoded picture exceeds by at most 0.1. effort: 0, one pass of the
    network; 1, with rate-distortion-optimised quantization; 2 .. 9, this picture's coefficients refined
    besides, in twice the time at each step. weights: name or path. packer: "range" or "fixed". device:
    "auto", "cpu" or "cuda". progress: called with the share of a refinement that is done, 0 .. 1.
    Raises ImageError, WeightsError or LimitError, all of them NclError; NclWarning tells of lost depth.
    """
    from .codec.encode import encode_picture
    from .codec.target import Target

    if (quality, bpp, size, psnr) == (None, None, None, None):
        quality = 75
    target = Target(quality, bpp, size, psnr)
    return encode_picture(image, target, effort, weights, packer, device, strip, verify, progress)


def decode(
    data: bytes,
    scale: float = 1,
    size: tuple[int, int] | None = None,
    weights: "str | Path | None" = None,
    device: str = "auto",
    self_reference: bool = True,
    detail: bool = True,
    smooth: bool = False,
    max_pixels: int = MAX_PIXELS,
    crop: tuple[int, int, int, int] | None = None,
) -> "Image.Image":
    """The picture of a `.ncl`, at any scale from 0.03 to 64, or at `size` (width, height), in mode "L", "LA", "RGB"
    or "RGBA", with "icc_profile", "exif" and "xmp" in its `info` as far as the file has them.

    weights: name or path where the file's own are not installed. self_reference: False decodes the
    affine part alone, to see what the self-reference adds; detail: False enlarges without the detail that a
    network predicts; smooth: True smooths the borders of ranges, in files of `nc pifs`. max_pixels: of the
    picture, and of what is made of it. crop: x, y, width, height of the part of that picture that is made, in its
    pixels. Raises NclError for any bytes
    that are not a picture, and LimitError for what cannot be done with those that are.
    """
    from .codec.decode import decode_picture

    wanted = None if size is None else (size[1], size[0])
    return decode_picture(data, scale, wanted, weights, device, self_reference, detail, smooth, max_pixels, crop)


def test(data: bytes, weights: "str | Path | None" = None) -> None:
    """NclError unless the bytes are a `.ncl` without a fault: container, checksum, and contents, which must be what
    encoding them again gives. weights: as of `decode`. No picture is made."""
    from .codec.decode import test_file

    test_file(data, weights)


def register_pillow() -> None:
    """Let Pillow read and write `.ncl`, as `import nccodec.pillow_plugin` does; again changes nothing."""
    from . import pillow_plugin

    pillow_plugin.register()


def info(data: bytes) -> dict:
    """What the header of a `.ncl` carries and its sizes by chunk, without decoding anything."""
    from .bitstream.container import describe

    return describe(data)
