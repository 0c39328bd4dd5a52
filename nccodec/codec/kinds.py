"""The kinds of maps that there are: the only place that knows them.

A kind is a number in the header and a room. What is needed to describe a file and to check options is imported at
once, from the standard library alone; the rest of a room when it is first used.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Protocol

from ..bitstream import container
from ..bitstream.container import Chunk, Common, Fields, Header
from ..code import Keep
from ..errors import FormatError, LimitError
from ..generative.header import Fields as GenerativeFields
from ..generative.options import Options as GenerativeOptions
from ..implicit.header import Fields as ImplicitFields
from ..implicit.options import Options as ImplicitOptions
from ..neural.header import Fields as CollageFields
from ..neural.options import Options as NeuralOptions
from ..pifs.header import Fields as PartitionFields
from ..pifs.options import Options as PifsOptions
from ..points.header import Fields as PointsFields
from ..points.options import Options as PointsOptions
from ..screen.header import Fields as ScreenFields
from ..screen.options import Mixed
from ..screen.options import Options as ScreenOptions
from ..whole.header import Fields as WholeFields
from ..whole.options import Options as WholeOptions

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from PIL import Image

    from ..collage.iteration import Iteration
    from ..collage.output import Request, View
    from ..neural.stored import Stored


class Code(Protocol):
    """What a file of a kind holds: the quantized parameters of one picture.

    KIND: name of the kind. common: what the header says of it, but for transparency, with a packer.
    """

    KIND: str

    def common(self, packer: str, alpha: bool) -> Common: ...

    def without_self_reference(self) -> "Code":
        """The affine part alone."""
        ...


class Encoder(Protocol):
    """The codes of one picture at several levels of quality, from one analysis.

    top: the highest level; the lowest is 0. effort: what was asked for, 0 where a kind has none. weights: that the
    codes need, if any; what `Room.weights` takes.
    """

    top: int
    effort: int
    weights: Any

    def code(self, level: int, effort: int) -> Code: ...

    def model(self, code: Code) -> Any:
        """For `Room.pack`, of the code's kind."""
        ...


class Reader(Protocol):
    """The code of one file, as much of it at a time as a view needs.

    LOCAL: whether a part of a picture is made from its neighbourhood alone. size: bytes that it holds.
    """

    LOCAL: bool
    size: int

    def code(self, request: "Request") -> Any:
        """What `Room.synthesise` makes of it what is asked for. FormatError for a fault."""
        ...


class Descent(Protocol):
    """A camera that falls into a picture without end. generations: after which it sees what it saw at first."""

    generations: int

    def __init__(
        self, code: Any, weights: Any, size: tuple[int, int], at: tuple[float, float] | None, number: int | None
    ) -> None:
        """size: width, height of its frames. at: x, y in pixels, or number of the range, to fall into. LimitError for a
        place into which it cannot."""
        ...

    def frame(self, way: float) -> "np.ndarray":
        """uint8 [height, width, 3], after so many generations."""
        ...


class Room(Protocol):
    """What a kind of map does: module `kind` of its room."""

    def pack(self, code: Code, packer: str, model: Any) -> tuple[Fields, list[Chunk]]:
        """A kind's own part of the header and its chunks. model: of kinds that need one."""
        ...

    def unpack(self, header: Header, chunks: list[Chunk], model: Any, request: "Request | None") -> Code:
        """Inverse of `pack`: everything that the header states is verified, NclError for any fault. request: what
        the code is for, if it need not be whole: parts that do not matter may be left at zero, unverified."""
        ...

    def contents(self, chunk: Chunk) -> bytes:
        """What a sound chunk holds, without zstd's frames, which may differ by compressor."""
        ...

    def weights(self, header: Header, given: Any) -> Any:
        """The weights that a file names, None if it names none. given: name, path or weights, where the file's own are
        not installed."""
        ...

    def model(self, header: Header, weights: Any) -> Any:
        """What `unpack` needs. FormatError where header and weights do not fit."""
        ...

    def Reader(self, header: Header, chunks: list[Chunk], model: Any, keep: Keep) -> Reader:
        """The file's code, to be read as it is needed. keep: for what of it is decoded."""
        ...

    def check(self, view: "View") -> None:
        """LimitError for what a view asks for and this kind has no use for."""
        ...

    def synthesise(self, code: Code, weights: Any, request: "Request", device: str) -> "np.ndarray":
        """The decoded picture: uint8 [H, W, 3], or [H, W] if grey."""
        ...

    def Iteration(self, code: Code, weights: Any, request: "Request", device: str) -> "Iteration":
        """The map, to be applied step by step; its fixed point is what `synthesise` makes. LimitError where the kind
        has no steps."""
        ...

    def blends(self, f: "Iteration", g: "Iteration", frames: int) -> Iterator["np.ndarray"]:
        """The pictures between those of two maps of this kind and of one size: see `collage.blend.blends`."""
        ...

    # None, both, of a kind of which no part is a copy of all. align(code, other): a code of nearly the same picture
    # whose copies are turned as those of the other, which is of one size with it; LimitError where they do not fit.
    Descent: "type[Descent] | None"
    align: Callable[[Any, Any], Any] | None

    def prepare(self, options: Any, device: str) -> None:
        """Load what an encoder with these options will need, so that its time is that of the picture."""
        ...

    def Encoder(self, picture: "Image.Image", options: Any, device: str, progress: Callable[[float], None]) -> Encoder:
        """picture: mode "RGB" or "L". progress: called with the share that is done, 0 .. 1."""
        ...


