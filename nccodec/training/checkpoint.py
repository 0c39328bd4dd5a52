"""Checkpoints of a training run: safetensors, so that nothing is unpickled."""

import json
import os
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch.optim.swa_utils import AveragedModel

from ..errors import TrainingError


class Trainer(Protocol):
    """A run whose steps follow from parameters, optimizer state and position alone. done: steps. elapsed: seconds.
    average: moving average of the parameters, if there is one. identity: what a resumed run must have in common with
    the run that wrote the checkpoint, by the names that a user knows."""

    objective: torch.nn.Module
    optimizer: torch.optim.Optimizer
    average: AveragedModel | None
    done: int
    elapsed: float

    @property
    def identity(self) -> dict[str, Any]: ...


def save(path: Path, trainer: Trainer) -> None:
    """Write parameters, optimizer state and position, replacing the file at once or not at all."""
    tensors = {}
    for name, p in trainer.objective.named_parameters():
        tensors[f"value.{name}"] = p.detach()
        for key, value in trainer.optimizer.state.get(p, {}).items():
            tensors[f"{key}.{name}"] = value
    if trainer.average is not None:
        tensors |= {f"average.{name}": p.detach() for name, p in trainer.average.module.named_parameters()}
    position = {"done": trainer.done, "elapsed": trainer.elapsed, "identity": trainer.identity}
    beside = path.with_name(path.name + ".part")
    save_file({name: t.contiguous().cpu() for name, t in tensors.items()}, beside, {"nccodec": json.dumps(position)})
    os.replace(beside, path)


def resume(path: Path, trainer: Trainer) -> None:
    """Continue where the checkpoint stopped: the same steps follow as without the interruption."""
    position, tensors = _read(path)
    there, here = position["identity"], json.loads(json.dumps(trainer.identity))
    for key, value in here.items():
        if there.get(key) != value:
            raise TrainingError(f"{path}: the checkpoint was made with other {key}")
    of: dict[str, dict[str, torch.Tensor]] = {}
    for key, tensor in tensors.items():
        kind, _, name = key.partition(".")
        of.setdefault(name, {})[kind] = tensor
    averages: dict[str, torch.Tensor] = {}
    if trainer.average is not None:
        trainer.average.n_averaged.fill_(position["done"])
        averages = dict(trainer.average.module.named_parameters())
    for name, p in trainer.objective.named_parameters():
        state = of[name]
        with torch.no_grad():
            p.copy_(state.pop("value"))
            if name in averages:
                averages[name].copy_(state.pop("average"))
        if state:
            trainer.optimizer.state[p] = {k: v.to(p.device) for k, v in state.items()}
    trainer.done, trainer.elapsed = position["done"], position["elapsed"]


def _read(path: Path) -> tuple[dict, dict[str, torch.Tensor]]:
    try:
        with safe_open(path, "pt") as opened:
            metadata = opened.metadata() or {}
            if "nccodec" not in metadata:
                raise TrainingError(f"{path}: not a training checkpoint")
            return json.loads(metadata["nccodec"]), {key: opened.get_tensor(key) for key in sorted(opened.keys())}
    except (OSError, SafetensorError, ValueError) as error:
        raise TrainingError(f"{path}: cannot read the checkpoint ({error})") from None
