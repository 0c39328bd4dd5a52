"""Classical fractal compression (PIFS): every range against every domain, the map written as a `.ncl`."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from PIL import Image

__all__ = ["encode"]


def encode(
    image: "Image.Image",
    quality: float | None = None,
    *,
    bpp: float | None = None,
    size: int | None = None,
    psnr: float | None = None,
    quadtree: bool = True,
    range_size: int | None = None,
    domain_step: int = 8,
    isometries: int = 8,
    lean: float = 1.0,
    domains: bool = True,
    packer: str = "range",
    device: str = "auto",
    strip: "Collection[str]" = (),
    progress: "Callable[[float], None]" = lambda _: None,
) -> bytes:
    """The bytes of a `.ncl` that `nccodec.decode` reads.

    image, quality, bpp, size, psnr, device, strip: as of `nccodec.encode`, quality 50 if nothing is given. quadtree:
    ranges from 32 pixels down to range_size (4, 8 or 16; 4 by default), with a domain or flat, and flat ones down to a
    pixel, whichever are worth their bits; or else all of range_size (8 by default). domain_step: 4, 8, ... 64,
    pixels between domains, where ranges are not larger. isometries: 1 or 8. lean: share of the domains that is
    searched, those of most contrast. domains: False for means and ramps alone. packer: "range" or "fixed", which
    the choice of ranges does not know of. progress: called with the share of the search that is done, 0 .. 1. Raises
    ImageError or LimitError, both NclErrors.
    """
    from ..codec.target import Target
    from .encoding import Options, encode_picture

    if (quality, bpp, size, psnr) == (None, None, None, None):
        quality = 50
    options = Options(quadtree, range_size or (4 if quadtree else 8), domain_step, isometries, lean, domains, packer)
    return encode_picture(image, Target(quality, bpp, size, psnr), options, device, strip, progress)
