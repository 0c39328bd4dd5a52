"""Covers of a cloud of points: contractions that take all of it into itself, and whose images together cover it.

Collage theorem for sets (M. F. Barnsley, Fractals Everywhere, 1988, chapter 3): the Hausdorff distance of the cloud and
the attractor is at most e / (1 - s), e being that of the cloud and the union of its images, s the largest contraction:
an error of one step, and s of it, and s^2. Here e is a mean square, of which that is e / (1 - s^2). Distances are read
off a grid in both directions, of images from the cloud and, through the inverse of a map, of the cloud from images.
What is within half the spacing of the points counts as no distance, or maps that keep to the densest parts would seem
nearer than true ones. Of a cloud that fills an area only the outline says which maps they are: it counts as much as all
else.

The search keeps all maps that it ever found. In each round starts descend side by side, most of them good covers with a
map turned over or thrown anew; of all maps the best are picked to go together, whichever start they are from.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.linalg import fractional_matrix_power

from .nearest import Nearest

LARGEST = 0.95  # of singular values
_FLAT = 0.01  # singular values below are taken as none, where maps are inverted
_ROUNDS, _SCATTERED = 12, 2  # in all, and at first without what was found
_STEPS, _RATE, _POINTS = 200, 0.03, 96  # of a start's descent
_CLOSER = 120, 0.01, 300  # the same, of covers that were picked
_LOOK = 1500  # points that maps are judged by
_PICKED, _KEPT = 8, 12  # covers that descend further in each round; that starts are made from
_KINDS = 0.6, 0.72, 0.84  # of covers, by their largest contraction
_ALIKE = 0.006  # covers whose bounds differ by a smaller share are taken for the same
_MOST_ROOTS = 4  # maps of which one may be made up
_NEW = 0.125  # of the starts that owe nothing to what was found
_LEFT, _FEWEST = 0.2, 16  # share of the points, at most, and number, at least, that a new map starts from
_LEAST_SHARE = 0.02  # of the points, in the parts that starts are made of


@dataclass(frozen=True, eq=False)
class Maps:
    """matrices: float32 [..., d, d]. offsets: float32 [..., d]."""

    matrices: torch.Tensor
    offsets: torch.Tensor

    def __len__(self) -> int:
        return len(self.matrices)

    def __getitem__(self, which) -> "Maps":
        return Maps(self.matrices[which], self.offsets[which])

    def of(self, x: torch.Tensor) -> torch.Tensor:
        """[..., n, d] -> [..., n, d]."""
        return x @ self.matrices.mT + self.offsets[..., None, :]

    @property
    def sizes(self) -> torch.Tensor:
        """Largest singular values: [...]."""
        return torch.linalg.matrix_norm(self.matrices, 2)

    def shaped(self, *shape: int) -> "Maps":
        d = self.offsets.shape[-1]
        return Maps(self.matrices.reshape(*shape, d, d), self.offsets.reshape(*shape, d))

    @staticmethod
    def joined(*parts: "Maps") -> "Maps":
        return Maps(torch.cat([x.matrices for x in parts]), torch.cat([x.offsets for x in parts]))


def contractions(free: torch.Tensor) -> torch.Tensor:
    """Matrices [..., d, d] made contractions where they are none."""
    largest = torch.linalg.matrix_norm(free, 2)[..., None, None]
    return free * (LARGEST / largest.clamp(min=LARGEST))


def apart(maps: Maps, near: Nearest, inside: torch.Tensor, reached: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Squared distances, beyond half the spacing: of the images of points of the cloud, inside [n, d], from the cloud,
    [..., n]; and of other points of it, reached [m, d], from the image of all of it, [..., m].

    The latter is that from the image of one point, the nearest to where the inverse map takes what is to be reached.
    """
    images = maps.of(inside)
    with torch.no_grad():
        inverse = torch.linalg.pinv(maps.matrices, atol=_FLAT, rtol=0.0)
        source = near((reached - maps.offsets[..., None, :]) @ inverse.mT)
    return _beyond(images - near(images), near), _beyond(maps.of(source) - reached, near)


def _beyond(way: torch.Tensor, near: Nearest) -> torch.Tensor:
    """Squared lengths of vectors [..., d] beyond half the spacing."""
    return (way.norm(dim=-1) - near.spacing / 2).clamp(min=0) ** 2


def bound(inside: torch.Tensor, reached: torch.Tensor, sizes: torch.Tensor) -> torch.Tensor:
    """How far from the cloud, in mean squares, the attractors of covers are at most: [...]. inside: mean squares of
    each map [..., N]. reached: squares of each map [..., N, m]. sizes: largest singular values [..., N]."""
    return (inside.mean(-1) + reached.amin(-2).mean(-1)) / (1 - sizes.amax(-1) ** 2)


