"""nccodec: pictures as the fixed points of contractive maps. Nothing heavy is imported before it is used."""

from typing import TYPE_CHECKING

from .code import MAX_PIXELS
from .errors import LimitError, NclError, NclWarning

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from PIL import Image

__version__ = "0.1.0"
__all__ = ["NclError", "NclWarning", "decode", "encode", "info", "register_pillow", "test"]


def encode(
    image: "Image.Image",
    quality: float | None = None,
    effort: int | None = None,
    weights: "str | Path | None" = None,
    packer: str = "range",
    device: str = "auto",
    *,
    map: str = "auto",
    bpp: float | None = None,
    size: int | None = None,
    psnr: float | None = None,
    strip: "Collection[str]" = (),
    verify: bool = False,
    progress: "Callable[[float], None]" = lambda _: None,
    **options: object,
) -> bytes:
    """The bytes of a `.ncl`.

    image: a Pillow image of any mode that has colours; transparency and, out of its `info`, ICC profile, EXIF and
    XMP are kept, but for those in strip: "icc", "exif", "xmp", "all". verify: decode the bytes and compare with what
    the encoder meant, VerificationError where they differ. quality: 0 .. 100, that of the map (75, of "pifs" 50, of
    "implicit" 33) if no target is given either: bpp, bits per pixel, or size, bytes, which the file stays below, by at
    most 2 % if there is as much to be had; or psnr, dB, which the decoded picture reaches, and exceeds by at most 0.1
    if there is as little. packer: "range" or "fixed". device: "auto", "cpu" or "cuda". progress: called with the share
    of a refinement or search that is done, 0 .. 1.

    map: the kind that holds the picture: "collage", trained networks, with the options effort (1), weights
    ("photo") and tune ("eye" or "psnr"; see `neural.options.Options`); "screen", pixel by pixel, for text and
    screens, with the same options for the photographs in them; "auto", the one of these that costs less; or "pifs",
    classical fractal compression, with the options quadtree, range_size, domain_step, isometries, lean and domains
    (see `pifs.options.Options`), whose ranges are chosen for the packer "range"; or "implicit", a network that is
    fitted to this picture, which takes minutes (see `implicit.options.Options`). "auto" and "screen" have the
    option lossless too: every pixel is kept, in a screen map, and no target can be given.
    Raises ImageError, WeightsError or LimitError, all of them NclError, LimitError also for an option that the map
    does not have, or a target that no file meets; NclWarning tells of lost depth, and of a target that asks for more
    bytes or less PSNR than there is.
    """
    from .codec.encode import attempts_of
    from .codec.kinds import default_quality
    from .codec.target import Target

    given = {name: value for name, value in (("effort", effort), ("weights", weights)) if value is not None}
    if (quality, bpp, size, psnr) == (None, None, None, None):
        quality = default_quality(map)
    elif options.get("lossless"):
        raise LimitError("a lossless file has no quality, bpp, size or psnr to meet")
    target = Target(quality, bpp, size, psnr)
    attempts = attempts_of(image, map, options | given, packer, device, strip, progress, target)
    return attempts.to(target, verify)


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

    weights: name or path where the file's own are not installed; a file that names none needs none. self_reference:
    False decodes the affine part alone, to see what the self-reference adds; detail: False enlarges without the detail
    that a network predicts, in files of "collage" (at 1/4 and below those are decoded without their filter); smooth:
    True smooths the borders of ranges, in those of "pifs" and "generative".
    max_pixels: of the picture, and of what is made of it. crop: x, y, width, height of the part of the enlarged or
    reduced picture that is made, in its pixels; in files of "pifs" and "screen" all is decoded first, as any part may
    depend on any other. What is made has 178956970 samples at most at the scale of the decode, the next power of two,
    48 pixels around it included, however large the whole would be; in files of "pifs" and "points" the whole counts.
    Raises NclError for any bytes that are not a picture, and LimitError for what cannot be done with those that are,
    also for an option that their kind of map has no use for.
    """
    from .codec.decode import decode_picture
    from .collage.output import View

    view = View(scale, size, crop, detail, self_reference, smooth, max_pixels)
    return decode_picture(data, view, weights, device)


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
    """What the header of a `.ncl` carries and its sizes by chunk, without decoding anything; of "collage" also its
    "weights" by name and the "quality" that gives such a file, None where the weights are not installed."""
    from .codec.kinds import describe

    return describe(data)
