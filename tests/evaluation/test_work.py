"""Measurements are made once, in processes, and told apart by all that they depend on."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nccodec.errors import ComparisonError, ImageError, NclWarning
from nccodec.evaluation.cache import Cache, default_path
from nccodec.evaluation.codecs import PEERS
from nccodec.evaluation.curve import measured
from nccodec.evaluation.work import Job, Picture, picture_files, read, results_of

JPEG = PEERS["jpeg"]


@pytest.fixture
def files(tmp_path, smooth):
    for name, size in (("a.png", (30, 44)), ("b.png", (26, 40)), ("c.jpg", (20, 20))):
        smooth(*size).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


def job(path, *settings) -> Job:
    return Job("points", Picture.of(path), JPEG, JPEG.identity(), settings, (("psnr",),))


def without_times(rows: list[dict]) -> list[dict]:
    return [{key: value for key, value in row.items() if not key.endswith("_time")} for row in rows]


def test_files_and_folders_give_pictures_once_in_order(files):
    names = [path.name for path in picture_files([files / "b.png", files])]
    assert names == ["b.png", "a.png", "c.jpg"]
    (files / "empty").mkdir()
    with pytest.raises(ComparisonError, match="empty: holds no pictures"):
        picture_files([files / "empty"])


def test_a_picture_is_known_by_its_pixels(files, smooth):
    smooth(30, 44).save(files / "copy.bmp")
    smooth(44, 30).save(files / "other.png")
    digest = Picture.of(files / "a.png").digest
    assert Picture.of(files / "copy.bmp").digest == digest != Picture.of(files / "other.png").digest
    flat = [Image.new("RGB", size) for size in ((6, 4), (4, 6))]
    for number, picture in enumerate(flat):
        picture.save(files / f"flat{number}.png")
    assert Picture.of(files / "flat0.png").digest != Picture.of(files / "flat1.png").digest


def test_only_the_pixels_of_a_picture_are_compared(tmp_path, smooth):
    """Metadata would count as bytes, and not every codec holds transparency."""
    smooth(20, 20).save(tmp_path / "a.png", icc_profile=b"x" * 5000)
    assert Image.open(tmp_path / "a.png").info["icc_profile"]
    assert read(tmp_path / "a.png").info == {}
    np.testing.assert_array_equal(read(tmp_path / "a.png"), smooth(20, 20))
    Image.new("RGBA", (20, 20), (1, 2, 3, 4)).save(tmp_path / "clear.png")
    with pytest.raises(ImageError, match=r"clear\.png: has transparency; flatten it first"):
        read(tmp_path / "clear.png")


def test_what_the_cache_has_is_not_measured_again(files):
    """In processes as in this one; the second time nothing is done, with new settings only those."""
    cache, told = Cache(default_path()), []
    jobs = [job(files / "a.png", 20, 60), job(files / "b.png", 20, 60)]
    first = results_of(jobs, cache, 2, lambda *counts: told.append(counts))
    assert told == [(0, 2), (1, 2), (2, 2)]
    for found, name in zip(first, ("a.png", "b.png"), strict=True):
        here = measured(JPEG, Image.open(files / name), (20, 60))
        assert without_times(found) == without_times(here)
    cache.close()

    cache = Cache(default_path())
    told.clear()
    assert results_of(jobs, cache, 2, lambda *counts: told.append(counts)) == first
    assert told == [(0, 0)]
    more = results_of([job(files / "a.png", 20, 40, 60), jobs[1]], cache, 2, lambda *counts: told.append(counts))
    assert told[1:] == [(0, 1), (1, 1)]
    assert [more[0][0], more[0][2]] == first[0] and more[1] == first[1]


def test_keys_depend_on_all_that_decides_a_result(files):
    base = job(files / "a.png", 20)
    changed = [
        job(files / "b.png", 20),
        job(files / "a.png", 21),
        dataclasses.replace(base, kind="files"),
        dataclasses.replace(base, identity="another Pillow"),
        dataclasses.replace(base, options=(("psnr", "ms-ssim"),)),
    ]
    assert len({key for one in [base, *changed] for key in one.keys}) == 6
    assert base.keys == job(files / "a.png", 20).keys


def test_an_error_in_a_process_names_the_picture(tmp_path):
    Image.new("RGB", (16400, 2)).save(tmp_path / "long.png")
    webp = PEERS["webp"]
    long = Job("points", Picture.of(tmp_path / "long.png"), webp, webp.identity(), (5,), (("psnr",),))
    with pytest.raises(ComparisonError, match=r"long\.png: WebP does not encode 16400 x 2 pixels"):
        results_of([long], Cache(None), 1)
    with pytest.raises(ImageError, match="notes"):
        (tmp_path / "notes.png").write_text("no picture")
        Picture.of(tmp_path / "notes.png")


@pytest.mark.parametrize("where", ["cache", "cache/inside"])
def test_a_cache_that_cannot_be_used_is_named_and_done_without(tmp_path, where):
    (tmp_path / "cache").write_bytes(b"no database, but long enough to look at" * 9)
    with pytest.warns(NclWarning, match=rf"{where}: cannot be used as a cache \(.*\); results are kept for this run"):
        cache = Cache(tmp_path / where)
    cache.put([("key", 3)])
    assert cache.get("key") == 3


def test_a_cache_that_is_full_is_done_without_from_then_on(tmp_path):
    cache = Cache(tmp_path / "cache")
    cache.put([("first", 1)])
    cache._database.execute("PRAGMA max_page_count = 1")
    with pytest.warns(NclWarning, match=r"cache: cannot be used as a cache \(database or disk is full\)") as told:
        cache.put([(f"key {i}", "long" * 4000) for i in range(3)])
    assert len(told) == 1 and cache.get("key 0") == cache.get("key 2") == "long" * 4000
    assert Cache(tmp_path / "cache").get("first") == 1


def test_without_a_home_there_is_no_cache_file(monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", homeless)
    assert default_path() is None


def homeless():
    raise RuntimeError("Could not determine home directory.")
