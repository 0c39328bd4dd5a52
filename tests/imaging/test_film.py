"""Films: what other readers find in them, frame by frame, and what is refused."""

import io
import weakref
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from nccodec.errors import ImageError, LimitError
from nccodec.imaging import film
from nccodec.imaging.film import film_bytes, film_format

ANIMATED = (".webp", ".gif", ".png", ".apng")


def written(frames, suffix: str, fps: float = 25, loop: bool = True) -> bytes:
    return film_bytes(iter(frames), film_format(Path(f"a{suffix}")), fps, loop)


def ramps(count: int, height: int, width: int) -> list[np.ndarray]:
    """Smooth, of few colours, each unlike the one before."""
    y, x = np.mgrid[0:height, 0:width]
    return [
        np.stack([8 * (x // 4) + 20 * i, 6 * (y // 4) + 10, np.full_like(x, 200 - 20 * i)], -1).astype(np.uint8)
        for i in range(count)
    ]


def read_back(data: bytes) -> tuple[list[np.ndarray], list[float], dict]:
    """Frames, their times in ms, and what else is told, as Pillow reads them."""
    with Image.open(io.BytesIO(data)) as opened:
        frames, times, info = [], [], dict(opened.info)
        for number in range(opened.n_frames):
            opened.seek(number)
            frames.append(np.asarray(opened.convert("RGB")))
            times.append(opened.info["duration"])
    return frames, times, info


@pytest.mark.parametrize("suffix", ANIMATED)
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (33, 52)])
def test_animated_pictures_hold_all_frames(suffix, size):
    frames = ramps(5, *size)
    back, times, info = read_back(written(frames, suffix))
    assert times == [40] * 5 and info["loop"] == 0
    lossy = suffix == ".webp"
    for frame, other in zip(frames, back, strict=True):
        assert np.abs(frame.astype(int) - other).mean() <= (4 if lossy else 0)


@pytest.mark.parametrize(("suffix", "unit"), [(".webp", 1), (".gif", 10)])
def test_rounded_times_do_not_add_up(suffix, unit):
    """30 frames at 30 a second are 1 s, though 33.3 ms are none of the format's times."""
    _, times, _ = read_back(written(ramps(30, 4, 4), suffix, 30))
    assert sum(times) == 1000 and set(times) <= {33, 34} | {30, 40} and all(t % unit == 0 for t in times)


def test_png_has_the_exact_fraction():
    data = written(ramps(2, 4, 4), ".png", 30000 / 1001)
    place = data.index(b"fcTL") + 4 + 20
    assert (int.from_bytes(data[place : place + 2]), int.from_bytes(data[place + 2 : place + 4])) == (1001, 30000)


@pytest.mark.parametrize("suffix", ANIMATED)
def test_shown_once(suffix):
    """Pillow tells 1 for WebP and PNG; GIF says nothing of loops where there are none."""
    _, _, info = read_back(written(ramps(2, 4, 4), suffix, loop=False))
    assert info.get("loop", 1) == 1


@pytest.mark.parametrize("suffix", ANIMATED)
def test_one_frame(suffix):
    back, _, _ = read_back(written(ramps(1, 6, 5), suffix))
    assert [frame.shape for frame in back] == [(6, 5, 3)]


@pytest.mark.parametrize(("size", "even"), [((60, 84), (60, 84)), ((33, 51), (34, 52)), ((1, 1), (2, 2))])
def test_mp4_has_even_sides(size, even):
    frames = ramps(6, *size)
    with av.open(io.BytesIO(written(frames, ".mp4", 30))) as opened:
        stream = opened.streams.video[0]
        back = [frame.to_ndarray(format="rgb24") for frame in opened.decode(stream)]
        assert (stream.height, stream.width) == even and stream.average_rate == 30
        assert stream.codec_context.name == "h264" and stream.codec_context.pix_fmt == "yuv420p"
    for frame, other in zip(frames, back, strict=True):
        assert np.abs(frame.astype(int) - other[: size[0], : size[1]]).mean() < 6


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (200, 30, 60), (20, 90, 240)])
def test_mp4_says_what_its_colours_are(colour):
    """BT.709's luma of a flat picture in 16 .. 235, worked out here, is what the file holds."""
    frame = np.full((32, 32, 3), colour, np.uint8)
    with av.open(io.BytesIO(written([frame], ".mp4"))) as opened:
        picture = next(opened.decode(video=0))
        assert (picture.colorspace, picture.color_range) == (1, 1)
        luma = np.asarray(picture.to_ndarray()[:32]).mean()
    red, green, blue = (n / 255 for n in colour)
    assert abs(luma - (16 + 219 * (0.2126 * red + 0.7152 * green + 0.0722 * blue))) < 1.5


@pytest.mark.parametrize("suffix", [".webp", ".gif", ".png"])
def test_frames_are_taken_one_by_one_and_let_go(suffix):
    alive = []

    def frames():
        for frame in ramps(8, 16, 16):
            mine = frame.copy()
            alive.append(weakref.ref(mine))
            assert sum(other() is not None for other in alive) <= 2  # this one, and the one before
            yield mine

    assert written(frames(), suffix)


@pytest.mark.parametrize("suffix", [*ANIMATED, ".mp4"])
def test_what_frames_raise_is_passed_on(suffix):
    def frames():
        yield from ramps(2, 8, 8)
        raise LimitError("no more")

    with pytest.raises(LimitError, match="no more"):
        written(frames(), suffix)


@pytest.mark.parametrize("suffix", [*ANIMATED, ".mp4"])
def test_what_is_no_film(suffix):
    with pytest.raises(ImageError, match="without any frame"):
        written([], suffix)
    with pytest.raises(ImageError, match="a frame of 8 x 6 pixels in a film of 8 x 8"):
        written([*ramps(1, 8, 8), *ramps(1, 6, 8)], suffix)
    for fps in (0, -1, 0.01, 1000, float("nan"), float("inf")):
        with pytest.raises(LimitError, match="frames a second"):
            written(ramps(2, 8, 8), suffix, fps)


@pytest.mark.parametrize(("suffix", "side"), [(".webp", 16384), (".gif", 65536), (".mp4", 16386)])
def test_sides_beyond_the_format(suffix, side):
    with pytest.raises(LimitError, match=f"{side} x 1 pixels: .* to a side at most"):
        written([np.zeros((1, side, 3), np.uint8)], suffix)


@pytest.mark.parametrize("name", ["a.jpg", "a", "a.avi", "webp"])
def test_names_of_no_film(name):
    with pytest.raises(ImageError, match=f"{name}: no film format is known by the extension"):
        film_format(Path(name))


def test_without_pyav_the_extra_is_told(monkeypatch):
    monkeypatch.setattr(film, "find_spec", lambda name: None)
    assert film_format(Path("a.webp")).name == "WebP"
    with pytest.raises(ImageError, match=r"PyAV is not installed: pip install 'nccodec\[video\]'"):
        film_format(Path("a.mp4"))
