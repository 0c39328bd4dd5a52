"""Weights files: safetensors with the architecture and the prior."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from ..arrays import GRADIENTS, Array, on
from ..bitstream.container import Header
from ..errors import FormatError, WeightsError
from .architecture import Architecture
from .header import LEVEL_UNIT
from .model import Collage
from .places import MAX_BYTES, SUFFIX, described, fingerprint_of, holding, installed, searched
from .prior import IntegerPrior, PriorArrays
from .shapes import shapes

if TYPE_CHECKING:
    from .prior_network import PriorNetwork

FORMAT = 1
_PRIOR = "prior."


@dataclass(frozen=True, eq=False)
class Weights:
    """A weights file that was read and checked.

    fingerprint: first 8 bytes of the SHA-256 of the file, which a `.ncl` names. dead_zone: for each
    level, how much the rounding threshold of a coefficient exceeds one half. tensors: the networks'.
    """

    path: Path
    fingerprint: bytes
    architecture: Architecture
    dead_zone: tuple[float, ...]
    prior: PriorArrays
    tensors: dict[str, np.ndarray]

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def levels(self) -> int:
        """The highest level, in 1/256."""
        return LEVEL_UNIT * (len(self.architecture.lambdas) - 1)

    def card(self) -> dict:
        """The card beside the file: data, command, steps, curve; empty without one. What is no number is None."""
        try:
            return json.loads(self.path.with_suffix(".json").read_text(), parse_constant=lambda _: None)
        except (OSError, ValueError):
            return {}

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

    def __init__(self, stored: dict[str, np.ndarray], device: str) -> None:
        self._stored, self._device, self._made = stored, device, {}

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
    stored = {name: value.astype(np.float32 if name == "log_gain" else np.float16) for name, value in tensors.items()}
    stored |= {f"{_PRIOR}{name}": array for name, array in prior.tensors().items()}
    about = {"format": FORMAT, "architecture": architecture.to_dict(), "dead_zone": list(dead_zone)}
    beside = path.with_name(path.name + ".part")
    metadata = {"nccodec": json.dumps(about)}
    beside.write_bytes(save_tensors({name: np.ascontiguousarray(value) for name, value in stored.items()}, metadata))
    os.replace(beside, path)


def load(path: Path) -> Weights:
    """Read and check a weights file. WeightsError names the file and the fault."""
    try:
        stat = path.stat()
    except OSError as error:
        raise WeightsError(f"{path}: {error.strerror}") from None
    return _load(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=4)
def _load(path: Path, _time: int, size: int) -> Weights:
    if size > MAX_BYTES:
        raise WeightsError(f"{path}: {size} bytes are over the limit of {MAX_BYTES}")
    try:
        data = path.read_bytes()
        about = described(data)
        tensors = load_tensors(data)
        if about["format"] != FORMAT:
            raise WeightsError(f"{path}: weights format {about['format']} is unknown to this program")
        architecture = Architecture.from_dict(about["architecture"])
        dead_zone = tuple(float(x) for x in about["dead_zone"])
        names = [name for name in tensors if name.startswith(_PRIOR)]
        prior = PriorArrays.from_tensors({name.removeprefix(_PRIOR): tensors.pop(name) for name in names})
        prior.check(architecture.atoms, architecture.domains, len(architecture.lambdas))
    except WeightsError as error:
        raise WeightsError(f"{path}: {error}" if str(path) not in str(error) else str(error)) from None
    except OSError as error:
        raise WeightsError(f"{path}: {error.strerror}") from None
    except (
        SafetensorError, LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError
    ) as error:  # fmt: skip
        raise WeightsError(f"{path}: not a weights file of nccodec ({error})") from None
    if len(dead_zone) != len(architecture.lambdas):
        raise WeightsError(f"{path}: dead zones do not fit the architecture")
    if not all(0 <= x < 0.5 for x in dead_zone):
        raise WeightsError(f"{path}: a dead zone is outside 0 .. 0.5")
    return Weights(path, fingerprint_of(data), architecture, dead_zone, prior, tensors)


def named(name: str | Path) -> Weights:
    """Weights by name, as `nc weights list` shows it, or by path."""
    if Path(name).suffix == SUFFIX or len(Path(name).parts) > 1:
        return load(Path(name))
    for path in installed():
        if path.stem == name:
            return load(path)
    raise WeightsError(f"no weights named {name!r} in {searched()}")


def matching(fingerprint: bytes, given: str | Path | None = None) -> Weights:
    """The weights that a file names: `given` if it is they, else whichever of the folders has them."""
    if given is not None:
        weights = named(given)
        if weights.fingerprint != fingerprint:
            raise WeightsError(
                f"the file needs weights {fingerprint.hex()}, but {weights.path} is {weights.fingerprint.hex()}"
            )
        return weights
    path = holding(fingerprint)
    if path is None:
        raise WeightsError(f"the file needs weights {fingerprint.hex()}, which are not in {searched()}")
    return load(path)
