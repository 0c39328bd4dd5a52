"""From a trained model to a weights file: half precision, dead zones, and the fits of what decodes."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..collage.scales import reduce_area
from ..neural import weights
from ..neural.architecture import BIAS
from ..neural.detail import FINEST
from ..neural.effort import error_weight
from ..neural.levels import at_level, lagrange
from ..neural.tables import mass
from ..neural.tile import quantize
from .loop import Trainer

_DEAD_ZONES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25)
_SIDE = 256
_STEPS, _DETAIL_STEPS = 600, 2000


def export(trainer: Trainer, path: Path, steps: int = _STEPS, detail_steps: int = _DETAIL_STEPS) -> None:
    """Write the weights file of a trainer's present state, its averaged parameters."""
    model = trainer.model
    round_to_half(model)
    dead_zone = tuple(choose_dead_zone(trainer, level) for level in range(len(model.architecture.lambdas)))
    fit_decoder(trainer, dead_zone, min(steps, trainer.done))
    round_to_half(model)
    fit_detail(trainer, dead_zone, min(detail_steps, trainer.done))
    round_to_half(model)
    tensors = {name: value.detach().cpu().numpy() for name, value in model.state_dict().items()}
    weights.save(path, model.architecture, tensors, trainer.prior.export(), dead_zone)


@torch.no_grad()
def round_to_half(model: torch.nn.Module) -> None:
    """Round parameters as the file will hold them, so that all that follows is measured with them."""
    for parameter in model.parameters():
        if parameter is not model["log_gain"]:
            parameter.copy_(parameter.half().float())


@torch.no_grad()
def choose_dead_zone(trainer: Trainer, level: int) -> float:
    """The dead zone of least Lagrangian at a trained level, on the held-out pictures."""
    model, prior = trainer.model, trainer.prior
    position = torch.tensor([float(level)], device=trainer.device)
    cost = np.zeros(len(_DEAD_ZONES))
    for name in trainer.valid_names:
        x = trainer.middle(name, _SIDE)
        scaled = model.in_steps(model.analyse(x), position)
        pixels = x.shape[-1] * x.shape[-2]
        for i, dead_zone in enumerate(_DEAD_ZONES):
            q = quantize(scaled, dead_zone)
            _, distortion = trainer.objective.distortion(model.decode(model.dequantize(q, position), position) - x)
            bits = prior.bits(q, q, position).sum() / pixels
            cost[i] += float(model.architecture.lambdas[level] * 255**2 * distortion + bits)
    return _DEAD_ZONES[int(cost.argmin())]


def fit_decoder(trainer: Trainer, dead_zone: tuple[float, ...], steps: int) -> None:
    """Train prior, refinement, filter and atoms alone on what the encoder will really write: integers, dead zones
    applied, without the noise and the straight-through gradients that training the encoder needs."""
    o, model, prior = trainer.options, trainer.model, trainer.prior
    groups = [
        {"params": [prior.bias, prior.weight, prior.mean, prior.shape], "lr": 2e-3},
        {"params": list(prior.groups.parameters()), "lr": 5e-4},
        {"params": model.of("refinement.", "filter."), "lr": 2e-4},
        {"params": [model["atoms"]], "lr": 2e-5},
    ]
    optimizer = torch.optim.Adam(groups, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(1, steps))
    zones = torch.tensor(dead_zone, device=trainer.device)
    for step in range(steps):
        crops = trainer.crops(trainer.done + step, o.batch)
        level, _ = trainer.draw(trainer.done + step)
        q = _integers(trainer, crops, level, zones)
        bits = prior.bits(q, q, level).sum((1, 2, 3)) / (o.crop * o.crop)
        _, distortion = trainer.objective.distortion(model.decode(model.dequantize(q, level), level) - crops)
        loss = trainer.objective.lagrangian(level, distortion, bits)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()


def fit_detail(trainer: Trainer, dead_zone: tuple[float, ...], steps: int) -> None:
    """Train the network that predicts detail, alone: on crops reduced by area, encoded and decoded at scale 1."""
    model, size = trainer.model, trainer.options.architecture.range_size
    fitted = model.of("detail.")
    for parameter in fitted:
        parameter.requires_grad_(True)
    optimizer = torch.optim.Adam(fitted, 2e-3, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(1, steps))
    zones = torch.tensor(dead_zone, device=trainer.device)
    side = FINEST * size * max(2, 3 * (trainer.options.crop // size) // 4)
    for step in range(steps):
        level = trainer.draw(trainer.done + step)[0][:4]
        fine = trainer.crops(trainer.done + step, len(level), side)
        with torch.no_grad():
            coarse = (reduce_area(fine, FINEST) * 255).round() / 255
            q = single_pass(model.in_steps(model.analyse(coarse), level), level, zones)
            affine = model.affine(model.dequantize(q, level)[:, : model.architecture.atoms], level)
        loss = (model.enlarge(affine, level, FINEST) + BIAS - fine).square().mean() * 255**2
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
    for parameter in fitted:
        parameter.requires_grad_(False)


def single_pass(scaled: Tensor, level: Tensor, zones: Tensor) -> Tensor:
    """Coefficients [N, channels, rows, columns] quantized with the dead zones of their levels [N]."""
    return quantize(scaled, at_level(zones[:, None], level)[:, :, None, None])


@torch.no_grad()
def _integers(trainer: Trainer, crops: Tensor, level: Tensor, zones: Tensor) -> Tensor:
    """What the encoder makes of crops [N, 3, H, W]: of every other one by its dead zones, of the rest about as
    with more effort, where each integer is chosen by its rate in the context of the former."""
    model, prior = trainer.model, trainer.prior
    scaled = model.in_steps(model.analyse(crops), level)
    q = single_pass(scaled, level, zones)
    index, mean = prior.context(q, level)
    weight = error_weight(lagrange(model.architecture.lambdas, level))
    slope = weight[:, None] * model.energy() / model.gain(level).square()
    candidates = torch.stack([scaled.floor(), scaled.floor() + 1, torch.zeros_like(scaled)])
    rate = -(mass((candidates - mean).abs(), index.expand_as(candidates), prior.shape) + 2.0**-20).log2()
    cost = slope[:, :, None, None] * (scaled - candidates).square() + rate
    chosen = candidates.gather(0, cost.argmin(0, keepdim=True))[0]
    chosen[::2] = q[::2]
    return chosen
