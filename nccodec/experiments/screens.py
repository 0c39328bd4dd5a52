"""`screens`: rendered pages to compare codecs on."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image

from ..training.screens import screen

_SEED = 987_654_321


def command(
    folder: Annotated[Path, typer.Argument(help="Folder to write to.")],
    count: Annotated[int, typer.Option(min=1, help="How many.")] = 12,
) -> None:
    """Write rendered pages of text and screen content, 768 x 512, for `nc compare`.

    They come from the generator that training crops are drawn from, at seeds that training does not use.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        page = screen(512, 768, np.random.default_rng([_SEED, number]))
        Image.fromarray(page).save(folder / f"screen-{number:02d}.png")
