"""`python -m nccodec.experiments artefacts`: codecs at about the same bytes, by all metrics and to look at."""

import json
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image, ImageDraw, ImageFont

from ..errors import ComparisonError
from ..evaluation.artefacts import SIDE, blockiness
from ..evaluation.codecs import Codec, codec_named
from ..evaluation.curve import METRICS, values_of
from ..evaluation.tables import SHOWN, Table
from ..evaluation.work import avif_in_one_thread, picture_files, read

_PEERS = ("jpeg", "webp", "avif")
_LOOKED_AT = ("webp", "avif")  # beside the codecs that were asked for
_CROP, _SCALE = 192, 2  # side of the square that is shown, in pixels, and how much it is enlarged
_MARGIN, _LINE = 8, 20  # pixels around squares, and for a line of text


def command(
    pictures: Annotated[list[Path], typer.Argument(help="Pictures, or folders of them.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    codecs: Annotated[str, typer.Option(metavar="NAME,...", help="The first sets the bytes of the others.")] = "ncl-e1",
    quality: Annotated[list[float], typer.Option(help="Of the first; may be given several times.")] = [10, 25, 50],  # noqa: B006
    weights: Annotated[str, typer.Option(help="Weights, by name or path.")] = "photo",
    plot: Annotated[Path | None, typer.Option(help="Folder for crops side by side, a PNG for each quality.")] = None,
) -> None:
    """Bytes, PSNR and artefacts of a codec at some qualities, and of JPEG, WebP and AVIF at the nearest size in bytes.

    A codec that has no file of about that size shows its own bpp. Crops are of the square of a picture where the
    first codec has the largest blockiness at its lowest quality.
    """
    avif_in_one_thread()
    found = [(path, read(path)) for path in picture_files(pictures)]
    chosen, qualities = _chosen(codecs, weights), sorted(set(quality))
    metrics = [name for name in METRICS if name != "ssimulacra2" or find_spec("ssimulacra2")]
    files, square = [], None
    for path, picture in found:
        for number in qualities:
            shown = [("original", picture)]
            for codec, data, decoded in at_same_bytes(chosen, picture, number):
                bpp = 8 * len(data) / (picture.width * picture.height)
                row = {"picture": path.name, "quality": number, "codec": codec.title, "bpp": bpp}
                files.append(row | values_of(np.asarray(picture), np.asarray(decoded), metrics))
                if codec.name in (*codecs.split(","), *_LOOKED_AT):
                    shown.append((f"{codec.title}, {bpp:.3f} bpp", decoded))
            if plot:
                if number == qualities[0]:
                    square = worst_square(np.asarray(shown[1][1]))
                plot.mkdir(parents=True, exist_ok=True)
                side_by_side(shown, square).save(plot / f"{path.stem}-q{number:g}.png")
        typer.echo(path.name, err=True)
    rows = [
        {"quality": number, "codec": codec.title}
        | _means([file for file in files if (file["quality"], file["codec"]) == (number, codec.title)])
        for number in qualities
        for codec in chosen
    ]
    originals = _means([{"blockiness": blockiness(np.asarray(picture))} for _, picture in found])
    about = {"pictures": len(found), "codecs": {codec.title: codec.description for codec in chosen}}
    about |= {"originals": originals, "rows": rows, "files": files}
    out.write_text(json.dumps(about, indent=1, allow_nan=False) + "\n")
    typer.echo(_table(rows, originals, len(found)).text())


def _chosen(names: str, weights: str) -> list[Codec]:
    """Those that are named, and the peers that Pillow has here, each once. ComparisonError for an unknown name."""
    found: dict[str, Codec] = {}
    for name in (*names.split(","), *_PEERS):
        try:
            codec = codec_named(name, weights)
        except ComparisonError:
            if name in names.split(","):
                raise
        else:
            found.setdefault(codec.title, codec)
    return list(found.values())


def at_same_bytes(
    codecs: Sequence[Codec], picture: Image.Image, quality: float
) -> Iterator[tuple[Codec, bytes, Image.Image]]:
    """Of each codec the file and its decode: of the first at a quality, of the others with the size nearest to that."""
    data = b""
    for number, codec in enumerate(codecs):
        file = codec.fitted(picture, len(data)) if number else codec.prepare(picture)(quality)
        data = data or file
        yield codec, file, codec.decode(file)


def _means(rows: Sequence[dict]) -> dict[str, float]:
    """Of what is measured, without what a picture lacks."""
    keys = [key for key in ("bpp", *SHOWN) if all(row.get(key) is not None for row in rows)]
    return {key: float(np.mean([row[key] for row in rows])) for key in keys}


def _table(rows: Sequence[dict], originals: dict, count: int) -> Table:
    shown = {key: about for key, about in SHOWN.items() if any(key in row for row in rows)}
    cells = [(row["codec"], f"{row['quality']:g}", f"{row['bpp']:.3f}", *_formatted(row, shown)) for row in rows]
    whole = f"{originals['blockiness']:.3f}" if originals else "-"
    note = f"Blockiness of the originals: {whole}. Blockiness is of the borders of cells of {SIDE} pixels."
    title = f"Means over {count} picture{'s' * (count > 1)}, each quality's at the bytes of its first row"
    return Table(title, ("", "quality", "bpp", *(name for name, _ in shown.values())), cells, note)


def _formatted(row: dict, shown: dict[str, tuple[str, str]]) -> list[str]:
    return [format(row[key], form) if key in row else "-" for key, (_, form) in shown.items()]


def worst_square(decoded: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the square with the largest blockiness, of _CROP pixels a side or the picture's
    shorter one, beginning at a border of cells. decoded: uint8 [H, W, 3]."""
    side = min(_CROP, *decoded.shape[:2])
    places = [
        (x, y, x + side, y + side)
        for y in range(0, decoded.shape[0] - side + 1, 2 * SIDE)
        for x in range(0, decoded.shape[1] - side + 1, 2 * SIDE)
    ]
    return max(places, key=lambda place: blockiness(decoded[place[1] : place[3], place[0] : place[2]]) or 0)


def side_by_side(pictures: Sequence[tuple[str, Image.Image]], square: tuple[int, int, int, int]) -> Image.Image:
    """A square of each picture, enlarged without interpolation, below its title."""
    side = (square[2] - square[0]) * _SCALE
    whole = Image.new("RGB", (len(pictures) * (side + _MARGIN) + _MARGIN, side + _LINE + _MARGIN), "white")
    draw, font = ImageDraw.Draw(whole), ImageFont.load_default()
    for number, (title, picture) in enumerate(pictures):
        left = _MARGIN + number * (side + _MARGIN)
        draw.text((left, _LINE // 4), title, "black", font)
        whole.paste(picture.crop(square).resize((side, side), Image.Resampling.NEAREST), (left, _LINE))
    return whole
