"""From a trained model to a weights file: half precision, dead zones, and the fits of what decodes."""

import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..collage.scales import reduce_area
from ..neural import weights
from ..neural.architecture import BIAS
from ..neural.detail import FINEST
from ..neural.effort import error_weight
from ..neural.levels import at_level
from ..neural.tables import mass
from ..neural.tile import quantize
from .loop import Trainer
from .plan import DECODER, DETAIL, for_fits, paced

_DEAD_ZONES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25)
_SIDE = 256

Tell = Callable[[str, float], None]


def export(trainer: Trainer, path: Path, seconds: float = math.inf, tell: Tell = lambda *_: None) -> None:
    """Write the weights file of a trainer's present state, its averaged parameters.

    seconds: left for this and for measuring the curve; fits take fewer steps if need be. tell: called with what is
    being done and the share of it that is done, 0 .. 1.
    """
    end, model = time.monotonic() + seconds, trainer.model
    round_to_half(model)
    levels, dead_zone = len(model.architecture.lambdas), ()
    for level in range(levels):
        tell("choosing dead zones", level / levels)
        dead_zone += (choose_dead_zone(trainer, level),)
    decoder, detail = for_fits(end - time.monotonic(), trainer.step_seconds, len(trainer.measured))
    fit_decoder(trainer, dead_zone, min(DECODER, trainer.done), decoder, tell)
    round_to_half(model)
    fit_detail(trainer, dead_zone, min(DETAIL, trainer.done), detail, tell)
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
    for name in trainer.measured:
        x = trainer.middle(name, _SIDE)
        scaled = model.in_steps(model.analyse(x), position)
        pixels = x.shape[-1] * x.shape[-2]
        for i, dead_zone in enumerate(_DEAD_ZONES):
            q = quantize(scaled, dead_zone)
            _, distortion = trainer.objective.distortion(model.decode(model.dequantize(q, position), position), x)
            bits = prior.bits(q, q, position).sum() / pixels
            cost[i] += float(model.architecture.lambdas[level] * 255**2 * distortion + bits)
    return _DEAD_ZONES[int(cost.argmin())]


def fit_decoder(
    trainer: Trainer, dead_zone: tuple[float, ...], steps: int, seconds: float = math.inf, tell: Tell = lambda *_: None
) -> None:
    """Train prior, refinement, filter and atoms alone on what the encoder will really write: integers, dead zones
    applied, without the noise and the straight-through gradients that training the encoder needs. Ends after the
    seconds if these are over before the steps."""
    o, model, prior = trainer.options, trainer.model, trainer.prior
    groups = [
        {"params": [prior.bias, prior.weight, prior.mean, prior.shape], "lr": 2e-3},
        {"params": list(prior.groups.parameters()), "lr": 5e-4},
        {"params": model.of("refinement.", "filter."), "lr": 2e-4},
        {"params": [model["atoms"]], "lr": 2e-5},
    ]
    optimizer = torch.optim.Adam(groups, fused=True)
    zones = torch.tensor(dead_zone, device=trainer.device)
    for step, share in paced(steps, seconds):
        tell("fitting the decoder", share)
        crops = trainer.crops(trainer.done + step, o.batch)
        level, _ = trainer.draw(trainer.done + step)
        q = _integers(trainer, crops, level, zones)
        bits = prior.bits(q, q, level).sum((1, 2, 3)) / (o.crop * o.crop)
        _, distortion = trainer.objective.distortion(model.decode(model.dequantize(q, level), level), crops)
        _descend(optimizer, trainer.objective.lagrangian(level, distortion, bits), share)


def fit_detail(
    trainer: Trainer, dead_zone: tuple[float, ...], steps: int, seconds: float = math.inf, tell: Tell = lambda *_: None
) -> None:
    """Train the network that predicts detail, alone: on crops reduced by area, encoded and decoded at scale 1. Ends as
    `fit_decoder` does."""
    model, size = trainer.model, trainer.options.architecture.range_size
    fitted = model.of("detail.")
    for parameter in fitted:
        parameter.requires_grad_(True)
    optimizer = torch.optim.Adam(fitted, 2e-3, fused=True)
    zones = torch.tensor(dead_zone, device=trainer.device)
    side = FINEST * size * max(2, 3 * (trainer.options.crop // size) // 4)
    for step, share in paced(steps, seconds):
        tell("fitting the network for enlargement", share)
        level = trainer.draw(trainer.done + step)[0][:4]
        fine = trainer.crops(trainer.done + step, len(level), side)
        with torch.no_grad():
            coarse = (reduce_area(fine, FINEST) * 255).round() / 255
            q = single_pass(model.in_steps(model.analyse(coarse), level), level, zones)
            affine = model.affine(model.dequantize(q, level)[:, : model.architecture.atoms], level)
        _descend(optimizer, (model.enlarge(affine, level, FINEST) + BIAS - fine).square().mean() * 255**2, share)
    for parameter in fitted:
        parameter.requires_grad_(False)


def _descend(optimizer: torch.optim.Optimizer, loss: Tensor, share: float) -> None:
    """One step, its rate falling along a cosine. share: of the fit that is done, 0 .. 1."""
    for group in optimizer.param_groups:
        group["lr"] = group.setdefault("initial_lr", group["lr"]) * 0.5 * (1 + math.cos(math.pi * share))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()


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
    weight = error_weight(model.architecture.lambdas, level)
    slope = weight[:, None] * model.energy() / model.gain(level).square()
    candidates = torch.stack([scaled.floor(), scaled.floor() + 1, torch.zeros_like(scaled)])
    rate = -(mass((candidates - mean).abs(), index.expand_as(candidates), prior.shape) + 2.0**-20).log2()
    cost = slope[:, :, None, None] * (scaled - candidates).square() + rate
    chosen = candidates.gather(0, cost.argmin(0, keepdim=True))[0]
    chosen[::2] = q[::2]
    return chosen