def squares(inside: torch.Tensor, reached: torch.Tensor) -> torch.Tensor:
    """Mean squares of covers, as `apart` gives them of their maps: [..., N, n], [..., N, m] -> [...]."""
    return inside.mean((-2, -1)) + reached.amin(-2).mean(-1)


class _Search:
    """All maps that were found, with what they are judged by; covers are rows of their numbers."""

    def __init__(self, near: Nearest, number: int, random: np.random.Generator, dice: torch.Generator) -> None:
        self.near, self.number, self.random, self.dice = near, number, random, dice
        self.cloud = cloud = near.points.numpy().astype(np.float64)
        d = cloud.shape[1]
        self.look = near.some(_LOOK, dice), near.reached(_LOOK, dice)
        self.maps = Maps(torch.zeros(0, d, d), torch.zeros(0, d))
        self.inside, self.reached, self.sizes = torch.zeros(0), torch.zeros(0, _LOOK), torch.zeros(0)
        self.covers = torch.zeros(0, number, dtype=torch.long)
        axes, _ = axes_of(cloud)
        turns = [axes @ np.diag(signs) @ axes.T for signs in itertools.product((1.0, -1.0), repeat=d)][1:]
        self.turns, self.middle = (torch.tensor(np.array(x), dtype=torch.float32) for x in (turns, cloud.mean(0)))

    def descended(self, maps: Maps, steps: int, rate: float, points: int) -> Maps:
        """Covers [R, N], each nearer to a least bound."""
        free, offsets = (torch.nn.Parameter(x.clone()) for x in (maps.matrices, maps.offsets))
        optimizer = torch.optim.Adam([free, offsets], rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, rate / 50)
        for _ in range(steps):
            maps = Maps(contractions(free), offsets)
            inside, reached = self._apart(maps, points)
            error = (squares(inside, reached) + (self.near.cell / 2) ** 2) / (1 - maps.sizes.amax(-1) ** 2)
            optimizer.zero_grad()
            error.log().sum().backward()  # of which each cover gets the same, near or far
            optimizer.step()
            schedule.step()
        return Maps(contractions(free.detach()), offsets.detach())

    def _apart(self, maps: Maps, points: int) -> tuple[torch.Tensor, torch.Tensor]:
        some, reached = self.near.some(points, self.dice), self.near.reached(points * 3 // 2, self.dice)
        return apart(maps, self.near, some, reached)

    @torch.no_grad()
    def keep(self, maps: Maps) -> None:
        """Covers [R, N]."""
        first = len(self.maps)
        flat = maps.shaped(-1)
        inside, reached = apart(flat, self.near, *self.look)
        self.maps = Maps.joined(self.maps, flat)
        self.inside = torch.cat([self.inside, inside.mean(-1)])
        self.reached = torch.cat([self.reached, reached])
        self.sizes = torch.cat([self.sizes, flat.sizes])
        self.covers = torch.cat([self.covers, torch.arange(first, len(self.maps)).reshape(-1, self.number)])

    def bounds(self, covers: torch.Tensor) -> torch.Tensor:
        return bound(self.inside[covers], self.reached[covers], self.sizes[covers])

    def best(self, covers: torch.Tensor, count: int) -> torch.Tensor:
        """So many that are not alike, the best first: [count or fewer, N]."""
        found, order = self.bounds(covers).sort()
        kept = []
        for number, value in enumerate(found.tolist()):
            if len(kept) < count and (not kept or value > found[kept[-1]] * (1 + _ALIKE)):
                kept.append(number)
        return covers[order[kept]]

    def varieties(self, covers: torch.Tensor, count: int) -> torch.Tensor:
        """The best of those that contract by much, and by less: of a cover such as a fern's, most of which is one large
        copy, the bound is poor until all of it is right."""
        kinds = torch.bucketize(self.sizes[covers].amax(-1), torch.tensor(_KINDS))
        parts = (self.best(covers[kinds == kind], count // (len(_KINDS) + 1)) for kind in range(len(_KINDS) + 1))
        return torch.cat(list(parts))

    def improved(self, cover: torch.Tensor) -> torch.Tensor:
        """A cover after each of its maps in turn was replaced by whichever goes best with the others, until none is."""
        least, better = self.bounds(cover), True
        while better:
            better = False
            for place in range(self.number):
                others = torch.cat([cover[:place], cover[place + 1 :]])
                off = (self.inside + self.inside[others].sum()) / self.number
                off = off + torch.minimum(self.reached, self.reached[others].amin(0)).mean(-1)
                found = off / (1 - torch.maximum(self.sizes, self.sizes[others].amax()) ** 2)
                if found.min() < least * (1 - 1e-5):
                    least, better = found.min(), True
                    cover = torch.cat([cover[:place], found.argmin()[None], cover[place + 1 :]])
        return cover

    def scattered(self, count: int) -> Maps:
        return _parts(self.cloud, self.cloud, count * self.number, self.random).shaped(count, self.number)

    def varied(self, cover: torch.Tensor) -> Maps:
        """A cover with one map turned over, or in place of one that it may be a power of, and one that starts anew from
        what others leave; or one of the two alone."""
        maps, kind = self.maps[cover], self.random.integers(4)
        matrices, offsets = maps.matrices.clone(), maps.offsets.clone()
        one, other = self.random.integers(self.number, size=2).tolist()
        if kind in (0, 1):
            turn = self.turns[self.random.integers(len(self.turns))]
            matrices[one] = maps.matrices[one] @ turn
            offsets[one] += (maps.matrices[one] - matrices[one]) @ self.middle
        if kind == 2:
            matrices[one], offsets[one] = root_of(maps[one], int(self.random.integers(2, _MOST_ROOTS + 1)))
        if kind in (0, 2, 3):
            others = torch.cat([cover[:other], cover[other + 1 :]])
            left = self.reached[others].amin(0)
            count = min(max(int((left > 0).sum()), _FEWEST), int(_LEFT * len(left)))
            worst = self.look[1][left.topk(count).indices]
            new = _parts(self.cloud, worst.numpy().astype(np.float64), 1, self.random)
            matrices[other], offsets[other] = new.matrices[0], new.offsets[0]
        return Maps(matrices, offsets)

    def round(self, starts: int, anew: bool) -> None:
        new = starts if anew else max(1, round(_NEW * starts))
        maps = self.scattered(new)
        if new < starts:
            known = self.varieties(self.covers, _KEPT)
            chosen = known[torch.from_numpy(self.random.integers(len(known), size=starts - new))]
            varied = [self.varied(cover) for cover in chosen]
            maps = Maps.joined(maps, Maps.joined(*varied).shaped(len(varied), self.number))
        self.keep(self.descended(maps, _STEPS, _RATE, _POINTS))
        others = torch.from_numpy(self.random.integers(len(self.maps), size=(_KEPT, self.number)))
        tried = torch.stack([self.improved(x) for x in torch.cat([self.varieties(self.covers, _KEPT), others])])
        picked = self.varieties(tried, _PICKED)
        self.covers = torch.cat([self.covers, picked])
        self.keep(self.descended(self.maps[picked], *_CLOSER))


def cover_of(
    near: Nearest, maps: int, starts: int, random: np.random.Generator, dice: torch.Generator,
    progress: Callable[[float], None],
) -> Maps:  # fmt: skip
    """The best cover of a cloud by so many maps: [N]. starts: side by side in each round. progress: called with the
    share that is done."""
    search = _Search(near, maps, random, dice)
    for number in range(_ROUNDS):
        search.round(starts, number < _SCATTERED)
        progress((number + 1) / _ROUNDS)
    return search.maps[search.best(search.covers, 1)[0]]


def root_of(map: Maps, power: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Matrix and offset of the map with the same fixed point of which this one is a power, or of itself where its
    matrix has no real root: what is found may be a copy of a copy."""
    matrix, offset = (x.numpy().astype(np.float64) for x in (map.matrices, map.offsets))
    root, one = np.real_if_close(fractional_matrix_power(matrix, 1 / power), tol=1e6), np.eye(len(matrix))
    if np.iscomplexobj(root) or not np.isfinite(root).all():
        return map.matrices, map.offsets
    moved = (one - root) @ np.linalg.solve(one - matrix, offset)
    return tuple(torch.tensor(x, dtype=torch.float32) for x in (root, moved))


def axes_of(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Principal axes, as columns, and the standard deviations along them, never 0."""
    values, axes = np.linalg.eigh(np.cov(points.T))
    return axes, np.sqrt(np.maximum(values, 1e-8))


def _parts(cloud: np.ndarray, rest: np.ndarray, count: int, random: np.random.Generator) -> Maps:
    """Each map takes the principal axes of the cloud to those of a part of the rest: the points nearest to one of them,
    few or nearly all, mirrored or turned by chance. [count]."""
    d = cloud.shape[1]
    axes, spread = axes_of(cloud)
    free, offsets = np.zeros((count, d, d)), np.zeros((count, d))
    for k in range(count):
        share = float(np.exp(random.uniform(np.log(_LEAST_SHARE), np.log(0.95))))
        order = np.argsort(((rest - rest[random.integers(len(rest))]) ** 2).sum(1))
        part = rest[order[: max(d + 2, int(share * len(rest)))]]
        part_axes, part_spread = axes_of(part)
        free[k] = part_axes @ np.diag(random.choice([-1.0, 1.0], d) * part_spread / spread) @ axes.T
        offsets[k] = part.mean(0) - free[k] @ cloud.mean(0)
    return Maps(*(torch.tensor(x, dtype=torch.float32) for x in (free, offsets)))
