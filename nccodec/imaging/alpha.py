"""Transparency: apart from the colours for encoding, and back."""

import numpy as np
from PIL import Image


def split(picture: Image.Image) -> tuple[Image.Image, np.ndarray | None]:
    """Colours, mode "L" or "RGB", and transparency, uint8 [H, W], or None where all is opaque.

    picture: mode "L", "LA", "RGB" or "RGBA". Colours are not premultiplied; those that cannot be seen are
    replaced by what is around them, which costs fewest bits.
    """
    if picture.mode in ("L", "RGB"):
        return picture, None
    alpha = np.asarray(picture.getchannel("A"))
    colours = picture.convert(picture.mode[:-1])  # without a background
    if alpha.min() == 255:
        return colours, None
    if alpha.min() == 0 < alpha.max():
        colours = Image.fromarray(_filled(np.asarray(colours), alpha > 0))
    return colours, alpha.copy()


def joined(colours: Image.Image, alpha: np.ndarray) -> Image.Image:
    """colours: "L" or "RGB". alpha: uint8 [H, W]. Returns "LA" or "RGBA"."""
    picture = colours.convert({"L": "LA", "RGB": "RGBA"}[colours.mode])
    picture.putalpha(Image.fromarray(alpha))
    return picture


def _filled(colours: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Colours, uint8 [H, W] or [H, W, 3], with what is not seen (bool [H, W]) taken from means over 2 x 2, 4 x 4,
    ... pixels, the smallest that has anything that is seen."""
    shape = seen.shape
    values = colours.reshape(*shape, -1) * seen[..., None].astype(np.float32)
    levels = [(values, seen.astype(np.float32)[..., None])]
    while levels[-1][1].min() == 0 and max(levels[-1][0].shape[:2]) > 1:
        levels.append(tuple(_sums(part) for part in levels[-1]))
    filled = levels[-1][0] / np.maximum(levels[-1][1], 1)
    for total, count in levels[-2::-1]:
        coarse = filled.repeat(2, 0).repeat(2, 1)[: total.shape[0], : total.shape[1]]
        filled = np.where(count > 0, total / np.maximum(count, 1), coarse)
    return np.uint8(filled + 0.5).reshape(colours.shape)


def _sums(values: np.ndarray) -> np.ndarray:
    """Over squares of 2 x 2: [H, W, C] -> [ceil(H / 2), ceil(W / 2), C]."""
    height, width, channels = values.shape
    values = np.pad(values, ((0, height % 2), (0, width % 2), (0, 0)))
    return values.reshape(-1, 2, values.shape[1] // 2, 2, channels).sum((1, 3))  # [H / 2, 2, W / 2, 2, C]
