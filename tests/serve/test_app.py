"""Answers over HTTP: what the API says of each, and what is kept from whom."""

import asyncio
import io
import json
import threading

import numpy as np
import pytest
from PIL import Image

import nccodec
from nccodec.serve.document import rights_of, scale_factors

A = "/iiif/3/a.ncl"


def picture(answer) -> Image.Image:
    assert answer.status == 200, answer
    return Image.open(io.BytesIO(answer.body))


def levels(image) -> np.ndarray:
    return np.asarray(image).astype(int)


@pytest.fixture
def ask(serving, folder):
    return serving(folder)


def test_the_document(ask):
    answer = ask(f"{A}/info.json")
    assert answer.status == 200
    assert answer.headers["content-type"] == 'application/ld+json;profile="http://iiif.io/api/image/3/context.json"'
    assert answer.headers["access-control-allow-origin"] == "*"
    document = json.loads(answer.body)
    features = document.pop("extraFeatures")
    assert "mirroring" in features and "sizeUpscaling" in features and "rotationArbitrary" not in features
    assert document == {
        "@context": "http://iiif.io/api/image/3/context.json", "id": f"http://pictures.test{A}",
        "type": "ImageService3", "protocol": "http://iiif.io/api/image", "profile": "level2", "width": 19, "height": 14,
        "sizes": [{"width": 19, "height": 14}], "tiles": [{"width": 512, "scaleFactors": [1]}],
        "maxWidth": 304, "maxHeight": 224, "maxArea": 1 << 20, "preferredFormats": ["webp", "jpg"],
        "extraFormats": ["webp"], "extraQualities": ["color", "gray", "bitonal"],
    }  # fmt: skip


def test_behind_a_proxy_the_address_is_the_proxys(ask):
    answer = ask(f"{A}/info.json", headers={"x-forwarded-proto": "https", "x-forwarded-host": "museum.test"})
    assert json.loads(answer.body)["id"] == f"https://museum.test{A}"


def test_scale_factors_end_where_one_tile_is_all():
    assert scale_factors(512, 512) == [1]
    assert scale_factors(513, 10) == [1, 2]
    assert scale_factors(12288, 8192) == [1, 2, 4, 8, 16, 32]


def test_rights_are_those_that_metadata_names():
    xmp = b'<cc:license rdf:resource="https://creativecommons.org/licenses/by-sa/4.0/"/>'
    assert rights_of(xmp) == "http://creativecommons.org/licenses/by-sa/4.0/"
    assert rights_of(b"<x>All rights reserved, https://example.org/licenses/</x>") is None
    assert rights_of(None) is None


def test_the_second_version_is_served_if_asked_for(serving, folder):
    ask = serving(folder, second=True)
    document = json.loads(ask("/iiif/2/a.ncl/info.json").body)
    assert document["@context"] == "http://iiif.io/api/image/2/context.json"
    assert document["@id"] == "http://pictures.test/iiif/2/a.ncl"
    assert document["profile"][0] == "http://iiif.io/api/image/2/level2.json"
    assert "sizeAboveFull" in document["profile"][1]["supports"]
    assert picture(ask("/iiif/2/a.ncl/full/full/0/default.png")).size == (19, 14)
    assert serving(folder)("/iiif/2/a.ncl/info.json").status == 404


def test_the_picture_is_the_decode(ask, folder, tiny):
    whole = levels(nccodec.decode((folder / "a.ncl").read_bytes(), weights=tiny))
    got = picture(ask(f"{A}/full/max/0/default.png"))
    assert got.mode == "RGB" and np.abs(levels(got) - whole).max() <= 1
    part = levels(picture(ask(f"{A}/5,3,8,6/max/0/default.png")))
    assert np.abs(part - whole[3:9, 5:13]).max() <= 1


