"""Reading and writing pictures with Pillow."""

import warnings
from pathlib import Path

from PIL import Image, ImageOps

from ..errors import ImageError

MAX_PIXELS = 178_956_970  # where Pillow refuses a picture as a decompression bomb


def read_rgb(source: Path) -> Image.Image:
    """Read a picture as mode "RGB" or "L", EXIF orientation applied.

    ImageError where it cannot be read, has more than MAX_PIXELS pixels, or has a transparency or a
    depth that would be lost in silence.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(source) as opened:
                if opened.width * opened.height > MAX_PIXELS:
                    raise ImageError(f"{source}: {opened.width} x {opened.height} pixels are over the limit")
                opened.load()
                picture = ImageOps.exif_transpose(opened)
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
    return to_supported(picture, str(source))


def to_supported(picture: Image.Image, name: str = "image") -> Image.Image:
    """Convert to "RGB" or "L" where nothing is lost by it, else ImageError."""
    if picture.mode in ("RGB", "L"):
        return picture
    if picture.mode == "1":
        return picture.convert("L")
    if picture.has_transparency_data:
        alpha = picture.convert("RGBA").getchannel("A")
        if alpha.getextrema() != (255, 255):
            raise ImageError(f"{name}: has transparency, which .ncl does not hold yet; flatten it first")
        return picture.convert("L" if picture.mode == "LA" else "RGB")
    if picture.mode.startswith(("I", "F")):
        raise ImageError(f"{name}: has more than 8 bits a sample ({picture.mode}); convert it first")
    return picture.convert("RGB")


def writable(target: Path) -> str:
    """The Pillow format that the file name asks for. ImageError if there is none."""
    Image.init()
    name = Image.EXTENSION.get(target.suffix.lower())
    if name not in Image.SAVE:
        raise ImageError(f"{target}: no picture format is known by the extension {target.suffix!r}")
    return name


def write_picture(picture: Image.Image, target: Path) -> None:
    """Write by extension; JPEG and WebP at quality 95 and lossless."""
    name = writable(target)
    options = {"JPEG": {"quality": 95}, "WEBP": {"lossless": True}}.get(name, {})
    try:
        picture.save(target, name, **options)
    except (OSError, ValueError, KeyError) as error:
        raise ImageError(f"{target}: cannot be written as {name} ({error})") from None
