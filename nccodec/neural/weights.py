"""Weights files: safetensors with the architecture and the prior."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..arrays import GRADIENTS, Array, on
from ..bitstream.container import Header
from ..errors import FormatError, WeightsError
from . import stored
from .architecture import Architecture
from .header import LEVEL_UNIT
from .model import Collage
from .places import COLLAGE
from .prior import IntegerPrior, PriorArrays
from .shapes import shapes

if TYPE_CHECKING:
    from .prior_network import PriorNetwork

_PRIOR = "prior."


@dataclass(frozen=True, eq=False)
class Weights(stored.Stored):
    """A weights file that was read and checked. dead_zone: for each level, how much the rounding threshold of a
    coefficient exceeds one half. tensors: the networks'."""

    architecture: Architecture
    dead_zone: tuple[float, ...]
    prior: PriorArrays
    tensors: dict[str, np.ndarray]

    @property
    def levels(self) -> int:
        """The highest level, in 1/256."""
        return LEVEL_UNIT * (len(self.architecture.lambdas) - 1)

    def about(self) -> dict:
        return {"architecture": self.architecture.to_dict(), "dead_zone": list(self.dead_zone)}

    def symbol_model(self, header: Header) -> IntegerPrior:
        """The prior for a file's level; FormatError where the header does not fit these weights."""
        a, fields = self.architecture, header.fields
        if (header.common.side, fields.atoms, fields.domains) != (a.range_size, a.atoms, a.domains):
            raise FormatError("range size, atoms or domains are not those of the weights that the file names")
        return self.prior_at(fields.level)

    def prior_at(self, level: int) -> IntegerPrior:
        """The prior at a level in 1/256; FormatError where there is no such level."""
        return IntegerPrior(self.prior, self.architecture.atoms, self.architecture.domains, level)

    def model(self, device: str = "cpu") -> Collage:
        """The networks and atoms in float32, kept for the next call. device: see `collage.device.choose_device`."""
        return _model(self, device)

    def prior_network(self, device: str = GRADIENTS) -> "PriorNetwork":
        """The prior as a differentiable network, kept for the next call."""
        return _prior_network(self, device)


@lru_cache(maxsize=2)
def _prior_network(weights: Weights, device: str) -> "PriorNetwork":
    from .prior_network import PriorNetwork

    network = PriorNetwork(weights.architecture, [len(layers.second) for layers in weights.prior.groups])
    network.start_at_export(weights.prior)
    return network.to("cpu" if device == GRADIENTS else device).eval().requires_grad_(False)


@lru_cache(maxsize=3)
def _model(weights: Weights, device: str) -> Collage:
    expected = shapes(weights.architecture)
    shapes_of = {name: value.shape for name, value in weights.tensors.items()}
    if wrong := sorted(name for name in {*expected, *shapes_of} if expected.get(name) != shapes_of.get(name)):
        raise WeightsError(f"{weights.path}: tensors do not fit the architecture ({wrong[0]})")
    if not all(np.isfinite(value).all() for value in weights.tensors.values()):
        raise WeightsError(f"{weights.path}: a tensor holds values that are not finite")
    if np.abs(weights.tensors["log_gain"]).max() > 30:
        raise WeightsError(f"{weights.path}: a gain is beyond e^-30 .. e^30")
    if weights.tensors["filter.amplitude"].max() > 30:
        raise WeightsError(f"{weights.path}: an amplitude is above e^30")
    return Collage(weights.architecture, _Single(weights.tensors, device))


class _Single(Mapping):
    """Arrays in single precision, each made when it is asked for first: a decoder does without the encoder's."""

    def __init__(self, arrays: dict[str, np.ndarray], device: str) -> None:
        self._stored, self._device, self._made = arrays, device, {}

    def __getitem__(self, name: str) -> Array:
        if name not in self._made:
            self._made[name] = on(self._stored[name].astype(np.float32), self._device)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)


def save(
    path: Path,
    architecture: Architecture,
    tensors: dict[str, np.ndarray],
    prior: PriorArrays,
    dead_zone: tuple[float, ...],
) -> None:
    """Write a weights file, half precision but for the gains, replacing it at once or not at all."""
    prior.check(architecture.atoms, architecture.domains, len(architecture.lambdas))
    arrays = {name: value.astype(np.float32 if name == "log_gain" else np.float16) for name, value in tensors.items()}
    arrays |= {f"{_PRIOR}{name}": array for name, array in prior.tensors().items()}
    stored.write(path, {"architecture": architecture.to_dict(), "dead_zone": list(dead_zone)}, arrays)


def load(path: Path) -> Weights:
    """Read and check a weights file. WeightsError names the file and the fault."""
    return _load(path, *stored.stamp(path))


@lru_cache(maxsize=4)
def _load(path: Path, _time: int, size: int) -> Weights:
    with stored.naming_faults(path):
        fingerprint, about, tensors = stored.read(path, size, COLLAGE)
        architecture = Architecture.from_dict(about["architecture"])
        dead_zone = tuple(float(x) for x in about["dead_zone"])
        names = [name for name in tensors if name.startswith(_PRIOR)]
        prior = PriorArrays.from_tensors({name.removeprefix(_PRIOR): tensors.pop(name) for name in names})
        prior.check(architecture.atoms, architecture.domains, len(architecture.lambdas))
        if len(dead_zone) != len(architecture.lambdas):
            raise WeightsError("dead zones do not fit the architecture")
        if not all(0 <= x < 0.5 for x in dead_zone):
            raise WeightsError("a dead zone is outside 0 .. 0.5")
    return Weights(path, fingerprint, architecture, dead_zone, prior, tensors)


def named(name: str | Path) -> Weights:
    """See `stored.named`."""
    return stored.named(name, load)


def matching(fingerprint: bytes, given: str | Path | None = None) -> Weights:
    """See `stored.matching`."""
    return stored.matching(fingerprint, given, load)
