"""Films: frames one by one to the bytes of an animated WebP, GIF or PNG, or of an MP4.

No more than one frame is held, of MP4 the some tens that x264 looks ahead, and the file so far. Pillow's own writers of
several frames hold all of them, which is why each is written by Pillow as a picture of its own and put into the film's
container here. A frame is so never coded as a difference to the one before, but in MP4.
"""

import io
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np

from ..arrays import thread_count
from ..errors import ImageError, LimitError
from .film_containers import Apng, Gif, WebP

SLOWEST = 0.1  # frames a second
_CRF = "18"  # x264's quality: its losses are hardly seen


class Film(Protocol):
    """A film that is being written."""

    def add(self, frame: np.ndarray) -> None:
        """The next frame: uint8 [height, width, 3], contiguous."""
        ...

    def finish(self) -> bytes:
        """The whole file."""
        ...


@dataclass(frozen=True)
class Format:
    """name: for messages. side: the most pixels along a side. fastest: the most frames a second. film: begins one of
    width, height, at frames a second, with whether it is shown again and again."""

    name: str
    side: int
    fastest: int
    film: "type[Film]"


def film_format(target: Path) -> Format:
    """The format that a file name asks for. ImageError for a name of another one, or where PyAV is not installed."""
    suffix = target.suffix.lower()
    if suffix not in _FORMATS:
        known = f"{', '.join([*_FORMATS][:-1])} or {[*_FORMATS][-1]}"
        raise ImageError(f"{target}: no film format is known by the extension {suffix!r}, only {known}")
    if suffix == ".mp4" and find_spec("av") is None:
        raise ImageError(f"{target}: PyAV is not installed: pip install 'nccodec[video]'")
    return _FORMATS[suffix]


def check_speed(fps: float, form: Format) -> None:
    """LimitError for a speed, in frames a second, outside the format's limits."""
    if not SLOWEST <= fps <= form.fastest:
        raise LimitError(f"{fps:g} frames a second are outside {SLOWEST:g} .. {form.fastest}, what {form.name} holds")


def film_bytes(frames: Iterable[np.ndarray], form: Format, fps: float, loop: bool = True) -> bytes:
    """The file of a film. Frames are taken one at a time, each when the one before is coded.

    frames: uint8 [H, W, 3], sRGB, all of one size. fps: frames a second, SLOWEST to 120, in GIF to 50, whose times are
    in 1/100 s, as they are in 1/1000 s in WebP: what is rounded does not add up. loop: shown again and again; MP4 has
    no place for this, players decide. WebP is lossy, at quality 90; PNG is lossless; a frame of GIF has 256 colours of
    its own. MP4 is H.264 of halved chroma, where both sides are even: an odd one is made even by repeating the last row
    or column. LimitError for a speed or size outside the format's limits, ImageError for no frame at all, for frames of
    several sizes, and for what the library refuses. What `frames` raises is passed on.
    """
    check_speed(fps, form)
    film = size = None
    try:
        for frame in frames:
            height, width = frame.shape[:2]
            if film is None:
                size = width, height
                if max(size) > form.side:
                    raise LimitError(f"{width} x {height} pixels: {form.name} holds {form.side} to a side at most")
                film = form.film(size, fps, loop)
            elif (width, height) != size:
                raise ImageError(f"a frame of {width} x {height} pixels in a film of {size[0]} x {size[1]}")
            film.add(np.ascontiguousarray(frame))
        if film is None:
            raise ImageError("a film without any frame")
        return film.finish()
    finally:
        if isinstance(film, Mp4):
            film.close()


def coloured(picture: np.ndarray) -> np.ndarray:
    """A frame of a picture, uint8 [H, W, 3], or [H, W] if grey."""
    return picture if picture.ndim == 3 else picture[:, :, None].repeat(3, 2)


class Mp4:
    """H.264 in MP4, by PyAV."""

    def __init__(self, size: tuple[int, int], fps: float, loop: bool) -> None:
        import av

        self._content = io.BytesIO()
        self._container = av.open(self._content, "w", format="mp4")
        self._stream = self._container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
        self._stream.width, self._stream.height = (n + n % 2 for n in size)
        self._stream.pix_fmt = "yuv420p"
        self._stream.options = {"crf": _CRF}
        context = self._stream.codec_context
        context.thread_count = thread_count()
        # Said and done: players take what is not said for one thing or the other by the picture's size.
        context.colorspace = context.color_primaries = context.color_trc = 1  # BT.709
        context.color_range = 1  # 16 .. 235

    def add(self, frame: np.ndarray) -> None:
        import av
        from av.video.reformatter import ColorRange, Colorspace

        even = np.pad(frame, [(0, n % 2) for n in frame.shape[:2]] + [(0, 0)], "edge")
        picture = av.VideoFrame.from_ndarray(even, format="rgb24").reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
        )
        self._mux(picture)

    def finish(self) -> bytes:
        self._mux(None)
        self._container.close()
        return self._content.getvalue()

    def close(self) -> None:
        """Let go of what the library holds; a film that is not finished is lost."""
        with suppress(Exception):  # of a film that failed, whose own error is the one to tell
            self._container.close()

    def _mux(self, picture: "object | None") -> None:
        import av

        try:
            self._container.mux(self._stream.encode(picture))
        except (av.error.FFmpegError, ValueError) as error:
            size = f"{self._stream.width} x {self._stream.height}"
            raise ImageError(f"{size} pixels cannot be written as MP4 ({error})") from None


_FORMATS = {
    ".webp": Format("WebP", 16383, 120, WebP),
    ".gif": Format("GIF", 65535, 50, Gif),
    ".png": Format("PNG", (1 << 31) - 1, 120, Apng),
    ".apng": Format("PNG", (1 << 31) - 1, 120, Apng),
    ".mp4": Format("MP4", 16384, 120, Mp4),
}
SUFFIXES = frozenset(_FORMATS)
