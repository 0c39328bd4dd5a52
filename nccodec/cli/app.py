"""The commands, and what becomes of their errors. The only place that knows exit codes."""

import os
import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

from ..errors import NclError, NclWarning
from . import (
    answers,
    compare,
    completion,
    decode,
    diff,
    dream,
    dream_solid,
    encode,
    fractalize,
    implicit,
    info,
    morph,
    pifs,
    points,
    sample,
    serve,
    streams,
    test,
    train,
    train_generative,
    weights,
    zoom,
)
from .tree import tree

FAILURE = 1  # typer itself ends with 2 on wrong usage and 130 on Ctrl-C

app = typer.Typer(
    name="nc",
    help="Image codec: stores pictures as contractive maps (.ncl) and decodes them at any size.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("encode")(encode.command)
app.command("pifs")(pifs.command)
app.command("fractalize")(fractalize.command)
app.command("implicit")(implicit.command)
app.add_typer(points.app, name="points")
app.command("decode")(decode.command)
app.command("zoom")(zoom.command)
app.command("info")(info.command)
app.command("test")(test.command)
app.command("compare")(compare.command)
app.command("diff")(diff.command)
app.command("morph")(morph.command)
app.command("serve")(serve.command)
app.command("view")(serve.view)
app.command("train")(train.command)
app.command("sample")(sample.command)
app.command("train-generative")(train_generative.command)
dream.app.command("solid")(dream_solid.command)
app.add_typer(dream.app, name="dream")
app.add_typer(weights.app, name="weights")
app.command("completion")(completion.command)


def _version(wanted: bool) -> None:
    if wanted:
        from .. import __version__

        streams.tell(f"nc {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def _fail(message: object) -> None:
    streams.say(f"nc: {message}")
    sys.exit(FAILURE)


def _warn(message: Warning | str, *_: object) -> None:
    streams.say(f"nc: warning: {message}")


def _show_log() -> None:
    """What the package logs, for those who wait before a terminal."""
    import logging

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            streams.say(f"nc: {record.getMessage()}")

    log = logging.getLogger(__package__.partition(".")[0])
    log.addHandler(Handler())
    log.setLevel(logging.INFO)


def run() -> None:
    """Run the command that the arguments ask for; see `cli.main`."""
    # numpy, not imported yet, would have threads for products alone, which wait for work awake: see arrays.threads.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    streams.prepare()
    if answers.ASKED in os.environ:
        streams.tell("\n".join(answers.answers(tree(app), sys.argv[1:])))
        return
    if sys.stderr.isatty():
        _show_log()
    warnings.showwarning = _warn
    warnings.simplefilter("always", NclWarning)
    try:
        app(prog_name="nccodec" if Path(sys.argv[0]).stem == "nccodec" else "nc")
    except NclError as error:
        _fail(error)
    except MemoryError:
        _fail("not enough memory")
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}" if error.filename else error.strerror or error)
