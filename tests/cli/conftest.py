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
