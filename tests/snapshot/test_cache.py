from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from gisgrid.snapshot.cache import Cache


def test_a_value_is_made_once() -> None:
    cache: Cache[str, list[int]] = Cache(2)
    first = cache.get("a", lambda: [1])
    assert cache.get("a", lambda: [2]) is first


def test_the_value_used_longest_ago_makes_room() -> None:
    cache: Cache[str, str] = Cache(2)
    for key in "ab":
        cache.put(key, key)
    cache.peek("a")
    cache.put("c", "c")
    assert [cache.peek(key) for key in "abc"] == ["a", None, "c"]


def test_a_kept_cache_is_a_copy_of_what_still_holds() -> None:
    cache: Cache[int, int] = Cache(3)
    for key in (1, 2, 3):
        cache.put(key, key)
    kept = cache.kept(lambda key: key < 3)
    kept.put(9, 9)
    assert [kept.peek(key) for key in (1, 2, 3, 9)] == [1, 2, None, 9]
    assert [cache.peek(key) for key in (1, 2, 3, 9)] == [1, 2, 3, None]


def test_who_comes_while_a_value_is_made_waits_for_it() -> None:
    cache: Cache[str, list[int]] = Cache(2)
    begun, go_on, made = threading.Event(), threading.Event(), []

    def make() -> list[int]:
        begun.set()
        assert go_on.wait(60)
        made.append(1)
        return made

    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(cache.get, "a", make)
        assert begun.wait(60)
        others = [threads.submit(cache.get, "a", make) for _ in range(2)]
        assert cache.get("b", lambda: [2]) == [2]  # another value waits for nobody
        go_on.set()
        assert [found.result(60) is made for found in (first, *others)] == [True] * 3
    assert made == [1]


def test_a_value_that_could_not_be_made_is_made_by_who_waited() -> None:
    cache: Cache[str, str] = Cache(2)
    begun, go_on = threading.Event(), threading.Event()

    def fail() -> str:
        begun.set()
        assert go_on.wait(60)
        raise ValueError("not today")

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(cache.get, "a", fail)
        assert begun.wait(60)
        second = threads.submit(cache.get, "a", lambda: "made")
        go_on.set()
        assert second.result(60) == "made"
        with pytest.raises(ValueError, match="not today"):
            first.result(60)
