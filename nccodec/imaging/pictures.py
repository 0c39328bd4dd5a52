"""Reading and writing pictures with Pillow."""

import io
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

from PIL import ExifTags, Image, ImageFile, ImageOps

from ..code import Extras
from ..errors import ImageError, NclWarning
from .alpha import split
from .deep import is_deep_grey, lost_depth, low_bytes, rounded
from .extended_xmp import join_xmp
from .messages import collected
from .metadata import metadata_of, save_options, tiff_exif
from .modes import LOST_DEPTH, to_supported
from .opening import load_common, open_picture
from .profiles import untold_colours, without_grey_profile

MAX_PIXELS = 178_956_970  # where Pillow refuses a picture as a decompression bomb
# By mode, those in which a format may give it back.
_HOLD = {"L": ("L", "P", "RGB"), "LA": ("LA", "P", "RGBA"), "RGB": ("RGB", "P"), "RGBA": ("RGBA", "P")}
_JPEG_SIDE = 65_500  # pixels, the limit of libjpeg
_ROUNDED = ("PPM", "AVIF")  # whose samples Pillow rounds by itself
_WHITE_IS_BLACK = "colours of {} bits a sample in JPEG 2000, of which Pillow reads white as black; a PNG is read"
_NO_TRANSPARENCY = "{} holds no transparency; PNG, WebP and TIFF do"


