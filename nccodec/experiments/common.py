"""What several studies need."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from ..evaluation.curve import Pictures
from ..evaluation.work import picture_files, read

# A process of its own starts the command: memory is counted from what the one that starts it has.
_MEASURE = """
import os, sys, time
began = time.perf_counter()
quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_, status, usage = os.wait4(pid, 0)
print(time.perf_counter() - began, usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def pictures_of(folder: Path) -> Pictures:
    """The pictures of a folder, as RGB, by name."""
    return [(path.name, read(path)) for path in picture_files([folder])]


def say(text: str) -> None:
    """A line on stderr."""
    typer.echo(text, err=True)


def run_measured(command: Sequence[str]) -> tuple[float, float]:
    """Seconds that a process took, and 10^6 bytes that it had in memory at most. CalledProcessError if it fails."""
    done = subprocess.run([sys.executable, "-c", _MEASURE, *command], capture_output=True, text=True, check=True)
    seconds, memory = done.stdout.split()
    return float(seconds), float(memory) * (1 if sys.platform == "darwin" else 1024) / 1e6
