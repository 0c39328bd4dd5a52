"""One file's work, and what comes of it wherever it is done: a result or an error, with its warnings."""

import warnings
from collections.abc import Callable

from ..errors import LimitError, NclError, NclWarning
from .files import led
from .tasks import Task

# What a task needs done: what there is to tell of it, with its "pixels". Picklable where other processes do it.
Work = Callable[[Task], dict]
Result = tuple[Task, dict | None, NclError | None, list[str]]  # without an error None tells of a file that was skipped


def attempt(task: Task, work: Callable[[Task], object]) -> tuple[Task, object, NclError | None, list[str]]:
    """The task, what `work` returns or the error that it ends with, and its warnings, led by the file."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            if task.refused:
                raise LimitError(task.refused)
            result, error = work(task), None
        except NclError as raised:
            result, error = None, raised
        except MemoryError:
            result, error = None, NclError(f"{task.source}: not enough memory")
        except OSError as raised:
            result, error = None, NclError(f"{raised.filename or task.target}: {raised.strerror or raised}")
    notes = [led(task.source, str(note.message)) for note in caught if issubclass(note.category, NclWarning)]
    return task, result, error, notes


def settled(task: Task, allowed: Callable[[Task], bool]) -> Result | None:
    """What comes of a task that is not to be done; None for one that is. allowed: False for one to be skipped."""
    task, go_on, error, notes = attempt(task, allowed)
    return None if go_on else (task, None, error, notes)
