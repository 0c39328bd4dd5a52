"""From any of Pillow's modes to the four that a `.ncl` stores."""

import warnings

import numpy as np
from PIL import Image, ImageCms

from ..errors import ImageError, NclWarning
from .profiles import is_grey_profile, to_srgb, without_profile

SUPPORTED = ("L", "LA", "RGB", "RGBA")
LOST_DEPTH = "{} bits a sample are {} to 8"


def to_supported(picture: Image.Image, lead: str = "") -> Image.Image:
    """The picture in one of the modes SUPPORTED, its `info` kept as far as it stays true.

    An NclWarning tells of lost depth, and of a profile that is of no use. ImageError for modes without a meaning as
    colours. Both are led by what is given.
    """
    if picture.mode.startswith("I"):
        return _from_deep(picture, lead)
    if picture.mode in SUPPORTED and "transparency" not in picture.info:
        return picture
    try:
        return _converted(picture, lead)
    except (ValueError, OSError) as error:
        raise ImageError(f"{lead}no colours can be made of mode {picture.mode} ({error})") from None


def _converted(picture: Image.Image, lead: str) -> Image.Image:
    mode, icc = picture.mode, picture.info.get("icc_profile")
    if mode == "F":
        raise ValueError("samples in floating point have no agreed white")
    if mode == "LAB" and (found := to_srgb(picture, ImageCms.createProfile("LAB"))):
        return found
    if mode == "CMYK" and icc:
        if found := to_srgb(picture, icc):
            return found
        warnings.warn(f"{lead}its profile is of no use for CMYK; converted without one", NclWarning, stacklevel=4)
        picture = without_profile(picture.copy(), picture.info)
    transparent = picture.has_transparency_data
    if mode == "1":
        picture = picture.convert("L")
    result = picture.convert("RGBA" if transparent else "RGB")
    if not icc or is_grey_profile(icc) or mode in ("1", "L", "LA", "La"):
        bands = [np.asarray(result.getchannel(band)) for band in "RGB"]
        if mode in ("1", "L", "LA", "La", "P", "PA") and all(np.array_equal(bands[0], band) for band in bands[1:]):
            result = result.convert("LA" if transparent else "L")
    result.info.pop("transparency", None)
    return result


def _from_deep(picture: Image.Image, lead: str) -> Image.Image:
    """Integers of 16 or 32 bits. ImageError where they are no 16-bit grey."""
    samples = np.asarray(picture).astype(np.int64)
    low, high = int(samples.min()), int(samples.max())
    if low < 0 or high > 65535:
        raise ImageError(f"{lead}samples from {low} to {high} are no 8 or 16 bits")
    deep = picture.mode.startswith("I;16") or high > 255
    if deep:
        warnings.warn(f"{lead}{LOST_DEPTH.format(16, 'rounded')}", NclWarning, stacklevel=3)
    grey = Image.fromarray(np.uint8((samples + 128) // 257 if deep else samples))
    transparent = picture.info.get("transparency")
    if isinstance(transparent, int):
        grey.putalpha(Image.fromarray(np.uint8(255 * (samples != transparent))))
    grey.info = {key: value for key, value in picture.info.items() if key != "transparency"}
    return grey
