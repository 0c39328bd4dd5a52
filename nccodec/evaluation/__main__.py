"""`python -m nccodec.evaluation`: the project's benchmark. Every figure of the README comes from it."""

import json
import platform
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image

import nccodec
from nccodec.errors import ImageError, NclError
from nccodec.evaluation.curve import QUALITIES, Pictures, measure_jpeg, measure_ncl
from nccodec.evaluation.metrics import bd_rate, psnr
from nccodec.evaluation.speed import measure_speed
from nccodec.imaging.pictures import read_rgb

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


def pictures_of(folder: Path) -> Pictures:
    """The pictures of a folder, as RGB, by name."""
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".ppm"):
            found.append((path.name, read_rgb(path).convert("RGB")))
    if not found:
        raise ImageError(f"{folder}: holds no pictures")
    return found


def say(text: str) -> None:
    typer.echo(text, err=True)


@app.command()
def curve(
    folder: Annotated[Path, typer.Argument(help="Folder of pictures.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the curves to.")],
    weights: Annotated[str, typer.Option(help="Weights, by name or path.")] = "photo",
    card: Annotated[bool, typer.Option("--card", help="Also store the curve in the weights' card.")] = False,
) -> None:
    """Rate-distortion of nccodec and JPEG in real bytes, and the BD-rate between them."""
    pictures = pictures_of(folder)
    ours, theirs = measure_ncl(pictures, QUALITIES, weights, say), measure_jpeg(pictures, say)
    points = [r[key] for r in (ours["results"], theirs["results"]) for key in ("bpp", "psnr-rgb")]
    percent, (low, high) = bd_rate(*points)
    summary = {"pictures": len(pictures), "bd-rate": percent, "common interval in dB": [low, high]}
    out.write_text(json.dumps({"summary": summary, "curves": [ours, theirs]}, indent=1) + "\n")
    if card:
        path = _card_path(weights)
        about = json.loads(path.read_text()) if path.exists() else {}
        kept = {"folder": folder.name, "BD-rate against JPEG": percent, **ours}
        path.write_text(json.dumps(about | {"test curve": kept}, indent=1) + "\n")
    typer.echo(f"BD-rate against JPEG: {percent:+.1f} % over {high - low:.2f} dB ({low:.2f} to {high:.2f} dB)")


def _card_path(weights: str) -> Path:
    from nccodec.neural.weights import named

    return named(weights).path.with_suffix(".json")


@app.command()
def speed(
    folder: Annotated[Path, typer.Argument(help="Folder of pictures.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    weights: Annotated[str, typer.Option(help="Weights, by name or path.")] = "photo",
    threads: Annotated[int, typer.Option(help="Threads of torch.")] = 2,
) -> None:
    """Seconds to encode and decode, beside Pillow's AVIF, WebP and JPEG at quality 75."""
    import torch

    torch.set_num_threads(threads)
    rows = measure_speed(pictures_of(folder), weights)
    about = {"threads": threads, "machine": platform.machine(), "pillow": Image.__version__, "torch": torch.__version__}
    out.write_text(json.dumps(about | {"codecs": rows}, indent=1) + "\n")
    for row in rows:
        four = f"  decode at 4x {row['decode 4x']:.3f} s" if "decode 4x" in row else ""
        typer.echo(
            f"{row['name']:<8} {row['bpp']:.3f} bpp  encode {row['encode']:.3f} s  decode {row['decode']:.3f} s{four}"
        )


@app.command("self-reference")
def self_reference(
    folder: Annotated[Path, typer.Argument(help="Folder of pictures.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    weights: Annotated[str, typer.Option(help="Weights, by name or path.")] = "photo",
    picture: Annotated[
        Path | None, typer.Option(help="Also write the largest difference at 4x, without and with.")
    ] = None,
) -> None:
    """What the self-reference contributes: share of non-zero s, and the decode with and without it.

    At 1x against the picture; at 4x, for the picture reduced 4x by area, against the picture.
    """
    pictures, rows, largest = pictures_of(folder), [], (-1.0, None)
    for quality in QUALITIES:
        share, db = [], {"1x": [], "1x without": [], "4x": [], "4x without": []}
        for _, source in pictures:
            whole = source.crop((0, 0, source.width // 4 * 4, source.height // 4 * 4))
            for mark, reduced, scale in (("1x", whole, 1), ("4x", whole.reduce(4), 4)):
                data = nccodec.encode(reduced, quality, weights)
                if scale == 1:
                    share.append(nccodec.info(data)["share_of_nonzero_scales"])
                off, on = (nccodec.decode(data, scale, weights=weights, self_reference=use) for use in (False, True))
                for key, decoded in ((f"{mark} without", off), (mark, on)):
                    db[key].append(psnr(np.asarray(whole), np.asarray(decoded)))
                if scale == 4 and picture:
                    largest = max(largest, _largest_difference(off, on), key=lambda found: found[0])
        row = {"quality": quality, "share of non-zero s": float(np.mean(share))}
        row |= {key: float(np.mean(values)) for key, values in db.items()}
        rows.append(row)
        figures = "  ".join(f"{key} {row[key]:.3f} dB" for key in db)
        typer.echo(f"-q {quality}: {100 * row['share of non-zero s']:.3f} % of s are not zero  {figures}")
    out.write_text(json.dumps({"folder": folder.name, "rows": rows}, indent=1) + "\n")
    if picture:
        largest[1].save(picture)


def _largest_difference(off: Image.Image, on: Image.Image, side: int = 256) -> tuple[float, Image.Image]:
    """The squares of two pictures where they differ most, side by side, and the mean difference there."""
    difference = np.abs(np.asarray(off, float) - np.asarray(on, float)).mean(-1)
    side = min(side, *difference.shape)
    tops, lefts = range(0, difference.shape[0] - side + 1, 64), range(0, difference.shape[1] - side + 1, 64)
    means = {(x, y): difference[y : y + side, x : x + side].mean() for y in tops for x in lefts}
    (x, y), mean = max(means.items(), key=lambda item: item[1])
    both = Image.new("RGB", (2 * side + 8, side), "white")
    for i, decoded in enumerate((off, on)):
        both.paste(decoded.crop((x, y, x + side, y + side)), (i * (side + 8), 0))
    return float(mean), both


def main() -> None:
    try:
        app()
    except NclError as error:
        raise SystemExit(f"nccodec.evaluation: {error}") from None


if __name__ == "__main__":
    main()
