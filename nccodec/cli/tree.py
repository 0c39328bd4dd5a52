"""What commands there are and what they take, for those who tell of it: completion and the manual.

Names and order are typer's; types come from the signatures of our own functions, since typer's objects hold them in
other places from one release to the next.
"""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import typer

_WORDS = {bool: "", int: "N", float: "NUMBER", str: "TEXT"}  # for a value that was given no word; others are files


@dataclass(frozen=True)
class Parameter:
    """names: flags, the short one first; none for an argument. off: flags that mean no. kind: type of one value, bool
    for a flag without one. word: what stands for a value. low, high: its bounds, None where there is none."""

    name: str
    names: tuple[str, ...]
    off: tuple[str, ...]
    kind: type
    word: str
    many: bool
    required: bool
    default: Any
    low: float | None
    high: float | None
    help: str

    @property
    def choices(self) -> tuple[str, ...]:
        """All values there are, empty where they are too many to list."""
        return tuple(member.value for member in self.kind) if issubclass(self.kind, Enum) else ()

    @property
    def is_file(self) -> bool:
        """Whether a value names a file or folder: a `Path`, or a type of ours that has a parser."""
        return self.kind not in _WORDS and not self.choices


@dataclass(frozen=True)
class Command:
    """path: the words that call it, without the program's. help: paragraphs. commands: of a group, by their names."""

    path: tuple[str, ...]
    help: str
    arguments: tuple[Parameter, ...]
    options: tuple[Parameter, ...]
    commands: "dict[str, Command]"

    def walk(self) -> "Iterator[Command]":
        """All commands that do something, in the order of `nc --help`."""
        if not self.commands:
            yield self
        for command in self.commands.values():
            yield from command.walk()


def tree(app: typer.Typer) -> Command:
    """The program, whose commands are those of `app`."""
    return _command(typer.main.get_command(app), ())


def _command(command: Any, path: tuple[str, ...]) -> Command:
    inner = getattr(command, "commands", {})
    signature = inspect.signature(command.callback).parameters if command.callback else {}
    parameters = [_parameter(param, signature[param.name]) for param in command.params]
    return Command(
        path,
        inspect.cleandoc(command.help or ""),
        tuple(p for p in parameters if not p.names),
        tuple(p for p in parameters if p.names),
        {name: _command(inner[name], (*path, name)) for name in inner},
    )


def _parameter(param: Any, declared: inspect.Parameter) -> Parameter:
    assert get_origin(declared.annotation) is Annotated
    kind, info = get_args(declared.annotation)[:2]
    if get_origin(kind) in (Union, UnionType):
        kind = next(part for part in get_args(kind) if part is not type(None))
    many = get_origin(kind) is list
    if many:
        kind = get_args(kind)[0]
    word = "|".join(member.value for member in kind) if issubclass(kind, Enum) else _WORDS.get(kind, "FILE")
    needed = declared.default is inspect.Parameter.empty
    is_option = param.param_type_name == "option"
    return Parameter(
        param.name,
        tuple(param.opts) if is_option else (),
        tuple(param.secondary_opts),
        kind,
        info.metavar or word,
        many,
        needed,
        None if needed else declared.default,
        info.min,
        info.max,
        " ".join((info.help or "").split()),
    )
