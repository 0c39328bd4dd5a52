"""`nc info`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ..errors import NclError
from .files import naming, read_bytes
from .streams import plain, tell


def command(
    source: Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="The .ncl to look at.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show size, quality and weights of a .ncl, without decoding it."""
    from ..codec.kinds import describe, header_of

    data = read_bytes(source)
    try:
        about = describe(data)
    except NclError as error:
        raise naming(source, error) from None
    if as_json:
        tell(json.dumps({"file": str(source)} | about))
        return
    header = header_of(data)
    chunks = ", ".join(f"{name} {size}" for name, size in about["chunks"].items())
    colour = "grey" if about["grey"] else "RGB"
    lines = {
        "size": f"{about['width']} x {about['height']}, {colour}",
        "bytes": f"{about['bytes']} ({about['bpp']:.4f} bpp): {chunks}",
        "format": f"version {about['version']}, {about['kind']}, packer {about['packer']}",
    }
    tell(plain(source))
    for name, text in (lines | header.fields.lines(header.common)).items():
        tell(f"  {name + ':':<16}{plain(text)}")