def test_pictures_are_turned_clockwise_and_mirrored_before(ask):
    whole = levels(picture(ask(f"{A}/full/max/0/default.png")))
    for rotation, expected in (
        ("90", np.rot90(whole, -1)), ("180", whole[::-1, ::-1]), ("270", np.rot90(whole)), ("!0", whole[:, ::-1]),
        ("!90", np.rot90(whole[:, ::-1], -1)),
    ):  # fmt: skip
        assert np.array_equal(levels(picture(ask(f"{A}/full/max/{rotation}/default.png"))), expected)


def test_qualities(ask):
    colour = picture(ask(f"{A}/full/max/0/color.png"))
    grey, two = (picture(ask(f"{A}/full/max/0/{quality}.png")) for quality in ("gray", "bitonal"))
    assert (colour.mode, grey.mode, two.mode) == ("RGB", "L", "1")
    assert np.array_equal(levels(grey), levels(colour.convert("L")))
    assert np.array_equal(np.asarray(two), levels(grey) >= 128)


@pytest.mark.parametrize(
    ("suffix", "format", "kind"),
    [("jpg", "JPEG", "image/jpeg"), ("png", "PNG", "image/png"), ("webp", "WEBP", "image/webp")],
)
def test_formats(ask, suffix, format, kind):
    answer = ask(f"{A}/full/max/0/default.{suffix}")
    assert picture(answer).format == format and answer.headers["content-type"] == kind
    assert answer.headers["content-length"] == str(len(answer.body))


def test_transparency_is_kept_or_laid_on_white(ask):
    clear = picture(ask("/iiif/3/clear.ncl/full/max/0/default.png"))
    assert clear.mode == "RGBA"
    paper = Image.new("RGB", clear.size, "white")
    paper.paste(clear, mask=clear.getchannel("A"))
    flat = picture(ask("/iiif/3/clear.ncl/full/max/0/default.jpg"))
    assert flat.mode == "RGB"
    file = io.BytesIO()
    paper.save(file, "JPEG", quality=90)
    assert np.array_equal(levels(flat), levels(Image.open(file)))


def test_enlargement_and_the_cubic_one_beside_it(ask):
    large = picture(ask(f"{A}/0,0,8,8/%5E64,64/0/default.png"))
    cubic = picture(ask("/cubic/a.ncl/0,0,8,8/%5E64,64/0/default.png"))
    around = picture(ask(f"{A}/0,0,11,11/max/0/default.png"))
    assert large.size == cubic.size == (64, 64)
    expected = around.resize((64, 64), Image.Resampling.BICUBIC, (0, 0, 8, 8))
    assert np.array_equal(np.asarray(cubic), np.asarray(expected))
    assert ask(f"{A}/0,0,8,8/64,64/0/default.png").status == 400


def test_links_and_tags(ask):
    answer = ask(f"{A}/square/7,/0/default.jpg")
    assert answer.headers["link"] == (
        f'<http://pictures.test{A}/2,0,14,14/7,7/0/default.jpg>;rel="canonical",'
        '<http://iiif.io/api/image/3/level2.json>;rel="profile"'
    )
    tag, modified = answer.headers["etag"], answer.headers["last-modified"]
    for asked in ({"if-none-match": tag}, {"if-none-match": f'"x", W/{tag}'}, {"if-modified-since": modified}):
        again = ask(f"{A}/square/7,/0/default.jpg", headers=asked)
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    for asked in ({"if-none-match": '"x"', "if-modified-since": modified}, {"if-modified-since": "nonsense"}):
        assert ask(f"{A}/square/7,/0/default.jpg", headers=asked).status == 200
    document = ask(f"{A}/info.json")
    assert ask(f"{A}/info.json", headers={"if-none-match": document.headers["etag"]}).status == 304


def test_a_file_that_changes_is_told_of(ask, folder):
    before = ask(f"{A}/full/max/0/default.png")
    (folder / "a.ncl").write_bytes((folder / "clear.ncl").read_bytes())
    after = ask(f"{A}/full/max/0/default.png", headers={"if-none-match": before.headers["etag"]})
    assert after.status == 200 and picture(after).mode == "RGBA"


