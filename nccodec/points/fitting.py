"""Affine maps whose attractor is nearest to a cloud of points.

Covers of the cloud by its own images (`covers`) say where maps lie. How much of the mass each has follows from the
collage theorem for measures (Barnsley, as there, chapter 9): where the cloud is near the union of its images, each
weighted by the chance of its map, it is near the attractor. Near is said by the sliced Wasserstein distance, through
more and more steps of the chaos game, until it is nearly the attractor itself that is compared; distances to nearest
points beside it mind the fine parts.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from ..errors import LimitError
from .covers import Maps, contractions, covers_of
from .placing import Affine

FEWEST_POINTS = 100
_MOST_POINTS = 20_000  # that covers are looked for in
_RATE, _SHARES_RATE = 0.0015, 0.03  # of maps, that are nearly right; of the logits of their chances
_LOOKS = 8  # at the attractors of a stage's covers, after which the best are chosen
_ORBIT = 16  # steps after which points are on the attractor, nearly
_LEAST_AREA = 0.01  # of a map, for the chance that it starts with
_SEARCH = 0.6  # share of the time, about, that covers take


@dataclass(frozen=True)
class Stage:
    """Covers that are left, steps for each, points of the cloud, directions that distances are measured in. unrolled:
    steps of the maps on the way from the cloud to its images."""

    covers: int
    steps: int
    points: int
    directions: int
    unrolled: int


STAGES = Stage(4, 150, 400, 12, 2), Stage(2, 150, 600, 16, 6), Stage(1, 250, 1000, 24, 10)


class Weighted(torch.nn.Module):
    """Maps of all covers. free: [R, N, d, d], made contractions where they are none. offsets: [R, N, d]. shares: [R,
    N], logits of the chances."""

    def __init__(self, free: torch.Tensor, offsets: torch.Tensor, shares: torch.Tensor) -> None:
        super().__init__()
        self.free, self.offsets, self.shares = (torch.nn.Parameter(x) for x in (free, offsets, shares))

    @classmethod
    def by_area(cls, maps: Maps) -> "Weighted":
        areas = torch.linalg.det(maps.matrices).abs().clamp(min=_LEAST_AREA)
        return cls(maps.matrices, maps.offsets, areas.log())

    @property
    def maps(self) -> Maps:
        return Maps(contractions(self.free), self.offsets)

    @property
    def chances(self) -> torch.Tensor:
        return self.shares.softmax(-1)

    def steps(self, x: torch.Tensor, count: int, dice: torch.Generator) -> torch.Tensor:
        """Points after so many steps of the chaos game: [n, d] -> [R, n, d]."""
        covers, maps = len(self.shares), self.maps
        x = x.expand(covers, -1, -1)
        rows = torch.arange(covers)[:, None]
        for _ in range(count):
            chosen = torch.multinomial(self.chances.detach(), x.shape[1], replacement=True, generator=dice)
            x = (maps.matrices[rows, chosen] @ x[..., None])[..., 0] + maps.offsets[rows, chosen]
        return x

    def images(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Of points [R, n, d] under every map, and their weights: [R, N n, d], [R, N n]."""
        weights = (self.chances / x.shape[1]).repeat_interleave(x.shape[1], -1)
        return self.maps.of(x[:, None]).flatten(1, 2), weights

    def best(self, losses: torch.Tensor, count: int) -> "Weighted":
        kept = losses.argsort()[:count]
        return Weighted(*(x.detach()[kept].clone() for x in (self.free, self.offsets, self.shares)))


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


def gaps(images: torch.Tensor, chances: torch.Tensor, cloud: torch.Tensor) -> torch.Tensor:
    """Mean squared distances between weighted points and the nearest of a cloud, and between the cloud and the nearest
    of them: [R]. They mind the fine parts that directions look past. Shapes as of `distances`."""
    with torch.no_grad():
        apart = torch.cdist(images, cloud.expand(len(images), -1, -1))
        there, back = apart.argmin(2), apart.argmin(1)
    d = cloud.shape[1]
    away = ((images - cloud[there]) ** 2).sum(-1)
    left = ((images.gather(1, back[..., None].expand(-1, -1, d)) - cloud) ** 2).sum(-1)
    return (chances * away).sum(-1) + left.mean(-1)


def fit(
    cloud: np.ndarray, maps: int, restarts: int = 24, seed: int = 0, progress: Callable[[float], None] = lambda _: None
) -> Affine:
    """cloud: float64 [n, d], d 2 or 3. restarts: starts side by side in each round of the search. LimitError for fewer
    points than FEWEST_POINTS, or all in one place. progress: called with the share that is done."""
    n, d = cloud.shape
    if n < FEWEST_POINTS:
        raise LimitError(f"{n} points are fewer than {FEWEST_POINTS}")
    origin = (cloud.min(0) + cloud.max(0)) / 2
    unit = float(np.abs(cloud - origin).max())
    if unit == 0:
        raise LimitError("all points are in one place")
    random, dice = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    cloud = (cloud - origin) / unit
    some = cloud[random.permutation(n)[:_MOST_POINTS]]
    found = covers_of(some, maps, restarts, STAGES[0].covers, random, dice, lambda share: progress(_SEARCH * share))
    current, losses = Weighted.by_area(found), torch.zeros(len(found))
    done, all_steps = 0, sum(stage.steps for stage in STAGES)
    points = torch.tensor(cloud, dtype=torch.float32)

    def loss_of(current: Weighted, stage: Stage, unrolled: int) -> torch.Tensor:
        directions = torch.randn(stage.directions, d, generator=dice)
        x = points[torch.randint(n, (stage.points,), generator=dice)]
        images = current.images(current.steps(x, unrolled - 1, dice))
        return distances(*images, x, directions / directions.norm(dim=1, keepdim=True)) + gaps(*images, x)

    for stage in STAGES:
        current = current.best(losses, stage.covers)
        optimizer = torch.optim.Adam(
            [{"params": [current.free, current.offsets], "lr": _RATE}, {"params": [current.shares], "lr": _SHARES_RATE}]
        )
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, stage.steps)
        for _ in range(stage.steps):
            optimizer.zero_grad()
            loss_of(current, stage, stage.unrolled).sum().backward()
            optimizer.step()
            schedule.step()
            done += 1
            progress(_SEARCH + (1 - _SEARCH) * done / all_steps)
        with torch.no_grad():
            losses = sum(loss_of(current, stage, _ORBIT) for _ in range(_LOOKS))
    best = int(losses.argmin())
    matrices, offsets, chances = (
        x.detach()[best].numpy().astype(np.float64)
        for x in (current.maps.matrices, current.maps.offsets, current.chances)
    )
    return Affine(matrices, offsets * unit + origin - matrices @ origin, chances / chances.sum())
