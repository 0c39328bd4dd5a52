"""`python -m nccodec.experiments`: experiments and benchmarks beyond `nc compare`."""

import typer

from ..errors import NclError
from . import (
    artefacts,
    batches,
    clouds,
    copies,
    crisp,
    dream,
    enlarge,
    fractals,
    generative,
    implicit,
    large,
    morphs,
    packers,
    pages,
    paper,
    peers_of_pages,
    pifs,
    reference,
    screens,
    search,
    serve,
    solids,
    speed,
)

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for name, study in (
    ("artefacts", artefacts), ("packers", packers), ("speed", speed), ("screens", screens), ("enlarge", enlarge),
    ("paper", paper), ("reference", reference), ("pifs", pifs), ("large", large), ("search", search), ("serve", serve),
    ("pages", pages), ("peers", peers_of_pages), ("crisp", crisp), ("copies", copies), ("fractals", fractals),
    ("morphs", morphs), ("batches", batches), ("clouds", clouds), ("generative", generative), ("implicit", implicit),
    ("dream", dream), ("solids", solids),
):  # fmt: skip
    app.command(name)(study.command)


def main() -> None:
    try:
        app()
    except NclError as error:
        raise SystemExit(f"nccodec.experiments: {error}") from None


if __name__ == "__main__":
    main()
