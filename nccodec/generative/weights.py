"""Weights files of generative collages."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np

from ..bitstream.container import Header
from ..errors import FormatError, WeightsError
from ..neural import stored
from .architecture import Architecture, shapes
from .network import Generative


@dataclass(frozen=True, eq=False)
class Weights(stored.Stored):
    """A weights file that was read and checked. tensors: of the shapes `architecture.shapes`, float16."""

    architecture: Architecture
    tensors: dict[str, np.ndarray]

    MAP: ClassVar = "generative"

    def about(self) -> dict:
        return {"map": self.MAP, "architecture": self.architecture.to_dict()}

    @cached_property
    def network(self) -> Generative:
        """In double precision, which is as exact as a decoder needs."""
        return Generative(self.architecture, {name: x.astype(np.float64) for name, x in self.tensors.items()})

    def check(self, header: Header) -> None:
        """FormatError where a file's header does not fit these weights."""
        a, common = self.architecture, header.common
        found = common.height, common.width, common.grey, header.fields.latents
        if found != (a.size, a.size, a.channels == 1, a.latents):
            raise FormatError("size, colours or latents are not those of the weights that the file names")


def save(path: Path, architecture: Architecture, tensors: dict[str, np.ndarray]) -> None:
    """Write a weights file, in half precision, replacing it at once or not at all."""
    about = {"map": Weights.MAP, "architecture": architecture.to_dict()}
    stored.write(path, about, {name: value.astype(np.float16) for name, value in tensors.items()})


def load(path: Path) -> Weights:
    """Read and check a weights file. WeightsError names the file and the fault."""
    return _load(path, *stored.stamp(path))


@lru_cache(maxsize=4)
def _load(path: Path, _time: int, size: int) -> Weights:
    with stored.naming_faults(path):
        fingerprint, about, tensors = stored.read(path, size, Weights.MAP)
        architecture = Architecture.from_dict(about["architecture"])
        expected, found = shapes(architecture), {name: value.shape for name, value in tensors.items()}
        if wrong := sorted(name for name in {*expected, *found} if expected.get(name) != found.get(name)):
            raise WeightsError(f"tensors do not fit the architecture ({wrong[0]})")
        for name, value in tensors.items():
            if value.dtype != np.float16 or not np.isfinite(value).all():
                raise WeightsError(f"tensor {name} is not finite numbers of 16 bits")
    return Weights(path, fingerprint, architecture, tensors)


def named(name: str | Path) -> Weights:
    """See `stored.named`."""
    return stored.named(name, load)


def matching(fingerprint: bytes, given: str | Path | None = None) -> Weights:
    """See `stored.matching`."""
    return stored.matching(fingerprint, given, load)
