from __future__ import annotations

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
