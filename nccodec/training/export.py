"""From a trained model to a weights file: dead zones, coding tables, half precision."""

from pathlib import Path

import numpy as np
import torch

from ..bitstream.context import SCALES, ContextArrays, ContextModel
from ..neural import weights
from ..neural.codec import quantize
from .loop import Trainer

_DEAD_ZONES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25)
_PICTURES = 60  # training pictures that the tables are counted on
_SIDE = 256


def export(trainer: Trainer, path: Path) -> None:
    """Write the weights file of a trainer's present state."""
    model = trainer.model
    with torch.no_grad():
        for parameter in model.parameters():  # measure what the file will hold
            if parameter is not model.log_gain:
                parameter.copy_(parameter.half().float())
    dead_zone = tuple(choose_dead_zone(trainer, level) for level in range(len(model.architecture.lambdas)))
    fit_prior(trainer, dead_zone)
    first = trainer.prior.export()
    tables = trainer.prior.export(count_differences(trainer, first, dead_zone))
    tensors = {name: value.detach().cpu().numpy() for name, value in model.state_dict().items()}
    weights.save(path, model.architecture, tensors, tables, dead_zone)


@torch.no_grad()
def choose_dead_zone(trainer: Trainer, level: int) -> float:
    """The dead zone of least Lagrangian at a trained level, on the held-out pictures."""
    model, prior = trainer.model, trainer.prior
    gain = model.log_gain[level].exp()[:, None, None]
    index = torch.tensor([level], device=trainer.device)
    cost = np.zeros(len(_DEAD_ZONES))
    for name in trainer.valid_names:
        x = trainer.middle(name, _SIDE)
        y = model.encode(x) * gain
        pixels = x.shape[-1] * x.shape[-2]
        for i, dead_zone in enumerate(_DEAD_ZONES):
            q = quantize(y, dead_zone)
            mse = (model.decode(q / gain) - x).square().mean()
            bits = prior.bits(q, q, index).sum() / pixels
            cost[i] += float(model.architecture.lambdas[level] * 255**2 * mse + bits)
    return _DEAD_ZONES[int(cost.argmin())]


def fit_prior(trainer: Trainer, dead_zone: tuple[float, ...], steps: int = 400) -> None:
    """Train the prior alone on what the encoder will really write: integers, dead zones applied."""
    o, model, prior = trainer.options, trainer.model, trainer.prior
    optimizer = torch.optim.Adam(prior.parameters(), 4e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    zones = torch.tensor(dead_zone, device=trainer.device)
    balance = torch.tensor(model.architecture.lambdas, device=trainer.device).rsqrt()
    for step in range(min(steps, trainer.done)):
        with torch.no_grad():
            y = model.encode(trainer.crops(trainer.done + step, o.batch))
            level = torch.from_numpy(np.random.default_rng([o.seed, step]).integers(len(dead_zone), size=o.batch))
            level = level.to(trainer.device)
            q = quantize(y * model.log_gain[level].exp()[:, :, None, None], zones[level][:, None, None, None])
        bits = prior.bits(q, q, level).sum((1, 2, 3)) * balance[level]
        optimizer.zero_grad(set_to_none=True)
        (bits.mean() / (o.crop * o.crop)).backward()
        optimizer.step()
        schedule.step()


@torch.no_grad()
def count_differences(trainer: Trainer, arrays: ContextArrays, dead_zone: tuple[float, ...]) -> np.ndarray:
    """How often each |value - offset| occurs at each scale index, [SCALES, 2048], on training pictures
    at all levels."""
    model, a = trainer.model, trainer.model.architecture
    counts = np.zeros((SCALES, 2048))
    names = trainer.train_names[:: max(1, len(trainer.train_names) // _PICTURES)]
    for name in names:
        y = model.encode(trainer.middle(name, _SIDE))
        for level, zone in enumerate(dead_zone):
            q = quantize(y * model.log_gain[level].exp()[:, None, None], zone)[0].to("cpu", torch.int32).numpy()
            symbols = ContextModel(arrays, a.atoms, a.domains, 256 * level)
            for part in symbols.passes(q, 0, a.channels):
                difference = np.minimum(np.abs(q[part.where] - part.offsets), counts.shape[1] - 1)
                np.add.at(counts, (part.tables, difference), 1)
    return counts
