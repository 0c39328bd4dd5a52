"""What was measured before, by the content that it depends on, in the user's cache folder."""

import json
import os
import sqlite3
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..errors import NclWarning


def default_path() -> Path | None:
    """compare.sqlite in nccodec's part of $XDG_CACHE_HOME, or of ~/.cache; None for a user without a home."""
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:  # of Path.home
        return None
    return folder / "nccodec" / "compare.sqlite"


class Cache:
    """Results, as JSON values, by key. path: the SQLite file, made with its folder where missing; None keeps
    everything in memory, for this run alone, and so does, with an NclWarning, a file that cannot be used."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._open(path or ":memory:")
        except (OSError, sqlite3.Error) as error:
            self._give_up(error)

    def _open(self, where: Path | str) -> None:
        self._database = sqlite3.connect(where, timeout=30)
        self._execute("CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, value TEXT NOT NULL)")

    def _give_up(self, error: Exception) -> None:
        told = f"{self._path}: cannot be used as a cache ({error}); results are kept for this run alone"
        warnings.warn(told, NclWarning, stacklevel=3)
        self._open(":memory:")

    def _execute(self, command: str, *values: str) -> list[tuple]:
        with self._database:  # one transaction: what is written is written whole
            return self._database.execute(command, values).fetchall()

    def get(self, key: str) -> Any:
        """The value of a key, or None."""
        command = "SELECT value FROM results WHERE key = ?"
        try:
            found = self._execute(command, key)
        except sqlite3.Error as error:
            self._give_up(error)
            found = []
        return json.loads(found[0][0]) if found else None

    def put(self, pairs: Iterable[tuple[str, Any]]) -> None:
        command = "INSERT OR REPLACE INTO results VALUES (?, ?)"
        for key, value in pairs:
            try:
                self._execute(command, key, json.dumps(value))
            except sqlite3.Error as error:
                self._give_up(error)
                self._execute(command, key, json.dumps(value))

    def close(self) -> None:
        self._database.close()
