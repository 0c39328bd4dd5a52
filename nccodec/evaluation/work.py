"""Measurements in several processes, each result kept by what it depends on."""

import hashlib
import multiprocessing
import os
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..arrays import set_threads
from ..errors import ComparisonError, ImageError, NclError, NclWarning
from ..imaging.pictures import parts_of, read_picture
from ..imaging.suffixes import suffixes
from .cache import Cache
from .codecs import Codec, sources_digest
from .curve import measured
from .gallery import enlargements, matched
from .interrupts import held, only_note

_MEASURING = (
    "imaging/psnr.py",
    *(f"evaluation/{name}.py" for name in ("artefacts", "codecs", "curve", "gallery", "metrics", "ssimulacra2")),
)
_KINDS: dict[str, Callable[..., list]] = {"points": measured, "files": matched, "enlargement": enlargements}


@dataclass(frozen=True)
class Picture:
    """A picture file that can be read. digest: SHA-256 of its samples and shape."""

    path: Path
    name: str
    width: int
    height: int
    digest: str

    @classmethod
    def of(cls, path: Path) -> "Picture":
        """Raises ImageError where `read` does."""
        pixels = np.asarray(read(path))
        digest = hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()
        return cls(path, path.name, pixels.shape[1], pixels.shape[0], digest)


def read(path: Path) -> Image.Image:
    """The picture of a file as mode "RGB", without metadata. ImageError where it cannot be read, or has a transparency,
    which not every codec holds."""
    colours, extras = parts_of(read_picture(path))
    if extras.alpha is not None:
        raise ImageError(f"{path}: has transparency; flatten it first")
    return Image.fromarray(np.asarray(colours.convert("RGB")))


def picture_files(paths: Sequence[Path]) -> list[Path]:
    """Files as they are, folders as the pictures directly inside, by name. ComparisonError for a folder without."""
    found: list[Path] = []
    for path in paths:
        inside = [path]
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if file.suffix.lower() in suffixes())
            if not inside:
                raise ComparisonError(f"{path}: holds no pictures")
        found += [file for file in inside if file not in found]
    return found


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Job:
    """One kind of work on one picture with one codec: a result for each argument, all in one process.

    kind: of _KINDS. options: what else the results depend on.
    """

    kind: str
    picture: Picture
    codec: Codec
    identity: str
    arguments: tuple[float, ...]
    options: tuple = ()

    @cached_property
    def keys(self) -> list[str]:
        """Of its results in the cache, one an argument."""
        about = (self.kind, self.picture.digest, self.identity, sources_digest(*_MEASURING), self.options)
        return [hashlib.sha256(repr((*about, argument)).encode()).hexdigest() for argument in self.arguments]


def results_of(
    jobs: Sequence[Job], cache: Cache, processes: int, report: Callable[[int, int], None] = lambda done, of: None
) -> list[list[Any]]:
    """For each job its results, one an argument. What the cache has is not done again, the rest is added to it as
    soon as it is there.

    processes: how many work at a time, with one thread each, so that times do not depend on it. report: called with
    how many jobs are done, and out of how many. NclError where one fails; then, and on Ctrl-C, all work ends at once.
    """
    known = {key: value for job in jobs for key in job.keys if (value := cache.get(key)) is not None}
    left = [job for job in jobs if not all(key in known for key in job.keys)]
    report(0, len(left))
    if left:
        context = multiprocessing.get_context("spawn")
        waiting: dict = {}
        pool = ProcessPoolExecutor(min(processes, len(left)), context, initializer=_single_threaded)
        try:
            with held():
                for job in left:
                    missing = {key: arg for key, arg in zip(job.keys, job.arguments, strict=True) if key not in known}
                    work = pool.submit(_work, job, tuple(missing.values()))
                    waiting[work] = list(missing)
            for number, work in enumerate(as_completed(waiting), 1):
                found = dict(zip(waiting[work], work.result(), strict=True))
                cache.put(found.items())
                known |= found
                report(number, len(left))
        except BrokenProcessPool:
            raise ComparisonError("a process that measured ended unexpectedly; is there enough memory?") from None
        finally:
            if not all(work.done() for work in waiting):
                for child in multiprocessing.active_children():
                    child.terminate()
            pool.shutdown(wait=True, cancel_futures=True)
    return [[known[key] for key in job.keys] for job in jobs]


def _single_threaded() -> None:
    """In a new process: one thread, no warnings, which were given before, and Ctrl-C left to who started it."""
    only_note()
    warnings.simplefilter("ignore", NclWarning)
    set_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"  # of torch, which is not imported yet
    avif_in_one_thread()


def avif_in_one_thread() -> None:
    """Pillow's AVIF files depend on the number of threads that write them: from now on, in this process, on one."""
    with suppress(ImportError):  # which Pillow before 11.3 has not
        from PIL import AvifImagePlugin

        AvifImagePlugin.DEFAULT_MAX_THREADS = 1


def _work(job: Job, arguments: tuple[float, ...]) -> list:
    try:
        return _KINDS[job.kind](job.codec, read(job.picture.path), arguments, *job.options)
    except NclError as error:
        text = str(error)
        named = text if text.startswith(str(job.picture.path)) else f"{job.picture.path}: {text}"
        raise type(error)(named) from None
