"""`nc info`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ..errors import NclError
from .files import naming, read_bytes


def command(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="The .ncl to look at.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show what a .ncl says of itself, without decoding it."""
    import nccodec

    try:
        fields = nccodec.info(read_bytes(source))
    except NclError as error:
        raise naming(source, error) from None
    if as_json:
        typer.echo(json.dumps({"file": str(source)} | fields))
        return
    chunks = ", ".join(f"{name} {size}" for name, size in fields["chunks"].items())
    colour = "grey" if fields["grey"] else "RGB"
    lines = {
        "size": f"{fields['width']} x {fields['height']}, {colour}",
        "bytes": f"{fields['bytes']} ({fields['bpp']:.4f} bpp): {chunks}",
        "format": f"version {fields['version']}, packer {fields['packer']}",
    }
    lines |= _partition(fields) if fields["partition"] else _collage(fields)
    typer.echo(str(source))
    for name, text in lines.items():
        typer.echo(f"  {name + ':':<16}{text}")


def _partition(fields: dict) -> dict[str, str]:
    ranges = fields["partition"]
    return {
        "step": f"{fields['level'] / 16:g} grey levels",
        "map": f"ranges of {ranges['largest']} to {ranges['smallest']} px in quadtrees of {fields['range_size']} px, "
        f"domains every {ranges['domain_step']} px, isometries: {ranges['isometries']}",
        "self-reference": f"{fields['nonzero_scales']} ranges with a domain, "
        f"largest |s| {fields['scale_sum'] / 8:g}, {fields['steps']} iterations at 1x",
    }


def _collage(fields: dict) -> dict[str, str]:
    share = 100 * fields["share_of_nonzero_scales"]
    return {
        "weights": fields["fingerprint"],
        "level": f"{fields['level'] / 256:.3f}",
        "map": f"range cells of {fields['range_size']} px, {fields['atoms']} atoms, {fields['domains']} domains",
        "self-reference": f"{fields['nonzero_scales']} non-zero scales ({share:.2f} %), "
        f"largest sum {fields['scale_sum']} steps, {fields['steps']} iterations at 1x",
    }
