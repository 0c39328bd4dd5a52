"""Affine maps whose attractor is nearest to a cloud of points.

Collage theorem for measures (M. F. Barnsley, Fractals Everywhere, 1988, chapter 9): where the cloud is near the union
of its own images, each weighted by the chance of its map, it is near the attractor. Near is said by the sliced
Wasserstein distance, which minds the mass everywhere and so keeps maps from collapsing. Of many starts, side by side,
the best are refined, through more and more steps of the chaos game, until it is the attractor itself that is compared.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from ..errors import LimitError
from .copies import contractions, cover, parts
from .placing import Affine

FEWEST_POINTS = 100
_MOST_POINTS = 20_000  # that copies are looked for in
_RATE = 0.01
_LOOKS = 8  # at the attractors of a stage's starts, after which the best are chosen
_ORBIT = 16  # steps after which points are on the attractor, nearly
_PACE = 0.15  # of covers, whose maps are nearly right
_LEAST_AREA = 0.01  # of a map that is a start
_SEARCH = 0.2  # share of the time, about, that covers take


@dataclass(frozen=True)
class Stage:
    """Starts that are left, steps for each, points of the cloud, directions that distances are measured in. unrolled:
    steps of the maps on the way from the cloud to its images. gaps: nearest points count too. joined: with covers."""

    starts: int
    steps: int
    points: int
    directions: int
    unrolled: int
    gaps: bool = True
    joined: bool = False


def stages(restarts: int) -> tuple[Stage, ...]:
    """Many starts for a while, few for long."""
    return (
        Stage(restarts, 120, 128, 8, 3, False),
        Stage(max(1, restarts // 2), 100, 160, 8, 4),
        Stage(max(1, restarts // 8), 300, 300, 12, 6, joined=True),
        Stage(max(1, restarts // 16), 300, 600, 16, 8),
        Stage(1, 250, 1000, 24, 10),
    )


_NAMES = "free", "offsets", "shares", "pace"


class _Maps(torch.nn.Module):
    """Maps of all starts. free: [R, N, d, d], made contractions where they are none. offsets: [R, N, d]. shares: [R,
    N], logits of the chances. pace: [R], of how far a start goes at each step."""

    def __init__(self, free: torch.Tensor, offsets: torch.Tensor, shares: torch.Tensor, pace: torch.Tensor) -> None:
        super().__init__()
        self.pace = pace
        self.free, self.offsets, self.shares = (torch.nn.Parameter(x) for x in (free, offsets, shares))

    @property
    def matrices(self) -> torch.Tensor:
        return contractions(self.free)

    @property
    def chances(self) -> torch.Tensor:
        return self.shares.softmax(-1)

    def steps(self, x: torch.Tensor, count: int, dice: torch.Generator) -> torch.Tensor:
        """Points after so many steps of the chaos game: [n, d] -> [R, n, d]."""
        starts, matrices = len(self.shares), self.matrices
        x = x.expand(starts, -1, -1)
        rows = torch.arange(starts)[:, None]
        for _ in range(count):
            chosen = torch.multinomial(self.chances.detach(), x.shape[1], replacement=True, generator=dice)
            x = (matrices[rows, chosen] @ x[..., None])[..., 0] + self.offsets[rows, chosen]
        return x

    def images(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Of points [R, n, d] under every map, and their weights: [R, N n, d], [R, N n]."""
        images = torch.einsum("rnij,rpj->rnpi", self.matrices, x) + self.offsets[:, :, None]
        weights = (self.chances / x.shape[1]).repeat_interleave(x.shape[1], -1)
        return images.flatten(1, 2), weights

    def best(self, losses: torch.Tensor, number: int) -> "_Maps":
        kept = losses.argsort()[:number]
        return _Maps(*(getattr(self, name).detach()[kept].clone() for name in _NAMES))

    def with_more(self, others: "_Maps") -> "_Maps":
        pairs = ((getattr(each, name).detach() for each in (self, others)) for name in _NAMES)
        return _Maps(*(torch.cat(tuple(pair)) for pair in pairs))

    def follow(self, optimizer: torch.optim.Optimizer) -> None:
        """A step of the optimizer, at the pace of each start."""
        parts = list(self.parameters())
        before = [x.detach().clone() for x in parts]
        optimizer.step()
        with torch.no_grad():
            for x, old in zip(parts, before, strict=True):
                x.copy_(old + self.pace.reshape(-1, *([1] * (x.ndim - 1))) * (x - old))


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


