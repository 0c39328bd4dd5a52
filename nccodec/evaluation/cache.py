"""What was measured before, by the content that it depends on, in the user's cache folder."""

import json
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..errors import ComparisonError


def default_path() -> Path:
    """compare.sqlite in nccodec's part of $XDG_CACHE_HOME, or of ~/.cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nccodec" / "compare.sqlite"


class Cache:
    """Results, as JSON values, by key. path: the SQLite file, made with its folder where missing; None keeps
    everything in memory, for this run alone. ComparisonError where the file cannot be used."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path or ":memory:", timeout=30)
            self._execute("CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from None

    def _unusable(self, error: Exception) -> ComparisonError:
        return ComparisonError(f"{self._path}: cannot be used as a cache ({error}); remove it or give --no-cache")

    def _execute(self, command: str, *values: str) -> list[tuple]:
        try:
            with self._database:  # one transaction: what is written is written whole
                return self._database.execute(command, values).fetchall()
        except sqlite3.Error as error:
            raise self._unusable(error) from None

    def get(self, key: str) -> Any:
        """The value of a key, or None."""
        found = self._execute("SELECT value FROM results WHERE key = ?", key)
        return json.loads(found[0][0]) if found else None

    def put(self, pairs: Iterable[tuple[str, Any]]) -> None:
        for key, value in pairs:
            self._execute("INSERT OR REPLACE INTO results VALUES (?, ?)", key, json.dumps(value))

    def close(self) -> None:
        self._database.close()
