"""Codecs on pictures: their curves, what separates them in rate and speed, and pictures to look at."""

import warnings
from collections.abc import Callable, Sequence
from itertools import product

from ..errors import LimitError, NclWarning
from .cache import Cache
from .codecs import PEERS, Codec, Ncl
from .curve import curve_of, versions_of
from .gallery import shown_part, webp_uri
from .metrics import RATED, bd_rate
from .work import Job, Picture, read, results_of

RATES = (0.25, 0.75)  # bits per pixel at which pictures are looked at
SCALES = (2, 4, 8)
SPEED_RATE = 0.75  # bits per pixel near which speeds are compared
Report = Callable[[int, int], None]


def compare(
    pictures: Sequence[Picture],
    codecs: Sequence[Codec],
    metrics: Sequence[str],
    others: Sequence[dict],
    cache: Cache,
    processes: int,
    report: Report,
) -> dict:
    """Curves of the codecs over all pictures, those of others after them, and their BD-rates.

    metrics: keys of `curve.METRICS`. others: as of `curve.read_curves`. Returns {"pictures": names and sizes,
    "bd-rates": as of `bd_rates`, "curves": as of `curve.curve_of`}.
    """
    identities = {codec: "; ".join([codec.identity(), *versions_of(metrics)]) for codec in codecs}
    jobs = [
        Job("points", picture, codec, identities[codec], codec.ladder, (tuple(metrics),))
        for picture, codec in product(pictures, codecs)
    ]
    rows = results_of(jobs, cache, processes, report)
    curves = [curve_of(codec, codec.ladder, rows[i :: len(codecs)]) for i, codec in enumerate(codecs)]
    about = [{"name": picture.name, "width": picture.width, "height": picture.height} for picture in pictures]
    return {"pictures": about, "bd-rates": bd_rates([*curves, *others], len(curves)), "curves": [*curves, *others]}


def bd_rates(curves: Sequence[dict], anchors: int) -> list[dict]:
    """BD-rate of every curve against each of the first `anchors` others, over each metric of RATED that both have.

    One entry a pair: {"codec", "against", "metric", "bd-rate": per cent, "interval": [low, high] of what is in common,
    on the metric's scale}, or {"codec", "against", "metric", "refused": why}.
    """
    rates = []
    for (metric, scale), anchor, curve in product(RATED.items(), curves[:anchors], curves):
        both = [c["results"] for c in (curve, anchor)]
        if curve is anchor or not all(metric in results for results in both):
            continue
        pair = {"codec": curve["name"], "against": anchor["name"], "metric": metric}
        points = [part for results in both for part in (results["bpp"], scale.of(results[metric]))]
        try:
            percent, interval = bd_rate(*points, scale)
            rates.append(pair | {"bd-rate": percent, "interval": list(interval)})
        except LimitError as error:
            rates.append(pair | {"refused": str(error)})
    return rates


def speeds(curves: Sequence[dict]) -> list[dict]:
    """Of each curve with times, the point nearest to SPEED_RATE: {"name", "setting", "bpp", "encode", "decode"}, the
    last two in seconds a picture; setting is None where the curve has none."""
    rows = []
    for curve in curves:
        results = curve["results"]
        if {"encoding_time", "decoding_time"} <= set(results):
            near = min(range(len(results["bpp"])), key=lambda i: abs(results["bpp"][i] - SPEED_RATE))
            row = {"name": curve["name"], "setting": curve["settings"][near] if "settings" in curve else None}
            row |= {"bpp": results["bpp"][near], "encode": results["encoding_time"][near]}
            rows.append(row | {"decode": results["decoding_time"][near]})
    return rows


def look(
    pictures: Sequence[Picture], codecs: Sequence[Codec], cache: Cache, processes: int, report: Report
) -> list[dict]:
    """What a viewer needs of each picture: every codec's file at RATES, and enlargements.

    All files of a picture and rate have about the bytes of JPEG's at the quality nearest to that rate, as its
    qualities are whole numbers; without JPEG those of the rate itself. One entry a picture: {"name", "width",
    "height", "part": whether it is the middle of a larger one, "src", "rates": [{"bpp", "bytes", "files": [{"codec"}
    and as of `gallery.matched`]}], "enlargements": [{"scale"} and as of `gallery.enlargements`]}.
    """
    anchored = any(codec.name == "jpeg" for codec in codecs)
    entries, jobs = [], []
    for picture in pictures:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NclWarning)  # given when the picture was read first
            whole = read(picture.path)
        part = shown_part(whole)
        sizes = [max(1, round(rate * part.width * part.height / 8)) for rate in RATES]
        if anchored:
            sizes = [len(PEERS["jpeg"].fitted(part, size)) for size in sizes]
        jobs += [Job("files", picture, codec, codec.identity(), tuple(sizes)) for codec in codecs]
        entries.append(
            {"name": picture.name, "width": part.width, "height": part.height, "part": part.size != whole.size}
            | {"src": webp_uri(part), "rates": [{"bpp": r, "bytes": s} for r, s in zip(RATES, sizes, strict=True)]}
        )
    ours = next((codec for codec in codecs if isinstance(codec, Ncl)), None)
    if ours:
        jobs += [Job("enlargement", picture, ours, ours.identity(), SCALES) for picture in pictures]
    found = results_of(jobs, cache, processes, report)
    for number, entry in enumerate(entries):
        files = found[number * len(codecs) : (number + 1) * len(codecs)]
        for rate, of_rate in zip(entry["rates"], zip(*files, strict=True), strict=True):
            rate["files"] = [{"codec": codec.title} | file for codec, file in zip(codecs, of_rate, strict=True)]
    enlargements = found[len(entries) * len(codecs) :] or [[]] * len(entries)
    for entry, of_scales in zip(entries, enlargements, strict=True):
        entry["enlargements"] = [{"scale": s} | e for s, e in zip(SCALES, of_scales, strict=False)]
    return entries
