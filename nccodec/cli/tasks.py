"""What there is to do: the inputs that arguments name, and the output of each."""

import os
import stat
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from .files import STREAM, check_folder
from .streams import plain

_NAMED = 5  # kinds of files that are left out


@dataclass(frozen=True)
class Task:
    """One file to read and one to write, if any; either may be STREAM. refused: why it cannot be done, or empty."""

    source: Path
    target: Path | None
    refused: str = ""


def in_out(
    sources: list[Path], output: Path | None, output_dir: Path | None, is_output: Callable[[Path], bool]
) -> tuple[list[Path], Path | None]:
    """The inputs and the output: of two arguments IN OUT the second is the output, without -o and --output-dir.

    is_output: whether a name is that of an output. BadParameter where the last could be an input too.
    """
    last = sources[-1]
    if output or output_dir or len(sources) == 1 or (last == STREAM and STREAM in sources[:-1]):
        return sources, output
    if len(sources) > 2:
        if is_output(last) and not last.exists():
            raise typer.BadParameter(f"{plain(last)} is no input; --output-dir names the folder for several outputs")
    elif last == STREAM or (is_output(last) and last.exists()):
        name = plain(last)
        raise typer.BadParameter(f"{name} may be an input or the output; -o {name} makes it the output")
    elif is_output(last):
        return sources[:1], last
    return sources, output


def tasks(
    sources: list[Path], suffixes: Collection[str], renamed: Callable[[Path], Path], output: Path | None,
    output_dir: Path | None, recursive: bool, say: Callable[[str], None] = lambda _: None, apart: str = "",
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
        if source == STREAM:
            refused = "what comes from stdin has no name for --output-dir; give -o" if output_dir else ""
            todo.append(Task(source, output or STREAM, refused))
        elif not os.path.isdir(source):
            todo.append(Task(source, output or renamed(output_dir / source.name if output_dir else source)))
        elif recursive:
            for task in _inside(source, suffixes, say):
                path = output_dir / task.source.relative_to(source) if output_dir else task.source
                todo.append(task if task.refused else replace(task, target=output or renamed(path)))
        else:
            todo.append(Task(source, source, f"{source}: is a folder (-r takes all in it)"))
    todo = _apart(todo, apart)
    if output and len(todo) > 1:
        raise typer.BadParameter("there are several inputs; use --output-dir", param_hint="--output")
    return todo


def _inside(folder: Path, suffixes: Collection[str], say: Callable[[str], None]) -> list[Task]:
    """The files of a folder, without outputs, and refused what cannot be looked into."""
    found, closed, others = [], [], []
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
        key = os.path.realpath(task.source), os.path.realpath(task.target)
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
