"""The compression set-up of the Neural Collages paper (arXiv 2204.07673, as its published configuration reads),
in real bytes: what the rest of this project is measured against.

A picture is cut into crops of 40 x 40 pixels, each a map of its own: four ranges of 20 x 20, one domain, the
whole crop, ten learned auxiliary patches. For each range and channel a network gives one weight of the domain,
ten of the patches and a bias, rounded to two decimal digits. Here the domain's weight is kept below 15/16, so
that the map contracts.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from PIL import Image
from torch import Tensor, nn

from ..bitstream.frame import frame
from ..bitstream.packers import pack_fixed
from ..collage.fixed_point import PLAIN_LIMIT, fixed_point, self_reference
from ..collage.operator import Form
from ..collage.scales import enlarge
from ..evaluation.codecs import PEERS
from ..evaluation.curve import measure
from ..imaging.psnr import psnr
from ..neural.tile import pad_to_cells
from ..training.crops import CropFolder
from .common import pictures_of, say

CROP, RANGE, PATCHES = 40, 20, 10
DIGITS = 100  # two decimal digits
STEPS = 10  # of the map, in training and decoding
OVERHEAD = 51  # bytes of header, chunk header and checksum of a `.ncl` with one chunk
_BATCH = 64


class PaperCollage(nn.Module):
    """Encoder and auxiliary patches. A map is 12 numbers for each range and channel: the domain's weight, those
    of the patches, the bias."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(3, 32, 4, 2, 1), nn.LeakyReLU(0.1),
            nn.Conv2d(32, 64, 4, 2, 1), nn.LeakyReLU(0.1),
            nn.Conv2d(64, 128, 4, 2, 1), nn.LeakyReLU(0.1), nn.Flatten(),
            nn.Linear(128 * 25, 512), nn.LeakyReLU(0.1),
            nn.Linear(512, 4 * 3 * (PATCHES + 2)),
        )  # fmt: skip
        self.patches = nn.Parameter(torch.randn(PATCHES, 3, RANGE, RANGE) * 0.1)

    def maps(self, crops: Tensor) -> Tensor:
        """crops: [N, 3, 40, 40] in [0, 1]. Returns [N, 2, 2, 3, 12], in hundredths, rounded."""
        raw = self.encoder(crops - 0.5).reshape(-1, 2, 2, 3, PATCHES + 2)
        bound = float(PLAIN_LIMIT) - 1 / DIGITS
        maps = DIGITS * torch.cat([bound * raw[..., :1].tanh(), raw[..., 1:]], -1)
        return maps + (maps.round() - maps).detach()

    def decode(self, maps: Tensor, scale: int = 1, domain: bool = True) -> Tensor:
        """The fixed points of maps [N, 2, 2, 3, 12]: [N, 3, 40 scale, 40 scale]. domain: with that term."""
        maps = maps / DIGITS
        affine = torch.einsum("nyxck,kchw->ncyhxw", maps[..., 1:-1], self.patches)
        affine = affine + maps[..., -1].permute(0, 3, 1, 2)[:, :, :, None, :, None] + 0.5
        affine = enlarge(affine.reshape(-1, 3, CROP, CROP), scale)
        if not domain:
            return affine
        weight = maps[..., 0].permute(0, 3, 1, 2)[:, None]  # [N, 1, 3, 2, 2]
        corner = torch.zeros((1, 1, 2, 2), dtype=torch.int64)
        reference = self_reference(weight, corner, corner, range_size=RANGE, form=Form.PLAIN, keep_zeros=True)
        return fixed_point(affine, reference, STEPS)


def train(folder: CropFolder, minutes: float, say: Callable[[str], None] = lambda _: None) -> PaperCollage:
    """Adam on the squared error of the decoded crops, the rate being what it is."""
    torch.manual_seed(0)
    model = PaperCollage()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, fused=True)
    names, began, step, share = folder.split()[0], time.monotonic(), 0, 0.0
    while share < 1:
        crops = torch.from_numpy(folder.batch(names, _BATCH, CROP, 0, step)).float() / 255
        error = (model.decode(model.maps(crops)) - crops).square().mean()
        optimizer.zero_grad(set_to_none=True)
        error.backward()
        optimizer.step()
        for group in optimizer.param_groups:
            group["lr"] = 1e-3 * (1 - share) + 1e-6
        if step % 500 == 0:
            say(f"{100 * share:5.1f} %  step {step}  {-10 * error.log10().item():.2f} dB")
        step, share = step + 1, (time.monotonic() - began) / (60 * minutes)
    return model.requires_grad_(False)


