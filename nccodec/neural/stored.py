"""Weights files as they are stored, whatever kind of map they are for: safetensors with JSON beside the tensors."""

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from ..errors import WeightsError
from .places import COLLAGE, MAX_BYTES, SUFFIX, described, fingerprint_of, holding, installed, searched

FORMAT = 1


@dataclass(frozen=True, eq=False)
class Stored(ABC):
    """A weights file that was read and checked. fingerprint: first 8 bytes of the SHA-256 of the file, which a `.ncl`
    names."""

    path: Path
    fingerprint: bytes

    @property
    def name(self) -> str:
        return self.path.stem

    def card(self) -> dict:
        """The card beside the file: data, command, steps, curve; empty without one. What is no number is None."""
        try:
            return json.loads(self.path.with_suffix(".json").read_text(), parse_constant=lambda _: None)
        except (OSError, ValueError):
            return {}

    @abstractmethod
    def about(self) -> dict:
        """What it says of itself, as plain values."""


T = TypeVar("T", bound=Stored)


@contextmanager
def naming_faults(path: Path) -> Iterator[None]:
    """A WeightsError that names the file, for whatever is wrong with what it holds."""
    try:
        yield
    except WeightsError as error:
        raise WeightsError(f"{path}: {error}" if str(path) not in str(error) else str(error)) from None
    except OSError as error:
        raise WeightsError(f"{path}: {error.strerror}") from None
    except (
        SafetensorError, LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError
    ) as error:  # fmt: skip
        raise WeightsError(f"{path}: not a weights file of nccodec ({error})") from None


def stamp(path: Path) -> tuple[int, int]:
    """Time and size of a file, to know it by until it changes. WeightsError where there is none."""
    with naming_faults(path):
        stat = path.stat()
    return stat.st_mtime_ns, stat.st_size


def read(path: Path, size: int, map: str) -> tuple[bytes, dict[str, Any], dict[str, np.ndarray]]:
    """Fingerprint, what the file says of itself, and tensors, of a kind of map; to be called inside `naming_faults`,
    which tells of what this raises."""
    if size > MAX_BYTES:
        raise WeightsError(f"{size} bytes are over the limit of {MAX_BYTES}")
    data = path.read_bytes()
    about = described(data)
    if (own := about.get("map", COLLAGE)) != map:
        raise WeightsError(f"these weights are for map {own!r}, not {map!r}")
    tensors = load_tensors(data)
    if about["format"] != FORMAT:
        raise WeightsError(f"weights format {about['format']} is unknown to this program")
    return fingerprint_of(data), about, tensors


def write(path: Path, about: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    """Write a weights file, replacing it at once or not at all."""
    beside = path.with_name(path.name + ".part")
    metadata = {"nccodec": json.dumps({"format": FORMAT} | about)}
    beside.write_bytes(save_tensors({name: np.ascontiguousarray(value) for name, value in tensors.items()}, metadata))
    os.replace(beside, path)


def named(name: str | Path, load: Callable[[Path], T]) -> T:
    """Weights by name, as `nc weights list` shows it, or by path."""
    if Path(name).suffix == SUFFIX or len(Path(name).parts) > 1:
        return load(Path(name))
    for path in installed():
        if path.stem == name:
            return load(path)
    raise WeightsError(f"no weights named {name!r} in {searched()}")


def matching(fingerprint: bytes, given: str | Path | None, load: Callable[[Path], T]) -> T:
    """The weights that a file names: `given` if it is they, else whichever of the folders has them."""
    if given is not None:
        weights = named(given, load)
        if weights.fingerprint != fingerprint:
            raise WeightsError(
                f"the file needs weights {fingerprint.hex()}, but {weights.path} is {weights.fingerprint.hex()}"
            )
        return weights
    path = holding(fingerprint)
    if path is None:
        raise WeightsError(f"the file needs weights {fingerprint.hex()}, which are not in {searched()}")
    return load(path)
