"""`python -m nccodec.experiments`: experiments and benchmarks beyond `nc compare`."""

import json
import platform
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image

import nccodec
from nccodec.errors import LimitError, NclError
from nccodec.evaluation.codecs import PEERS, PIFS_QUALITIES, QUALITIES
from nccodec.evaluation.curve import Pictures, measure
from nccodec.evaluation.metrics import bd_rate
from nccodec.evaluation.work import picture_files, read
from nccodec.experiments import same_bytes
from nccodec.experiments.speed import measure_speed
from nccodec.imaging.psnr import psnr

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
app.command("artefacts")(same_bytes.command)
_SCREEN_SEED = 987_654_321
_PARTS = {
    "4x": {},
    "4x without detail": {"detail": False},
    "4x without self-reference": {"self_reference": False},
    "4x, neither": {"detail": False, "self_reference": False},
}


def pictures_of(folder: Path) -> Pictures:
    """The pictures of a folder, as RGB, by name."""
    return [(path.name, read(path)) for path in picture_files([folder])]


def say(text: str) -> None:
    typer.echo(text, err=True)


@app.command()
def packers(
    folder: Annotated[Path, typer.Argument(help="Folder of pictures.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    weights: Annotated[str, typer.Option(help="Weights, by name or path.")] = "photo",
) -> None:
    """What the range packer saves of the fixed packer's bytes, for the same integers."""
    pictures, rows = pictures_of(folder), []
    for quality in QUALITIES:
        sizes = {
            packer: sum(len(nccodec.encode(p, quality, 0, weights, packer)) for _, p in pictures)
            for packer in ("fixed", "range")
        }
        rows.append({"quality": quality, **sizes, "saved": 1 - sizes["range"] / sizes["fixed"]})
        typer.echo(f"-q {quality}: {sizes['fixed']} and {sizes['range']} bytes, {100 * rows[-1]['saved']:.1f} % saved")
    out.write_text(json.dumps({"folder": folder.name, "rows": rows}, indent=1) + "\n")


@app.command()
def speed(
    folder: Annotated[Path, typer.Argument(help="Folder of pictures.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    weights: Annotated[str, typer.Option(help="Weights, by name or path.")] = "photo",
    effort: Annotated[list[int], typer.Option(help="Effort; may be given several times.")] = [0, 1],  # noqa: B006
    threads: Annotated[int, typer.Option(help="Threads of torch.")] = 2,
) -> None:
    """Seconds to encode and decode, beside Pillow's AVIF, WebP and JPEG at quality 75."""
    import torch

    torch.set_num_threads(threads)
    rows = measure_speed(pictures_of(folder), weights, effort)
    about = {"threads": threads, "machine": platform.machine(), "pillow": Image.__version__, "torch": torch.__version__}
    out.write_text(json.dumps(about | {"codecs": rows}, indent=1) + "\n")
    for row in rows:
        four = f"  decode at 4x {row['decode 4x']:.3f} s" if "decode 4x" in row else ""
        typer.echo(
            f"{row['name']:<12} {row['bpp']:.3f} bpp  encode {row['encode']:.3f} s  decode {row['decode']:.3f} s{four}"
        )


@app.command()
def screens(
    folder: Annotated[Path, typer.Argument(help="Folder to write to.")],
    count: Annotated[int, typer.Option(min=1, help="How many.")] = 12,
) -> None:
    """Write rendered pages of text and screen content, 768 x 512, for `nc compare`.

    They come from the generator that training crops are drawn from, at seeds that training does not use.
    """
    from nccodec.training.screens import screen

    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        page = screen(512, 768, np.random.default_rng([_SCREEN_SEED, number]))
        Image.fromarray(page).save(folder / f"screen-{number:02d}.png")


@app.command()
def enlarge(
    folder: Annotated[Path, typer.Argument(help="Folder of pictures.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    weights: Annotated[str, typer.Option(help="Weights, by name or path.")] = "photo",
    quality: Annotated[list[float], typer.Option(help="Quality; may be given several times.")] = [50, 75, 90],  # noqa: B006
    picture: Annotated[
        Path | None, typer.Option(help="Also write the largest difference at 4x, without and with.")
    ] = None,
    fractal: Annotated[bool, typer.Option("--pifs", help="Files of `nc pifs`, which need no weights.")] = False,
) -> None:
    """PSNR of the decode at 4x, whole, without predicted detail and without the self-reference, beside
    Pillow's BICUBIC; of files of `nc pifs` whole, beside the enlargement by the area-interpolating spline and BICUBIC.

    Each picture is reduced 4x by area and encoded; its decodes at 4x, and the 4x enlargements of its decode
    at 1x, are compared with the picture.
    """
    from nccodec.experiments.pifs import spline_4x

    pictures, rows, largest = pictures_of(folder), [], (-1.0, None)
    for number in quality:
        db: dict[str, list[float]] = {}
        share = []
        for _, source in pictures:
            whole = source.crop((0, 0, source.width // 4 * 4, source.height // 4 * 4))
            small = whole.reduce(4)
            if fractal:
                data = nccodec.encode(small, number, method="pifs")
                plain = nccodec.decode(data)
                found = {"4x": nccodec.decode(data, 4), "1x and spline": spline_4x(plain)}
            else:
                data = nccodec.encode(small, number, weights=weights)
                plain = nccodec.decode(data, weights=weights)
                share.append(nccodec.info(data)["share_of_nonzero_scales"])
                found = {name: nccodec.decode(data, 4, weights=weights, **parts) for name, parts in _PARTS.items()}
            found["1x and BICUBIC"] = plain.resize(whole.size, Image.Resampling.BICUBIC)
            for key, decoded in found.items():
                db.setdefault(key, []).append(psnr(np.asarray(whole), np.asarray(decoded)))
            if picture:
                difference = _largest_difference(found["1x and spline" if fractal else "4x, neither"], found["4x"])
                largest = max(largest, difference, key=lambda pair: pair[0])
        row = {"quality": number}
        if share:
            row["share of non-zero s"] = float(np.mean(share))
        row |= {key: float(np.mean(values)) for key, values in db.items()}
        rows.append(row)
        typer.echo(f"-q {number:g}: " + "  ".join(f"{key} {row[key]:.3f} dB" for key in db))
    out.write_text(json.dumps({"folder": folder.name, "rows": rows}, indent=1) + "\n")
    if picture:
        largest[1].save(picture)


@app.command()
def paper(
    crops: Annotated[Path, typer.Argument(help="Folder of training pictures.")],
    folder: Annotated[Path, typer.Argument(help="Folder of pictures to measure on.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    minutes: Annotated[float, typer.Option(help="Length of the training.")] = 10,
) -> None:
    """The set-up of the Neural Collages paper, trained and measured in real bytes, at 1x and as `enlarge` does."""
    from nccodec.experiments import paper as setup
    from nccodec.training.crops import CropFolder

    model = setup.train(CropFolder(crops), minutes, say)
    measured, rows = pictures_of(folder), []
    for name, source in measured:
        values, size = setup.encode(model, np.asarray(source))
        row = {"name": name, "bpp": 8 * size / (source.width * source.height)}
        row["1x"] = psnr(np.asarray(source), setup.decode(model, values, (source.height, source.width)))
        whole = source.crop((0, 0, source.width // 4 * 4, source.height // 4 * 4))
        small = (whole.height // 4, whole.width // 4)
        values, _ = setup.encode(model, np.asarray(whole.reduce(4)))
        plain = Image.fromarray(setup.decode(model, values, small))
        for key, decoded in (
            ("4x", setup.decode(model, values, small, 4)),
            ("4x without the domain", setup.decode(model, values, small, 4, domain=False)),
            ("1x and BICUBIC", np.asarray(plain.resize(whole.size, Image.Resampling.BICUBIC))),
        ):
            row[key] = psnr(np.asarray(whole), decoded)
        rows.append(row)
    means = {key: float(np.mean([row[key] for row in rows])) for key in rows[0] if key != "name"}
    peer = measure(measured, PEERS["jpeg"])["results"]
    means["JPEG at this rate"] = float(np.interp(np.log(means["bpp"]), np.log(peer["bpp"]), peer["psnr-rgb"]))
    out.write_text(json.dumps({"minutes": minutes, "means": means, "pictures": rows}, indent=1) + "\n")
    typer.echo("  ".join(f"{key} {value:.3f}" for key, value in means.items()))


@app.command()
def reference(
    crops: Annotated[Path, typer.Argument(help="Folder of training pictures.")],
    folder: Annotated[Path, typer.Argument(help="Folder of pictures to measure on.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    weights: Annotated[str, typer.Option(help="Weights, by name or path, without domains.")] = "photo",
    minutes: Annotated[float, typer.Option(help="Length of the training.")] = 10,
    quality: Annotated[list[float], typer.Option(help="Quality; may be given several times.")] = [10, 30, 50, 70, 90],  # noqa: B006
) -> None:
    """What a self-reference would add whose weights both sides predict, so that they cost no bits."""
    from nccodec.experiments import zero_bit
    from nccodec.neural.weights import named
    from nccodec.training.crops import CropFolder

    found, measured = named(weights), pictures_of(folder)
    model = zero_bit.fit(found, CropFolder(crops), minutes, say)
    rows = []
    for number in quality:
        values = []
        for _, source in measured:
            whole = source.crop((0, 0, source.width // 4 * 4, source.height // 4 * 4))
            size, *once = zero_bit.pictures(model, found, np.asarray(source), number, 1)
            _, *enlarged = zero_bit.pictures(model, found, np.asarray(whole.reduce(4)), number, 4)
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


@app.command()
def pifs(
    folder: Annotated[Path, typer.Argument(help="Folder of pictures.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the curves to.")],
    quality: Annotated[list[float] | None, typer.Option(help="Quality; may be given several times.")] = None,
    lean: Annotated[float, typer.Option(help="Share of the domains that is searched.")] = 1.0,
    device: Annotated[str, typer.Option(help="Where to compute.")] = "cpu",
) -> None:
    """Rate-distortion of `nc pifs` with quadtrees, the same without domains, and with fixed ranges, in real bytes, and
    how far quadtrees lead."""
    from nccodec.experiments.pifs import at_rate, leads, measure_pifs

    pictures = pictures_of(folder)
    codecs = {
        "pifs, quadtree": {"lean": lean},
        "pifs, without domains": {"domains": False},
        "pifs, ranges of 8": {"quadtree": False, "range_size": 8, "lean": lean},
        "pifs, ranges of 4": {"quadtree": False, "range_size": 4, "lean": lean},
    }
    settings = quality or PIFS_QUALITIES
    curves = [measure_pifs(pictures, settings, options, name, device, say) for name, options in codecs.items()]
    tree, plain, *fixed = curves
    jpeg = measure(pictures, PEERS["jpeg"], say)
    curves.append(jpeg)
    out.write_text(json.dumps({"pictures": len(pictures), "curves": curves}, indent=1) + "\n")
    for found in curves:
        value, first, last = at_rate(found, 0.5), found["results"]["bpp"][0], found["results"]["bpp"][-1]
        shown = "not reached" if value is None else f"{value:.2f} dB"
        typer.echo(f"{found['name']}: {first:.3f} to {last:.3f} bpp; at 0.5 bpp {shown}")
    for name, other in (("the same without domains", plain), ("JPEG", jpeg)):
        points = [found["results"][key] for found in (tree, other) for key in ("bpp", "psnr-rgb")]
        try:
            percent, (low, high) = bd_rate(*points)
            typer.echo(f"{tree['name']} against {name}: BD-rate {percent:+.1f} % over {high - low:.2f} dB")
        except LimitError as error:
            typer.echo(f"{tree['name']} against {name}: {error}")
    for other in fixed:
        found = leads(tree, other)
        if not found:
            continue
        how = "ahead at every rate" if min(db for _, db in found) > 0 else "NOT ahead at every rate"
        text = ", ".join(f"{db:+.2f} at {bpp:.2f} bpp" for bpp, db in found)
        typer.echo(f"{tree['name']} is {how} of {other['name']}: {text}")


@app.command()
def large(
    source: Annotated[Path, typer.Argument(help="Picture that the large one is made of.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    width: Annotated[int, typer.Option(help="Pixels.")] = 10000,
    height: Annotated[int, typer.Option(help="Pixels.")] = 10000,
    effort: Annotated[int, typer.Option(help="Effort.")] = 1,
) -> None:
    """Time and peak memory of encoding and decoding a large picture, each in a process of its own."""
    from nccodec.experiments.large import measure_large

    found = measure_large(read(source), width, height, effort)
    out.write_text(json.dumps(found, indent=1) + "\n")
    for name in ("encode", "decode"):
        typer.echo(f"{name}: {found[name]['seconds']:.1f} s, at most {found[name]['peak_mb']:.0f} MB")
    typer.echo(f"{found['bytes']} bytes, {8 * found['bytes'] / (width * height):.3f} bpp")


@app.command()
def search(
    source: Annotated[Path, typer.Argument(help="Picture.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    device: Annotated[str, typer.Option(help="Where to compute.")] = "cpu",
    threads: Annotated[int, typer.Option(help="Threads of torch.")] = 2,
) -> None:
    """Speed of the exhaustive search of `nc pifs` on the luma of a picture, beside that of a large float32 product."""
    import torch

    from nccodec.experiments.pifs import matmul_rate, search_rates

    torch.set_num_threads(threads)
    rate, rows = matmul_rate(device), search_rates(np.asarray(read(source)), device)
    typer.echo(f"product: {rate / 1e9:.1f} GFLOP/s")
    for row in rows:
        row["share of the product's rate"] = row["rate"] / rate
        typer.echo(
            f"ranges of {row['side']}: {row['ranges']} x {row['domains']} domains x 8 in {row['seconds']:.3f} s, "
            f"{row['rate'] / 1e9:.1f} GFLOP/s, {100 * row['rate'] / rate:.0f} % of the product's rate"
        )
    seconds = {row["side"]: row["seconds"] for row in rows}
    share = sum(seconds.values()) / seconds[8]
    typer.echo(f"all sides, as for a quadtree: {share:.2f} times as long as ranges of 8")
    about = {"threads": threads, "device": device, "machine": platform.machine(), "torch": torch.__version__}
    about |= {"product": rate, "searches": rows, "quadtree in times of ranges of 8": share}
    out.write_text(json.dumps(about, indent=1) + "\n")


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
        raise SystemExit(f"nccodec.experiments: {error}") from None


if __name__ == "__main__":
    main()