def test_head_options_and_other_methods(ask):
    whole, head = ask(f"{A}/info.json"), ask(f"{A}/info.json", "HEAD")
    assert head.status == 200 and head.body == b""
    assert head.headers["content-length"] == whole.headers["content-length"]
    assert ask(f"{A}/info.json", "OPTIONS").headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    assert ask(f"{A}/info.json", "POST").status == 400


def test_the_base_address_leads_to_the_document(ask):
    answer = ask("/iiif/3/inner%2Fb%20c.ncl")
    assert answer.status == 303
    assert answer.headers["location"] == "http://pictures.test/iiif/3/inner%2Fb%20c.ncl/info.json"
    assert json.loads(ask("/iiif/3/inner%2Fb%20c.ncl/info.json").body)["width"] == 37


@pytest.mark.parametrize(
    "path",
    ["/iiif/3/../outside.ncl/info.json", "/iiif/3/..%2Foutside.ncl/info.json",
     "/iiif/3/%2e%2e%2foutside.ncl/info.json", "/iiif/3/%252e%252e%252foutside.ncl/info.json",
     "/iiif/3/inner/b c.ncl/info.json", "/iiif/3/secret.txt/info.json", "/iiif/3/a.ncl%00/info.json",
     "/iiif/3/%ff.ncl/info.json", "/iiif/3/%2Fetc%2Fpasswd/info.json", "/iiif/3//info.json",
     "/iiif/3/none.ncl/info.json", "/iiif/3", "/iiif/4/a.ncl/info.json", "/nothing", "/page.py", "/../page.js",
     "/page.js/", "/facts/secret.txt", "/facts/..%2Foutside.ncl", "/cubic/..%2Foutside.ncl/full/max/0/default.jpg",
     "/iiif/3/a.ncl/full/max/0/default.jpg/x", "/iiif/3/a.ncl/info.json/"],
)  # fmt: skip
def test_nothing_else_is_reachable(ask, path):
    answer = ask(path)
    assert answer.status == 404 and b"secret" not in answer.body


@pytest.mark.parametrize(
    "rest",
    ["full/max/45/default.jpg", "full/max/0/default.tif", "full/20,/0/default.jpg", "99,0,1,1/max/0/default.jpg",
     "x/max/0/default.jpg", "full/%5E310,/0/default.jpg", "%F0%9F%90%9B/max/0/default.jpg"],
)  # fmt: skip
def test_what_is_not_offered(ask, rest):
    answer = ask(f"{A}/{rest}")
    assert answer.status == 400 and answer.body.count(b"\n") == 1
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert ask(f"{A}/%ff/max/0/default.jpg").status == 404  # not text


def test_broken_files_are_listed_with_their_cause_and_stop_nothing(ask):
    listed = [file["id"] for file in json.loads(ask("/files.json").body)["files"]]
    assert listed == ["a.ncl", "clear.ncl", "foreign.ncl", "inner/b c.ncl", "short.ncl"]
    assert json.loads(ask("/facts/foreign.ncl").body) == {"error": "not a .ncl file (wrong magic)"}
    assert "past the end" in json.loads(ask("/facts/short.ncl").body)["error"]
    for _ in range(2):  # read once, then remembered
        answer = ask("/iiif/3/short.ncl/full/max/0/default.jpg")
        assert answer.status == 404 and answer.body.startswith(b"the image is broken: ")
        assert answer.body.count(b"\n") == 1
    assert json.loads(ask("/facts/a.ncl").body)["width"] == 19
    assert ask(f"{A}/full/max/0/default.jpg").status == 200


def test_what_cannot_be_read_now_can_be_later(ask, folder, monkeypatch):
    def no(*arguments):
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr("nccodec.serve.library.os.fstat", no)
        for path in (f"{A}/full/max/0/default.jpg", "/facts/a.ncl"):
            answer = ask(path)
            assert (answer.status, answer.body) == (503, b"a.ncl: Too many open files\n")
    assert ask(f"{A}/full/max/0/default.jpg").status == 200 and json.loads(ask("/facts/a.ncl").body)["width"] == 19


