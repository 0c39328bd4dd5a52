"""Regions, and pictures made in parts: the same as the whole within one grey level."""

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import nccodec
from nccodec import code as collage_code
from nccodec.bitstream import container
from nccodec.bitstream.frame import frame, unframe
from nccodec.codec.file import write_file
from nccodec.codec.kinds import read
from nccodec.collage.output import Request, View
from nccodec.errors import FormatError, LimitError, NclError
from nccodec.neural import synthesis, weights
from nccodec.neural.code import CollageCode

OK = sorted((Path(__file__).parents[1] / "golden" / "ok").glob("*.ncl"))
SCALES = [1, 2, 8, 0.5, 0.25, 0.7, 1.6, 5]


def changed(header: container.Header, **fields: int) -> container.Header:
    return replace(header, fields=replace(header.fields, **fields))


def levels(picture) -> np.ndarray:
    return np.asarray(picture).astype(int)


@pytest.mark.parametrize("path", OK, ids=lambda path: path.stem)
def test_regions_are_crops_of_the_whole(path, tiny):
    data, random = path.read_bytes(), np.random.default_rng(0)
    for scale in SCALES:
        whole = levels(nccodec.decode(data, scale, weights=tiny))
        for _ in range(3):
            y, x = (int(random.integers(0, n)) for n in whole.shape[:2])
            h, w = (int(random.integers(1, n - at + 1)) for n, at in zip(whole.shape[:2], (y, x), strict=True))
            part = levels(nccodec.decode(data, scale, weights=tiny, crop=(x, y, w, h)))
            assert part.shape[:2] == (h, w)
            assert np.abs(part - whole[y : y + h, x : x + w]).max() <= 1


