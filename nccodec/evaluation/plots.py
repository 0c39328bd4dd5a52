"""A comparison as PNG pictures, for a page that shows no HTML."""

import base64
import io

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter
from PIL import Image

from .metrics import RATED

_METRICS = {
    "psnr-rgb": ("psnr.png", "PSNR (RGB), dB"),
    "ms-ssim-rgb": ("ms-ssim.png", "MS-SSIM (RGB), dB"),
    "ssimulacra2": ("ssimulacra2.png", "SSIMULACRA2"),
}
_MARKS = "osD^vP*X"
_SIDE = 256  # pixels of the square that is shown of each file
_DPI = 120


def plots(comparison: dict, shown: list[dict]) -> dict[str, bytes]:
    """PNG files, by name: the curves for each metric; of the first picture that is shown, all codecs at
    the lowest rate (same-bytes.png) and the enlargements (enlarged.png).

    comparison: as of `comparison.compare`. shown: as of `comparison.look`.
    """
    found = {}
    for key, (name, label) in _METRICS.items():
        curves = [curve for curve in comparison["curves"] if key in curve["results"]]
        if curves:
            found[name] = _png(_curves(curves, key, label))
    if shown:
        found["same-bytes.png"] = _png(_same_bytes(shown[0]))
    if shown and shown[0]["enlargements"]:
        found["enlarged.png"] = _png(_enlargements(shown[0]))
    return found


def _png(figure: Figure) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=_DPI, bbox_inches="tight")
    return content.getvalue()


def _curves(curves: list[dict], key: str, label: str) -> Figure:
    figure = Figure(figsize=(7.5, 5))
    axes = figure.subplots()
    for number, curve in enumerate(curves):
        values = RATED[key].of(curve["results"][key])
        points = sorted(zip(curve["results"]["bpp"], values, strict=True))
        style = {"marker": _MARKS[number % len(_MARKS)], "markersize": 4, "linewidth": 1.5}
        axes.plot(*zip(*points, strict=True), label=curve["name"], **style)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set(xlabel="bits per pixel", ylabel=label)
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


def _same_bytes(entry: dict) -> Figure:
    """The middle of the original and of each codec's file at the lowest rate."""
    files = entry["rates"][0]["files"]
    titles = [f"{f['codec']}, {f['bytes']} bytes" + (f", {f['psnr']:.2f} dB" if f["psnr"] else "") for f in files]
    return _table([[(entry["src"], "original"), *zip([file["src"] for file in files], titles, strict=True)]])


def _enlargements(entry: dict) -> Figure:
    """At each scale the cubic enlargement, and below it the decode."""
    found = entry["enlargements"]
    cubic = [(e["cubic"], f"decode at 1x, cubic to {e['scale']}x") for e in found]
    return _table([cubic, [(e["decoded"], f"decode at {e['scale']}x") for e in found]])


def _table(pictures: list[list[tuple[str, str]]]) -> Figure:
    """Rows of squares, each pixel of a picture one of the figure's or more. pictures: data URIs and titles."""
    side = 2.75
    figure = Figure(figsize=(side * len(pictures[0]), (side + 0.3) * len(pictures)))
    for row, of_row in zip(figure.subplots(len(pictures), len(pictures[0]), squeeze=False), pictures, strict=True):
        for axes, (uri, title) in zip(row, of_row, strict=True):
            _show(axes, uri, title)
    figure.subplots_adjust(wspace=0.03, hspace=0.1)
    return figure


def _show(axes: Axes, uri: str, title: str) -> None:
    picture = Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGB")
    left, top = max(0, picture.width - _SIDE) // 2, max(0, picture.height - _SIDE) // 2
    part = picture.crop((left, top, min(left + _SIDE, picture.width), min(top + _SIDE, picture.height)))
    axes.imshow(np.asarray(part), interpolation="nearest")
    axes.set_title(title, fontsize=8)
    axes.axis("off")
