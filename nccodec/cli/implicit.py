"""`nc implicit`."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..code import MAX_PIXELS
from ..codec.kinds import by_map
from ..errors import LimitError, NclError
from ..implicit.options import MINUTES, Options
from . import progress
from .address import Place, place
from .encoding import Batch, Encoding, run
from .files import STREAM, check_folder, check_output, is_stdout, naming, write
from .options import (
    AsJson,
    Bpp,
    Dask,
    Device,
    Force,
    Jobs,
    MaxPixels,
    Output,
    OutputDir,
    Packer,
    Quiet,
    Recursive,
    Size,
    SkipExisting,
    Strip,
    stripped,
    target,
)
from .streams import say
from .tasks import Task
from .views import checked, size_of

if TYPE_CHECKING:
    from ..implicit.code import ImplicitCode

_MAP, _PIXELS = "implicit", (512, 512)


class Network(str, Enum):
    """What a network is made of."""

    siren = "siren"
    fourier = "fourier"
    cppn = "cppn"


class Activation(str, Enum):
    """Of a CPPN."""

    atan = "atan"
    tanh = "tanh"


class Values(str, Enum):
    """How weights are written."""

    uniform = "uniform"
    codebook = "codebook"
    float16 = "float16"


class Optimizer(str, Enum):
    """Of a fit."""

    soap = "soap"
    adam = "adam"


class Sparse(str, Enum):
    """How weights that are zero are found."""

    rigl = "rigl"
    prune = "prune"


class Fitting(Encoding):
    """Fits one file."""

    @contextmanager
    def reported(self, task: Task) -> Iterator[dict]:
        with progress.fitted(task.source, shown=self.bar) as report:
            yield {"report": report}


def command(
    sources: Annotated[
        list[Place] | None,
        typer.Argument(metavar="IN...", parser=place, help="Pictures, folders, or - for stdin; or IN OUT.ncl."),
    ] = None,
    output: Output = None,
    output_dir: OutputDir = None,
    recursive: Recursive = False,
    network: Annotated[
        Network | None,
        typer.Option(
            help="siren: sines. fourier: random Fourier features. cppn: bent coordinates, as art is made of "
            f"[{Options.network}]."
        ),
    ] = None,
    activation: Annotated[
        Activation | None, typer.Option(help=f"What bends, in a cppn [{Options.activation}].")
    ] = None,
    depth: Annotated[
        int | None, typer.Option(min=1, max=32, help="Hidden layers [as the size of the file allows].")
    ] = None,
    width: Annotated[int | None, typer.Option(min=2, max=1024, help="Units of a hidden layer [likewise].")] = None,
    features: Annotated[
        int | None, typer.Option(min=1, max=1024, help=f"Frequencies of fourier [{Options.features}].")
    ] = None,
    sigma: Annotated[
        float | None,
        typer.Option(
            help=f"Their standard deviation, in cycles a picture, 0.25 to 63.75 in steps of 0.25 [{Options.sigma:g}]."
        ),
    ] = None,
    bpp: Bpp = None,
    size: Size = None,
    quality: Annotated[
        float | None,
        typer.Option(
            "-q",
            "--quality",
            min=0,
            max=100,
            help=f"How exactly weights are kept, 0 to 100 [{by_map(_MAP).quality:g}]; not how many there are.",
        ),
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="End the fit after so many steps.")] = None,
    minutes: Annotated[
        float | None, typer.Option(help=f"End the fit after so many minutes [{MINUTES:g}, unless --steps is given].")
    ] = None,
    batch_size: Annotated[
        int,
        typer.Option("--batch", min=1, help="Pixels a step, drawn at random; all of a picture that has no more."),
    ] = Options.batch,
    optimizer: Annotated[Optimizer, typer.Option(help="How steps are taken.")] = Optimizer(Options.optimizer),
    sparsity: Annotated[float, typer.Option(help="Share of the weights that are zero, 0 to 0.99.")] = Options.sparsity,
    sparse: Annotated[
        Sparse, typer.Option(help="How those are found: rigl moves them about, prune drops more and more.")
    ] = Sparse(Options.sparse),
    factors: Annotated[
        float,
        typer.Option(help="Make all weights of a product of two small matrices with so many numbers a weight, 0 to 1."),
    ] = Options.factors,
    values: Annotated[
        Values, typer.Option(help="uniform: steps of a size for each layer. codebook: k-means. float16: as published.")
    ] = Values(Options.values),
    bits: Annotated[
        int | None, typer.Option(min=2, max=12, help="Bits a weight before entropy coding, instead of -q.")
    ] = None,
    finetune: Annotated[int, typer.Option(min=0, help="Steps of the fit with rounded weights.")] = Options.finetune,
    init: Annotated[
        Path | None,
        typer.Option(
            metavar="OTHER.ncl", help="Start from the network of another picture, so that the two can be blended."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of what is random in the fit.")] = Options.seed,
    random: Annotated[
        int | None,
        typer.Option(min=0, max=2**32 - 1, metavar="SEED", help="No picture: write a random cppn to -o, as art."),
    ] = None,
    pixels: Annotated[
        str | None, typer.Option(metavar="WxH", help=f"Width and height of a random one [{_PIXELS[0]}x{_PIXELS[1]}].")
    ] = None,
    packer: Annotated[
        Packer | None,
        typer.Option(
            help="range: entropy coding. fixed: bits in a zstd frame [range; fixed of float16 and --factors]."
        ),
    ] = None,
    strip: Strip = None,
    device: Annotated[Device, typer.Option(help="Where to compute. auto: on a GPU, if there is one.")] = Device.auto,
    max_pixels: MaxPixels = MAX_PIXELS,
    jobs: Jobs = 1,
    dask: Dask = None,
    skip_existing: SkipExisting = False,
    force: Force = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Encode pictures to .ncl as small networks from place to colour, each fitted to one picture.

    A fit takes minutes, and then the steps of --finetune, some seconds more. Ctrl-C ends either, and keeps what is best
    so far.
    """
    given = {
        "network": network and network.value, "activation": activation and activation.value,
        "depth": depth, "width": width, "features": features, "sigma": sigma,
        "steps": steps, "minutes": minutes, "batch": batch_size,
        "optimizer": optimizer.value, "sparsity": sparsity, "sparse": sparse.value, "factors": factors,
        "values": values.value, "bits": bits, "finetune": finetune, "seed": seed,
    }  # fmt: skip
    options = {name: value for name, value in given.items() if value is not None}
    halves = values == Values.float16 or factors > 0 or random is not None
    packing = packer.value if packer else "fixed" if halves else "range"
    try:
        by_map(_MAP).checked(options)
    except LimitError as error:
        raise typer.BadParameter(str(error)) from None
    _check_given(given, network, init)
    if packer == Packer.range and halves:
        raise typer.BadParameter("is not for float16, which has no tables", param_hint="--packer")
    if random is not None:
        for name, value in {
            "--bpp": bpp, "--size": size, "-q": quality, "--steps": steps, "--minutes": minutes, "--init": init,
        }.items():  # fmt: skip
            if value is not None:
                raise typer.BadParameter("is for pictures, not for --random", param_hint=name)
        if sources or output_dir is not None:
            raise typer.BadParameter("is without a picture; give -o alone", param_hint="--random")
        if output is None or is_stdout(output):
            raise typer.BadParameter("needs -o, a file to write", param_hint="--random")
        if network != Network.cppn:
            raise typer.BadParameter("is for --network cppn", param_hint="--random")
        names = {"activation": "activation", "depth": "depth", "width": "units"}
        shape = {names[name]: options[name] for name in names if name in options}
        _write_random(output, random, shape, size_of(pixels, "--pixels") or _PIXELS, packing, force, quiet)
        return
    if pixels is not None:
        raise typer.BadParameter("is for --random", param_hint="--pixels")
    if not sources:
        raise typer.BadParameter("give a picture, or --random", param_hint="IN...")
    goals = target(quality, bpp, size, None)
    if init is not None:
        options["init"] = _start(init)
    settings = {"packer": packing, "device": device.value, "strip": stripped(strip), "verify": False} | goals
    pictures = Batch(sources, output, output_dir, recursive, jobs, dask, skip_existing, force, as_json, quiet)
    run(pictures, _MAP, options, settings, max_pixels, True, Fitting)


