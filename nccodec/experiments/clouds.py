"""`clouds`: sets of points found again from samples of classical attractors, and how fast the chaos game is."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from PIL import Image
from scipy.spatial import cKDTree

from ..arrays import set_threads
from ..codec.decode import decode_picture
from ..codec.file import write_file
from ..collage.output import View
from ..points.fitting import fit
from ..points.orbit import points_of
from ..points.placing import Picture, placed, preset_maps
from ..points.presets import PRESETS
from .common import say

_TRUTH = 400_000  # points of the attractors that distances are taken between
_SIDE = 2048  # pixels of the picture that speed is measured with


def command(
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    name: Annotated[list[str], typer.Option(help="Preset; may be given several times.")] = ["fern", "maple"],  # noqa: B006
    points: Annotated[int, typer.Option(help="Points of the cloud.")] = 20_000,
    maps: Annotated[list[int], typer.Option(help="Maps to find; may be given several times.")] = [4],  # noqa: B006
    restarts: Annotated[int, typer.Option(help="Starts in each round of the search.")] = 24,
    seed: Annotated[int, typer.Option(help="Of the starts.")] = 0,
    threads: Annotated[int, typer.Option(help="Of fitting and of the chaos game.")] = 1,
    sheets: Annotated[Path | None, typer.Option("--sheets", help="Folder for pictures: the truth, the found.")] = None,
) -> None:
    """Hausdorff and Chamfer distance between the true attractor and the one that was found, in percent of the true
    one's diameter, beside those of the sample itself; and points a minute of the chaos game, rendered to pictures."""
    torch.set_num_threads(threads)
    set_threads(threads)
    rows = {"threads": threads, "points": points, "restarts": restarts, "found": [], "rendered": {}}
    for preset in name:
        truth = preset_maps(PRESETS[preset])
        cloud = truth.orbit(points // 100, 160, 60, seed + 1)[:points]
        code = placed(truth, Picture())
        for number in maps:
            start = time.perf_counter()
            found = fit(cloud, number, restarts, seed)
            seconds = time.perf_counter() - start
            again = placed(found, Picture())
            distances = nearness(points_of(code, _TRUTH), points_of(again, _TRUTH))
            row = {"name": preset, "maps": number, "seconds": round(seconds, 1), **distances}
            row["bytes"] = len(write_file(again, "fixed"))
            row["sampled"] = nearness(points_of(code, _TRUTH), cloud)
            row["matrices"], row["offsets"], row["chances"] = (x.round(4).tolist() for x in asdict(found).values())
            rows["found"].append(row)
            say(json.dumps(row))
            if sheets is not None:
                sheets.mkdir(parents=True, exist_ok=True)
                _sheet([code, again]).save(sheets / f"{preset}-{number}.png")
    for grey in (True, False):
        data = write_file(placed(preset_maps(PRESETS["fern"]), Picture((_SIDE, _SIDE), grey=grey)), "fixed")
        start = time.perf_counter()
        decode_picture(data, View(), None, "cpu")
        minutes = (time.perf_counter() - start) / 60
        rows["rendered"]["grey" if grey else "colour"] = round(Picture.density * _SIDE**2 / minutes)
    say(json.dumps(rows["rendered"]))
    out.write_text(json.dumps(rows, indent=1) + "\n")


def nearness(a: np.ndarray, b: np.ndarray) -> dict[str, float]:
    """Of two clouds, float64 [n, d] and [m, d]: the largest distance of a point of either to the nearest of the other,
    and the mean of both means; in percent of the diagonal of a's bounding box."""
    diameter = np.linalg.norm(np.ptp(a, axis=0))
    there, back = cKDTree(a).query(b)[0], cKDTree(b).query(a)[0]
    largest, mean = max(there.max(), back.max()), (there.mean() + back.mean()) / 2
    return {"hausdorff": round(100 * float(largest / diameter), 3), "chamfer": round(100 * float(mean / diameter), 4)}


def _sheet(codes: list) -> Image.Image:
    pictures = [np.asarray(decode_picture(write_file(code, "fixed"), View(0.5), None, "cpu")) for code in codes]
    return Image.fromarray(np.concatenate(pictures, 1))