@pytest.mark.parametrize("path", [p for p in OK if "partition" not in p.stem], ids=lambda path: path.stem)
def test_pictures_made_in_parts_have_no_seams(path, tiny, monkeypatch):
    data = path.read_bytes()
    whole = [levels(nccodec.decode(data, scale, weights=tiny)) for scale in SCALES]
    for scale, expected in zip(SCALES, whole, strict=True):
        monkeypatch.setattr(synthesis, "_TILE", 7 + max(expected.shape) // 4)
        assert np.abs(levels(nccodec.decode(data, scale, weights=tiny)) - expected).max() <= 1
    monkeypatch.setattr(synthesis, "_TILE", 7)
    sized = nccodec.decode(data, size=(23, 5), weights=tiny)
    monkeypatch.undo()
    assert np.abs(levels(sized) - levels(nccodec.decode(data, size=(23, 5), weights=tiny))).max() <= 1


def test_a_region_depends_on_its_neighbourhood_alone(tiny):
    """With cells of 4 pixels and self-reference 1 + 6 + 3 + 4 cells around: atoms, filter, steps, refinement."""
    found, random = weights.load(tiny), np.random.default_rng(0)
    shapes = ((6, 40, 40), 3), ((4, 40, 40), 1)
    atoms, scales = (np.rint(random.laplace(0, spread, shape)).astype(np.int32) for shape, spread in shapes)
    codes = []
    for change in (0, 5):
        values = [part.copy() for part in (atoms, scales)]
        for part in values:
            kept = part[:, 6:36, 6:36].copy()
            part += change
            part[:, 6:36, 6:36] = kept
        codes.append(CollageCode(160, 160, False, 100, 4, found.fingerprint, *values))

    def part(code: CollageCode, crop: tuple[int, int, int, int]) -> np.ndarray:
        return synthesis.synthesise(code, found, Request.of(View(crop=crop), (160, 160), 4))

    # Two cells, 20 and 21.
    first, second = (part(code, (80, 80, 8, 8)) for code in codes)
    assert np.abs(first.astype(int) - second).max() <= 1  # convolutions round by what they are given
    first, second = (part(code, (36, 36, 20, 20)) for code in codes)
    assert np.abs(first.astype(int) - second).max() > 1


def test_tiles_that_a_region_does_not_depend_on_are_not_read(tiny, monkeypatch):
    """Of 4 tiles of 20 x 20 cells of 4 pixels the last one's words are damaged. With self-reference the picture
    depends on them from cell 6, as 14 cells see it (see above), so up to pixel 23 it is as it was."""
    found, random = weights.load(tiny), np.random.default_rng(0)
    monkeypatch.setattr(collage_code, "TILE", 20)
    values = [random.integers(-1, 2, (n, 40, 40)).astype(np.int16) for n in (6, 4)]
    whole = CollageCode(160, 160, False, 100, 4, found.fingerprint, *values)
    data = write_file(whole, "range", found.prior_at(100))
    header, chunks = read(data)
    damaged = []
    for chunk in chunks:
        payload, at = bytearray(unframe(chunk.payload, 1 << 20)), 0
        for _ in range(3):
            at += 4 + struct.unpack_from("<I", payload, at)[0]
        payload[at + 4 : at + 24] = bytes(20)
        damaged.append(container.Chunk(chunk.kind, frame(bytes(payload))))
    broken = container.write(header, damaged)
    expected = levels(nccodec.decode(data, weights=tiny))
    for x, y, w, h in ((0, 0, 24, 24), (120, 0, 40, 24), (0, 100, 24, 60), (5, 5, 1, 1)):
        part = levels(nccodec.decode(broken, weights=tiny, crop=(x, y, w, h)))
        assert np.abs(part - expected[y : y + h, x : x + w]).max() <= 1
    for crop in (None, (0, 0, 25, 25), (100, 100, 8, 8)):
        with pytest.raises(NclError):
            nccodec.decode(broken, weights=tiny, crop=crop)
    lying = container.write(changed(header, nonzero_scales=0, steps=0, scale_sum=0), chunks)
    with pytest.raises(FormatError, match="header states"):
        nccodec.decode(lying, weights=tiny, crop=(0, 0, 8, 8))


def test_a_region_is_enlarged_where_the_whole_cannot_be(tiny):
    """Of 240 x 240 pixels, 64 times as large: the same as of the 40 x 40 cells around, as a picture of their own."""
    found, random = weights.load(tiny), np.random.default_rng(0)
    atoms = np.rint(random.laplace(0, 3, (6, 60, 60))).astype(np.int32)
    near, none = atoms[:, 5:45, 10:50], np.zeros((4, 60, 60), np.int32)
    large, small = (
        CollageCode(4 * part.shape[1], 4 * part.shape[2], False, 100, 4, found.fingerprint, part, rest)
        for part, rest in ((atoms, none), (near, none[:, :40, :40]))
    )
    data = [write_file(code, "range", found.prior_at(100)) for code in (large, small)]
    x, y = 64 * 83 + 5, 64 * 79 + 60
    parts = [
        levels(nccodec.decode(each, 64, weights=tiny, crop=(left + x, top + y, 90, 70)))
        for each, top, left in zip(data, (64 * 20, 0), (64 * 40, 0), strict=True)
    ]
    assert np.abs(parts[0] - parts[1]).max() <= 1 and np.ptp(parts[0]) > 20
    with pytest.raises(LimitError, match="decoded to 15360 x 15360 are over the limit"):
        nccodec.decode(data[0], 64, weights=tiny)


def test_a_self_reference_is_followed_so_far(tiny, monkeypatch):
    found = weights.load(tiny)
    codes = [
        CollageCode(160, 160, False, 100, 4, found.fingerprint, np.zeros((6, 40, 40), np.int32), scales)
        for scales in (np.ones((4, 40, 40), np.int32), np.zeros((4, 40, 40), np.int32))
    ]
    # At 8 cells have 32 samples, so that there are 6 steps: with the atoms' cell and 12 of 24 + 22 pixels, 19 cells
    # beside the first one.
    request = Request.of(View(8, crop=(0, 0, 1, 1)), (160, 160), 4)
    monkeypatch.setattr(synthesis, "MAX_PIXELS", 160 * 160 * 64 - 1)
    monkeypatch.setattr(synthesis, "MAX_REFERRED", (20 * 32) ** 2)
    assert synthesis.synthesise(codes[0], found, request).shape == (1, 1, 3)
    monkeypatch.setattr(synthesis, "MAX_REFERRED", (20 * 32) ** 2 - 1)
    assert synthesis.synthesise(codes[1], found, request).shape == (1, 1, 3)
    with pytest.raises(LimitError, match="through 409600 samples is over the limit of 409599"):
        synthesis.synthesise(codes[0], found, request)
    monkeypatch.setattr(synthesis, "MAX_PIXELS", 160 * 160 * 64)
    assert synthesis.synthesise(codes[0], found, request).shape == (1, 1, 3)


@pytest.mark.parametrize("name", ["scales-missing", "narrow-scales", "tile-cut"])
def test_a_region_is_refused_where_the_fault_can_be_seen(name, tiny):
    data = (Path(__file__).parents[1] / "golden" / "bad" / f"{name}.ncl").read_bytes()
    with pytest.raises(NclError):
        nccodec.decode(data, weights=tiny, crop=(0, 0, 1, 1))


@pytest.mark.parametrize(
    "path",
    [p for p in OK if not any(part in p.stem for part in ("partition", "tiles", "screen"))],
    ids=lambda path: path.stem,
)
def test_the_header_is_verified_where_all_tiles_are_read(path, tiny):
    header, chunks = read(path.read_bytes())
    stated = {0: "scale_sum", 4: "nonzero", 5: "factor"}.get(header.kind, "largest_scale")
    lying = container.write(changed(header, **{stated: getattr(header.fields, stated) + 1}), chunks)
    with pytest.raises(FormatError, match=r"header states|31 / 32 is over"):
        nccodec.decode(lying, weights=tiny, crop=(0, 0, 1, 1))


@pytest.mark.parametrize("crop", [(0, 0, 0, 1), (-1, 0, 2, 2), (0, 0, 20, 1), (18, 0, 2, 1), (0, 13, 1, 2)])
def test_regions_that_are_not_inside_are_refused(crop, tiny):
    data = next(p for p in OK if p.stem == "range-19x14").read_bytes()
    with pytest.raises(LimitError, match="is not inside 19 x 14"):
        nccodec.decode(data, weights=tiny, crop=crop)
