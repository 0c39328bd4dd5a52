"""Files and folders in stores, as a user has them done: S3 and HTTP on loopback, and what fsspec has besides."""

import functools
import http.server
import importlib
import io
import json
import socket
import sys
import threading
from collections import Counter

import pytest
from PIL import Image

import nccodec
from nccodec.cli import stores
from nccodec.cli.address import Address
from nccodec.errors import StoreError


def png(picture: Image.Image) -> bytes:
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


def written(folder) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.ncl"))


@pytest.fixture
def pictures(s3, smooth):
    """in/a.png, in/sub/b.png, in/c.png that is broken, and notes, in the bucket `photos`; the pictures by name."""
    held = {"a.png": smooth(12, 16), "sub/b.png": smooth(16, 12)}
    for name, picture in held.items():
        s3.pipe(f"photos/in/{name}", png(picture))
    s3.pipe({"photos/in/c.png": b"broken", "photos/in/notes.txt": b"no picture"})
    return held


@pytest.fixture
def asked(monkeypatch):
    """Counts requests to S3 by their names."""
    from s3fs import S3FileSystem

    counted, call = Counter(), S3FileSystem._call_s3

    async def count(self, method, *arguments, **more):
        counted[method] += 1
        return await call(self, method, *arguments, **more)

    monkeypatch.setattr(S3FileSystem, "_call_s3", count)
    return counted


def test_a_folder_of_a_store_becomes_another(nc, s3, pictures, tiny):
    command = ("encode", "-r", "s3://photos/in", "--output-dir", "s3://photos/out/", "--weights", tiny, "--json")
    code, out, err = nc(*command)
    assert code == 1 and err.splitlines() == [
        "nc: s3://photos/in: 1 file left out by name (.txt)",
        "nc: s3://photos/in/c.png: not an image",
        "nc: 1 of 3 failed: s3://photos/in/c.png",
    ]
    told = [json.loads(line) for line in out.splitlines()]
    assert [(line["source"], line.get("target")) for line in told] == [
        ("s3://photos/in/a.png", "s3://photos/out/a.ncl"),
        ("s3://photos/in/c.png", None),
        ("s3://photos/in/sub/b.png", "s3://photos/out/sub/b.ncl"),
    ]
    assert s3.find("photos/out") == ["photos/out/a.ncl", "photos/out/sub/b.ncl"]
    for name, picture in pictures.items():
        assert s3.cat(f"photos/out/{name[:-4]}.ncl") == nccodec.encode(picture, weights=tiny)
    assert told[0]["source_bytes"] == s3.size("photos/in/a.png")


def test_there_and_back_between_store_and_disk(nc, s3, pictures, tiny, tmp_path):
    s3.rm("photos/in/c.png")
    assert nc("encode", "-r", "s3://photos/in", "--output-dir", "here", "--weights", tiny)[0] == 0
    assert written(tmp_path) == ["here/a.ncl", "here/sub/b.ncl"]
    command = ("decode", "-r", "here", "--output-dir", "s3://photos/back", "--format", "ppm", "--weights", tiny)
    assert nc(*command)[0] == 0 and s3.find("photos/back") == ["photos/back/a.ppm", "photos/back/sub/b.ppm"]
    decoded = nccodec.decode((tmp_path / "here" / "a.ncl").read_bytes(), weights=tiny)
    with Image.open(io.BytesIO(s3.cat("photos/back/a.ppm"))) as back:
        assert back.tobytes() == decoded.tobytes()


def test_a_single_file_and_what_is_said_of_it(nc, s3, pictures, tiny):
    code, _, err = nc("encode", "s3://photos/in/a.png", "-o", "s3://photos/x/y.ncl", "--weights", tiny)
    assert code == 0 and err.startswith("s3://photos/x/y.ncl: 16 x 12, ")
    assert nc("test", "s3://photos/x/y.ncl", "--weights", tiny)[2] == "s3://photos/x/y.ncl: ok\n"
    assert nc("decode", "s3://photos/x/y.ncl", "s3://photos/y.png", "--weights", tiny)[0] == 0
    assert nc("decode", "s3://photos/x/y.ncl", "--scale", 2, "--weights", tiny)[0] == 0
    assert s3.find("photos/x") == ["photos/x/y.ncl", "photos/x/y@2x.png"]
    code, _, err = nc("encode", "s3://photos/in/a.png", "s3://photos/x/y.ncl")
    assert code == 2 and "may be an input or the output" in err


