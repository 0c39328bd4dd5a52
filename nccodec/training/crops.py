"""Random crops from a folder of pictures, reproducible from a seed and a step number."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import numpy as np
from PIL import Image

from ..errors import ImageError, TrainingError
from ..imaging.pictures import parts_of, read_picture
from ..imaging.suffixes import suffixes
from .options import SCREENS
from .screens import screen

_LARGEST_REDUCTION = 4.0


@dataclass
class CropFolder:
    """Pictures of a folder, any size, smaller ones padded by symmetry up to the crop.

    names: relative paths, sorted. broken: those that cannot be read, with the cause.
    budget: decoded bytes that are kept in memory; the rest is read again when drawn. screens: share of
    crops, 0 .. 1, that are rendered text and screen content instead of pieces of the pictures.
    """

    root: Path
    budget: int = 4 << 30
    screens: float = SCREENS
    names: list[str] = field(init=False)
    broken: dict[str, str] = field(init=False, default_factory=dict)
    sizes: dict[str, tuple[int, int]] = field(init=False, default_factory=dict)
    fingerprint: str = field(init=False)

    def __post_init__(self) -> None:
        if not self.root.is_dir():
            raise TrainingError(f"{self.root}: no such folder")
        self._kept: OrderedDict[str, np.ndarray] = OrderedDict()
        self._bytes, self._lock = 0, Lock()
        found = sorted(
            p.relative_to(self.root).as_posix()
            for p in self.root.rglob("*")
            if p.is_file() and p.suffix.lower() in suffixes()
        )
        digest = hashlib.sha256()
        self.names = []
        for name in found:
            try:
                picture = self.picture(name)
            except ImageError as error:
                self.broken[name] = str(error)
                continue
            self.names.append(name)
            self.sizes[name] = picture.shape[:2]
            digest.update(name.encode() + b"\0" + hashlib.sha256((self.root / name).read_bytes()).digest())
        self.fingerprint = digest.hexdigest()[:16]
        if not self.names:
            raise TrainingError(f"{self.root}: holds no readable picture")

    def picture(self, name: str) -> np.ndarray:
        """uint8 [H, W, 3]. Several threads may ask."""
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
                return self._kept[name]
        picture = np.asarray(parts_of(read_picture(self.root / name))[0].convert("RGB"))
        with self._lock:
            if name not in self._kept:
                self._kept[name] = picture
                self._bytes += picture.nbytes
            while self._bytes > self.budget and len(self._kept) > 1:
                self._bytes -= self._kept.popitem(last=False)[1].nbytes
        return picture

    def image(self, name: str) -> Image.Image:
        """The picture for Pillow."""
        return Image.fromarray(self.picture(name))

    def split(self, share: float = 0.06, most: int = 16) -> tuple[list[str], list[str]]:
        """Names for training and for validation, chosen by a hash of the name, so that adding a
        picture moves no other one across. With a single picture both are the same."""
        order = sorted(self.names, key=lambda name: hashlib.sha256(name.encode()).digest())
        count = min(most, max(1, round(share * len(order))))
        return (order[count:] or order), order[:count]

    def pixels(self, names: list[str]) -> int:
        return sum(self.sizes[name][0] * self.sizes[name][1] for name in names)

    def crop(self, names: list[str], weights: np.ndarray, side: int, random: np.random.Generator) -> np.ndarray:
        """One crop, uint8 [side, side, 3]: a picture drawn by `weights`, a random place, mostly reduced so
        that detail is as dense as in small photographs, a random flip and transposition, every other time
        with the chroma of a 4:2:0 file; or a rendered screen."""
        if random.random() < self.screens:
            return screen(side, side, random)
        picture = self.picture(names[random.choice(len(names), p=weights)])
        height, width = picture.shape[:2]
        most = max(1.0, min(_LARGEST_REDUCTION, min(height, width) / (1.5 * side)))
        take = int(side * most ** random.random() ** 0.5) if random.random() < 0.85 else side
        top, left = random.integers(max(1, height - take + 1)), random.integers(max(1, width - take + 1))
        crop = picture[top : top + take, left : left + take]
        if crop.shape[:2] != (take, take):
            crop = np.pad(crop, ((0, take - crop.shape[0]), (0, take - crop.shape[1]), (0, 0)), "symmetric")
        if take != side:
            method = Image.Resampling.BOX if random.random() < 0.5 else Image.Resampling.BICUBIC
            crop = np.asarray(Image.fromarray(crop).resize((side, side), method))
        if random.random() < 0.5:
            crop = subsampled(crop)
        crop = crop[:, ::-1] if random.random() < 0.5 else crop
        return crop.transpose(1, 0, 2) if random.random() < 0.5 else crop

    def batch(self, names: list[str], count: int, side: int, seed: int, step: int, rank: int = 0) -> np.ndarray:
        """The crops of one process at one step, uint8 [count, 3, side, side]; the same for the same seed,
        step and rank."""
        random = np.random.default_rng([seed, step, rank])
        area = np.array([self.sizes[name][0] * self.sizes[name][1] for name in names], float)
        weights = np.minimum(area, 4e6)
        weights /= weights.sum()
        crops = [self.crop(names, weights, side, random) for _ in range(count)]
        return np.ascontiguousarray(np.stack(crops).transpose(0, 3, 1, 2))


class Ahead:
    """Batches by step, those of the next steps made in threads while the present one is computed with.

    make: gives the batch of a step. threads: how many work, and how many batches wait; 0 makes each when it is asked
    for.
    """

    def __init__(self, make: Callable[[int], np.ndarray], threads: int) -> None:
        self._make, self._threads = make, threads
        self._pool = ThreadPoolExecutor(threads) if threads else None
        self._waiting: dict[int, Future] = {}

    def batch(self, step: int) -> np.ndarray:
        """What `make` gives for this step, whichever were asked for before."""
        if self._pool is None:
            return self._make(step)
        wanted = range(step, step + self._threads + 1)
        for gone in self._waiting.keys() - set(wanted):
            self._waiting.pop(gone).cancel()
        for number in wanted:
            if number not in self._waiting:
                self._waiting[number] = self._pool.submit(self._make, number)
        return self._waiting.pop(step).result()

    def close(self) -> None:
        """Make no more."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)


def subsampled(crop: np.ndarray) -> np.ndarray:
    """A crop, uint8 [H, W, 3], as it comes out of a file with chroma at half the resolution (4:2:0)."""
    height, width = crop.shape[:2]
    luma, *chroma = Image.fromarray(crop).convert("YCbCr").split()
    half = ((width + 1) // 2, (height + 1) // 2)
    chroma = [
        plane.resize(half, Image.Resampling.BOX).resize((width, height), Image.Resampling.BILINEAR) for plane in chroma
    ]
    return np.asarray(Image.merge("YCbCr", (luma, *chroma)).convert("RGB"))
