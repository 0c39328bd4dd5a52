"""A folder of small pictures of one size, to train on."""

import hashlib
from pathlib import Path

import numpy as np
from PIL import Image

from ..errors import ImageError, LimitError, TrainingError
from ..imaging.pictures import parts_of, read_picture
from ..imaging.suffixes import suffixes
from .architecture import LARGEST

MOST_HELD_OUT = 500  # pictures
_SHARE = 0.1  # of the pictures, at most, that is held out


class Pictures:
    """The pictures of a folder and those in it.

    names: relative paths, sorted. pixels: uint8 [N, C, size, size]; C = 1 if all are grey. fingerprint: of names and
    contents. TrainingError names what is missing or differs in size; a picture that cannot be read is left out, and
    told of in broken.
    """

    def __init__(self, root: Path, background: int) -> None:
        """background: grey level that shows through where a picture is transparent."""
        if not root.is_dir():
            raise TrainingError(f"{root}: no such folder")
        self.broken: dict[str, str] = {}
        names, pictures, digest = [], [], hashlib.sha256()
        for path in sorted(p for p in root.rglob("*") if p.is_file() and p.suffix.lower() in suffixes()):
            name = path.relative_to(root).as_posix()
            try:
                picture = on_ground(read_picture(path, LARGEST**2), background)
            except ImageError as error:
                self.broken[name] = str(error)
                continue
            if picture.width != picture.height:
                raise TrainingError(f"{path}: {picture.width} x {picture.height} pixels are no square")
            if pictures and picture.width**2 != len(pictures[0]):
                raise TrainingError(f"{path}: is of another size than {root / names[0]}")
            names.append(name)
            pictures.append(np.asarray(picture.convert("RGB")).reshape(-1, 3))  # [size, size, 3] -> [size^2, 3]
            digest.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
        if len(names) < 2:
            cause = f" ({next(iter(self.broken.values()))})" if self.broken else ""
            raise TrainingError(f"{root}: holds no two readable pictures{cause}")
        self.names, self.fingerprint = names, digest.hexdigest()[:16]
        stacked = np.stack(pictures)
        size = round(len(stacked[0]) ** 0.5)
        grey = (stacked == stacked[..., :1]).all()
        self.pixels = stacked.reshape(-1, size, size, 3).transpose(0, 3, 1, 2)[:, : 1 if grey else 3].copy()

    def split(self) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of the pictures for training, and of those held out, chosen by a hash of the name."""
        order = sorted(range(len(self.names)), key=lambda number: hashlib.sha256(self.names[number].encode()).digest())
        count = min(MOST_HELD_OUT, max(1, round(_SHARE * len(order))))
        return np.array(order[count:]), np.array(order[:count])


def on_ground(image: Image.Image, background: int) -> Image.Image:
    """A picture without its transparency, mode "RGB" or "L": where it has some, a grey level shows through."""
    colours, extras = parts_of(image)
    if extras.alpha is None:
        return colours
    ground = Image.new(colours.mode, colours.size, (background,) * len(colours.getbands()))
    ground.paste(colours, mask=Image.fromarray(extras.alpha))
    return ground


def fitted(image: Image.Image, size: int, channels: int, background: int) -> np.ndarray:
    """One picture as the encoder takes it: float64 [1, C, size, size] in [0, 1]. LimitError where it has another size;
    colours are converted."""
    if image.size != (size, size):
        raise LimitError(f"{image.width} x {image.height} pixels; these weights are for {size} x {size}")
    picture = on_ground(image, background).convert("L" if channels == 1 else "RGB")
    return np.atleast_3d(np.asarray(picture)).transpose(2, 0, 1)[None] / 255  # [H, W, C] -> [1, C, H, W]