def read_picture(source: Path | BinaryIO, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Read the first frame of a picture, from a file or out of memory, in one of the modes `modes.SUPPORTED`, EXIF
    orientation applied, its metadata in `info`. All of it is in memory, and its file closed.

    Messages are led by the file's name if it has one. An NclWarning tells of further frames, of lost depth, of what of
    its colours and metadata is not kept, and of what Pillow finds damaged. ImageError where the picture cannot be
    read, has more than max_pixels pixels, or no colours.
    """
    lead = f"{source}: " if isinstance(source, Path) else ""
    with collected() as said:
        try:
            if isinstance(source, Path) and source.exists() and not (source.is_file() or source.is_dir()):
                source = io.BytesIO(source.read_bytes())  # of a pipe, which is read but once
            with open_picture(source) as opened:
                if opened.width * opened.height > max_pixels:
                    raise ImageError(f"{opened.width} x {opened.height} pixels are over the limit of {max_pixels}")
                picture, notes = _loaded(opened, source)
        except ImageError as error:
            raise ImageError(f"{lead}{error}") from None
        except MemoryError:
            raise ImageError(f"{lead}not enough memory") from None
        except FileNotFoundError:
            raise ImageError(f"{lead}no such file") from None
        except IsADirectoryError:
            raise ImageError(f"{lead}is a folder") from None
        except PermissionError:
            raise ImageError(f"{lead}permission denied") from None
        except Image.UnidentifiedImageError:
            raise ImageError(": ".join([f"{lead}not an image", *said])) from None
        except Exception as error:  # Pillow's readers raise anything at all on damaged files
            causes = ": ".join(text for text in (str(error), *said) if text)
            raise ImageError(f"{lead}cannot be read as an image ({causes})") from None
    for note in (*said, *notes):
        warnings.warn(f"{lead}{note}", NclWarning, stacklevel=2)
    return to_supported(picture, lead)


def parts_of(image: Image.Image, strip: Collection[str] = ()) -> tuple[Image.Image, Extras]:
    """What of an image a map is made of, mode "L" or "RGB", and what is stored beside it. strip: see
    `metadata.metadata_of`. ImageError for images without colours, LimitError for an unknown kind of metadata."""
    picture = to_supported(image)
    colours, alpha = split(picture)
    return colours, Extras(alpha, **metadata_of(picture, strip))


def _loaded(opened: ImageFile.ImageFile, source: Path | BinaryIO) -> tuple[Image.Image, list[str]]:
    """The picture of an opened source, upright, and what there is to tell of it. Raises what Pillow raises."""
    frames = 1 if opened.format == "MPO" else getattr(opened, "n_frames", 1)
    notes = [f"the first of {frames} frames is taken"] if frames > 1 else []
    if colours := untold_colours(opened):
        notes.append(f"its colours are taken for sRGB; its {colours} is not kept")
    bits, deep_grey, low = lost_depth(opened, source), is_deep_grey(opened), low_bytes(opened, source)
    if bits and opened.format == "JPEG2000":  # Pillow 13.0 rounds without a limit: 4095 of 12 bits becomes 256, so 0
        raise ImageError(_WHITE_IS_BLACK.format(bits))
    opened.load()
    if low:
        rounded(opened, low, deep_grey)
    if bits:
        notes.append(LOST_DEPTH.format(bits, "rounded" if low or opened.format in _ROUNDED else "cut"))
    if opened.format == "TIFF" and (exif := tiff_exif(opened)):
        opened.info["exif"] = exif
    if opened.format in ("JPEG", "MPO") and join_xmp(opened):
        notes.append("of its XMP the extended part is not kept")
    picture = _upright(opened)
    return picture.convert("LA") if deep_grey else picture, notes


def _upright(picture: Image.Image) -> Image.Image:
    """The picture itself where it is upright."""
    try:
        turned = picture.getexif().get(ExifTags.Base.Orientation, 1) != 1
        return ImageOps.exif_transpose(picture) if turned else picture
    except Exception:  # of damaged EXIF, which is no reason to refuse a picture
        return picture


def picture_format(target: Path) -> str:
    """The Pillow format that a file name asks for. ImageError if there is none."""
    load_common()
    if target.suffix.lower() not in Image.EXTENSION:
        Image.init()
    name = Image.EXTENSION.get(target.suffix.lower())
    if name not in Image.SAVE or name == "NCL":  # which `pillow_plugin` adds
        known = f"by the extension {target.suffix!r}" if target.suffix else "by a name without extension"
        raise ImageError(f"{target}: no picture format is known {known}")
    return name


def picture_bytes(picture: Image.Image, name: str) -> bytes:
    """The file of a picture in a Pillow format, metadata included where that has a place for it; JPEG at quality 95,
    WebP lossless. An NclWarning tells of colours that are reduced to a palette. ImageError, without a name, for what
    the format cannot hold: its size, its colours or its transparency."""
    # Of zlib's levels 4 takes half the time of 6, for a hundredth more bytes. An icon has other sizes unless told.
    options = {
        "JPEG": {"quality": 95}, "WEBP": {"lossless": True}, "PNG": {"compress_level": 4},
        "ICO": {"sizes": [picture.size]},
    }.get(name, {})  # fmt: skip
    if picture.mode in ("LA", "RGBA") and picture.getchannel("A").getextrema() == (255, 255):  # of a region, say
        picture = picture.convert(picture.mode[:-1])
    colours = name in ("WEBP", "AVIF") or (picture.mode == "LA" and name not in ("PNG", "TIFF", "JPEG2000"))
    picture = without_grey_profile(picture, colours)
    if picture.mode == "LA" and colours:
        picture = picture.convert("RGBA")
    if picture.mode == "RGBA" and name in ("JPEG", "MPO", "PPM"):
        raise ImageError(_NO_TRANSPARENCY.format(name))
    if name in ("JPEG", "MPO") and max(picture.size) > _JPEG_SIDE:  # which libjpeg tells on stderr, past Pillow
        raise ImageError(f"{picture.width} x {picture.height} pixels: {name} holds {_JPEG_SIDE} to a side at most")
    content = io.BytesIO()
    try:
        picture.save(content, name, **options, **save_options(picture, name))
    except (ImageError, MemoryError):
        raise
    except Exception as error:  # Pillow's writers raise anything at all on what they cannot hold
        raise ImageError(f"{picture.width} x {picture.height} pixels cannot be written as {name} ({error})") from None
    if name in Image.OPEN:
        _check_written(picture, content, name)
    return content.getvalue()


def _check_written(picture: Image.Image, content: io.BytesIO, name: str) -> None:
    """ImageError where a format holds something else than it was given: several of Pillow's writers leave out or
    scale what does not fit."""
    content.seek(0)
    try:
        with Image.OPEN[name][0](content, "") as written:  # `Image.open` has a limit of its own for sizes
            size, mode, transparent = written.size, written.mode, written.has_transparency_data
    except Exception as error:
        raise ImageError(f"what was written as {name} cannot be read ({error})") from None
    if size != picture.size:
        raise ImageError(
            f"{name} does not hold {picture.width} x {picture.height} pixels: they would become {size[0]} x {size[1]}"
        )
    if picture.mode in ("LA", "RGBA"):
        if not transparent:
            raise ImageError(_NO_TRANSPARENCY.format(name))
        if mode == "P" and any(picture.getchannel("A").histogram()[1:255]):
            raise ImageError(f"{name} holds no partial transparency; PNG, WebP and TIFF do")
    if mode not in _HOLD[picture.mode]:
        raise ImageError(f"{name} does not hold mode {picture.mode}: it would become {mode}")
    if mode == "P" and picture.getcolors(256) is None:
        warnings.warn(f"the colours are reduced to the 256 that {name} holds", NclWarning, stacklevel=3)
