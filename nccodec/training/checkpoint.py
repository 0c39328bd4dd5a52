"""Checkpoints of a training run: safetensors, so that nothing is unpickled."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ..errors import TrainingError

if TYPE_CHECKING:
    from .loop import Trainer


def save(path: Path, trainer: "Trainer") -> None:
    """Write parameters, optimizer state and position, replacing the file at once or not at all."""
    tensors = {}
    for name, p in trainer.objective.named_parameters():
        tensors[f"value.{name}"] = p.detach()
        for key, value in trainer.optimizer.state.get(p, {}).items():
            tensors[f"{key}.{name}"] = value
    tensors |= {f"average.{name}": p.detach() for name, p in trainer.average.module.named_parameters()}
    position = {"done": trainer.done, "elapsed": trainer.elapsed, "identity": identity(trainer)}
    beside = path.with_name(path.name + ".part")
    save_file({name: t.contiguous().cpu() for name, t in tensors.items()}, beside, {"nccodec": json.dumps(position)})
    os.replace(beside, path)


def identity(trainer: "Trainer") -> dict:
    """What a resumed run must have in common with the run that wrote the checkpoint."""
    o = trainer.options
    fields = {"crop": o.crop, "batch": o.batch, "loss": o.loss, "seed": o.seed, "rate": o.rate}
    fields |= {"border": o.border, "colour": o.colour}
    fields |= {"screens": trainer.folder.screens, "processes": trainer.processes}
    return fields | {"pictures": trainer.folder.fingerprint, "architecture": o.architecture.to_dict()}


def resume(path: Path, trainer: "Trainer") -> None:
    """Continue where the checkpoint stopped: the same steps follow as without the interruption."""
    position, tensors = _read(path)
    there, here = position["identity"], json.loads(json.dumps(identity(trainer)))
    for key, value in here.items():
        if there.get(key) != value:
            raise TrainingError(f"{path}: the checkpoint was made with other {key}")
    averages = dict(trainer.average.module.named_parameters())
    trainer.average.n_averaged.fill_(position["done"])
    for name, p in trainer.objective.named_parameters():
        with torch.no_grad():
            p.copy_(tensors[f"value.{name}"])
            averages[name].copy_(tensors[f"average.{name}"])
        state = {
            key: tensors[f"{key}.{name}"] for key in ("step", "exp_avg", "exp_avg_sq") if f"{key}.{name}" in tensors
        }
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