def test_a_file_costs_one_read_and_one_put_and_a_folder_one_listing(nc, s3, pictures, asked, tiny):
    s3.rm("photos/in/c.png")
    command = ("encode", "-r", "s3://photos/in", "--output-dir", "s3://photos/out", "--weights", tiny)
    assert nc(*command)[0] == 0
    # One list request says that there is a folder, two what it and that of the outputs hold. The latter, still empty,
    # is asked for by its own name too.
    assert (asked["get_object"], asked["put_object"]) == (2, 2)
    assert asked["head_object"] <= 1 and asked["list_objects_v2"] <= 4
    asked.clear()
    s3.invalidate_cache()
    code, _, err = nc(*command, "--skip-existing")
    assert code == 0 and err.endswith("nc: 2 of 2 existed already\n")
    assert set(asked) == {"list_objects_v2"} and asked["list_objects_v2"] <= 3


def test_what_exists_is_kept_skipped_or_overwritten(nc, s3, pictures, tiny):
    s3.pipe("photos/in/a.ncl", b"kept")
    for arguments in (("s3://photos/in/a.png",), ("-r", "s3://photos/in", "--quiet")):
        code, _, err = nc("encode", *arguments, "--weights", tiny)
        assert code == 1 and "nc: s3://photos/in/a.ncl: exists already (-f overwrites it)\n" in err
    assert nc("encode", "s3://photos/in/a.png", "--skip-existing")[2] == "nc: 1 of 1 existed already\n"
    assert s3.cat("photos/in/a.ncl") == b"kept"
    assert nc("encode", "s3://photos/in/a.png", "-f", "--weights", tiny)[0] == 0
    assert nccodec.info(s3.cat("photos/in/a.ncl"))["width"] == 16
    code, _, err = nc("encode", "s3://photos/in/a.png", "-f", "-o", "s3://photos/in/a.png")
    assert code == 1 and err == "nc: s3://photos/in/a.png: is the source itself\n"


def test_a_name_that_leads_out_of_a_folder_on_disk_is_refused(nc, s3, pictures, tiny, tmp_path):
    """Names in a store are any text; in a store they lead nowhere else."""
    content = s3.cat("photos/in/a.png")
    names = ("../up.png", f"/{tmp_path}/absolute.png", "sub/./../../over.png")
    s3.pipe({f"photos/odd/{name}": content for name in ("fine.png", *names)})
    code, _, err = nc("encode", "-r", "s3://photos/odd", "--output-dir", "out/deep", "--weights", tiny)
    assert code == 1 and [p.name for p in tmp_path.rglob("*.ncl")] == ["fine.ncl"]
    for name in names:
        assert f"nc: s3://photos/odd/{name}: has no place in out/deep by this name\n" in err
    assert nc("encode", "-r", "s3://photos/odd", "--output-dir", "s3://photos/even", "--weights", tiny)[0] == 0
    assert len(s3.find("photos/even")) == 4 and s3.exists("photos/even/../up.ncl")


REFUSED = (
    (("encode", "s3://none/a.png"), "s3://none/a.png: The specified bucket does not exist"),
    (("encode", "s3://none"), "s3://none: no such bucket"),
    (("encode", "-r", "s3://none/in", "--output-dir", "o"), "s3://none/in: The specified bucket does not exist"),
    (("encode", "-r", "s3://photos/in", "--output-dir", "s3://none/o"), "s3://none/o: The specified bucket"),
    (("encode", "s3://photos/in/a.png", "-o", "s3://none/o.ncl"), "s3://none/o.ncl: The specified bucket"),
    (("encode", "s3://photos/in/z.png"), "s3://photos/in/z.png: The specified key does not exist"),
    (("encode", "s3://photos/in"), "s3://photos/in: is a folder (-r takes all in it)"),
    (("encode", "s3://photos/in/a.png", "-o", "s3://photos/in"), "s3://photos/in: is a folder"),
    (("encode", "-r", "s3://photos/empty"), "s3://photos/empty: The specified key does not exist"),
    (("encode", "s3://photos/in/c.png", "-o", "c.ncl"), "s3://photos/in/c.png: not an image"),
    (("decode", "s3://photos/in/a.png"), "s3://photos/in/a.png: not a .ncl file"),
    (("test", "s3://photos/in/a.png"), "s3://photos/in/a.png: not a .ncl file"),
    (("encode", "nowhere://photos/a.png"), "nowhere://photos/a.png: Protocol not known: nowhere"),
    (("encode", "https://127.0.0.1:9/a.png"), "https://127.0.0.1:9/a.ncl: can only be read"),
    (("encode", "http://127.0.0.1:9/a.png", "-o", "a.ncl"), "http://127.0.0.1:9/a.png: Connect call failed"),
)


def test_what_cannot_be_done_is_one_line(nc, s3, pictures, tiny, tmp_path):
    before = s3.find("photos")
    for arguments, message in REFUSED:
        weights = ("--weights", tiny) if arguments[0] == "encode" else ()
        code, out, err = nc(*arguments, *weights, "--quiet")
        assert (code, out, err.count("\n")) == (1, "", 1) and err.startswith(f"nc: {message}")
    s3.invalidate_cache()
    assert s3.find("photos") == before and not list(tmp_path.iterdir())


