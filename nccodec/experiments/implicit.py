"""`implicit`: networks fitted to pictures. By time, made smaller in several ways, quantized in several ways, and how
long they take beside collages. Every size is that of a file."""

import json
import time
import warnings
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image

import nccodec

from ..arrays import set_threads
from ..codec.decode import decode_picture
from ..codec.file import write_file
from ..collage.output import View
from ..errors import ComparisonError
from ..evaluation.codecs import codec_named
from ..evaluation.work import picture_files, read
from ..imaging.psnr import psnr
from ..implicit.code import ImplicitCode
from ..implicit.encoding import Encoder
from ..implicit.options import Options
from .common import say

_LEVELS = (8, 16, 24, 32, 40, 56)
_MARKS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)  # minutes of the processor that a fit is looked at after
# Daubechies, "Ten lectures on wavelets" (1992), table 6.1: the low-pass filter of three vanishing moments.
_DB3 = np.array([0.3326705529500826, 0.8068915093110925, 0.4598775021184915,
                 -0.1350110200102546, -0.0854412738820267, 0.0352262918857095])  # fmt: skip


class Study(str, Enum):
    """What is measured."""

    curve = "curve"
    smaller = "smaller"
    precision = "precision"
    speed = "speed"


def command(
    study: Annotated[
        Study,
        typer.Argument(
            help="curve: PSNR by time and size. smaller: sparse, factored, narrow; families; a wavelet split. "
            "precision: values of weights. speed: seconds beside `nc encode`."
        ),
    ],
    folder: Annotated[Path, typer.Argument(help="Folder of pictures.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    minutes: Annotated[float, typer.Option(help="Minutes that each network is given.")] = 1.0,
    steps: Annotated[
        int | None, typer.Option(help="Steps instead of minutes: the same on a machine that others use too.")
    ] = None,
    bpp: Annotated[list[float] | None, typer.Option(help="Size; may be given several times [0.15].")] = None,
    every: Annotated[int, typer.Option(help="1: all pictures, 2: every other one from the first on, ...")] = 1,
    scale: Annotated[float, typer.Option(help="That pictures are reduced to before.")] = 1.0,
    optimizer: Annotated[str, typer.Option(help="soap or adam.")] = "soap",
    threads: Annotated[int | None, typer.Option(help="Threads [as many as cores].")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the figures of a run that was cut off, of the same options.")
    ] = False,
) -> None:
    """Implicit networks: PSNR by time, smaller networks, precision of weights, seconds."""
    import torch

    set_threads(threads)
    if threads is not None:
        torch.set_num_threads(threads)
    given = {"study": study.value, **({"steps": steps} if steps else {"minutes": minutes})}
    given |= {"scale": scale, "optimizer": optimizer}
    rows = _rows_of(out, given) if resume and out.exists() else []
    finished, there = len(rows), {(row["picture"], row["bpp"]) for row in rows}
    for path in picture_files([folder])[::every]:
        picture = read(path).convert("RGB")
        if scale != 1:
            size = [max(1, round(side * scale)) for side in picture.size]
            picture = picture.resize(tuple(size), Image.Resampling.LANCZOS)
        for size in bpp or [0.15]:
            if (path.name, size) in there:
                continue
            budget = int(size * picture.width * picture.height / 8)
            options = Options(steps=steps, minutes=None if steps else minutes, optimizer=optimizer).toward(budget)
            for row in _STUDIES[study](picture, options):
                rows.append({"picture": path.name, "bpp": size, **row})
                say(" ".join(f"{key} {_shown(value)}" for key, value in rows[-1].items() if key != "by time"))
                _keep(out, given, rows, finished)
            finished = len(rows)
            _keep(out, given, rows, finished)


def _keep(out: Path, given: dict, rows: list[dict], finished: int) -> None:
    """finished: rows of the pictures and sizes of which no row is missing."""
    part = out.with_name(out.name + ".part")
    part.write_text(json.dumps({**given, "finished": finished, "rows": rows}, indent=1) + "\n")
    part.replace(out)


def _rows_of(out: Path, given: dict) -> list[dict]:
    """What a run that was cut off had finished. ComparisonError where it was another one, or wrote no such file."""
    try:
        held = json.loads(out.read_text())
        rows = held["rows"][: held["finished"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ComparisonError(f"{out}: not the figures of a run that was cut off ({error!r})") from None
    if other := [key for key, value in given.items() if held.get(key) != value]:
        raise ComparisonError(f"{out}: figures of another {' and '.join(other)}")
    return rows


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def measured(picture: Image.Image, code: ImplicitCode) -> dict:
    """{"bytes", "db"} of its file, with the packer that it needs."""
    fixed = code.values == "float16" or code.form == "factors"
    data = write_file(code, "fixed" if fixed else "range")
    return {"bytes": len(data), "db": psnr(picture, decode_picture(data, View(), None, "cpu").convert(picture.mode))}


def _with(options: Options, **changed: object) -> Options:
    return Options(**{**vars(options), **changed})


def curve(picture: Image.Image, options: Options) -> Iterator[dict]:
    """One fit: PSNR of batches by minutes of the processor, then bytes and dB as float16 and at two levels, of
    which the higher is that of the default quality."""
    marks, began = [], time.process_time()

    def report(share: float, db: float, left: float) -> None:
        passed = (time.process_time() - began) / 60
        if len(marks) < len(_MARKS) and passed >= _MARKS[len(marks)]:
            marks.append([_MARKS[len(marks)], db])

    encoder = Encoder(picture, _with(options, report=report))
    row = _about(encoder) | {"processor seconds": time.process_time() - began, "by time": marks}
    row["float16"] = measured(picture, encoder.rounded(0, "float16", 0))
    for level in (24, 32):
        row[f"level {level}"] = measured(picture, encoder.code(level, 0))
    yield row


def _about(encoder: Encoder) -> dict:
    shape = encoder.shape
    return {"depth": shape.depth, "width": shape.width, "parameters": shape.weights + shape.biases, "fit": encoder.psnr}


def precision(picture: Image.Image, options: Options) -> Iterator[dict]:
    """One fit, its weights in several ways. "loss": dB against the fit."""
    encoder = Encoder(picture, options)

    def row(name: str, code: ImplicitCode) -> dict:
        result = measured(picture, code)
        return {"values": name} | _about(encoder) | result | {"loss": encoder.psnr - result["db"]}

    yield row("float16", encoder.rounded(0, "float16", 0))
    for finetune in (0, options.finetune):
        for values in ("uniform", "codebook"):
            for level in _LEVELS:
                name = f"{values}, level {level}, {finetune} steps"
                yield row(name, encoder.rounded(level, values, finetune))
    for bits in (4, 5, 6, 7, 8):
        yield row(f"uniform, {bits} bits by range", _by_range(encoder, bits))


def _by_range(encoder: Encoder, bits: int) -> ImplicitCode:
    """What is usual: so many bits for the range of each layer."""
    from ..implicit import quantizing

    def step(values: np.ndarray) -> float:
        return 2 * float(np.abs(values).max()) / (2**bits - 1)

    biases = np.concatenate([bias for _, bias in encoder.fitted])
    steps = [*(step(matrix) for matrix, _ in encoder.fitted), step(biases) / 16]
    return encoder.assembled("dense", *quantizing.uniform(encoder.fitted, steps))


def smaller(picture: Image.Image, options: Options) -> Iterator[dict]:
    """Networks of a fifth of the weights of 5 layers of 64, and families with as many parameters as 5 layers of 30."""
    options = _with(options, budget=None)
    ways: dict[str, dict] = {
        "dense, 5 x 64": {"width": 64},
        "narrow, 5 x 28": {"width": 28},
        "pruned, 80 % of 5 x 64": {"width": 64, "sparsity": 0.8, "sparse": "prune"},
        "RigL, 80 % of 5 x 64": {"width": 64, "sparsity": 0.8},
        "factors, 20 % of 5 x 64": {"width": 64, "factors": 0.2},
        "sines, 5 x 30": {"width": 30},
        "Fourier features, 64 of sigma 4, 3 x 25": _fourier(64, 4.0, 25),
        "Fourier features, 256 of sigma 16, 3 x 7": _fourier(256, 16.0, 7),
        "arctangents, 5 x 22": {"network": "cppn", "width": 22},
    }
    for name, given in ways.items():
        encoder = Encoder(picture, _with(options, **{"depth": 5, **given}))
        yield {"way": name} | _about(encoder) | _beside_jpeg(picture, measured(picture, encoder.code(32, 0)))
    split = _split(picture, _with(options, depth=5, width=21))
    yield {"way": "wavelet split, 5 x 21 each"} | _beside_jpeg(picture, split)


def _beside_jpeg(picture: Image.Image, row: dict) -> dict:
    """The row, and the JPEG of as many bytes, or the smallest that there is."""
    jpeg = codec_named("jpeg")
    data = jpeg.fitted(picture, row["bytes"])
    return row | {"JPEG bytes": len(data), "JPEG db": psnr(picture, jpeg.decode(data))}


def _fourier(features: int, sigma: float, width: int) -> dict:
    return {"network": "fourier", "features": features, "sigma": sigma, "depth": 3, "width": width}


def _split(picture: Image.Image, options: Options) -> dict:
    """Low and high band of one level of the Daubechies-3 wavelet, each with a network and half the time: the low band
    is fitted as a picture of half the size, what it leaves is fitted at full size, 128 grey levels added."""
    options = _with(
        options, steps=options.steps and options.steps // 2, minutes=options.minutes and options.minutes / 2
    )
    original = np.asarray(picture).astype(np.float64)
    low, restore = analysed(original)
    first = Encoder(Image.fromarray(np.clip(np.rint(low), 0, 255).astype(np.uint8)), options)
    shown = decode_picture(write_file(first.code(32, 0), "range"), View(), None, "cpu")
    base = restore(np.asarray(shown).astype(np.float64))
    rest = Image.fromarray(np.clip(np.rint(original - restore(low) + 128), 0, 255).astype(np.uint8))
    second = Encoder(rest, options)
    data = [write_file(encoder.code(32, 0), "range") for encoder in (first, second)]
    detail = np.asarray(decode_picture(data[1], View(), None, "cpu")).astype(np.float64) - 128
    both = np.clip(np.rint(base + detail), 0, 255).astype(np.uint8)
    return _about(first) | {
        "parameters": 2 * _about(first)["parameters"], "bytes": sum(map(len, data)), "db": psnr(picture, both),
        "fit": psnr(picture, both),
    }  # fmt: skip


def analysed(planes: np.ndarray) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """The low band of [H, W, C] along rows and columns, periodic, as a picture of half the size in the same grey
    levels, and what makes a picture of the whole size of a low band alone. Odd sides lose their last line, which is
    made of the one before it."""
    size = planes.shape[:2]
    even = planes[: size[0] // 2 * 2, : size[1] // 2 * 2]

    def down(values: np.ndarray, axis: int) -> np.ndarray:
        moved = (h * np.roll(values, -k, axis) for k, h in enumerate(_DB3 / np.sqrt(2)))
        return sum(moved).take(range(0, values.shape[axis], 2), axis)

    def up(values: np.ndarray, axis: int) -> np.ndarray:
        spread = np.zeros([n * (2 if a == axis else 1) for a, n in enumerate(values.shape)])
        spread[tuple(slice(None, None, 2) if a == axis else slice(None) for a in range(values.ndim))] = values
        return sum(h * np.roll(spread, k, axis) for k, h in enumerate(_DB3 * np.sqrt(2)))

    def restore(low: np.ndarray) -> np.ndarray:
        whole = up(up(low, 0), 1)
        return np.pad(whole, ((0, size[0] % 2), (0, size[1] % 2), (0, 0)), mode="edge")

    return down(down(even, 0), 1), restore


def speed(picture: Image.Image, options: Options) -> Iterator[dict]:
    """Seconds to encode, and to decode at 1x and 4x, beside a collage's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of targets that are not met
        collage = lambda: nccodec.encode(picture)  # noqa: E731
        network = lambda: write_file(Encoder(picture, options).code(32, 0), "range")  # noqa: E731
        for name, encode in (("implicit", network), ("nc encode", collage)):
            seconds, data = _timed(encode)
            row = {"way": name, "bytes": len(data), "encode": seconds}
            for scale in (1, 4):
                row[f"decode {scale}x"] = min(_timed(lambda d=data, s=scale: nccodec.decode(d, s))[0] for _ in range(3))
            yield row


def _timed(run: Callable[[], object]) -> tuple[float, object]:
    began = time.perf_counter()
    made = run()
    return time.perf_counter() - began, made


_STUDIES = {Study.curve: curve, Study.smaller: smaller, Study.precision: precision, Study.speed: speed}
