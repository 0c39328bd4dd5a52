"""Metadata: what of it a `.ncl` keeps, out of Pillow's `info` and into it and into written pictures."""

from collections.abc import Collection

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ..errors import ImageError, LimitError
from .extended_xmp import MAX_XMP, split_xmp

KINDS = ("icc", "exif", "xmp")
_INFO = {"icc": "icc_profile", "exif": "exif", "xmp": "xmp"}
_EXIF_HEAD = b"Exif\0\0"
# Of a TIFF's own tags, those that say something of the picture, not of the file: description, camera, program,
# time, author, rights, EXIF and GPS.
_DESCRIPTIVE = (270, 271, 272, 305, 306, 315, 33432, 0x8769, 0x8825)
_XMP_TAG = 700
_MAX_EXIF = 65_533  # bytes in the one segment that a JPEG has for it


def metadata_of(picture: Image.Image, strip: Collection[str] = ()) -> dict[str, bytes]:
    """By KINDS, what the picture's `info` has. strip: kinds to leave out, or "all". EXIF comes without the name
    that JPEG puts before it. LimitError for an unknown kind."""
    if unknown := set(strip) - {*KINDS, "all"}:
        raise LimitError(f"{', '.join(sorted(unknown))}: no kind of metadata; there are all, {', '.join(KINDS)}")
    found = {}
    for kind in KINDS:
        content = picture.info.get(_INFO[kind])
        if content and not {kind, "all"} & set(strip):
            content = content.encode() if isinstance(content, str) else bytes(content)
            found[kind] = content.removeprefix(_EXIF_HEAD) if kind == "exif" else content
    return {kind: content for kind, content in found.items() if content}


def info_of(metadata: dict[str, bytes | None]) -> dict[str, bytes]:
    """Inverse of `metadata_of`: what Pillow's readers would have put into `info`."""
    found = {_INFO[kind]: content for kind, content in metadata.items() if content}
    if "exif" in found:
        found["exif"] = _EXIF_HEAD + found["exif"]
    return found


def tiff_exif(picture: Image.Image) -> bytes:
    """The descriptive tags of a TIFF as EXIF; empty if there are none."""
    tags, kept = picture.getexif(), Image.Exif()
    for tag in _DESCRIPTIVE:
        content = tags.get_ifd(tag) if tag in (0x8769, 0x8825) else tags.get(tag)
        if content:
            kept[tag] = dict(content) if isinstance(content, dict) else content
    return kept.tobytes() if len(kept) else b""


def save_options(picture: Image.Image, name: str) -> dict[str, object]:
    """Arguments of `Image.save` that write the picture's metadata in the Pillow format `name`, as far as that has
    a place for it. ImageError where they are too long for one."""
    info = picture.info
    options: dict[str, object] = {key: info[key] for key in ("icc_profile", "exif") if key in info}
    xmp = info.get("xmp")
    if xmp and name == "PNG":
        text = PngInfo()
        text.add_itxt("XML:com.adobe.xmp", xmp.decode("utf-8", "replace"))
        options["pnginfo"] = text
    elif xmp and name == "TIFF":
        tags = Image.Exif()
        tags.load(info.get("exif", b""))
        tags[_XMP_TAG] = xmp
        options["exif"] = tags
    elif xmp and name == "JPEG" and len(xmp) > MAX_XMP:
        options["xmp"], options["extra"] = split_xmp(xmp)
    elif xmp and name in ("JPEG", "WEBP", "AVIF"):
        options["xmp"] = xmp
    if name in ("JPEG", "MPO") and len(info.get("exif", b"")) > _MAX_EXIF:
        told = f"{len(info['exif'])} bytes of EXIF are more than the {_MAX_EXIF} that {name} holds"
        raise ImageError(f"{told} (--strip exif leaves it out)")
    return options