def covers_of(
    cloud: np.ndarray, maps: int, count: int, random: np.random.Generator, dice: torch.Generator,
    progress: Callable[[float], None],
) -> _Maps:  # fmt: skip
    """Starts of copies that cover the cloud, each by another throw of the dice."""
    found = [
        cover(cloud, maps, random, dice, lambda share, n=number: progress((n + share) / count))
        for number in range(count)
    ]
    return _maps(*(np.stack(each) for each in zip(*found, strict=True)), _PACE)


def scattered(cloud: np.ndarray, maps: int, count: int, random: np.random.Generator) -> _Maps:
    """Starts of maps that take the principal axes of the cloud to those of a part of it."""
    d = cloud.shape[1]
    matrices, offsets = parts(cloud, cloud, count * maps, random)
    matrices, offsets = matrices.reshape(-1, maps, d, d), offsets.reshape(-1, maps, d)
    return _maps(matrices, offsets, np.maximum(np.abs(np.linalg.det(matrices)), _LEAST_AREA), 1.0)


def _maps(matrices: np.ndarray, offsets: np.ndarray, shares: np.ndarray, pace: float) -> _Maps:
    tensors = (torch.tensor(x, dtype=torch.float32) for x in (matrices, offsets, np.log(shares)))
    return _Maps(*tensors, torch.full((len(shares),), pace))


def fit(
    cloud: np.ndarray, maps: int, restarts: int = 24, seed: int = 0, progress: Callable[[float], None] = lambda _: None
) -> Affine:
    """cloud: float64 [n, d], d 2 or 3. LimitError for fewer points than FEWEST_POINTS, or all in one place. progress:
    called with the share of steps that are done."""
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
    some = cloud[random.permutation(n)[:_MOST_POINTS]]
    covers = covers_of(some, maps, -(-restarts // 8), random, dice, lambda share: progress(_SEARCH * share))
    current = scattered(some, maps, restarts, random)
    losses, plan = torch.zeros(restarts), stages(restarts)
    done, all_steps = 0, sum(stage.steps for stage in plan)
    points = torch.tensor(cloud, dtype=torch.float32)

    def sample(stage: Stage) -> tuple[torch.Tensor, torch.Tensor]:
        directions = torch.randn(stage.directions, d, generator=dice)
        chosen = torch.randint(n, (stage.points,), generator=dice)
        return points[chosen], directions / directions.norm(dim=1, keepdim=True)

    for stage in plan:
        current = current.best(losses, stage.starts)
        if stage.joined:
            current = current.with_more(covers)
        optimizer = torch.optim.Adam(current.parameters(), _RATE)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, stage.steps, _RATE / 50)
        for _ in range(stage.steps):
            x, directions = sample(stage)
            images = current.images(current.steps(x, stage.unrolled - 1, dice))
            loss = distances(*images, x, directions).sum()
            if stage.gaps:
                loss = loss + gaps(*images, x).sum()
            optimizer.zero_grad()
            loss.backward()
            current.follow(optimizer)
            schedule.step()
            done += 1
            progress(_SEARCH + (1 - _SEARCH) * done / all_steps)
        with torch.no_grad():
            losses = torch.zeros(len(current.pace))
            for _ in range(_LOOKS):
                x, directions = sample(stage)
                images = current.images(current.steps(x, _ORBIT, dice))
                losses += distances(*images, x, directions) + gaps(*images, x)
    best = int(losses.argmin())
    matrices, offsets, chances = (
        x.detach()[best].numpy().astype(np.float64) for x in (current.matrices, current.offsets, current.chances)
    )
    return Affine(matrices, offsets * unit + origin - matrices @ origin, chances / chances.sum())