def _check_given(given: dict, network: Network | None, init: Path | None) -> None:
    """BadParameter for options of other networks. given: of the command, None what is not."""
    if init is not None:
        for name in ("network", "activation", "features", "sigma"):
            if given[name] is not None:
                raise typer.BadParameter("is that of the network to start from", param_hint=f"--{name}")
    for name, of in (("activation", Network.cppn), ("features", Network.fourier), ("sigma", Network.fourier)):
        if given[name] is not None and network != of:
            raise typer.BadParameter(f"is for --network {of.value}", param_hint=f"--{name}")


def _start(path: Path) -> "ImplicitCode":
    """The network of a file. NclError names the file and the fault."""
    from ..codec.file import read_file
    from ..implicit.code import ImplicitCode

    try:
        code = read_file(checked(path)).code
        if not isinstance(code, ImplicitCode):
            raise LimitError("holds no network to start from; `nc implicit` makes such files")
    except NclError as error:
        raise naming(path, error) from None
    return code


def _write_random(
    output: Place, seed: int, shape: dict, size: tuple[int, int], packer: str, force: bool, quiet: bool
) -> None:
    """A random network. shape: of its options what was given. size: width, height."""
    from ..codec.file import write_file
    from ..implicit.encoding import random_code

    check_folder(output)
    check_output(STREAM, output, force)
    try:
        data = write_file(random_code(seed, *size[::-1], **shape), packer)
    except NclError as error:
        raise naming(output, error) from None
    write(output, data)
    if not quiet:
        say(f"{output}: {size[0]} x {size[1]}, {len(data)} bytes")
