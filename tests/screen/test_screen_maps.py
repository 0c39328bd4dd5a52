"""`nccodec.encode` on text and screens, as a user meets it."""

import struct

import numpy as np
import pytest
import zstandard
from PIL import Image, ImageDraw

import nccodec
from nccodec.bitstream import container
from nccodec.bitstream.container import Chunk
from nccodec.bitstream.frame import frame, unframed
from nccodec.codec.file import read_file
from nccodec.codec.kinds import read
from nccodec.errors import LimitError
from nccodec.imaging.psnr import psnr
from nccodec.neural.header import Fields
from nccodec.screen.encoding import Encoder
from nccodec.screen.suiting import gradual, suits


def page(width=240, height=160) -> Image.Image:
    """Words and lines on white, soft edges from a reduction."""
    large = Image.new("RGB", (4 * width, 4 * height), "white")
    draw = ImageDraw.Draw(large)
    for number in range(10):
        draw.text((40, 40 + 60 * number), "the quick brown fox", fill=(20, 20, 60), font_size=44)
    draw.line((40, 620, 900, 600), fill=(200, 0, 0), width=5)
    return large.reduce(4)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_lossless_keeps_every_pixel(mode):
    random = np.random.default_rng(0)
    picture = Image.fromarray(random.integers(0, 256, (37, 45, 4), np.uint8), "RGBA")
    picture.paste(page(30, 20), (3, 5))
    picture = picture.convert(mode)
    decoded = nccodec.decode(nccodec.encode(picture, lossless=True, verify=True))
    expected = picture.convert(decoded.mode)
    if expected.mode[-1] == "A":  # colours of what is wholly transparent mean nothing
        seen = np.asarray(expected.getchannel("A")) > 0
        np.testing.assert_array_equal(np.asarray(decoded.getchannel("A")), np.asarray(expected.getchannel("A")))
        np.testing.assert_array_equal(np.asarray(decoded)[seen], np.asarray(expected)[seen])
    else:
        np.testing.assert_array_equal(np.asarray(decoded), np.asarray(expected))


def test_lossless_of_a_page_is_small_and_says_so():
    data = nccodec.encode(page(), lossless=True)
    about = nccodec.info(data)
    assert about["kind"] == "screen map" and about["lossless"] and about["quality"] is None
    assert sum(about["shares"].values()) == pytest.approx(1) and about["shares"]["flat"] > 0.3
    assert len(data) < 3000  # 38,400 pixels


@pytest.mark.parametrize("target", [{"quality": 50}, {"size": 900}, {"bpp": 1}, {"psnr": 40}])
def test_lossless_has_no_target(target):
    with pytest.raises(LimitError, match="lossless file has no quality"):
        nccodec.encode(page(), lossless=True, **target)


@pytest.mark.parametrize("map", ["collage", "pifs"])
def test_other_maps_are_not_lossless(map):
    with pytest.raises(LimitError, match="has no option 'lossless'"):
        nccodec.encode(page(), map=map, lossless=True)


@pytest.mark.parametrize("colour", [(255, 255, 255), (1, 130, 77)])
def test_a_flat_picture_is_exact(colour, tiny):
    picture = Image.new("RGB", (96, 64), colour)
    data = nccodec.encode(picture, 75, weights=tiny)
    assert len(data) < 90
    np.testing.assert_array_equal(np.asarray(nccodec.decode(data, weights=tiny)), np.asarray(picture))


def test_a_bit_a_pixel_is_exact_and_smaller_than_noise(tiny):
    random = np.random.default_rng(9)
    picture = Image.fromarray(random.random((64, 64)) < np.linspace(0, 1, 64))
    data = nccodec.encode(picture, 90, weights=tiny)
    np.testing.assert_array_equal(np.asarray(nccodec.decode(data)), np.asarray(picture.convert("L")))
    assert len(data) < 64 * 64 / 8


def test_quality_orders_sizes_and_errors(tiny):
    picture = page()
    files = [nccodec.encode(picture, quality, weights=tiny, verify=True) for quality in (5, 40, 100)]
    errors = [psnr(picture, nccodec.decode(data, weights=tiny).convert("RGB")) for data in files]
    assert sorted(errors) == errors and errors[0] > 25 and errors[2] > 45
    exact = len(nccodec.encode(picture, lossless=True))
    assert len(files[0]) < len(files[2]) <= exact + 16
    assert [nccodec.info(data)["quality"] for data in files] == [5, 40, 100]


def test_photographs_become_collages_as_before(smooth, tiny):
    picture = smooth(48, 64)
    data = nccodec.encode(picture, 60, weights=tiny)
    assert data == nccodec.encode(picture, 60, weights=tiny, map="collage")
    assert nccodec.info(data)["kind"] == "collage"


@pytest.mark.parametrize("effort", [0, 1, 2])
def test_mist_becomes_a_collage(effort):
    """Much of it repeats its neighbours, so that it suits, but few of its cells are dear to a screen map."""
    y, x = np.mgrid[0:128, 0:192] / 64
    z = 150 + 90 * np.sin(2 * x + np.sin(3 * y)) * np.cos(y - x / 3)
    picture = Image.fromarray(np.clip(np.stack([z, z + 12, z + 30], -1), 60, 235).astype(np.uint8))
    assert suits(picture)
    for quality in (5, 30, 60):
        data = nccodec.encode(picture, quality, effort=effort)
        assert data == nccodec.encode(picture, quality, effort=effort, map="collage")


