"""What several studies need."""

from pathlib import Path

import typer

from ..evaluation.curve import Pictures
from ..evaluation.work import picture_files, read


def pictures_of(folder: Path) -> Pictures:
    """The pictures of a folder, as RGB, by name."""
    return [(path.name, read(path)) for path in picture_files([folder])]


def say(text: str) -> None:
    """A line on stderr."""
    typer.echo(text, err=True)
