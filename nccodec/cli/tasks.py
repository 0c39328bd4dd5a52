"""What there is to do: the inputs that arguments name, and the output of each."""

import os
import stat
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from ..errors import StoreError
from . import stores
from .address import Address, Place
from .files import STREAM, check_folder, exists, is_folder
from .streams import plain

_NAMED = 5  # kinds of files that are left out


@dataclass(frozen=True)
class Task:
    """One file to read and one to write, if any; either may be STREAM. refused: why it cannot be done, or empty."""

    source: Place
    target: Place | None
    refused: str = ""


def in_out(
    sources: list[Place], output: Place | None, output_dir: Place | None, is_output: Callable[[Place], bool]
) -> tuple[list[Place], Place | None]:
    """The inputs and the output: of two arguments IN OUT the second is the output, without -o and --output-dir.

    is_output: whether a name is that of an output. BadParameter where the last could be an input too, StoreError where
    a store does not say so.
    """
    last = sources[-1]
    if output or output_dir or len(sources) == 1 or (last == STREAM and STREAM in sources[:-1]):
        return sources, output
    if len(sources) > 2:
        if is_output(last) and not exists(last):
            raise typer.BadParameter(f"{plain(last)} is no input; --output-dir names the folder for several outputs")
    elif last == STREAM or (is_output(last) and exists(last)):
        name = plain(last)
        raise typer.BadParameter(f"{name} may be an input or the output; -o {name} makes it the output")
    elif is_output(last):
        return sources[:1], last
    return sources, output


def tasks(
    sources: list[Place], suffixes: Collection[str], renamed: Callable[[Place], Place], output: Place | None,
    output_dir: Place | None, recursive: bool, say: Callable[[str], None] = lambda _: None, apart: str = "",
) -> list[Task]:  # fmt: skip
    """What to do for files, folders and STREAM, each once; refused is what has no clear meaning.

    suffixes: of the files of folders that count. renamed: the output's path from the input's. output: of a single
    input. output_dir: where the outputs go, in a tree like that of the inputs; else beside them. say: told what
    folders hold besides. apart: what would keep apart two names of which one output would become. BadParameter for
    options that do not fit, LimitError for an output in no folder.
    """
    if output and output_dir:
        raise typer.BadParameter("give -o or --output-dir, not both", param_hint="--output-dir")
    if output:
        check_folder(output)
    todo = []
    for source in sources:
        try:
            folder = source != STREAM and is_folder(source)
            if source == STREAM:
                refused = "what comes from stdin has no name for --output-dir; give -o" if output_dir else ""
                todo.append(Task(source, output or STREAM, refused))
            elif not folder:
                todo.append(Task(source, output or renamed(output_dir / source.name if output_dir else source)))
            elif recursive:
                for task in _inside(source, suffixes, say):
                    todo.append(task if task.refused else _moved(task.source, source, renamed, output, output_dir))
            else:
                todo.append(Task(source, source, f"{source}: is a folder (-r takes all in it)"))
        except StoreError as error:
            todo.append(Task(source, source, str(error)))
    todo = _apart(todo, apart)
    if output and len(todo) > 1:
        raise typer.BadParameter("there are several inputs; use --output-dir", param_hint="--output")
    return todo


def _moved(
    source: Place, folder: Place, renamed: Callable[[Place], Place], output: Place | None, output_dir: Place | None
) -> Task:
    """The task of a file of a folder; refused where a store's name would lead out of the folder of the outputs."""
    if not output_dir:
        return Task(source, output or renamed(source))
    if isinstance(folder, Path):
        return Task(source, renamed(output_dir / source.relative_to(folder)))
    relative = folder.relative(source)
    if isinstance(output_dir, Path) and {"", ".", ".."} & {*relative.split("/")}:
        return Task(source, source, f"{source}: has no place in {output_dir} by this name")
    return Task(source, renamed(output_dir / relative))


def _inside(folder: Place, suffixes: Collection[str], say: Callable[[str], None]) -> list[Task]:
    """The files of a folder, without outputs, and refused what cannot be looked into."""
    found, closed, others = [], [], []
    if isinstance(folder, Address):
        for address in stores.find(folder):
            (found if address.suffix.lower() in suffixes else others).append(address)
    else:
        for parent, _, names in os.walk(folder, onerror=closed.append):
            for path in (Path(parent, name) for name in names):
                (found if path.suffix.lower() in suffixes and _may_be_file(path) else others).append(path)
    if others:
        kinds = sorted({path.suffix for path in others if path.suffix})
        named = f" ({', '.join(kinds[:_NAMED])}{', ...' if len(kinds) > _NAMED else ''})" if kinds else ""
        say(f"{folder}: {len(others)} file{'s' if len(others) > 1 else ''} left out by name{named}")
    refused = [Task(Path(e.filename), Path(e.filename), f"{e.filename}: {e.strerror}") for e in closed]
    if not found and not refused:
        refused = [Task(folder, folder, f"{folder}: holds nothing to do")]
    return sorted([Task(path, path) for path in found] + refused, key=lambda task: task.source)


def _may_be_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except PermissionError:  # reading it will tell
        return True
    except OSError:
        return False


def _apart(todo: list[Task], hint: str) -> list[Task]:
    """Each once, by source and target; refused are those of which one output would become."""
    once: dict[tuple[str, str], Task] = {}
    of_target: dict[str, list[Task]] = defaultdict(list)
    for task in todo:
        key = _identity(task.source), _identity(task.target)
        if key not in once:
            once[key] = task
            if not task.refused and task.target != STREAM:
                of_target[key[1]].append(task)
    settled = []
    for (_, target), task in once.items():
        if other := next((other for other in of_target[target] if other is not task and not task.refused), None):
            helped = hint if other.source.name != task.source.name else ""
            task = replace(task, refused=f"{task.source}: would become {task.target}, as {other.source} would{helped}")
        settled.append(task)
    return settled


def _identity(place: Place) -> str:
    return str(place) if isinstance(place, Address) else os.path.realpath(place)