def test_without_its_weights_a_file_is_broken_until_they_are_there(folder, tiny, tmp_path, serving, monkeypatch):
    ask = serving(folder)
    monkeypatch.setattr(ask.images, "_weights", str(tmp_path / "none.safetensors"))
    for path in (f"{A}/info.json", "/facts/a.ncl"):
        answer = ask(path)
        assert answer.status == 404 and b"none.safetensors" in answer.body
    monkeypatch.setattr(ask.images, "_weights", str(tiny))
    assert ask(f"{A}/info.json").status == 200


def test_damage_that_shows_late_is_told_too(ask, folder, tiny):
    """A file whose checksum is right and whose contents are not."""
    from nccodec.bitstream import container
    from nccodec.bitstream.frame import frame
    from nccodec.codec.kinds import read

    header, chunks = read((folder / "a.ncl").read_bytes())
    damaged = [container.Chunk(chunk.kind, frame(b"\x09\0\0\0" + b"abcd" * 9)) for chunk in chunks]
    (folder / "late.ncl").write_bytes(container.write(header, damaged))
    assert ask("/iiif/3/late.ncl/full/max/0/default.jpg").status == 404
    assert b"broken" in ask("/iiif/3/late.ncl/full/max/0/default.jpg").body


def test_the_page_needs_nothing_from_elsewhere(ask):
    page = ask("/")
    assert page.status == 200 and page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for name in ("page.css", "page.js"):
        answer = ask(f"/{name}")
        assert answer.status == 200 and name.encode() in page.body
        assert b"http://" not in answer.body and b"https://" not in answer.body
    assert ask("/", headers={"if-none-match": page.headers["etag"]}).status == 304


def test_beyond_the_queue_requests_are_sent_away(serving, folder, monkeypatch):
    ask = serving(folder, queue=2)
    ask(f"{A}/info.json")
    go_on, make = threading.Event(), ask.images.make

    def slow(*arguments):
        go_on.wait(30)
        return make(*arguments)

    monkeypatch.setattr(ask.images, "make", slow)

    async def many():
        tasks = [asyncio.ensure_future(ask.send(f"{A}/0,0,{n},5/max/0/default.jpg")) for n in range(1, 8)]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        early = [task.result() for task in done]
        go_on.set()
        return early, [task.result() for task in (await asyncio.wait(tasks))[0]]

    early, answers = ask.loop.run_until_complete(many())
    assert {answer.status for answer in early} == {503} and early[0].headers["retry-after"] == "2"
    assert {answer.status for answer in answers} == {200, 503}


def test_a_large_request_does_not_stop_small_ones(serving, folder, monkeypatch):
    ask = serving(folder)
    go_on, make = threading.Event(), ask.images.make
    wide = "/iiif/3/inner%2Fb%20c.ncl/full/%5E592,352/0/default.jpg"
    monkeypatch.setattr("nccodec.serve.pool.LARGE", 592 * 352)

    def slow(entry, wanted, cubic):
        if wanted.size[0] == 592:
            go_on.wait(30)
        return make(entry, wanted, cubic)

    monkeypatch.setattr(ask.images, "make", slow)

    async def both():
        large = [asyncio.ensure_future(ask.send(wide.replace("jpg", format))) for format in ("jpg", "png", "webp")]
        await asyncio.sleep(0)
        small = [(await ask.send(f"{A}/0,0,{n},5/max/0/default.jpg")).status for n in range(1, 5)]
        waiting = not any(task.done() for task in large)
        go_on.set()
        return small, waiting, [(await task).status for task in large]

    assert ask.loop.run_until_complete(both()) == ([200] * 4, True, [200] * 3)


def test_caches_stay_within_their_bounds(serving, folder):
    ask = serving(folder, cache=40_000)
    for n in range(1, 15):
        for rotation in (0, 90, 180, 270):
            assert ask(f"{A}/0,0,{n},{n}/%5E{4 * n},{4 * n}/{rotation}/default.png").status == 200
    kept = ask.images._parsed, ask.images._answers
    assert all(0 < cache.held <= cache.limit == 20_000 for cache in kept)
