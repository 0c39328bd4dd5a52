"""`peers`: bytes of other codecs for each of some pages, without loss and along curves."""

import io
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image, features

from ..errors import ComparisonError
from ..evaluation.codecs import codec_named
from ..evaluation.curve import measured
from ..evaluation.work import avif_in_one_thread
from .common import pictures_of, say

_CURVES = "jpeg,webp,avif444"


def command(
    folder: Annotated[Path, typer.Argument(help="Folder of pictures.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    curves: Annotated[str, typer.Option(metavar="NAME,...", help="Codecs, as of `nc compare`; or none.")] = _CURVES,
    lossless: Annotated[bool, typer.Option(help="Also without loss.")] = True,
) -> None:
    """For each picture its bytes without loss (WebP, PNG, JPEG XL where it is installed), and the curves of codecs.

    A file that exists is continued: what it has is not measured again. `nc compare` has means over pictures, and no
    codec without loss.
    """
    avif_in_one_thread()
    found = json.loads(out.read_text()) if out.exists() else {"lossless": {}, "curves": {}, "pictures": {}}
    chosen = [codec_named(name) for name in curves.split(",") if name]
    found["lossless"] |= {name: about for name, (about, _) in _lossless().items()} if lossless else {}
    found["curves"] |= {codec.name: codec.identity() for codec in chosen}
    for name, picture in pictures_of(folder):
        row = found["pictures"].setdefault(name, {"width": picture.width, "height": picture.height})
        for kind, (_, size) in _lossless().items() if lossless else ():
            if kind not in row.setdefault("lossless", {}):
                row["lossless"][kind] = size(picture)
        for codec in chosen:
            if codec.name not in row.setdefault("curves", {}):
                points = measured(codec, picture, codec.ladder)
                row["curves"][codec.name] = {"settings": codec.ladder} | {
                    key: [point[key] for point in points] for key in ("bpp", "psnr-rgb", "encoding_time")
                }
            out.write_text(json.dumps(found, indent=1, allow_nan=False) + "\n")
        out.write_text(json.dumps(found, indent=1, allow_nan=False) + "\n")
        say(f"{name}: " + ", ".join(f"{kind} {size}" for kind, size in row.get("lossless", {}).items()))


def _lossless() -> dict[str, tuple[str, Callable[[Image.Image], int]]]:
    """What codes without loss here: how it is described, and what gives the bytes of a picture."""
    kinds: dict[str, tuple[str, Callable[[Image.Image], int]]] = {
        "webp": (
            f"Pillow {Image.__version__}, libwebp {features.version('webp')}, lossless, exact, method 6",
            lambda picture: len(_saved(picture, "WEBP", lossless=True, exact=True, method=6, quality=100)),
        ),
        "png": (f"Pillow {Image.__version__}, optimize", lambda picture: len(_saved(picture, "PNG", optimize=True))),
    }
    if shutil.which("optipng"):
        optipng = ("optipng", "-o7", "-quiet", "IN", "-out")
        kinds["optipng"] = ("optipng -o7", lambda picture: _by_command(picture, *optipng))
    if shutil.which("cjxl"):
        kinds["jxl"] = ("cjxl -d 0 -e 7", lambda picture: _by_command(picture, "cjxl", "-d", "0", "-e", "7", "IN"))
    return kinds


def _saved(picture: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def _by_command(picture: Image.Image, *words: str) -> int:
    """Bytes of what a command writes. words: "IN" among them stands for the picture, as PNG; the output is the last."""
    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name, "in.png"), Path(name, "out.jxl" if words[0] == "cjxl" else "out.png")
        source.write_bytes(_saved(picture, "PNG"))
        done = subprocess.run([str(source) if word == "IN" else word for word in words] + [target], capture_output=True)
        if done.returncode:
            raise ComparisonError(f"{words[0]}: {done.stderr.decode(errors='replace').strip().splitlines()[-1:]}")
        return target.stat().st_size
