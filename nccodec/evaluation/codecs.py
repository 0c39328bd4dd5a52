"""The codecs that are compared: this project's own, and Pillow's as peers. Pictures are mode "RGB" throughout."""

import hashlib
import io
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image, features

import nccodec

from ..codec.encode import attempts_of
from ..codec.target import Target
from ..errors import ComparisonError, LimitError, NclWarning
from ..implicit.sizes import SMALLEST_WIDTH
from ..neural.options import PSNR, Options

PIFS_QUALITIES = (8, 15, 22, 30, 38, 46, 54, 62, 70)
IMPLICIT_MINUTES = 2
IMPLICIT_RATES = (0.04, 0.08, 0.16, 0.3, 0.6)  # bits a pixel
_SMALL = Image.new("RGB", (64, 64), "teal")  # a picture that codecs are warmed up on
QUALITIES = (0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100)
DEFAULT_EFFORT = Options().effort
DEFAULT_NAMES = ("ncl", "jpeg", "webp", "avif")
# Whose sources decide what a file is.
_ROOMS = (
    ".", "arrays", "bitstream", "codec", "collage", "generative", "imaging", "implicit", "neural", "pifs", "points",
    "screen", "whole",
)  # fmt: skip


class Codec(Protocol):
    """name: as given to `nc compare --codecs`. title: as shown. description: with which options, the setting last.
    ladder: settings of its curve. mime: how a browser names its files, None if none shows them."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def ladder(self) -> tuple[float, ...]: ...
    @property
    def mime(self) -> str | None: ...

    def identity(self) -> str:
        """Changes whenever its files or decoded pictures might."""
        ...

    def prepare(self, picture: Image.Image) -> Callable[[float], bytes]:
        """What gives the file of a picture at each setting; work that all settings share is done here."""
        ...

    def decode(self, data: bytes) -> Image.Image: ...

    def warm_up(self) -> None:
        """Load and compile what the first picture needs, so that its time is that of others."""
        ...

    def fitted(self, picture: Image.Image, size: int) -> bytes:
        """The file whose size is nearest to `size` bytes, or near it, as the settings allow."""
        ...


@dataclass(frozen=True)
class Peer:
    """A codec of Pillow's. format: Pillow's name. options: those of `Image.save` at a setting. settings: all that a
    search may try, from small files to large. libraries: of `PIL.features`, the first one needed."""

    name: str
    title: str
    format: str
    about: str
    ladder: tuple[float, ...]
    settings: Sequence[float]
    options: Callable[[float], dict]
    libraries: tuple[str, ...]
    mime: str | None

    @property
    def description(self) -> str:
        return f"Pillow {Image.__version__}, {self.about}"

    def present(self) -> bool:
        return features.check(self.libraries[0])

    def identity(self) -> str:
        return "; ".join([self.description, *(f"{name} {features.version(name)}" for name in self.libraries)])

    def prepare(self, picture: Image.Image) -> Callable[[float], bytes]:
        def encode(setting: float) -> bytes:
            buffer = io.BytesIO()
            try:
                picture.save(buffer, self.format, **self.options(setting))
            except (OSError, ValueError) as error:
                size = f"{picture.width} x {picture.height} pixels"
                raise ComparisonError(f"{self.title} does not encode {size}: {error}") from None
            return buffer.getvalue()

        return encode

    def decode(self, data: bytes) -> Image.Image:
        return Image.open(io.BytesIO(data)).convert("RGB")

    def warm_up(self) -> None:
        self.decode(self.prepare(_SMALL)(self.ladder[0]))

    def fitted(self, picture: Image.Image, size: int) -> bytes:
        encode = lru_cache(self.prepare(picture))
        low, high = 0, len(self.settings) - 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if len(encode(self.settings[middle])) <= size else (low, middle)
        return min((encode(self.settings[i]) for i in (low, high)), key=lambda data: abs(len(data) - size))


def _jpeg(quality: float) -> dict:
    return {"quality": int(quality), "optimize": True, "progressive": True, "subsampling": 0 if quality >= 90 else 2}


def _webp(quality: float) -> dict:
    return {"quality": quality, "method": 6}


def _jpeg2000(ratio: float) -> dict:
    return {"irreversible": True, "quality_mode": "rates", "quality_layers": [ratio], "mct": 1}


def _avif(quality: float) -> dict:
    return {"quality": int(quality), "speed": 6}


def _avif444(quality: float) -> dict:
    return _avif(quality) | {"subsampling": "4:4:4"}


def _avif444_slow(quality: float) -> dict:
    return _avif444(quality) | {"speed": 1}


PEERS = {
    peer.name: peer
    for peer in (
        Peer(
            "jpeg", "JPEG", "JPEG", "optimize, progressive, 4:2:0 (4:4:4 from quality 90), quality",
            (4, 8, 12, 18, 25, 35, 45, 55, 65, 75, 85, 92), range(1, 96),
            _jpeg, ("jpg", "libjpeg_turbo"), "image/jpeg",
        ),
        Peer(
            "webp", "WebP", "WEBP", "method 6, quality",
            (1, 5, 12, 20, 30, 40, 50, 60, 70, 80, 90), tuple(np.arange(0, 100.25, 0.25).tolist()),
            _webp, ("webp",), "image/webp",
        ),
        Peer(
            "jpeg2000", "JPEG 2000", "JPEG2000", "9/7 irreversible, component transform, compression ratio",
            (240, 160, 120, 96, 72, 56, 44, 34, 26, 20, 15, 10), tuple(np.geomspace(2000, 2, 600).tolist()),
            _jpeg2000, ("jpg_2000",), None,
        ),
        Peer(
            "avif", "AVIF", "AVIF", "4:2:0, speed 6, quality",
            (8, 15, 22, 30, 38, 46, 54, 62, 70, 78, 86), range(101),
            _avif, ("avif",), "image/avif",
        ),
        Peer(
            "avif444", "AVIF 4:4:4", "AVIF", "4:4:4, speed 6, quality",
            (15, 30, 45, 55, 65, 75, 85, 93), range(101),
            _avif444, ("avif",), "image/avif",
        ),
        Peer(  # copies within a picture, "intra block copy", are searched for below speed 3
            "avif444-s1", "AVIF 4:4:4, speed 1", "AVIF", "4:4:4, speed 1, quality",
            (30, 55, 75, 85, 93), range(101),
            _avif444_slow, ("avif",), "image/avif",
        ),
    )
}  # fmt: skip


@lru_cache
def sources_digest(*parts: str) -> str:
    """SHA-256 of sources of this package, by their folder or file."""
    root, digest = Path(__file__).parents[1], hashlib.sha256()
    for part in parts:
        path = root / part
        for file in sorted(path.glob("*.py")) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _own_identity() -> str:
    return f"nccodec {sources_digest(*_ROOMS)}; numpy {version('numpy')}; torch {version('torch')}"


@dataclass(frozen=True)
class Ncl:
    """`nc encode` at an effort, on the CPU. weights: name or path. tune: see `neural.options.Options`."""

    name: str
    effort: int = DEFAULT_EFFORT
    weights: str = "photo"
    ladder: tuple[float, ...] = QUALITIES
    tune: str = Options.tune
    mime: None = None

    @property
    def title(self) -> str:
        return f"nccodec {self._flags}"

    @property
    def description(self) -> str:
        return f"nccodec {nccodec.__version__}, {self._flags}, -q"

    @property
    def _flags(self) -> str:
        return f"-e {self.effort}" + (f" --tune {self.tune}" if self.tune != Options.tune else "")

    def identity(self) -> str:
        from ..neural.weights import named

        return f"{self.description}; {_own_identity()}; weights {named(self.weights).fingerprint.hex()}"

    def prepare(self, picture: Image.Image) -> Callable[[float], bytes]:
        return lambda quality: nccodec.encode(picture, quality, self.effort, self.weights, device="cpu", tune=self.tune)

    def decode(self, data: bytes) -> Image.Image:
        return nccodec.decode(data, weights=self.weights, device="cpu").convert("RGB")

    def warm_up(self) -> None:
        self.decode(self.prepare(_SMALL)(self.ladder[0]))

    def fitted(self, picture: Image.Image, size: int) -> bytes:
        return _fitted(self.prepare(picture), lambda: nccodec.encode(
            picture, size=size, effort=self.effort, weights=self.weights, device="cpu", tune=self.tune
        ))  # fmt: skip


@dataclass(frozen=True)
class Pifs:
    """`nc pifs`, on the CPU. A picture is searched once for all its settings."""

    name: str = "pifs"
    title: str = "nc pifs"
    ladder: tuple[float, ...] = PIFS_QUALITIES
    mime: None = None

    @property
    def description(self) -> str:
        return f"nccodec {nccodec.__version__}, nc pifs, -q"

    def identity(self) -> str:
        return f"{self.description}; {_own_identity()}"

    def prepare(self, picture: Image.Image) -> Callable[[float], bytes]:
        attempts = attempts_of(picture, "pifs", {}, device="cpu")
        return lambda quality: attempts.to(Target(quality))

    def decode(self, data: bytes) -> Image.Image:
        return nccodec.decode(data, device="cpu").convert("RGB")

    def warm_up(self) -> None:
        self.decode(self.prepare(_SMALL)(self.ladder[0]))

    def fitted(self, picture: Image.Image, size: int) -> bytes:
        return _fitted(
            lambda quality: nccodec.encode(picture, quality, device="cpu", map="pifs"),
            lambda: nccodec.encode(picture, device="cpu", map="pifs", size=size),
        )


@dataclass(frozen=True)
class Implicit:
    """`nc implicit`, on the CPU. minutes: that each network is fitted."""

    name: str
    minutes: int
    ladder: tuple[float, ...] = IMPLICIT_RATES
    mime: None = None

    @property
    def title(self) -> str:
        return f"nc implicit, {self.minutes} min"

    @property
    def description(self) -> str:
        return f"nccodec {nccodec.__version__}, nc implicit --minutes {self.minutes}, --bpp"

    def identity(self) -> str:
        return f"{self.description}; {_own_identity()}"

    def prepare(self, picture: Image.Image) -> Callable[[float], bytes]:
        return lambda rate: self._encode(picture, bpp=rate)

    def decode(self, data: bytes) -> Image.Image:
        return nccodec.decode(data, device="cpu").convert("RGB")

    def warm_up(self) -> None:
        self.decode(nccodec.encode(_SMALL, map="implicit", device="cpu", width=8, depth=1, steps=1))

    def fitted(self, picture: Image.Image, size: int) -> bytes:
        return _fitted(
            lambda quality: self._encode(picture, quality=quality, width=SMALLEST_WIDTH, depth=1),
            lambda: self._encode(picture, size=size),
        )

    def _encode(self, picture: Image.Image, **how: object) -> bytes:
        return nccodec.encode(picture, map="implicit", device="cpu", minutes=self.minutes, **how)


def _fitted(at: Callable[[float], bytes], target: Callable[[], bytes]) -> bytes:
    """The file of a target size, or the nearest: that of the highest quality, or of the lowest."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NclWarning)
            return target()
    except LimitError:
        return at(0)