def grainy_mist() -> Image.Image:
    """512 x 512: sky, flat in parts, over grain."""
    y, x = np.mgrid[0:512, 0:512] / 256
    sky = 150 + 40 * np.sin(x + np.sin(2 * y)) * np.cos(y - x / 3)
    grain = 90 + np.random.default_rng(0).normal(0, 8, (512, 512, 3))
    z = np.where((y > 1)[..., None], grain, np.stack([sky, sky + 12, sky + 30], -1))
    return Image.fromarray(z.astype(np.uint8))


def test_of_what_looks_like_a_photograph_an_eighth_is_tried(monkeypatch):
    picture, tried = grainy_mist(), []
    assert suits(picture) and gradual(picture)
    swept = Encoder._swept

    def told(encoder: Encoder, wanted: np.ndarray, *rest):
        tried.append(wanted.size)
        return swept(encoder, wanted, *rest)

    monkeypatch.setattr(Encoder, "_swept", told)
    for effort in (1, 2):
        data = nccodec.encode(picture, 60, effort=effort)
        assert data == nccodec.encode(picture, 60, effort=effort, map="collage")
    assert set(tried) == {512 * 512 // 8}


def test_what_looks_like_a_photograph_may_be_a_screen():
    """Copies of a square of two near colours, which a collage spends thousands of bits on, over and over."""
    square = np.where(np.random.default_rng(0).random((16, 16, 1)) < 0.5, 100, 116) * np.array([1, 1, 1.2])
    picture = Image.fromarray(np.tile(square, (32, 32, 1)).astype(np.uint8))
    assert gradual(picture)
    data = nccodec.encode(picture, 60)
    assert nccodec.info(data)["kind"] == "screen map"
    assert len(data) < len(nccodec.encode(picture, 60, map="collage")) / 4


def test_packer_fixed_leaves_the_collage(tiny):
    assert nccodec.info(nccodec.encode(page(), 60, weights=tiny, packer="fixed"))["kind"] == "collage"
    with pytest.raises(LimitError, match="no packer 'fixed'"):
        nccodec.encode(page(), 60, weights=tiny, packer="fixed", map="screen")


def test_a_page_with_a_photograph_has_both(smooth):
    """The photograph is a collage, of the cells that it covers; the words stay as sharp as without it."""
    picture, photo = page(), smooth(96, 96)
    random = np.random.default_rng(6)
    grain = np.asarray(photo).astype(int) + random.normal(0, 6, (96, 96, 1))
    picture.paste(Image.fromarray(np.clip(grain, 0, 255).astype(np.uint8)), (136, 56))
    data = nccodec.encode(picture, 40, verify=True)
    code = read_file(data).code
    (part,) = code.parts
    top, left = 8 * part.row, 8 * part.column
    assert abs(top - 56) <= 8 and abs(left - 136) <= 8 and abs(part.code.width - 96) <= 16
    decoded = nccodec.decode(data)
    assert psnr(picture.crop((0, 0, 128, 160)), decoded.crop((0, 0, 128, 160))) > 40
    assert psnr(picture.crop((140, 60, 228, 148)), decoded.crop((140, 60, 228, 148))) > 28
    assert nccodec.info(data)["shares"]["collage"] == pytest.approx(part.code.width * part.code.height / 38400)
    for view in ({"scale": 2}, {"scale": 3}, {"scale": 0.5}, {"size": (333, 222)}):
        whole = nccodec.decode(data, **view)
        x, y, w, h = (n * whole.width // 240 for n in (100, 40, 60, 50))
        cropped = nccodec.decode(data, **view, crop=(x, y, w, h))
        np.testing.assert_array_equal(np.asarray(cropped), np.asarray(whole)[y : y + h, x : x + w])


def test_lossy_files_are_not_larger_than_lossless_ones(tiny):
    exact = len(nccodec.encode(page(), lossless=True))
    assert all(len(nccodec.encode(page(), quality, weights=tiny)) <= exact + 24 for quality in (0, 25, 50, 75, 90))


def test_frames_of_another_compressor_are_no_fault(smooth):
    """zstd's frames may differ, those in the files of collages too: what they hold is what counts."""
    picture = page()
    picture.paste(smooth(96, 96), (136, 56))
    data = nccodec.encode(picture, 10, map="screen")
    header, chunks = read(data)
    assert header.fields.collage
    content = unframed(chunks[1].payload)
    size = struct.unpack_from("<I", content, 8)[0]
    inner, within = container.read(content[12 : 12 + size], lambda kind: Fields)
    fast = zstandard.ZstdCompressor(level=-5, write_checksum=True)
    again = container.write(inner, [Chunk(c.kind, fast.compress(unframed(c.payload))) for c in within])
    assert len(again) > size
    other = content[:8] + struct.pack("<I", len(again)) + again + content[12 + size :]
    nccodec.test(container.write(header, [chunks[0], Chunk(chunks[1].kind, frame(other))]))


@pytest.mark.parametrize("target", [{"size": 1000}, {"psnr": 42}])
def test_targets_on_pages(target, tiny):
    picture = page()
    data = nccodec.encode(picture, **target, weights=tiny)
    if "size" in target:
        assert 980 <= len(data) <= 1000
    else:
        assert psnr(picture, nccodec.decode(data, weights=tiny).convert("RGB")) >= 42
