"""Reading and writing pictures with Pillow."""

import warnings
from collections.abc import Collection
from pathlib import Path

from PIL import Image, ImageOps

from ..code import Extras
from ..errors import ImageError, NclWarning
from .alpha import split
from .metadata import metadata_of, save_options, tiff_exif
from .modes import lost_depth, to_supported

MAX_PIXELS = 178_956_970  # where Pillow refuses a picture as a decompression bomb


def read_picture(source: Path) -> Image.Image:
    """Read the first frame of a picture in one of the modes `modes.SUPPORTED`, EXIF orientation applied, its
    metadata in `info`.

    An NclWarning tells of further frames and of lost depth. ImageError where the picture cannot be read, has more
    than MAX_PIXELS pixels, or no colours.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(source) as opened:
                if opened.width * opened.height > MAX_PIXELS:
                    raise ImageError(f"{source}: {opened.width} x {opened.height} pixels are over the limit")
                frames = 1 if opened.format == "MPO" else getattr(opened, "n_frames", 1)
                deep = not opened.mode.startswith("I") and _is_deep(opened)
                opened.load()
                if opened.format == "TIFF" and (exif := tiff_exif(opened)):
                    opened.info["exif"] = exif
                picture = _upright(opened)
        except ImageError:
            raise
        except FileNotFoundError:
            raise ImageError(f"{source}: no such file") from None
        except IsADirectoryError:
            raise ImageError(f"{source}: is a folder") from None
        except PermissionError:
            raise ImageError(f"{source}: permission denied") from None
        except Image.UnidentifiedImageError:
            raise ImageError(f"{source}: not an image") from None
        except Exception as error:  # Pillow's readers raise anything at all on damaged files
            raise ImageError(f"{source}: cannot be read as an image ({error})") from None
    if frames > 1:
        warnings.warn(f"{source}: the first of {frames} frames is taken", NclWarning, stacklevel=2)
    if deep:
        lost_depth(str(source))
    return to_supported(picture, str(source))


def parts_of(image: Image.Image, strip: Collection[str] = ()) -> tuple[Image.Image, Extras]:
    """What of an image a map is made of, mode "L" or "RGB", and what is stored beside it. strip: see
    `metadata.metadata_of`. ImageError for images without colours, LimitError for an unknown kind of metadata."""
    picture = to_supported(image)
    colours, alpha = split(picture)
    return colours, Extras(alpha, **metadata_of(picture, strip))


def _upright(picture: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # of damaged EXIF, which is no reason to refuse a picture
        return picture.copy()


def _is_deep(opened: Image.Image) -> bool:
    """Whether the file has 16 bits a sample, of which Pillow would give only 8; before `load`."""
    for tile in opened.tile:
        for argument in tile[3] if isinstance(tile[3], tuple) else (tile[3],):
            if (isinstance(argument, str) and ";16" in argument) or (opened.format == "PPM" and argument == 65535):
                return True
    return False


def writable(target: Path) -> str:
    """The Pillow format that the file name asks for. ImageError if there is none."""
    Image.init()
    name = Image.EXTENSION.get(target.suffix.lower())
    if name not in Image.SAVE:
        raise ImageError(f"{target}: no picture format is known by the extension {target.suffix!r}")
    return name


def write_picture(picture: Image.Image, target: Path) -> None:
    """Write by extension, metadata included where the format has a place for it; JPEG at quality 95, WebP
    lossless. ImageError, without a name, for what the format cannot hold."""
    name = writable(target)
    options = {"JPEG": {"quality": 95}, "WEBP": {"lossless": True}}.get(name, {})
    if picture.mode == "LA" and name not in ("PNG", "TIFF", "JPEG2000"):
        picture = picture.convert("RGBA")
    if picture.mode == "RGBA" and name in ("JPEG", "PPM"):
        raise ImageError(f"{name} holds no transparency; PNG, WebP and TIFF do")
    try:
        picture.save(target, name, **options, **save_options(picture, name))
    except (OSError, ValueError, KeyError) as error:
        raise ImageError(f"cannot be written as {name} ({error})") from None
