"""What may stand at the end of a command line: what the scripts of `nc completion` ask for at each press of Tab.

The answer is lines. The first says what else may stand there, FILES, FOLDERS or NOTHING; each other is a word, a tab
and what it means. Only the standard library is imported, since the shell waits.
"""

from collections.abc import Iterable

from ..codec.kinds import MAPS
from ..neural.places import installed
from .tree import Command, Parameter

ASKED = "NCCODEC_COMPLETE"  # in the environment of a program that is to answer, not to act
FILES, FOLDERS, NOTHING = "files", "folders", "nothing"
_FOLDER = "DIR"  # stands for a folder in the help of options
_HELP = "--help\tShow this message and exit"


def answers(root: Command, words: list[str]) -> list[str]:
    """The lines for words after the program's name, of which the last is to be completed, and may be empty."""
    # bash cuts `--map=screen` in three.
    *before, word = ["" if w == "=" else w for n, w in enumerate(words) if w != "=" or n == len(words) - 1] or [""]
    command, waiting, taken, used, ended = root, None, 0, set(), False
    for past in before:
        if waiting:
            waiting = None
        elif past == "--" and not ended:
            ended = True
        elif past.startswith("-") and past != "-" and not ended:
            used.add(past.partition("=")[0])
            waiting = _waiting(command, past)
        elif not command.commands:
            taken += 1
        elif past in command.commands:
            command, used = command.commands[past], set()
        else:
            return [NOTHING]
    if waiting:
        return _values(waiting, word)
    name, sign, value = word.partition("=")
    if word.startswith("-") and not ended:
        option = _option(command, name)
        if not sign or not option:
            return [NOTHING, *_starting(word, _flags(command, used))]
        kind, *found = _values(option, value)
        return [kind, *(f"{name}={line}" for line in found)]
    if command.commands:
        below = ((name, inner.help) for name, inner in command.commands.items())
        return [NOTHING, *_starting(word, (f"{name}\t{_first(help)}" for name, help in below))]
    if taken < len(command.arguments) or (command.arguments and command.arguments[-1].many):
        return _values(command.arguments[min(taken, len(command.arguments) - 1)], word)
    return [NOTHING]


def _option(command: Command, name: str) -> Parameter | None:
    """The option of a name that takes a value, None where there is no such."""
    return next((o for o in command.options if name in o.names and o.kind is not bool), None)


def _waiting(command: Command, past: str) -> Parameter | None:
    """The option whose value comes after a word such as --map, -q or -fq; None after --map=auto or -q40."""
    if past.startswith("--"):
        return _option(command, past)
    for place, letter in enumerate(past[1:], 2):
        if option := _option(command, f"-{letter}"):
            return option if place == len(past) else None
    return None


def _flags(command: Command, used: set[str]) -> Iterable[str]:
    for option in command.options:
        names = option.names + option.off
        if option.many or not used.intersection(names):
            yield from (f"{name}\t{_first(option.help)}" for name in names)
    yield _HELP


def _values(parameter: Parameter, word: str) -> list[str]:
    """The answer for a value."""
    kind, found = NOTHING, parameter.choices
    if parameter.is_file:
        kind = FOLDERS if parameter.word == _FOLDER else FILES
    elif parameter.name == "map":
        found = MAPS
    elif parameter.name in ("weights", "init", "name"):  # the last of `nc weights show`
        kind, found = FILES, dict.fromkeys(path.stem for path in installed())
    return [kind, *_starting(word, (f"{value}\t" for value in found))]


def _starting(word: str, lines: Iterable[str]) -> list[str]:
    return [line for line in lines if line.startswith(word)]


def _first(help: str) -> str:
    """The first sentence: a shell has one line for it."""
    return " ".join(help.split()).partition(". ")[0].removesuffix(".")
