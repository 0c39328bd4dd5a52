"""`nc weights`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from .files import check_output, write
from .streams import plain, say, tell

app = typer.Typer(help="List, show and add weights.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_() -> None:
    """List installed weights and the folders searched."""
    from ..codec.kinds import weights_at
    from ..errors import WeightsError
    from ..neural.places import installed, places

    for path in installed():
        try:
            weights = weights_at(path)
            about = f"{weights.fingerprint.hex()}  {path.stat().st_size / 2**20:.1f} MiB"
        except WeightsError as error:
            about = f"unusable: {error}"
        tell(plain(f"{path.stem:<12} {about}  {path}"))
    say("searched: " + ", ".join(map(str, places())))


@app.command()
def add(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", readable=False, help="A .safetensors that `nc train` or `nc train-generative` wrote."
        ),
    ],
    force: Annotated[bool, typer.Option("-f", "--force", help="Overwrite installed weights of the same name.")] = False,
) -> None:
    """Install weights, and their card, in the user's folder."""
    from ..codec.kinds import weights_at
    from ..errors import WeightsError
    from ..neural.places import SUFFIX, user_folder

    weights, folder = weights_at(source), user_folder()
    if folder is None:
        raise WeightsError("there is no home folder to keep weights in; $XDG_DATA_HOME may name one")
    target = folder / (source.stem + SUFFIX)
    check_output(source, target, force)
    card = source.with_suffix(".json")
    if card.is_file():
        write(target.with_suffix(".json"), card.read_bytes())
    write(target, source.read_bytes())
    say(f"{target}: {weights.fingerprint.hex()}")


@app.command()
def show(name: Annotated[str, typer.Argument(metavar="NAME", help="Weights, by name or path.")]) -> None:
    """Show all that is known of some weights, as JSON."""
    from ..codec.kinds import weights_at
    from ..neural.stored import named

    weights = named(name, weights_at)
    about = {"path": str(weights.path), "fingerprint": weights.fingerprint.hex()} | weights.about()
    tell(json.dumps(about | {"card": weights.card()}, indent=1))
