"""`nc compare`."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from ..errors import ComparisonError, LimitError
from . import progress
from .files import check_folder, check_output, write
from .streams import say, tell

_REPORT = ("report.html",)
# Of metrics, where their names are no words.
_TITLES = {"ms-ssim": "MS-SSIM", "ssimulacra2": "SSIMULACRA2", "colour": "the colour error"}
_PLOTS = ("psnr.png", "ms-ssim.png", "ssimulacra2.png", "same-bytes.png", "enlarged.png")


def command(
    sources: Annotated[
        list[Path], typer.Argument(metavar="IMAGES...", readable=False, help="Pictures, or folders of them.")
    ],
    codecs: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,NAME,...",
            help="Of ncl, ncl-e0 to ncl-e9 (its efforts), ncl-psnr and so on (--tune psnr), pifs, implicit (two "
            "minutes for each file; implicit-10m: ten), jpeg, webp, jpeg2000, avif, avif444, avif444-s1 "
            "(all of colour; at speed 1) [ncl,jpeg,webp,avif].",
        ),
    ] = None,
    metrics: Annotated[
        str,
        typer.Option(
            metavar="NAME,NAME",
            help="psnr; ms-ssim; ssimulacra2, a second for each file; blockiness: how much larger steps are at the "
            "borders of 16-pixel cells than beside them, about 1 where no borders show; colour: error of the mean "
            "colour of 16-pixel areas, in grey levels.",
        ),
    ] = "psnr,ms-ssim",
    quality: Annotated[
        list[float] | None,
        typer.Option(
            "-q", "--quality", min=0, max=100, help="Measure ncl at this quality; may be given several times."
        ),
    ] = None,
    weights: Annotated[str, typer.Option(help="Weights for ncl, by name or path.")] = "photo",
    others: Annotated[
        list[Path] | None,
        typer.Option("--with", metavar="FILE.json", help="Add curves from a file; may be given several times."),
    ] = None,
    as_json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the curves to this file.")
    ] = None,
    report: Annotated[
        bool, typer.Option("--report", help="Write DIR/report.html: pictures side by side, curves, tables.")
    ] = False,
    plot: Annotated[bool, typer.Option("--plot", help="Write plots to DIR, as PNG.")] = False,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for report and plots.")] = Path(
        "comparison"
    ),
    images: Annotated[
        int, typer.Option("--report-images", min=0, help="Largest number of pictures in the report.")
    ] = 8,
    card: Annotated[
        bool, typer.Option("--card", help="Store the curves of ncl beside its weights, in their card.")
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option("-j", "--jobs", min=1, help="How many processes to measure with, each on one core [all cores]."),
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Measure again what was measured before.")] = False,
    force: Annotated[bool, typer.Option("-f", "--force", help="Overwrite existing files.")] = False,
) -> None:
    """Compare codecs on pictures: file sizes, PSNR, speed."""
    from ..evaluation.cache import Cache, default_path
    from ..evaluation.comparison import compare, look
    from ..evaluation.curve import METRICS
    from ..evaluation.tables import tables
    from ..evaluation.work import Picture, cores, picture_files

    wanted = metrics.split(",")
    if unknown := [name for name in wanted if name not in METRICS]:
        raise typer.BadParameter(f"{unknown[0]!r} is none of {', '.join(METRICS)}", param_hint="--metrics")
    _installed({"scipy": "evaluation"})
    _installed({"ssimulacra2": "evaluation"} if "ssimulacra2" in wanted else {})
    _installed({"matplotlib": "plot"} if plot else {})
    written = [out / name for name in (_REPORT if report else ()) + (_PLOTS if plot else ())]
    if as_json:
        check_folder(as_json)
        written.append(as_json)
    _may_write(written, sources, force)
    chosen = _codecs(codecs, weights, quality)
    added = _others(others or [], {codec.title for codec in chosen})
    pictures = [Picture.of(path) for path in picture_files(sources)]
    wanted = _measurable(wanted, pictures)
    cache, jobs = Cache(None if no_cache else default_path()), jobs or cores()
    with progress.count("measuring") as told:
        found = compare(pictures, chosen, wanted, added, cache, jobs, told)
    for table in tables(found):
        tell(table.text() + "\n")
    if as_json:
        write(as_json, (json.dumps(found, indent=1, allow_nan=False) + "\n").encode())
    if card:
        from ..evaluation.card import store_curves

        store_curves(found, weights, chosen, sources)
    if report or plot:
        with progress.count("pictures to look at") as told:
            shown = look(pictures[:images], chosen, cache, jobs, told)
    if report:
        from ..evaluation.report import page

        content = page(found, shown).encode()
        write(out / "report.html", content)
        say(f"{out / 'report.html'}: {len(content) / 1e6:.1f} MB")
    if plot:
        from ..evaluation.plots import plots

        for name, content in plots(found, shown).items():
            write(out / name, content)
            say(out / name)


def _installed(extras: dict[str, str]) -> None:
    """Refuse what needs a module that is not there. extras: of the package, by module."""
    for module, extra in extras.items():
        if find_spec(module) is None:
            raise ComparisonError(f"{module} is not installed: pip install 'nccodec[{extra}]'")


def _may_write(targets: list[Path], sources: list[Path], force: bool) -> None:
    for target in targets:
        if target.parent.exists() and not target.parent.is_dir():
            raise LimitError(f"{target.parent}: is not a folder")
        for source in sources:
            check_output(source, target, force)


def _measurable(metrics: list[str], pictures: list) -> list[str]:
    """Without those, which is said, that a picture is too small for. ComparisonError where none is left."""
    from ..evaluation.curve import SHORTEST

    kept, causes = [], []
    for metric in metrics:
        side = SHORTEST.get(metric, 1)
        small = next((p for p in pictures if min(p.width, p.height) < side), None)
        if small is None:
            kept.append(metric)
        else:
            name, size = _TITLES.get(metric, metric), f"{small.width} x {small.height}"
            causes.append(f"{small.path}: {name} needs sides of {side} pixels, and it has {size}")
    if not kept:
        raise ComparisonError(causes[0])
    for cause in causes:
        say(f"left out: {cause}")
    return kept


def _codecs(names: str | None, weights: str, qualities: list[float] | None) -> list:
    """What was asked for, or of the default what Pillow has here; each once."""
    from ..evaluation.codecs import DEFAULT_NAMES, QUALITIES, codec_named

    found: dict = {}
    for name in names.split(",") if names else DEFAULT_NAMES:
        try:
            codec = codec_named(name, weights, sorted(set(qualities or QUALITIES)))
        except ComparisonError as error:
            if names:
                raise
            say(f"left out: {error}")
        else:
            found.setdefault(codec.title, codec)
    return list(found.values())


def _others(files: list[Path], titles: set[str]) -> list[dict]:
    """Curves of other files; where a name is taken, that of the file is added to it."""
    from ..evaluation.curve import read_curves

    found = []
    for file in files:
        for curve in read_curves(file):
            name = curve["name"]
            while name in titles:
                name += f" ({file.stem})"
            titles = titles | {name}
            found.append(curve | {"name": name})
    return found
