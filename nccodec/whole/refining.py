"""Means and s of a map refined through its fixed point, by gradients: what one sees is the fixed point's error, not
that of one step from the original."""

from dataclasses import dataclass

import numpy as np

from ..collage.operator import isometry
from .header import LARGEST_SCALE, SCALE_UNIT

_STEPS = 8  # to the fixed point, and back
_DAMPING = 0.7  # of steps that would be right if every parameter were alone
_INVERSE = (0, 3, 2, 1, 4, 5, 6, 7)  # isometries


@dataclass(eq=False)
class Refined:
    """means: float64 [C, ranges, ranges]. scales: float64 [ranges, ranges]. Both as the map has them, not in steps."""

    means: np.ndarray
    scales: np.ndarray


class Refiner:
    """A picture and the choices of its map that stay.

    cells: float64 [ranges, ranges, C, rows, columns]. isometries: int [ranges, ranges]. added: of the shape of cells,
    what ranges take from a style, or 0. domain: first range, row and column, and side in ranges. floor: the least |s|
    in 1/32, of ranges where it is not 0.
    """

    def __init__(
        self, cells: np.ndarray, isometries: np.ndarray, added: np.ndarray | float, domain: tuple[int, int, int],
        floor: int,
    ) -> None:  # fmt: skip
        self._cells, self._isometries, self._added, self._floor = cells, isometries, added, floor / SCALE_UNIT
        top, left, self._side = domain
        self._place = slice(top, top + self._side), slice(left, left + self._side)
        self._turns = [(int(turn), isometries == turn) for turn in np.unique(isometries)]

    def refine(self, start: Refined, steps: int) -> Refined:
        """The best of so many steps of gradient descent, each parameter's step scaled by its own curvature."""
        now, best, least = start, start, np.inf
        signs = np.sign(start.scales)
        t = self._fixed_point(now, np.zeros(self._cells.shape[2:]))
        for _ in range(steps + 1):
            shown = self._turned(t)
            error = self._picture(now, shown) - self._cells
            if (loss := float((error**2).sum())) < least:
                best, least = now, loss
            total = self._through(error, now.scales)
            energy = max((t**2).sum(), 1e-9)
            means = now.means - _DAMPING * np.moveaxis(total.mean((3, 4)), 2, 0)
            scales = now.scales - _DAMPING * np.einsum("ijcyx,ijcyx->ij", total, shown) / energy
            scales = signs * np.clip(signs * scales, self._floor, LARGEST_SCALE / SCALE_UNIT)
            now = Refined(means, scales)
            t = self._fixed_point(now, t)
        return best

    def error(self, now: Refined) -> float:
        """Squared error of the fixed point."""
        t = self._fixed_point(now, np.zeros(self._cells.shape[2:]))
        return float(((self._picture(now, self._turned(t)) - self._cells) ** 2).sum())

    def _picture(self, now: Refined, shown: np.ndarray) -> np.ndarray:
        """One step of the map: of the shape of cells."""
        means = np.moveaxis(now.means, 0, 2)[..., None, None]
        return means + now.scales[..., None, None, None] * shown + self._added

    def _turned(self, t: np.ndarray) -> np.ndarray:
        """What each range shows: of the shape of cells."""
        shown = np.empty_like(self._cells)
        for turn, where in self._turns:
            shown[where] = isometry(t, turn)
        return shown

    def _fixed_point(self, now: Refined, t: np.ndarray) -> np.ndarray:
        """What ranges show then, from t: float64 [C, rows, columns], less its mean."""
        for _ in range(_STEPS):
            before = t
            t = self._pooled(self._picture(now, self._turned(t)))
            if np.abs(t - before).max() < 0.01:
                break
        return t

    def _pooled(self, z: np.ndarray) -> np.ndarray:
        """The domain of a picture in ranges, reduced to one, less its mean."""
        rows, columns = z.shape[3:]
        canvas = z[self._place].transpose(2, 0, 3, 1, 4)  # [C, side, rows, side, columns]
        t = canvas.reshape(-1, rows, self._side, columns, self._side).mean((2, 4))
        return t - t.mean((1, 2), keepdims=True)

    def _through(self, error: np.ndarray, scales: np.ndarray) -> np.ndarray:
        """Half the derivative of the squared error by what is added to each sample in one step: `error`, and what
        changes through the domain."""
        total, change = error, np.inf
        for _ in range(_STEPS):
            of_t = np.zeros(error.shape[2:])
            for turn, where in self._turns:
                of_range = np.einsum("n,ncyx->cyx", scales[where], total[where])
                of_t += isometry(of_range, _INVERSE[turn])
            of_t -= of_t.mean((1, 2), keepdims=True)
            rows, columns = of_t.shape[1:]
            spread = of_t.repeat(self._side, 1).repeat(self._side, 2) / self._side**2
            spread = spread.reshape(-1, self._side, rows, self._side, columns).transpose(1, 3, 0, 2, 4)
            total = error.copy()
            total[self._place] += spread
            change, before = np.abs(spread).max(), change
            if abs(before - change) < 1e-3 * change:
                break
        return total
