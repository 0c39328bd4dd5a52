"""The bounded cache."""

import threading

import pytest

from nccodec.serve.kept import Kept


def test_what_was_not_asked_for_longest_goes():
    kept = Kept(10)
    for key, size in (("a", 4), ("b", 4), ("c", 2)):
        kept.keep(key, lambda key=key: key, lambda _, size=size: size)
    assert kept.held == 10
    kept.get("a")
    kept.keep("d", lambda: "d", lambda _: 3)
    assert (kept.get("a"), kept.get("b"), kept.get("c"), kept.get("d")) == ("a", None, "c", "d")
    assert kept.held == 9 and kept.has("a") and not kept.has("b")


def test_what_has_no_room_is_made_and_not_kept():
    kept = Kept(10)
    assert kept.keep("a", lambda: "a", lambda _: 11) == "a"
    assert kept.get("a") is None and kept.held == 0


def test_what_many_ask_for_is_made_once():
    kept, begun, go_on, made = Kept(10), threading.Event(), threading.Event(), []

    def make():
        begun.set()
        go_on.wait(10)
        made.append(1)
        return "made"

    results = []
    threads = [threading.Thread(target=lambda: results.append(kept.keep("a", make, len))) for _ in range(5)]
    for thread in threads:
        thread.start()
    begun.wait(10)
    go_on.set()
    for thread in threads:
        thread.join()
    assert results == ["made"] * 5 and made == [1]


def test_what_fails_is_told_and_tried_again():
    kept = Kept(10)
    with pytest.raises(ValueError):
        kept.keep("a", lambda: int("no"), lambda _: 1)
    assert kept.keep("a", lambda: 7, lambda _: 1) == 7
