"""Options that several commands have."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from ..code import MAX_PIXELS


class Packer(str, Enum):
    """How parameters become bits."""

    range = "range"
    fixed = "fixed"


class Device(str, Enum):
    """Where to compute."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


class Metadata(str, Enum):
    """Kinds of metadata."""

    all = "all"
    icc = "icc"
    exif = "exif"
    xmp = "xmp"


Recursive = Annotated[bool, typer.Option("-r", "--recursive", help="Take all pictures in folders.")]
OutputDir = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Folder for the outputs, in a tree like the inputs'.")
]
SkipExisting = Annotated[bool, typer.Option("--skip-existing", help="Leave out what has an output already.")]
Jobs = Annotated[int, typer.Option("-j", "--jobs", min=1, max=256, help="Processes.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a file, on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Tell nothing but errors and warnings.")]
MaxPixels = Annotated[int, typer.Option(min=1, max=MAX_PIXELS, help="Refuse pictures of more pixels.")]
Force = Annotated[bool, typer.Option("-f", "--force", help="Overwrite existing files.")]
