"""`nc test`."""

from dataclasses import dataclass
from typing import Annotated

import typer

from ..errors import NclError
from . import batch
from .address import Place, place
from .files import STREAM, naming, read_bytes
from .options import AsJson, Dask, Jobs, Quiet, Recursive, check_dask
from .tasks import Task, tasks


@dataclass(frozen=True)
class Testing:
    """Tests one file."""

    weights: str | None

    def __call__(self, task: Task) -> dict:
        data = read_bytes(task.source)
        import nccodec

        try:
            about = nccodec.info(data)
            nccodec.test(data, self.weights)
        except NclError as error:
            raise naming(task.source, error) from None
        return {key: about[key] for key in ("width", "height", "bytes")} | {"pixels": about["width"] * about["height"]}


def command(
    sources: Annotated[
        list[Place], typer.Argument(metavar="FILE...", parser=place, help="Files .ncl, folders, or - for stdin.")
    ],
    recursive: Recursive = False,
    weights: Annotated[
        str | None, typer.Option(help="The file's weights, by name or path, where they are not installed.")
    ] = None,
    jobs: Jobs = 1,
    dask: Dask = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Check that .ncl files are whole and undamaged; write nothing."""
    check_dask(dask, jobs, STREAM in sources)
    reporting = batch.Reporting(quiet, as_json)
    todo = tasks(sources, (".ncl",), lambda path: path, None, None, recursive, reporting.note)
    batch.run(todo, Testing(weights), jobs, reporting, lambda told: f"{told['source']}: ok", dask=dask)
