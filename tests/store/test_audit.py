"""The account of use only grows, and nobody can change it unseen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gisgrid.access import CONSOLE, EVERYWHERE, Actor, Role
from gisgrid.store import AuditRow, Fault, Head, Store
from gisgrid.store.chain import digest, faults
from gisgrid.store.guards import ACCOUNT

LI = Actor("Li 李", Role.SUPERVISOR, EVERYWHERE, person=7)


@pytest.fixture
def used(store: Store) -> Store:
    """A store with six rows in its account."""
    with store.write() as w:
        for n in range(6):
            w.audit(LI, "look_household", f"household:H{n}", n, "a reason 理由")
    return store


@pytest.fixture
def kept(gpkg: Store) -> Store:
    """The same in a GeoPackage, for what does not depend on the database."""
    with gpkg.write() as w:
        for n in range(6):
            w.audit(LI, "look_household", f"household:H{n}", n, "a reason 理由")
    return gpkg


def tamper(store: Store, *changes: str) -> None:
    """What somebody who owns the database can do: the triggers out, the change, the triggers in."""
    sqlite = store.url.endswith(".gpkg")
    with store._dialect.owning() as connection:
        for name, (table, event, _) in ACCOUNT.stops.items():
            if not sqlite or event != "TRUNCATE":
                on = "" if sqlite else f" ON {table}"
                connection.execute(text(f"DROP TRIGGER {name}{on}"))
        for change in changes:
            connection.execute(text(change))
        for statement in ACCOUNT.statements("sqlite" if sqlite else "postgresql"):
            connection.exec_driver_sql(statement)


def rows(store: Store) -> list[AuditRow]:
    return store.audit_rows(limit=100)[::-1]


def test_a_row_says_who_did_what_to_what_how_often_and_why(used: Store) -> None:
    with used.write() as w:
        w.audit(CONSOLE, "export", "households:shp", 19)
    last = used.audit_rows(limit=1)[0]
    assert (last.seq, last.person_id, last.role) == (7, None, "console")
    assert (last.action, last.object, last.count, last.reason) == (
        "export",
        "households:shp",
        19,
        None,
    )
    first = rows(used)[0]
    assert (first.seq, first.person_id, first.role) == (1, 7, "supervisor")
    assert (first.object, first.reason) == ("household:H0", "a reason 理由")
    assert used.audit_head() == Head(last.seq, last.hash)
    assert used.audit_verify().faults == []
    assert used.audit_verify().rows == 7


def test_an_empty_account_is_whole(store: Store) -> None:
    found = store.audit_verify()
    assert (found.rows, found.head, found.faults) == (0, Head(), [])


def test_rows_are_picked_by_number_person_and_action(used: Store) -> None:
    with used.write() as w:
        w.audit(CONSOLE, "export", "x")
    assert [row.seq for row in used.audit_rows(limit=2, before=5)] == [4, 3]
    assert [row.seq for row in used.audit_rows(limit=9, action="export")] == [7]
    assert len(used.audit_rows(limit=9, person=7)) == 6


def test_a_row_is_kept_only_with_its_change(used: Store) -> None:
    with pytest.raises(ZeroDivisionError), used.write() as w:  # noqa: PT012
        w.audit(LI, "import", "households")
        raise ZeroDivisionError
    assert used.audit_head().seq == 6
    assert used.audit_verify().faults == []


def test_text_of_strangers_is_kept_plain_and_short(used: Store) -> None:
    with used.write() as w:
        w.audit(LI, "look", "a\x00b\nc\ud800\u202e" + "x" * 9000, 1, "r" * 9000)
    last = used.audit_rows(limit=1)[0]
    assert last.object.startswith("a\ufffdb\ufffdc\ufffd\ufffdxx")
    assert (len(last.object), len(last.reason or "")) == (4000, 500)
    assert used.audit_verify().faults == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET count = 0 WHERE seq = 3",
        "DELETE FROM audit WHERE seq = 6",
        "UPDATE audit_head SET seq = 5",
        "UPDATE audit_head SET seq = 8",
        "DELETE FROM audit_head",
    ],
)
def test_the_store_itself_refuses_to_change_what_was_written(used: Store, change: str) -> None:
    with pytest.raises(DBAPIError, match="only grows"), used._dialect.owning() as connection:
        connection.execute(text(change))
    assert used.audit_verify().faults == []


CHANGES = {
    "who": "UPDATE audit SET person_id = 8 WHERE seq = 3",
    "nobody": "UPDATE audit SET person_id = NULL WHERE seq = 3",
    "role": "UPDATE audit SET role = 'admin' WHERE seq = 3",
    "what": "UPDATE audit SET action = 'look' WHERE seq = 3",
    "whom": "UPDATE audit SET object = 'household:H9' WHERE seq = 3",
    "how many": "UPDATE audit SET count = 1 WHERE seq = 3",
    "why": "UPDATE audit SET reason = NULL WHERE seq = 3",
    "when": "UPDATE audit SET at = '2020-01-01T00:00:00.000Z' WHERE seq = 3",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_any_changed_field_shows(kept: Store, change: str) -> None:
    tamper(kept, change)
    assert kept.audit_verify().faults == [Fault("row changed", 3)]


ADD = """INSERT INTO audit SELECT {seq}, at, person_id, role, action, object, count, reason,
    previous_hash, hash FROM audit WHERE seq = {like}"""

TAMPERINGS: dict[str, tuple[tuple[str, ...], list[Fault]]] = {
    "a row deleted": (
        ("DELETE FROM audit WHERE seq = 3",),
        [Fault("rows missing", 3)],
    ),
    "the first row deleted": (("DELETE FROM audit WHERE seq = 1",), [Fault("rows missing", 1)]),
    "a row deleted, the numbers closed up": (
        (
            "DELETE FROM audit WHERE seq = 6",
            "UPDATE audit SET seq = 6 WHERE seq = 5",
            "UPDATE audit_head SET seq = 6",
        ),
        [Fault("rows missing", 5), Fault("row changed", 6), Fault("head changed", 6)],
    ),
    "a row added at the end": (
        (ADD.format(seq=7, like=6),),
        [Fault("row added or moved", 7), Fault("row changed", 7), Fault("head changed", 7)],
    ),
    "a row added at number 0": (
        (ADD.format(seq=0, like=1),),
        [Fault("row added or moved", 0), Fault("row changed", 0)],
    ),
    "two rows exchanged": (
        (
            "UPDATE audit SET seq = 99 WHERE seq = 2",
            "UPDATE audit SET seq = 2 WHERE seq = 3",
            "UPDATE audit SET seq = 3 WHERE seq = 99",
        ),
        [
            Fault("row added or moved", 2),
            Fault("row changed", 2),
            Fault("row added or moved", 3),
            Fault("row changed", 3),
            Fault("row added or moved", 4),
        ],
    ),
    "the end cut off": (("DELETE FROM audit WHERE seq > 4",), [Fault("end cut off", 5)]),
    "all rows gone": (("DELETE FROM audit",), [Fault("end cut off", 1)]),
    "a hash changed": (
        ("UPDATE audit SET hash = 'ffff' WHERE seq = 3",),
        [Fault("row changed", 3), Fault("row added or moved", 4)],
    ),
    "a previous hash changed": (
        ("UPDATE audit SET previous_hash = 'ffff' WHERE seq = 3",),
        [Fault("row added or moved", 3), Fault("row changed", 3)],
    ),
    "the head changed": (
        ("UPDATE audit_head SET hash = 'ffff'",),
        [Fault("head changed", 6)],
    ),
    "the head gone": (("DELETE FROM audit_head",), [Fault("head changed", 6)]),
}


@pytest.mark.parametrize("how", TAMPERINGS)
def test_every_way_of_tampering_is_found(kept: Store, how: str) -> None:
    changes, expected = TAMPERINGS[how]
    tamper(kept, *changes)
    found = kept.audit_verify().faults
    for fault in expected:
        assert fault in found, (how, found)


def test_missing_triggers_are_told(used: Store) -> None:
    on = "" if used.url.endswith(".gpkg") else " ON audit"
    with used._dialect.owning() as connection:
        connection.execute(text(f"DROP TRIGGER audit_no_update{on}"))
    assert used.audit_verify().faults == [Fault("guard gone (audit_no_update)", 0)]


def rewritten(old: list[AuditRow], **change: Any) -> list[AuditRow]:
    """A whole new chain with the third row changed, as somebody who knows the rules makes it."""
    made: list[AuditRow] = []
    for row in old:
        new = replace(row, **(change if row.seq == 3 else {}))
        new = replace(new, previous_hash=made[-1].hash if made else Head().hash)
        made.append(replace(new, hash=digest(new)))
    return made


def test_a_chain_that_was_written_anew_shows_by_a_head_that_was_printed(used: Store) -> None:
    printed, chain = used.audit_head(), rewritten(rows(used), object="household:H9")
    sets = [
        f"UPDATE audit SET object = '{row.object}', previous_hash = '{row.previous_hash}', "  # noqa: S608
        f"hash = '{row.hash}' WHERE seq = {row.seq}"
        for row in chain
    ]
    tamper(used, *sets, f"UPDATE audit_head SET hash = '{chain[-1].hash}'")  # noqa: S608
    assert used.audit_verify().faults == []
    assert used.audit_verify(printed).faults == [Fault("other chain", 6)]


@pytest.mark.parametrize("cut", [lambda r: r[:4], lambda r: []], ids=["shorter", "empty"])
def test_an_account_that_became_shorter_shows_by_a_head_that_was_printed(
    used: Store, cut: Callable[[list[AuditRow]], list[AuditRow]]
) -> None:
    printed, left = used.audit_head(), cut(rows(used))
    kept = Head(left[-1].seq, left[-1].hash) if left else Head()
    assert faults(left, kept) == []
    assert faults(left, kept, printed) == [Fault("other chain", 6)]


def test_an_old_head_still_fits_a_longer_account(used: Store) -> None:
    printed = used.audit_head()
    with used.write() as w:
        w.audit(LI, "look", "x")
    assert used.audit_verify(printed).faults == []
    assert used.audit_verify(Head()).faults == []


def test_a_copy_that_leaves_the_house_holds_no_account_and_begins_its_own(
    used: Store, tmp_path: Any
) -> None:
    path = tmp_path / "copy.gpkg"
    used.vacuum_into(path)
    assert b"household:H1" not in path.read_bytes()
    with Store.open(str(path)) as copy:
        assert copy.audit_verify().faults == []
        with copy.write() as w:
            w.audit(LI, "look", "x")
        assert (copy.audit_head().seq, copy.audit_verify().faults) == (1, [])