def encode(model: PaperCollage, picture: np.ndarray) -> tuple[np.ndarray, int]:
    """uint8 [H, W, 3] -> integers [36, 2 rows, 2 columns] for rows x columns crops, and the bytes of a file."""
    padded = torch.from_numpy(pad_to_cells(picture, CROP))
    rows, columns = padded.shape[2] // CROP, padded.shape[3] // CROP
    crops = padded.reshape(3, rows, CROP, columns, CROP).permute(1, 3, 0, 2, 4).reshape(-1, 3, CROP, CROP)
    maps = model.maps(crops).reshape(rows, columns, 2, 2, 36)
    values = maps.permute(4, 0, 2, 1, 3).reshape(36, 2 * rows, 2 * columns).to(torch.int32).numpy()
    return values, len(frame(pack_fixed(values))) + OVERHEAD


def decode(
    model: PaperCollage, values: np.ndarray, size: tuple[int, int], scale: int = 1, domain: bool = True
) -> np.ndarray:
    """uint8 [scale H, scale W, 3] from integers of `encode`; size: H, W."""
    rows, columns = values.shape[1] // 2, values.shape[2] // 2
    maps = torch.from_numpy(values).float().reshape(3, PATCHES + 2, rows, 2, columns, 2)
    maps = maps.permute(2, 4, 3, 5, 0, 1).reshape(-1, 2, 2, 3, PATCHES + 2)
    side = CROP * scale
    crops = model.decode(maps, scale, domain).reshape(rows, columns, 3, side, side)
    whole = crops.permute(0, 3, 1, 4, 2).reshape(rows * side, columns * side, 3)
    return (whole[: size[0] * scale, : size[1] * scale] * 255 + 0.5).clamp(0, 255).to(torch.uint8).numpy()


def command(
    crops: Annotated[Path, typer.Argument(help="Folder of training pictures.")],
    folder: Annotated[Path, typer.Argument(help="Folder of pictures to measure on.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    minutes: Annotated[float, typer.Option(help="Length of the training.")] = 10,
) -> None:
    """The set-up of the Neural Collages paper, trained and measured in real bytes, at 1x and as `enlarge` does."""

    model = train(CropFolder(crops), minutes, say)
    measured, rows = pictures_of(folder), []
    for name, source in measured:
        values, size = encode(model, np.asarray(source))
        row = {"name": name, "bpp": 8 * size / (source.width * source.height)}
        row["1x"] = psnr(np.asarray(source), decode(model, values, (source.height, source.width)))
        whole = source.crop((0, 0, source.width // 4 * 4, source.height // 4 * 4))
        small = (whole.height // 4, whole.width // 4)
        values, _ = encode(model, np.asarray(whole.reduce(4)))
        plain = Image.fromarray(decode(model, values, small))
        for key, decoded in (
            ("4x", decode(model, values, small, 4)),
            ("4x without the domain", decode(model, values, small, 4, domain=False)),
            ("1x and BICUBIC", np.asarray(plain.resize(whole.size, Image.Resampling.BICUBIC))),
        ):
            row[key] = psnr(np.asarray(whole), decoded)
        rows.append(row)
    means = {key: float(np.mean([row[key] for row in rows])) for key in rows[0] if key != "name"}
    peer = measure(measured, PEERS["jpeg"])["results"]
    means["JPEG at this rate"] = float(np.interp(np.log(means["bpp"]), np.log(peer["bpp"]), peer["psnr-rgb"]))
    out.write_text(json.dumps({"minutes": minutes, "means": means, "pictures": rows}, indent=1) + "\n")
    typer.echo("  ".join(f"{key} {value:.3f}" for key, value in means.items()))
