"""The manual page, made from the commands: `python -m nccodec.cli.manual share/man/man1/nccodec.1`.

Only what no command says of itself is written here. The page has no date, so that it is the same each day.
"""

import re
import sys
from pathlib import Path

from .. import __version__
from .app import FAILURE, app
from .tree import Command, Parameter, tree

# Backticks are bold. Examples are (line, what it does).
_ABOUT = (
    "`nc` and `nccodec` are the same program; use the second where `nc` is netcat.",
    "Outputs stand beside the input unless `-o`, a second name or `--output-dir` names them. An existing file is "
    "overwritten only with `-f`, the source never. The name `-` is standard input or standard output. One bad file "
    "stops no other: it is named, again at the end, and the exit status tells.",
    "A command given `-h` or `--help` shows its options and exits. `nc --version` prints the version.",
)
_STATUS = (
    ("0", "All was done."),
    (str(FAILURE), "Something failed; standard error says what."),
    ("2", "Wrong usage."),
    ("130", "Ended by Ctrl-C."),
)
_ENVIRONMENT = (
    ("NCCODEC_WEIGHTS", "Folders with weights, separated as in PATH. They are searched after the program's own."),
    ("XDG_DATA_HOME", "Where `nc weights add` keeps weights on Linux, instead of ~/.local/share."),
    ("XDG_CACHE_HOME", "Where `nc compare` keeps what it measured, instead of ~/.cache."),
)
_FILES = (
    (
        "~/.local/share/nccodec/weights",
        "Weights of the user, NAME.safetensors, each with its card, NAME.json. `nc weights list` shows all folders.",
    ),
    ("~/.cache/nccodec", "What may be deleted at any time."),
)
EXAMPLES = (
    ("nc encode photo.jpg -q 40", "Write photo.ncl."),
    ("nc encode photo.jpg small.ncl --size 40k", "The best picture of at most 40,000 bytes."),
    ("nc encode screenshot.png --lossless", "Keep every pixel."),
    ("nc encode -r photos --output-dir small -j 2", "A tree like that of photos, in two processes."),
    ("nc decode photo.ncl --scale 4", "Write photo@4x.png, four times as large."),
    ("nc decode - --format ppm", "From standard input to standard output."),
)
_ALSO = (("cwebp", ","), ("avifenc", ","), ("cjxl", ","), ("convert", ""))


def page(program: Command) -> str:
    """The page in roff, for `man`."""
    lines = [
        f'.TH NCCODEC 1 "" "nccodec {_text(__version__)}" "User Commands"',
        *(".SH NAME", f"nccodec, nc \\- {_text(_lowered(program.help))}"),
        ".SH SYNOPSIS",
    ]
    commands = list(program.walk())
    for command in commands:
        lines += [_usage(command), ".br"]
    lines[-1:] = [".SH DESCRIPTION"]
    lines += _paragraphs(_ABOUT)
    lines += [".SH COMMANDS"]
    for command in commands:
        lines += [f".SS {_name(command)}", *_paragraphs(command.help.split("\n\n"))]
        for parameter in (*command.arguments, *command.options):
            lines += [".TP", _head(parameter), _prose(" ".join(_told(parameter)))]
    for title, entries in (("EXIT STATUS", _STATUS), ("ENVIRONMENT", _ENVIRONMENT), ("FILES", _FILES)):
        lines += [f".SH {title}"]
        for name, text in entries:
            lines += [".TP", f".B {_text(name)}", _prose(text)]
    lines += [".SH EXAMPLES"]
    for example, text in EXAMPLES:
        lines += [".TP", f".B {_text(example)}", _prose(text)]
    lines += [".SH SEE ALSO", *(f".BR {_text(name)} (1){comma}" for name, comma in _ALSO)]
    return "\n".join(lines) + "\n"


def _usage(command: Command) -> str:
    parts = [f"\\fB{_name(command)}\\fR"]
    parts += ["[\\fIOPTIONS\\fR]"] * bool(command.options)
    return " ".join(parts + [f"\\fI{_text(argument.word)}\\fR" for argument in command.arguments])


def _name(command: Command) -> str:
    return _text(" ".join(("nc", *command.path)))


def _head(parameter: Parameter) -> str:
    """A parameter as it is written: -q, --quality NUMBER."""
    value = f"\\fI{_text(parameter.word)}\\fR"
    names = [f"\\fB{_text(name)}\\fR" for name in parameter.names + parameter.off]
    return (", ".join(names) + (f" {value}" if parameter.word else "")) if names else value


def _told(parameter: Parameter) -> list[str]:
    """The sentences on a parameter: its help, its bounds, its default. A flag that is off, and no text, go untold."""
    told = [parameter.help]
    low, high = parameter.low, parameter.high
    if low is not None:
        told.append(f"At least {low}." if high is None else f"From {low} to {high}.")
    elif high is not None:
        told.append(f"At most {high}.")
    default = getattr(parameter.default, "value", parameter.default)
    if parameter.off:
        default = (parameter.names if default else parameter.off)[0]
    if isinstance(default, float):
        default = f"{default:g}"
    if parameter.required and parameter.names:
        told.append("Required.")
    elif default is not None and default is not False and default != "":
        told.append(f"Default: {default}.")
    return told


def _paragraphs(texts: tuple[str, ...] | list[str]) -> list[str]:
    lines = []
    for text in texts:
        lines += [".PP", _prose(" ".join(text.split()))]
    return lines[1:]  # a heading begins a paragraph itself


def _prose(text: str) -> str:
    """Text of a paragraph, one sentence a line as roff wants it, what stands in backticks bold."""
    parts = re.sub(r"(?<=[.:;]) (?=[A-Z])", "\n", text).split("`")
    marked = "".join(f"\\fB{_text(part)}\\fR" if n % 2 else _text(part) for n, part in enumerate(parts))
    return "\n".join(map(_guarded, marked.split("\n")))


def _text(text: str) -> str:
    """Text as roff shows it letter for letter; hyphens as minus signs, so that options can be copied."""
    quoted = {"\\": "\\(rs", "-": "\\-", "~": "\\(ti", "^": "\\(ha", "`": "\\(ga", '"': "\\(dq"}
    return "".join(quoted.get(letter, letter) for letter in text)


def _guarded(line: str) -> str:
    """A line that is no request, though it may begin as one."""
    return "\\&" + line if line.startswith((".", "'")) else line


def _lowered(text: str) -> str:
    """A sentence as the half of a line."""
    return (text[:1].lower() + text[1:]).removesuffix(".")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m nccodec.cli.manual FILE")
    Path(sys.argv[1]).write_text(page(tree(app)), encoding="utf-8")
