"""A self-reference that costs no bits: its weights predicted on both sides from the decoded coefficients.

An experiment on finished weights, whose encoder, atoms and networks stay as they are: what would such a
self-reference add at 1x, and what at 4x?
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F
import typer
from PIL import Image
from torch import Tensor, nn

from ..arrays import GRADIENTS
from ..code import level_of
from ..codec.file import write_file
from ..collage.fixed_point import fixed_point, self_reference
from ..collage.operator import Form, neighbour_domains
from ..collage.scales import reduce_area
from ..evaluation.metrics import bd_rate
from ..imaging.psnr import psnr
from ..neural.analysis import Analysis
from ..neural.architecture import BIAS, OFFSETS
from ..neural.levels import at_level, real
from ..neural.model import companded
from ..neural.weights import Weights, named
from ..training.crops import CropFolder
from ..training.export import single_pass
from .common import pictures_of, say

_WIDTH = 128
_RATE = 1e-3
_SIDE, _REDUCED_SIDE = 128, 256  # of training crops at scale 1, and of those that are reduced 4x


class ZeroBitReference(nn.Module):
    """Weights of the four implicit domains of each cell, from the cell's integers and its neighbours'."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        a = weights.architecture
        self.codec, self.atoms, self.side = weights.model(GRADIENTS), a.atoms, a.range_size
        self.squeeze = nn.Conv2d(a.atoms, _WIDTH, 1)
        self.level = nn.Parameter(torch.zeros(len(a.lambdas), _WIDTH))
        self.near = nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1)
        self.head = nn.Conv2d(_WIDTH, len(OFFSETS), 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, q: Tensor, level: Tensor) -> Tensor:
        """q: [N, atoms, rows, columns] in quantizer steps, level: real [N]. Returns s, [N, 4, rows, columns]."""
        x = self.squeeze(companded(q)) + at_level(self.level, level)[:, :, None, None]
        x = self.near(F.leaky_relu(x, 0.1))
        return self.head(F.leaky_relu(x, 0.1))

    def decode(self, q: Tensor, level: Tensor, scale: int, used: bool = True) -> Tensor:
        """The picture at scale 1 or 4, [N, 3, scale H, scale W]; used: with the self-reference."""
        z = self.codec.affine(self.codec.dequantize(q, level)[:, : self.atoms], level)
        if scale > 1:
            z = self.codec.enlarge(z, level, scale)
        if used:
            top, left = neighbour_domains(*q.shape[2:], list(OFFSETS))
            corners = (top * self.side, left * self.side)
            s = self(q[:, : self.atoms], level)
            z = fixed_point(z, self_reference(s, *corners, range_size=self.side, form=Form.CENTRED, keep_zeros=True))
        return z + BIAS


def fit(
    weights: Weights, folder: CropFolder, minutes: float, say: Callable[[str], None] = lambda _: None
) -> ZeroBitReference:
    """Train on the error of the decode at 1x and, for crops reduced 4x, of that at 4x, in turn."""
    torch.manual_seed(0)
    model = ZeroBitReference(weights)
    optimizer = torch.optim.Adam(model.parameters(), _RATE, fused=True)
    names, began, step, share, sums = folder.split()[0], time.monotonic(), 0, 0.0, [0.0, 0.0]
    zones = torch.tensor(weights.dead_zone)
    top = len(zones) - 1
    while share < 1:
        scale = 4 if step % 2 else 1
        side, count = (_REDUCED_SIDE, 4) if scale == 4 else (_SIDE, 8)
        fine = torch.from_numpy(folder.batch(names, count, side, 1, step)).float() / 255
        level = torch.rand(count, generator=torch.Generator().manual_seed(step)) * top
        with torch.no_grad():
            picture = (reduce_area(fine, scale) * 255).round() / 255
            scaled = model.codec.in_steps(model.codec.analyse(picture), level)
            q = single_pass(scaled, level, zones)
            before = (model.decode(q, level, scale, used=False) - fine).square().mean()
        error = (model.decode(q, level, scale) - fine).square().mean()
        optimizer.zero_grad(set_to_none=True)
        (error / before).backward()
        optimizer.step()
        sums[step % 2] += float((error.detach() / before).log10())
        for group in optimizer.param_groups:
            group["lr"] = _RATE * (1 - share) + 1e-6
        step, share = step + 1, (time.monotonic() - began) / (60 * minutes)
        if step % 200 == 0:
            say(f"{100 * share:5.1f} %  gain at 1x {-sums[0] / 10:+.3f} dB, at 4x {-sums[1] / 10:+.3f} dB")
            sums = [0.0, 0.0]
    return model.requires_grad_(False)


@torch.no_grad()
def pictures(
    model: ZeroBitReference, weights: Weights, picture: np.ndarray, quality: float, scale: int
) -> tuple[int, np.ndarray, np.ndarray]:
    """Bytes of the file of uint8 [H, W, 3] at effort 0, and its decodes without and with the self-reference."""
    level = level_of(quality, weights.levels)
    code = Analysis(Image.fromarray(picture), weights).code(level)
    size = len(write_file(code, "range", weights.prior_at(level)))
    q, position = torch.from_numpy(code.atoms).float()[None], real(level, GRADIENTS)
    shown = []
    for used in (False, True):
        z = model.decode(q, position, scale, used)[0, :, : code.height * scale, : code.width * scale]
        shown.append((z * 255 + 0.5).clamp(0, 255).to(torch.uint8).permute(1, 2, 0).numpy())
    return size, *shown


def command(
    crops: Annotated[Path, typer.Argument(help="Folder of training pictures.")],
    folder: Annotated[Path, typer.Argument(help="Folder of pictures to measure on.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    weights: Annotated[str, typer.Option(help="Weights, by name or path, without domains.")] = "photo",
    minutes: Annotated[float, typer.Option(help="Length of the training.")] = 10,
    quality: Annotated[list[float], typer.Option(help="Quality; may be given several times.")] = [10, 30, 50, 70, 90],  # noqa: B006
) -> None:
    """What a self-reference would add whose weights both sides predict, so that they cost no bits."""

    loaded, measured = named(weights), pictures_of(folder)
    model = fit(loaded, CropFolder(crops), minutes, say)
    rows = []
    for number in quality:
        values = []
        for _, source in measured:
            whole = source.crop((0, 0, source.width // 4 * 4, source.height // 4 * 4))
            size, *once = pictures(model, loaded, np.asarray(source), number, 1)
            _, *enlarged = pictures(model, loaded, np.asarray(whole.reduce(4)), number, 4)
            bpp = 8 * size / (source.width * source.height)
            at_1x, at_4x = ([psnr(np.asarray(p), d) for d in pair] for p, pair in ((source, once), (whole, enlarged)))
            values.append([bpp, *at_1x, *at_4x])
        keys = ("bpp", "1x without", "1x with", "4x without", "4x with")
        rows.append({"quality": number} | dict(zip(keys, np.mean(values, 0).tolist(), strict=True)))
        typer.echo(f"-q {number:g}: " + "  ".join(f"{key} {rows[-1][key]:.3f}" for key in keys))
    bpp, without, use = ([row[key] for row in rows] for key in ("bpp", "1x without", "1x with"))
    percent, _ = bd_rate(bpp, use, bpp, without)
    out.write_text(json.dumps({"minutes": minutes, "bd-rate": percent, "rows": rows}, indent=1) + "\n")
    typer.echo(f"BD-rate of the self-reference at 1x: {percent:+.2f} %")
