"""Affine maps whose attractor is nearest to a cloud of points.

A cover of the cloud by its own images (`covers`) says where the maps lie. Their chances follow from the collage theorem
for measures (Barnsley, as there, chapter 9): where the cloud is near the union of its images, each weighted by the
chance of its map, its mass is near the attractor's. Near is said by the sliced Wasserstein distance.
"""

from collections.abc import Callable

import numpy as np
import torch

from ..errors import LimitError
from .covers import Maps, apart, contractions, cover_of, squares
from .nearest import Nearest
from .placing import Affine

FEWEST_POINTS = 100
_MOST_POINTS = 20_000  # that a cover is looked for in
_LEAST_AREA = 0.01  # of a map, for the chance that it starts with
_STEPS, _RATES, _POINTS, _DIRECTIONS = 200, (0.05, 0.001), 1000, 24  # of the last descent: of chances, of maps


def distances(
    images: torch.Tensor, chances: torch.Tensor, cloud: torch.Tensor, directions: torch.Tensor
) -> torch.Tensor:
    """Squared sliced Wasserstein distance between weighted points and a cloud, along some directions: [R].

    images: [R, m, d]. chances: [R, m], sum 1. cloud: [n, d]. directions: [L, d]. In one dimension the distance is
    between the quantile functions; that of the cloud is taken as linear between its points.
    """
    y, order = (images @ directions.T).transpose(1, 2).sort(-1)  # [R, L, m]
    weights = chances[:, None].expand_as(y).gather(-1, order)
    middle = weights.cumsum(-1) - weights / 2
    x = (cloud @ directions.T).T.sort(-1)[0]  # [L, n]
    place = (middle * x.shape[1] - 0.5).clamp(0, x.shape[1] - 1.001)
    first = place.detach().floor()
    x = x.expand(len(y), -1, -1)
    low, high = (x.gather(-1, (first + k).long()) for k in (0, 1))
    return (weights * (y - low - (high - low) * (place - first)) ** 2).sum(-1).mean(-1)


def weighted(maps: Maps, near: Nearest, dice: torch.Generator) -> tuple[Maps, torch.Tensor]:
    """Maps [N], a little moved, and their chances [N], sum 1, with which images of the cloud have most nearly its mass,
    while they go on to cover it."""
    logits = torch.nn.Parameter(torch.linalg.det(maps.matrices).abs().clamp(min=_LEAST_AREA).log())
    free, offsets = (torch.nn.Parameter(x.clone()) for x in (maps.matrices, maps.offsets))
    optimizer = torch.optim.Adam([{"params": [logits], "lr": _RATES[0]}, {"params": [free, offsets], "lr": _RATES[1]}])
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, _STEPS)
    for _ in range(_STEPS):
        directions = torch.randn(_DIRECTIONS, near.points.shape[1], generator=dice)
        x, reached = near.some(_POINTS, dice), near.reached(_POINTS, dice)
        maps = Maps(contractions(free), offsets)
        weights = (logits.softmax(0) / _POINTS).repeat_interleave(_POINTS)
        images = maps.of(x).flatten(0, 1)  # [N, n, d] -> [N n, d]
        error = distances(images[None], weights[None], x, directions / directions.norm(dim=1, keepdim=True)).sum()
        error = error + squares(*apart(maps, near, x, reached))
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        schedule.step()
    return Maps(contractions(free.detach()), offsets.detach()), logits.detach().softmax(0)


def fit(
    cloud: np.ndarray, maps: int, restarts: int = 24, seed: int = 0, progress: Callable[[float], None] = lambda _: None
) -> Affine:
    """cloud: float64 [n, d], d 2 or 3. restarts: starts side by side in each round of the search. LimitError for fewer
    points than FEWEST_POINTS, or all in one place. progress: called with the share that is done."""
    n = len(cloud)
    if n < FEWEST_POINTS:
        raise LimitError(f"{n} points are fewer than {FEWEST_POINTS}")
    origin = (cloud.min(0) + cloud.max(0)) / 2
    unit = float(np.abs(cloud - origin).max())
    if unit == 0:
        raise LimitError("all points are in one place")
    random, dice = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    cloud = (cloud - origin) / unit
    near = Nearest(cloud[random.permutation(n)[:_MOST_POINTS]])
    found, chances = weighted(cover_of(near, maps, restarts, random, dice, progress), near, dice)
    matrices, offsets, chances = (x.numpy().astype(np.float64) for x in (found.matrices, found.offsets, chances))
    return Affine(matrices, offsets * unit + origin - matrices @ origin, chances / chances.sum())
