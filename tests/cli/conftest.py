"""Commands as a user runs them."""

import sys

import pytest

from nccodec import cli


@pytest.fixture
def nc(monkeypatch, capsys, tmp_path):
    """Runs `nc` with arguments in an empty folder: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["nc", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
            raise SystemExit(0)
        return caught.value.code or 0, *capsys.readouterr()

    return run


@pytest.fixture
def picture(tmp_path, smooth):
    smooth(30, 44).save(tmp_path / "a.png")
    return tmp_path / "a.png"


@pytest.fixture(scope="session")
def s3_server():
    """The address of a real S3 interface on loopback."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def s3(s3_server, monkeypatch):
    """An fsspec file system of that store, empty but for the bucket `photos`; `nc` finds it by its environment."""
    from urllib.request import Request, urlopen

    from s3fs import S3FileSystem

    settings = {"ENDPOINT_URL": s3_server, "ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret",
                "DEFAULT_REGION": "us-east-1", "MAX_ATTEMPTS": "1"}  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setattr(S3FileSystem, "retries", 1)
    S3FileSystem.clear_instance_cache()
    urlopen(Request(f"{s3_server}/moto-api/reset", method="POST")).close()
    store = S3FileSystem(use_listings_cache=False, skip_instance_cache=True)
    store.mkdir("photos")
    yield store
    S3FileSystem.clear_instance_cache()
