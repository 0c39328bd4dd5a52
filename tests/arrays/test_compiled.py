"""Loops that are compiled for the machine."""

import importlib
import logging

from nccodec.arrays import compiled


def test_compiling_is_logged_once_and_what_was_kept_not_at_all(tmp_path, monkeypatch, caplog):
    """A function that no cache has, in a module of its own, so that its cache is there."""
    (tmp_path / "of_its_own.py").write_text("def twice(n):\n    return 2 * n\n\n\ndef thrice(n):\n    return 3 * n\n")
    monkeypatch.syspath_prepend(tmp_path)
    for logged in (1, 0):
        caplog.clear()
        monkeypatch.setattr(compiled._LOG, "told", False)
        with caplog.at_level(logging.INFO, "nccodec"):
            module = importlib.reload(importlib.import_module("of_its_own"))
            functions = [compiled.compiler(tmp_path)(f) for f in (module.twice, module.thrice)]
            assert [f(7) for f in functions] == [14, 21]
        assert [record.name for record in caplog.records] == ["nccodec.arrays.compiled"] * logged