@dataclass(frozen=True)
class Kind:
    """number: in the header. name: of what a file holds. map: what it is asked for by. quality: of its encoder if
    nothing is asked for. fields: its own part of the header. options: what its encoder takes. room: loads it."""

    number: int
    name: str
    map: str
    quality: float
    fields: type[Fields]
    options: type
    room: Callable[[], Room]
    of_pictures: bool = True  # whether pictures are encoded to it

    def checked(self, given: dict[str, Any]) -> Any:
        """Options of the encoder. LimitError for those that it does not have."""
        known = [field.name for field in fields(self.options)]
        for name in given:
            if name not in known:
                raise LimitError(f"map {self.map!r} has no option {name!r}, only {', '.join(known)}")
        return self.options(**given)

    def toward(self, options: Any, size: int) -> Any:
        """Options of the encoder of a file that may have `size` bytes: of most kinds no others."""
        return options.toward(size) if hasattr(options, "toward") else options


def _neural() -> Room:
    from ..neural import kind

    return kind


def _pifs() -> Room:
    from ..pifs import kind

    return kind


def _screen() -> Room:
    from ..screen import kind

    return kind


def _whole() -> Room:
    from ..whole import kind

    return kind


def _implicit() -> Room:
    from ..implicit import kind

    return kind


def _points() -> Room:
    from ..points import kind

    return kind


def _generative() -> Room:
    from ..generative import kind

    return kind


KINDS = (
    Kind(0, "collage", "collage", 75, CollageFields, NeuralOptions, _neural),
    Kind(1, "partitioned map", "pifs", 50, PartitionFields, PifsOptions, _pifs),
    Kind(2, "screen map", "screen", 75, ScreenFields, ScreenOptions, _screen),
    Kind(3, "whole-image map", "whole", 75, WholeFields, WholeOptions, _whole),
    Kind(4, "implicit network", "implicit", 33, ImplicitFields, ImplicitOptions, _implicit),
    Kind(5, "set of points", "points", 75, PointsFields, PointsOptions, _points, of_pictures=False),
    Kind(6, "generative collage", "generative", 75, GenerativeFields, GenerativeOptions, _generative),
)
AUTO = "auto"  # the kind that suits a picture: a collage, or a screen map
MAPS = (AUTO, *(kind.map for kind in KINDS if kind.of_pictures))


def weights_at(path: "Path") -> "Stored":
    """Weights of any kind of map, read and checked. WeightsError names the file and the fault."""
    from ..generative.weights import Weights
    from ..generative.weights import load as load_generative
    from ..neural.places import map_of
    from ..neural.weights import load

    return (load_generative if map_of(path) == Weights.MAP else load)(path)


def numbered(number: int) -> Kind:
    """The kind of a header. FormatError where there is none."""
    for kind in KINDS:
        if kind.number == number:
            return kind
    raise FormatError(f"kind of map {number} is unknown to this program")


def by_map(map: str) -> Kind:
    """The kind that is asked for. LimitError where there is none."""
    for kind in KINDS:
        if kind.map == map:
            return kind
    raise LimitError(f"map {map!r} is unknown: {', '.join(MAPS[:-1])} or {MAPS[-1]}")


def default_quality(map: str) -> float:
    """That of an encoder if nothing is asked for. LimitError where there is no such map."""
    return KINDS[0].quality if map == AUTO else by_map(map).quality


def options_of(map: str, given: dict[str, Any]) -> Any:
    """Options of the encoder of a map, of "auto" those of either. LimitError for those that it does not have."""
    if map != AUTO:
        return by_map(map).checked(given)
    by_map("screen").checked(given)
    return Mixed(**given)


def fitting(map: str, given: dict[str, Any], packer: str, picture: "Image.Image") -> tuple[Kind, Any]:
    """The kind that a picture is to be encoded to, and the options of its encoder. picture: mode "RGB" or "L". packer:
    of PACKERS, of which a screen map has but one. LimitError as for `options_of`."""
    options = options_of(map, given)
    if map != AUTO:
        return by_map(map), options
    from ..screen.suiting import suits

    if options.lossless:
        return by_map("screen"), by_map("screen").checked(given)
    if packer == "range" and suits(picture):
        return by_map("screen"), options
    return by_map("collage"), by_map("collage").checked({name: given[name] for name in given if name != "lossless"})


def of_code(code: Code) -> Kind:
    """The kind of a code."""
    return next(kind for kind in KINDS if kind.name == code.KIND)


def header_of(data: bytes) -> Header:
    """The header of a file. FormatError, TruncatedError or LimitError name the fault."""
    return Header.unpack(data, lambda number: numbered(number).fields)


def read(data: bytes) -> tuple[Header, list[Chunk]]:
    """Header and chunks of a file: see `container.read`."""
    return container.read(data, lambda number: numbered(number).fields)


def describe(data: bytes) -> dict:
    """What `nccodec.info` tells: plain values, nothing decoded."""
    header, chunks = read(data)
    common, names = header.common, header.names
    sizes = {names.get(c.kind, f"ancillary 0x{c.kind:02x}"): len(c.payload) for c in chunks}
    framing = len(data) - sum(len(c.payload) for c in chunks)
    return {
        "kind": numbered(header.kind).name,
        "width": common.width,
        "height": common.height,
        "grey": common.grey,
        "alpha": common.alpha,
        "packer": common.packer,
        **header.fields.about(common),
        "version": container.VERSION,
        "bytes": len(data),
        "bpp": 8 * len(data) / (common.width * common.height),
        "chunks": sizes | {"header and framing": framing},
    }
