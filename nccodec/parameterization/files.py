"""What is optimised -> the bytes of a `.ncl`."""

import numpy as np
import torch
from PIL import Image
from torch import Tensor

import nccodec

from ..code import Extras
from ..codec.file import write_file
from ..neural.code import CollageCode
from ..neural.weights import matching
from .parameters import Parameterization


def files_of(parameterization: Parameterization, quality: float = 75) -> list[bytes]:
    """Of each frame: the parameterization's own code where it has one and there is one frame, else a collage of the
    picture. quality: 0 .. 100."""
    with torch.no_grad():
        frames = [samples(frame) for frame in parameterization.picture()]
    code = parameterization.code(quality) if len(frames) == 1 else None
    if code is None:
        return [nccodec.encode(Image.fromarray(frame), quality, map="collage") for frame in frames]
    model = matching(code.fingerprint, None).prior_at(code.level) if isinstance(code, CollageCode) else None
    alpha = frames[0][:, :, 3].copy() if frames[0].shape[2] == 4 else None
    return [write_file(code, "range", model, Extras(alpha))]


def decoded(data: bytes, device: str = "cpu") -> Tensor:
    """The colours of a file's picture: float32 [1, 3, h, w], 0 .. 1."""
    return tensor_of(nccodec.decode(data).convert("RGB"), device)


def tensor_of(picture: Image.Image, device: str = "cpu") -> Tensor:
    """picture: mode "RGB". Returns float32 [1, 3, h, w], 0 .. 1."""
    values = torch.from_numpy(np.array(picture)).to(device)
    return values.permute(2, 0, 1)[None].float() / 255  # [h, w, 3] -> [1, 3, h, w]


def samples(frame: Tensor) -> np.ndarray:
    """frame: [3 or 4, h, w], 0 .. 1. Returns uint8 [h, w, 3 or 4]."""
    return (255 * frame.detach().clamp(0, 1)).round().byte().permute(1, 2, 0).contiguous().cpu().numpy()


def reduced(picture: Image.Image, longer: int | None = None, shorter: int | None = None) -> Image.Image:
    """A picture whose longer and whose shorter side have no more pixels than that."""
    factor = min(1.0, (longer or 1 << 30) / max(picture.size), (shorter or 1 << 30) / min(picture.size))
    size = tuple(max(1, round(n * factor)) for n in picture.size)
    return picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)