def codec_named(name: str, weights: str = "photo", qualities: Sequence[float] = QUALITIES) -> Codec:
    """The codec of a name such as "ncl", "ncl-e3", "ncl-psnr", "pifs" or "webp". weights, qualities: of ncl.

    ComparisonError for an unknown one, and for one that the installed Pillow lacks.
    """
    if match := re.fullmatch(r"ncl(?:-e([0-9]))?(-psnr)?", name):
        effort = DEFAULT_EFFORT if match[1] is None else int(match[1])
        return Ncl(name, effort, weights, tuple(qualities), PSNR if match[2] else Options.tune)
    if name == "pifs":
        return Pifs()
    if match := re.fullmatch(r"implicit(?:-([1-9][0-9]?)m)?", name):
        return Implicit(name, IMPLICIT_MINUTES if match[1] is None else int(match[1]))
    if name not in PEERS:
        own = "ncl, ncl-e0 to ncl-e9, ncl-psnr, ncl-e1-psnr, ..., pifs, implicit, implicit-1m to implicit-99m"
        raise ComparisonError(f"codec {name!r} is unknown: {own}, {', '.join(PEERS)}")
    if not PEERS[name].present():
        raise ComparisonError(f"{name}: Pillow {Image.__version__} is without it here")
    return PEERS[name]
