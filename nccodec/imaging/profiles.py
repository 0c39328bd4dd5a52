"""What files say of their colours: ICC profiles that are used up, and what a `.ncl` has no place for."""

import io
import struct
import warnings

import numpy as np
from PIL import Image, ImageCms, ImageFile

from ..errors import NclWarning
from .alpha import joined

# By cICP, ITU-T H.273: of transfer characteristics and of primaries.
_TRANSFERS = {8: "linear", 16: "PQ", 18: "HLG"}
_PRIMARIES = {9: "BT.2020", 12: "Display P3"}
# Those of sRGB, what is not specified, and BT.709's curve, which writers put for sRGB as often as not.
_LIKE_SRGB = ((1, 2), (1, 2, 6, 13, 14, 15))
_AVIF_HEAD = 1 << 16  # bytes in which an AVIF tells of its colours
_CHROMATICITY = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)  # of sRGB: white, red, green, blue
_ICC_FAULTS = (OSError, ValueError, TypeError, ImageCms.PyCMSError)


def untold_colours(opened: ImageFile.ImageFile) -> str | None:
    """What an opened PNG or AVIF, not loaded yet, says of its colours that overrides sRGB and is no profile; None where
    it says nothing of the kind."""
    info, profiled = opened.info, "icc_profile" in opened.info
    if opened.format == "AVIF":
        return None if profiled else _of_cicp("nclx", _avif_cicp(opened))
    if opened.format != "PNG":
        return None
    if found := _png_cicp(opened):
        return _of_cicp("cICP", found)
    if profiled or "srgb" in info:
        return None
    gamma, chromaticity = info.get("gamma"), info.get("chromaticity")
    told = [f"gAMA {gamma:g}"] if gamma and abs(gamma - 1 / 2.2) > 0.005 else []
    if chromaticity and max(abs(a - b) for a, b in zip(chromaticity, _CHROMATICITY, strict=True)) > 0.002:
        told.append("cHRM")
    return " and ".join(told) or None


def to_srgb(picture: Image.Image, profile: bytes | ImageCms.core.CmsProfile) -> Image.Image | None:
    """In RGB, or None where the profile, an ICC file or one of Pillow's, is of no use for the picture. The profile ends
    with what it describes; all else of `info` is kept."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile) if isinstance(profile, bytes) else profile)
        result = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except _ICC_FAULTS:
        return None
    return without_profile(result, picture.info)


def without_grey_profile(picture: Image.Image, colours: bool) -> Image.Image:
    """The picture without a profile of grey where that would describe colours: it is applied, or, where it is broken
    or the picture is not grey, left out with an NclWarning. colours: whether a file will hold RGB."""
    icc = picture.info.get("icc_profile")
    if not is_grey_profile(icc) or not (colours or picture.mode in ("RGB", "RGBA")):
        return picture
    if picture.mode in ("L", "LA"):
        grey = picture.getchannel("L")
        if found := to_srgb(grey, icc):
            found = joined(found, np.asarray(picture.getchannel("A"))) if picture.mode == "LA" else found
            return without_profile(found, picture.info)
    warnings.warn("its profile, of grey, is of no use for colours and left out", NclWarning, stacklevel=3)
    return without_profile(picture.copy(), picture.info)


def is_grey_profile(icc: bytes | None) -> bool:
    """Whether an ICC profile is one of grey."""
    return bool(icc) and icc[16:20] == b"GRAY"


def without_profile(picture: Image.Image, info: dict) -> Image.Image:
    """The picture itself, with `info` but for the profile."""
    picture.info = {key: value for key, value in info.items() if key != "icc_profile"}
    return picture


def _of_cicp(name: str, found: tuple[int, int] | None) -> str | None:
    """found: primaries and transfer characteristics."""
    if not found or all(number in known for number, known in zip(found, _LIKE_SRGB, strict=True)):
        return None
    primaries, transfer = found
    return f"{name} {_PRIMARIES.get(primaries, primaries)}, {_TRANSFERS.get(transfer, transfer)}"


def _avif_cicp(opened: ImageFile.ImageFile) -> tuple[int, int] | None:
    """Of the box colr, which Pillow passes over."""
    opened.fp.seek(0)
    _, mark, content = opened.fp.read(_AVIF_HEAD).partition(b"colrnclx")
    return struct.unpack(">2H", content[:4]) if mark and len(content) >= 4 else None


def _png_cicp(opened: ImageFile.ImageFile) -> tuple[int, int] | None:
    """Of the chunk cICP, which Pillow passes over; the file is left where it stands."""
    file, here = opened.fp, opened.fp.tell()
    try:
        file.seek(8)
        while len(head := file.read(8)) == 8:
            length, kind = struct.unpack(">I4s", head)
            if kind == b"cICP" and len(found := file.read(2)) == 2:
                return found[0], found[1]
            if kind == b"IDAT":
                break
            file.seek(length + 4, io.SEEK_CUR)
        return None
    finally:
        file.seek(here)
