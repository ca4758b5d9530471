from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gisgrid.columns import NO_DAY, DayBits
from gisgrid.coverage import daybits, last_day, last_visit

SIZE = 5
EVENTS = st.lists(
    st.tuples(
        st.integers(0, SIZE - 1),
        st.one_of(st.integers(20_000, 20_200), st.integers(-40_000, 60_000)),
    )
)


def made(events: list[tuple[int, int]], size: int = SIZE) -> DayBits:
    return added(daybits.empty(size), events)


def added(bits: DayBits, events: list[tuple[int, int]]) -> DayBits:
    household, day = (np.array([e[i] for e in events], dtype=np.int64) for i in (0, 1))
    return daybits.add(bits, household, day)


def expected(events: list[tuple[int, int]], day: int, size: int = SIZE) -> list[int]:
    return [
        max((d for h, d in events if h == i and d <= day), default=int(NO_DAY)) for i in range(size)
    ]


def test_the_last_event_is_found_across_words_and_on_their_borders() -> None:
    events = [(0, 20_000), (0, 20_031), (0, 20_032), (1, 19_999), (2, 20_064), (3, 0)]
    bits = made(events)
    for day in (19_998, 19_999, 20_000, 20_031, 20_032, 20_033, 20_063, 20_064, 30_000):
        assert last_day(day, bits).tolist() == expected(events, day)


@given(EVENTS, st.lists(st.integers(19_900, 20_300), min_size=1, max_size=5))
@example([(0, 20_000), (1, 19_968), (2, 19_967)], [20_000, 19_999, 20_031, 19_967])
@settings(max_examples=400)
def test_the_last_event_is_what_a_search_through_all_events_finds(
    events: list[tuple[int, int]], days: list[int]
) -> None:
    bits = made(events)
    for day in days:
        assert last_day(day, bits).tolist() == expected(events, day)


@given(EVENTS, EVENTS, st.integers(19_900, 20_300))
def test_events_added_later_count_like_those_added_at_once(
    first: list[tuple[int, int]], second: list[tuple[int, int]], day: int
) -> None:
    before = made(first)
    kept = [word.copy() for word in before.words]
    both = added(before, second)
    assert last_day(day, both).tolist() == expected(first + second, day)
    assert last_day(day, before).tolist() == expected(first, day)
    assert all((a == b).all() for a, b in zip(before.words, kept, strict=True))


def test_events_added_piece_by_piece_are_those_added_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(5)
    events = list(zip(rng.integers(0, SIZE, 50), rng.integers(20_000, 20_200, 50), strict=True))
    before, whole = made(events[:20]), made(events)
    monkeypatch.setattr(daybits, "_AT_ONCE", 7)
    found = added(before, events[20:])
    assert found.starts == whole.starts
    assert [word.tolist() for word in found.words] == [word.tolist() for word in whole.words]
    kept = made(events[:20])
    assert [word.tolist() for word in before.words] == [word.tolist() for word in kept.words]


@given(EVENTS, EVENTS, st.integers(19_900, 20_300))
def test_two_tables_asked_together_give_the_later_day(
    first: list[tuple[int, int]], second: list[tuple[int, int]], day: int
) -> None:
    found = last_day(day, made(first), made(second))
    assert found.tolist() == expected(first + second, day)


def test_words_that_gain_nothing_are_shared() -> None:
    before = made([(0, 20_000), (1, 25_000)])
    after = added(before, [(2, 25_001)])
    assert after.words[0] is before.words[0]
    assert after.words[1] is not before.words[1]


def test_a_date_of_long_ago_costs_one_word_and_not_all_between() -> None:
    assert len(made([(0, -20_000), (0, 20_000)]).words) == 2


def test_new_rows_of_households_keep_their_days() -> None:
    bits = made([(0, 20_000), (1, 20_001)], size=2)
    moved = daybits.reindex(bits, np.array([1, -1, 0]))
    assert last_day(20_100, moved).tolist() == [20_001, NO_DAY, 20_000]


def test_a_phone_call_is_a_visit_only_where_the_programme_says_so() -> None:
    none = daybits.no_visits(1)
    visits = type(none)(
        met=made([(0, 20_000)], 1),
        phone=made([(0, 20_005)], 1),
        no_one_home=none.met,
        refused=none.met,
    )
    assert last_visit(visits, 20_010).tolist() == [20_000]
    assert last_visit(visits, 20_010, phone=True).tolist() == [20_005]
    assert last_visit(visits, 20_004, phone=True).tolist() == [20_000]
