"""What the commands that encode pictures share: one file after another, and what is told of each."""

import io
import math
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import NclError, NclWarning
from . import batch, progress
from .address import Place
from .files import STREAM, bytes_beside, is_stdout, is_streamed, naming, read_bytes, write
from .options import check_dask
from .tasks import Task, in_out, tasks

_HIGH, _LOW = 90, 25  # quality from which a PSNR below so many dB is worth a word


@dataclass(frozen=True)
class Batch:
    """Which pictures go where, and how: each as the option of its name says."""

    sources: list[Place]
    output: Place | None
    output_dir: Place | None
    recursive: bool
    jobs: int
    dask: str | None
    skip_existing: bool
    force: bool
    as_json: bool
    quiet: bool


@dataclass(frozen=True)
class Encoding:
    """Encodes one file. options: of the map; settings: all others of `nccodec.encode`; measured: whether anyone
    wants to know the PSNR; bar: whether to show the progress of a picture."""

    map: str
    options: dict
    settings: dict
    measured: bool
    bar: bool
    max_pixels: int

    @contextmanager
    def reported(self, task: Task) -> Iterator[dict]:
        """What `nccodec.encode` is given to tell how far it is."""
        with progress.bar(task.source, shown=self.bar) as report:
            yield {"progress": report}

    def __call__(self, task: Task) -> dict:
        import nccodec

        from ..codec.kinds import fitting
        from ..collage.device import choose_device
        from ..imaging.pictures import parts_of, read_picture
        from ..imaging.psnr import psnr

        device = self.settings["device"]
        try:
            content = io.BytesIO(read_bytes(task.source)) if is_streamed(task.source) else None
            picture = read_picture(content or task.source, self.max_pixels)
            kind, options = fitting(self.map, self.options, self.settings["packer"], parts_of(picture)[0])
            # Loading is no part of the time that is told.
            kind.room().prepare(options, choose_device(device, options.gradients))
            started = time.perf_counter()
            with self.reported(task) as report:
                data = nccodec.encode(picture, map=self.map, **report, **self.options, **self.settings)
            seconds = time.perf_counter() - started
            told = {"width": picture.width, "height": picture.height, "bytes": len(data), "seconds": seconds}
            told["source_bytes"] = content.getbuffer().nbytes if content else task.source.stat().st_size
            told["pixels"] = picture.width * picture.height
            told["bpp"] = 8 * len(data) / told["pixels"]
        except NclError as error:
            raise naming(task.source, error) from None
        write(task.target, data)
        if self.measured:
            decoded = nccodec.decode(data, weights=self.options.get("weights"), device=device)
            colours, extras = parts_of(picture)
            db = psnr(colours, decoded.convert(colours.mode), extras.alpha)
            told["psnr"] = db if math.isfinite(db) else None
        # A picture made of copies of itself is not meant to come close, and small networks cannot.
        _warn_of_poor(told, None if self.map in ("whole", "implicit") else self.settings.get("quality"))
        return told


def _warn_of_poor(told: dict, quality: float | None) -> None:
    """NclWarning where another format would do better, as for pixel art and dithered pictures, of which atoms that are
    smooth make neither good pictures nor small files. told: see `Encoding`. quality: as asked for."""
    db = told.get("psnr")
    if quality is not None and quality >= _HIGH and db is not None and db < _LOW:
        warnings.warn(f"only {db:.1f} dB at -q {quality:g}; --map screen keeps such pictures", NclWarning, stacklevel=2)
    if told["bytes"] > told["source_bytes"]:
        than = f"{told['bytes']} bytes, {told['source_bytes']} in the source"
        warnings.warn(f"larger than before, {than}; keep that, or try a lower -q", NclWarning, stacklevel=2)


def run(
    pictures: Batch, map: str, options: dict, settings: dict, max_pixels: int, slow: bool,
    encoding: type[Encoding] = Encoding, keep_suffix: bool | None = None,
) -> None:  # fmt: skip
    """Encode all that is asked for. map, options, settings, max_pixels: see `Encoding`. slow: whether one picture
    is worth a bar. keep_suffix: photo.jpg becomes photo.jpg.ncl; None where there is no such choice."""
    sources, output = in_out(pictures.sources, pictures.output, pictures.output_dir, _is_ncl)
    check_dask(pictures.dask, pictures.jobs, STREAM in sources or (output is not None and is_stdout(output)))
    reporting = batch.Reporting(pictures.quiet, pictures.as_json)
    renamed: Callable[[Path], Path] = lambda path: path.with_suffix(".ncl")  # noqa: E731
    if keep_suffix:
        renamed = lambda path: path.with_name(path.name + ".ncl")  # noqa: E731
    todo = tasks(
        sources, _suffixes() if pictures.recursive else (), renamed, output, pictures.output_dir, pictures.recursive,
        reporting.note, " (--keep-suffix keeps them apart)" if keep_suffix is False else "",
    )  # fmt: skip
    reporting.check(todo)
    bar = slow and len(todo) == 1 and not pictures.quiet and pictures.dask is None
    work = encoding(map, options, settings, pictures.as_json or not pictures.quiet, bar, max_pixels)
    tree = pictures.output_dir if pictures.recursive else None
    overwriting = batch.Overwriting(pictures.force, pictures.skip_existing, tree)
    batch.run(todo, work, pictures.jobs, reporting, _line, overwriting, pictures.dask)


def _is_ncl(path: Path) -> bool:
    return path.suffix.lower() == ".ncl"


def _suffixes() -> frozenset[str]:
    """Those of the files of folders that are taken for pictures."""
    from ..imaging.suffixes import suffixes

    return suffixes()


def _line(told: dict) -> str:
    """What is told of a file. told: of `Encoding`, with source and target."""
    name = "stdout" if is_stdout(told["target"]) else told["target"]
    db = "exact" if told["psnr"] is None else f"{told['psnr']:.2f} dB"
    return (
        f"{name}: {told['width']} x {told['height']}, "
        f"{bytes_beside(told['bytes'], told['source_bytes'])}, {told['bpp']:.3f} bpp, "
        f"{db}, {told['seconds']:.2f} s, {told['pixels'] / 1e6 / told['seconds']:.2f} MP/s"
    )
