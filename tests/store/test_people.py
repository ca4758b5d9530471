"""Accounts, one-time links and sessions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gisgrid.errors import PersonExists, UnknownPerson
from gisgrid.store import Store

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def li(store: Store) -> int:
    with store.write() as w:
        return w.add_person("Li", "supervisor", "11", "hash").id


def test_people_are_listed_by_name(store: Store, li: int) -> None:
    with store.write() as w:
        w.add_person("Bo", "admin", "*")
    assert [(p.name, p.role, p.scope, p.password_hash) for p in store.people()] == [
        ("Bo", "admin", "*", None),
        ("Li", "supervisor", "11", "hash"),
    ]
    person = store.person("Li")
    assert person is not None
    assert person.id == li
    assert not person.disabled
    assert person.created_at.tzinfo is UTC
    assert store.person("li") is None


def test_a_name_is_given_once_and_the_rest_of_the_change_stays(store: Store, li: int) -> None:
    with store.write() as w:
        w.add_person("Bo", "admin", "*")
        with pytest.raises(PersonExists, match="Li"):
            w.add_person("Li", "member", "12")
    assert [p.name for p in store.people()] == ["Bo", "Li"]


def test_an_unknown_person_is_named(store: Store) -> None:
    with pytest.raises(UnknownPerson, match="Wu"), store.write() as w:
        w.set_password("Wu", "x")
    with pytest.raises(UnknownPerson, match="Wu"), store.write() as w:
        w.disable_person("Wu")


def test_a_link_works_once(store: Store, li: int) -> None:
    with store.write() as w:
        w.add_link("digest", li, NOW + HOUR)
    with store.write() as w:
        found = w.use_link("digest", NOW)
        assert found is not None
        assert found.name == "Li"
        assert w.use_link("digest", NOW) is None
        assert w.use_link("other", NOW) is None


@pytest.mark.parametrize("late", [HOUR, HOUR * 2])
def test_a_link_ends_at_its_time(store: Store, li: int, late: timedelta) -> None:
    with store.write() as w:
        w.add_link("digest", li, NOW + HOUR)
        assert w.use_link("digest", NOW + late) is None


def test_a_link_of_a_disabled_person_is_worth_nothing(store: Store, li: int) -> None:
    with store.write() as w:
        w.add_link("digest", li, NOW + HOUR)
        w.disable_person("Li")
        assert w.use_link("digest", NOW) is None


@pytest.fixture
def session(store: Store, li: int) -> str:
    with store.write() as w:
        w.add_session("digest", li, NOW, NOW + 10 * HOUR)
    return "digest"


def test_a_session_names_its_person_until_it_idles_out(store: Store, session: str) -> None:
    found = store.person_by_session(session, NOW + HOUR / 2, idle=HOUR)
    assert found is not None
    assert found.name == "Li"
    assert store.person_by_session(session, NOW + HOUR, idle=HOUR) is None
    assert store.person_by_session("other", NOW, idle=HOUR) is None


def test_use_keeps_a_session_alive_but_not_beyond_its_end(store: Store, session: str) -> None:
    for hours in range(1, 10):
        with store.write() as w:
            w.touch_session(session, NOW + hours * HOUR)
    assert store.person_by_session(session, NOW + 9.5 * HOUR, idle=HOUR) is not None
    assert store.person_by_session(session, NOW + 10 * HOUR, idle=2 * HOUR) is None


@pytest.mark.parametrize("how", ["end", "password", "disable"])
def test_a_session_ends_with_its_ground(store: Store, session: str, how: str) -> None:
    with store.write() as w:
        if how == "end":
            w.end_session(session, NOW)
        elif how == "password":
            w.set_password("Li", "new")
        else:
            w.disable_person("Li")
    assert store.person_by_session(session, NOW, idle=HOUR) is None


def test_times_need_their_zone(store: Store, li: int) -> None:
    with pytest.raises(Exception, match="time zone"), store.write() as w:
        w.add_link("digest", li, NOW.replace(tzinfo=None))


def test_accounts_move_no_counter_of_the_read_model(store: Store, session: str) -> None:
    assert set(store.changes().__getstate__()) == {0}