def test_one_bad_store_stops_no_other(nc, s3, pictures, tiny):
    arguments = ("-r", "s3://none/in", "s3://photos/in/sub", "--output-dir", "s3://photos/out", "--weights", tiny)
    code, _, err = nc("encode", *arguments)
    assert code == 1 and s3.find("photos/out") == ["photos/out/b.ncl"]
    assert err.endswith("nc: 1 of 2 failed: s3://none/in\n")


def test_no_permission_is_one_line(nc, s3, pictures, tiny, tmp_path):
    import boto3

    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::photos/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    boto3.client("s3").put_bucket_policy(Bucket="photos", Policy=policy)
    code, _, err = nc("encode", "s3://photos/in/a.png", "-o", "a.ncl", "--weights", tiny)
    assert (code, err) == (1, "nc: s3://photos/in/a.png: Forbidden\n") and not list(tmp_path.iterdir())


def test_a_server_that_is_not_there_is_one_line(nc, s3, tiny, monkeypatch):
    with socket.socket() as taken:  # bound, and not listening
        taken.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        code, _, err = nc("encode", "-r", "s3://photos/in", "--output-dir", "out")
    assert code == 1 and err.count("\n") == 1
    assert err.startswith(f'nc: s3://photos/in: Could not connect to the endpoint URL: "{endpoint}/photos')


@pytest.mark.parametrize(
    ("missing", "address"), [("fsspec", "s3://b/a.png"), ("s3fs", "s3://b/a.png"), ("aiohttp", "https://h/a.png")]
)
def test_without_the_extra_a_line_says_how_to_get_it(nc, monkeypatch, missing, address):
    for scheme in ("s3", "https"):
        monkeypatch.delitem(importlib.import_module("fsspec.registry")._registry, scheme, raising=False)
    for name in [name for name in sys.modules if name.startswith("fsspec.implementations.http")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    code, _, err = nc("encode", address, "-o", "a.ncl")
    assert (code, err) == (1, f"nc: {address}: pip install 'nccodec[remote]'\n")


def test_http_is_read_by_name_and_by_folder(nc, tmp_path, smooth, tiny):
    (tmp_path / "web" / "sub").mkdir(parents=True)
    smooth(12, 16).save(tmp_path / "web" / "a.png")
    smooth(12, 16).save(tmp_path / "web" / "sub" / "b.png")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path / "web")
    handler.func.log_message = lambda *_: None
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}/"
        assert nc("encode", f"{base}a.png?version=2", "--output-dir", "one", "--weights", tiny)[0] == 0
        code, _, err = nc("encode", "-r", base, "--output-dir", "all", "--weights", tiny)
        assert code == 0, err
        code, _, missing = nc("encode", f"{base}z.png", "-o", "z.ncl")
        server.shutdown()
    assert (code, missing) == (1, f"nc: {base}z.png: no such file\n")
    assert written(tmp_path) == ["all/a.ncl", "all/sub/b.ncl", "one/a.ncl"]
    assert (tmp_path / "one" / "a.ncl").read_bytes() == nccodec.encode(smooth(12, 16), weights=tiny)


def test_memory_is_a_store(nc, picture, tiny):
    import fsspec

    store = fsspec.filesystem("memory")
    assert nc("encode", "a.png", "-o", "memory://x/a.ncl", "--weights", tiny)[0] == 0
    assert nc("decode", "memory://x/a.ncl", "-o", "memory://x/a.png", "--weights", tiny)[0] == 0
    assert store.find("/x") == ["/x/a.ncl", "/x/a.png"]
    with Image.open(picture) as opened:
        assert store.cat("/x/a.ncl") == nccodec.encode(opened, weights=tiny)


def test_where_a_put_may_come_in_parts_a_failure_leaves_what_was_there(tmp_path, monkeypatch):
    """As on file servers; `local` is fsspec's own name of this machine's disk."""
    from fsspec.implementations.local import LocalFileOpener

    address = Address(f"local://{tmp_path}/new/a.ncl")
    stores.write(address, b"first")
    assert stores.read(address, 3) == b"fir"

    def half(self, content):
        self.f.write(content[:2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(LocalFileOpener, "write", half)
    with pytest.raises(StoreError, match=r"/new/a\.ncl: No space left on device$"):
        stores.write(address, b"second")
    assert [(p.name, p.read_bytes()) for p in (tmp_path / "new").iterdir()] == [("a.ncl", b"first")]


def test_what_is_empty_is_read_as_nothing(s3):
    s3.touch("photos/empty")
    assert stores.read(Address("s3://photos/empty"), 10) == b""
