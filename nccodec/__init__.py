"""nccodec: pictures as the fixed points of contractive maps. Nothing heavy is imported before it is used."""

from typing import TYPE_CHECKING, Any

from .errors import NclError

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

__version__ = "0.1.0"
__all__ = ["NclError", "decode", "encode", "info"]


def encode(
    image: "Image.Image",
    quality: float = 75,
    effort: int = 1,
    weights: "str | Path" = "photo",
    packer: str = "range",
    device: str = "auto",
) -> bytes:
    """The bytes of a `.ncl`.

    image: a Pillow image; modes "RGB", "L" and what converts to them without loss. quality: 0 .. 100.
    weights: name or path. packer: "range" or "fixed". device: "auto", "cpu" or "cuda".
    Raises ImageError, WeightsError or LimitError, all of them NclError.
    """
    import numpy as np

    from .bitstream.container import MAX_PIXELS, PACKERS
    from .bitstream.file import write_code
    from .errors import LimitError
    from .imaging.pictures import to_supported
    from .neural.analysis import Analysis, choose_device
    from .neural.prior import IntegerPrior
    from .neural.weights import named

    if packer not in PACKERS:
        raise LimitError(f"packer {packer!r} is unknown: range or fixed")
    if image.width * image.height > MAX_PIXELS:
        raise LimitError(f"{image.width} x {image.height} pixels are over the limit of {MAX_PIXELS}")
    found = named(weights)
    picture = to_supported(image)
    pixels = np.asarray(picture.convert("RGB"))
    if not 0 <= quality <= 100:
        raise LimitError(f"quality {quality:g} is outside 0 .. 100")
    analysis = Analysis(pixels, picture.mode == "L", found, choose_device(device))
    code = analysis.code(round(quality / 100 * found.levels), effort)
    a = found.architecture
    return write_code(code, packer, IntegerPrior(found.prior, a.atoms, a.domains, code.level))


def decode(
    data: bytes,
    scale: float = 1,
    size: tuple[int, int] | None = None,
    weights: "str | Path | None" = None,
    device: str = "auto",
    self_reference: bool = True,
) -> "Image.Image":
    """The picture of a `.ncl`, at any scale from 0.03 to 64, or at `size` (width, height).

    weights: name or path where the file's own are not installed. self_reference: False decodes the
    affine part alone, to see what the self-reference adds. Raises NclError for any bytes that are not
    a picture.
    """
    from PIL import Image

    from .bitstream.file import read_code
    from .neural.analysis import choose_device
    from .neural.synthesis import synthesise
    from .neural.weights import matching

    found: Any = None

    def model_of(header: Any) -> Any:
        nonlocal found
        found = matching(header.fingerprint, weights)
        return found.symbol_model(header)

    code = read_code(data, model_of)
    if not self_reference:
        code = code.without_self_reference()
    wanted = None if size is None else (size[1], size[0])
    return Image.fromarray(synthesise(code, found, scale, wanted, choose_device(device)))


def info(data: bytes) -> dict:
    """What the header of a `.ncl` carries and its sizes by chunk, without decoding anything."""
    from .bitstream.container import describe

    return describe(data)
