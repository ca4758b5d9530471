"""Damage done to a store behind gisgrid's back, one change at a time: `check` names each."""

# ruff: noqa: S608 - our own names
from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
from shapely.geometry import Point, box
from sqlalchemy import text

from gisgrid.access import CONSOLE
from gisgrid.errors import EditUnreadable
from gisgrid.operations.plans import checking, comparing, drafts, repairs, revisions
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store
from gisgrid.store.guards import PLANS

from .town import LATER, LINE, NOW, make, person, publish, town

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OPEN = 4
"""The draft that is drawn on."""


@pytest.fixture(scope="module")
def damaged(module_store_url: str) -> Iterator[Store]:
    """The town after three plans that were drawn, one of them with more ground, and one withdrawn.

    1 imported; 2 = split and merge; 3 = grown and merged; 4 withdrawn before its day.
    """
    with Store.create(module_store_url) as store:
        ws = town(store)
        case = {"id": ["C1", "C2"], "category": ["road"] * 2, "opened_on": [date(2026, 11, 1)] * 2}
        points = [Point(105.0025, 35.005), None]
        with store.write(today=ws.today()) as w:
            w.put_cases(gpd.GeoDataFrame(case, geometry=points, crs="EPSG:4326"))
        for wishes, day in (
            (
                [
                    {"op": "split", "code": "甲1", "line": LINE, "new_codes": ["甲3"]},
                    {"op": "change", "code": "甲2", "name": "x"},
                ],
                None,
            ),
            (
                [
                    {"op": "grow", "to": "乙1", "area": json.loads(EAST)},
                    {"op": "merge", "codes": ["甲3", "甲2"], "into": "甲2"},
                ],
                None,
            ),
            ([{"op": "change", "code": "甲1", "member": "Zhao"}], LATER),
        ):
            draft = drafts.open_draft(ws, person(ws, "Ann"), name="春")
            for wish in wishes:
                make(ws, draft, **wish)
            publish(ws, draft, **({} if day is None else {"valid_from": day}))
        revisions.withdraw(ws, person(ws, "Ann"), 4)
        assert drafts.open_draft(ws, person(ws, "Ann"), name="open") == OPEN
        make(ws, OPEN, op="change", code="甲1", name="y")
        assert checking.check(ws, CONSOLE) == []
        with store._dialect.owning() as connection:  # as whoever owns the tables can
            for name, (table, _, _) in PLANS.stops.items():
                on = "" if store.url.endswith(".gpkg") else f" ON {table}"
                connection.execute(text(f"DROP TRIGGER IF EXISTS {name}{on}"))
        yield store


EAST = json.dumps(
    {"type": "Polygon", "coordinates": [list(box(105.03, 35, 105.031, 35.01).exterior.coords)]}
)


def statement(sql: str) -> Callable[[Any], None]:
    return lambda connection: connection.execute(text(sql))


def rewritten(change: Callable[[dict[str, Any]], Any]) -> Callable[[Any], None]:
    """The certificate of plan 3 with other words, and a hash that fits them."""

    def do(connection: Any) -> None:
        found = connection.execute(text("SELECT document FROM certificates WHERE revision = 3"))
        said = json.loads(found.scalar_one())
        change(said)
        words = json.dumps(said, ensure_ascii=False, sort_keys=True)
        connection.execute(
            text("UPDATE certificates SET document = :d, sha256 = :s WHERE revision = 3"),
            {"d": words, "s": sha256(words.encode()).hexdigest()},
        )

    return do


def older(then: str) -> Callable[[Any], None]:
    """A certificate of before, that names no hash of the lineage; and a change beside it."""

    def do(connection: Any) -> None:
        rewritten(lambda said: said.pop("lineage_sha256"))(connection)
        if then:
            connection.execute(text(then))

    return do


ROWS: dict[str, tuple[tuple[str, ...], Callable[[Any], None], set[tuple[int, str, str]]]] = {
    "certificate deleted": (
        ("certificates",),
        statement("DELETE FROM certificates WHERE revision = 3"),
        {(3, "certificate_missing", "draft 2")},
    ),
    "certificate altered": (
        ("certificates",),
        statement("UPDATE certificates SET document = replace(document, 'Chen', 'Eve')"),
        {(2, "certificate", ""), (3, "certificate", ""), (4, "certificate", "")},
    ),
    "certificate is not JSON": (
        ("certificates",),
        statement("UPDATE certificates SET document = '{' WHERE revision = 3"),
        {(3, "certificate", "")},
    ),
    "certificate is a list": (
        ("certificates",),
        statement("UPDATE certificates SET document = '[]' WHERE revision = 3"),
        {(3, "certificate", "")},
    ),
    "certificate of another draft": (
        ("certificates",),
        statement("UPDATE certificates SET draft_id = 1 WHERE revision = 3"),
        {(3, "certificate_differs", "draft"), (3, "published_draft", "draft 2")},
    ),
    "certificate with another day, and its hash": (
        ("certificates",),
        rewritten(lambda said: said.update(valid_from="2026-10-01")),
        {(3, "certificate_differs", "valid_from")},
    ),
    "certificate of another plan": (
        ("certificates",),
        rewritten(lambda said: said.update(plan_sha256="0" * 64)),
        {(3, "plan_hash", "")},
    ),
    "day of a plan changed": (
        ("revisions",),
        statement("UPDATE revisions SET valid_from = '2026-11-20' WHERE revision = 3"),
        {(3, "certificate_differs", "valid_from"), (3, "days_order", ""), (3, "history", "乙1")},
    ),
    "day of a plan put off": (
        ("revisions",),
        statement("UPDATE revisions SET valid_from = '2027-11-20' WHERE revision = 3"),
        {(3, "certificate_differs", "valid_from"), (3, "history", "乙1")},
    ),
    "order of the days broken": (
        ("revisions",),
        statement("UPDATE revisions SET valid_from = '2026-11-23' WHERE revision = 2"),
        {(3, "days_order", ""), (2, "certificate_differs", "valid_from")},
    ),
    "first day of a later plan lost": (
        ("revisions",),
        statement("UPDATE revisions SET valid_from = NULL WHERE revision = 3"),
        {(3, "days_order", ""), (3, "certificate_differs", "valid_from")},
    ),
    "plan withdrawn": (
        ("revisions",),
        statement("UPDATE revisions SET withdrawn = true WHERE revision = 3"),
        {(3, "published_draft", "draft 2"), (3, "history", "乙1")},
    ),
    "withdrawn plan stands": (
        ("revisions",),
        statement("UPDATE revisions SET withdrawn = false WHERE revision = 4"),
        {(4, "published_draft", "draft 3"), (4, "history", "甲1")},
    ),
    "note of a plan changed": (
        ("revisions",),
        statement("UPDATE revisions SET note = 'Eve' WHERE revision = 3"),
        {(3, "certificate_differs", "note")},
    ),
    "draft says open": (
        ("drafts",),
        statement("UPDATE drafts SET state = 'open' WHERE id = 2"),
        {(3, "published_draft", "draft 2")},
    ),
    "draft names another plan": (
        ("drafts",),
        statement("UPDATE drafts SET revision = 9 WHERE id = 2"),
        {(9, "published_draft", "draft 2"), (3, "published_draft", "draft 2")},
    ),
    "lineage to a ghost": (
        ("lineage",),
        statement("UPDATE lineage SET code = 'ghost' WHERE revision = 3 AND came_from = '甲3'"),
        {(3, "lineage_unknown", "ghost"), (3, "lineage", "")},
    ),
    "lineage from a ghost": (
        ("lineage",),
        statement("UPDATE lineage SET came_from = 'ghost' WHERE revision = 3 AND came_from='甲3'"),
        {(3, "lineage_unknown", "ghost"), (3, "no_successor", "甲3"), (3, "lineage", "")},
    ),
    "false row in the lineage": (
        ("lineage",),
        statement("INSERT INTO lineage VALUES (3, '甲1', '乙1')"),
        {(3, "lineage", "")},
    ),
    "row of the lineage deleted": (
        ("lineage",),
        statement("DELETE FROM lineage WHERE revision = 3 AND came_from = '甲2'"),
        {(3, "lineage", "")},
    ),
    "lineage deleted where the footprint changed": (
        ("lineage",),
        statement("DELETE FROM lineage WHERE revision = 3"),
        {(3, "no_successor", "甲3"), (3, "lineage", "")},
    ),
    "older certificate, false row in the lineage": (
        ("certificates", "lineage"),
        older("INSERT INTO lineage VALUES (3, '甲1', '乙1')"),
        {(3, "lineage", "甲1")},
    ),
    "older certificate, row of the lineage deleted": (
        ("certificates", "lineage"),
        older("DELETE FROM lineage WHERE revision = 3 AND came_from = '甲2'"),
        {(3, "lineage", "甲2")},
    ),
    "older certificate": (("certificates",), older(""), set()),
    "household kept elsewhere": (
        ("households",),
        statement("UPDATE households SET placed_in = '乙1' WHERE id = 'H0'"),
        {(3, "misplaced", "H0")},
    ),
    "case kept elsewhere": (
        ("cases",),
        statement("UPDATE cases SET placed_in = '乙1' WHERE id = 'C1'"),
        {(3, "misplaced_cases", "C1")},
    ),
    "case without a place kept somewhere": (
        ("cases",),
        statement("UPDATE cases SET placed_in = '乙1' WHERE id = 'C2'"),
        {(3, "misplaced_cases", "C2")},
    ),
    "first day of a grid changed": (
        ("grids_history",),
        statement("UPDATE grids_history SET valid_from = '2020-01-01' WHERE revision = 3"),
        {(3, "history", "乙1")},
    ),
    "last day of a grid changed": (
        ("grids_history",),
        statement("UPDATE grids_history SET valid_to = '2020-01-01' WHERE until_revision = 3"),
        {(2, "history", "甲2"), (1, "history", "乙1")},
    ),
    "a grid ended by no plan": (
        ("grids_history",),
        statement("UPDATE grids_history SET until_revision = 4 WHERE until_revision = 3"),
        {(2, "history", "甲2")},
    ),
    "origin of a grid changed": (
        ("grids_history",),
        statement("UPDATE grids_history SET came_from = 'x' WHERE revision = 3 AND code = '甲2'"),
        {(3, "lineage", "甲2")},
    ),
    "image of an edit": (
        ("edits",),
        lambda connection: connection.execute(
            text(f'UPDATE edits SET "after" = :b WHERE draft_id = {OPEN}'), {"b": b"\0"}
        ),
        {(3, "unreadable_draft", f"draft {OPEN}")},
    ),
    "arguments of an edit": (
        ("edits",),
        statement(f"UPDATE edits SET arguments = '{{' WHERE draft_id = {OPEN}"),
        {(3, "unreadable_draft", f"draft {OPEN}")},
    ),
}
"""What is done -> the tables that it touches, how, and findings: plan, what, a code among it."""

GARBAGE: dict[str, tuple[tuple[str, ...], Callable[[Any], None], set[tuple[int, str, str]]]] = {
    f"shape in {table} where {where}: {blob!r}": (
        (table,),
        lambda connection, table=table, where=where, blob=blob: connection.execute(
            text(f"UPDATE {table} SET geom = :b WHERE {where}"), {"b": blob}
        ),
        {(number, "unreadable", named)},
    )
    for table, where, number, named in (
        ("grids_history", "code = '乙1' AND revision = 3", 3, "grids_history 乙1"),
        ("grids_history", "code = '乙1' AND revision = 1", 1, "grids_history 乙1"),
        ("grids", "code = '乙1'", 4, "grids 乙1"),
        ("households", "id = 'H0'", 4, "households H0"),
        ("cases", "id = 'C1'", 4, "cases C1"),
    )
    for blob in (b"\0", b"", b"GP\0\1" + b"\7" * 40, "words")
}
"""A GeoPackage takes any bytes for a shape; PostGIS takes none that is no geometry."""


@contextmanager
def done(store: Store, tables: tuple[str, ...], do: Callable[[Any], None]) -> Iterator[None]:
    """Something done to the store, and undone again."""
    with change(store) as connection:
        for table in tables:
            connection.execute(text(f"CREATE TABLE kept_{table} AS SELECT * FROM {table}"))
        do(connection)
    try:
        yield
    finally:
        with change(store) as connection:
            for table in tables:
                bring_back(connection, table)
                connection.execute(text(f"DROP TABLE kept_{table}"))


@contextmanager
def change(store: Store) -> Iterator[Any]:
    dialect = store._dialect
    with dialect.owning() as connection, dialect.limited(connection, "*"):
        yield connection


SET = {
    "revisions": ("revision", ("valid_from", "withdrawn", "note")),
    "drafts": ("id", ("state", "revision")),
    "households": ("id", ("placed_in", "geom")),
}
"""Tables that others point at: the rows stay, and get their values again."""


def bring_back(connection: Any, table: str) -> None:
    if table not in SET:
        connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(text(f"INSERT INTO {table} SELECT * FROM kept_{table}"))
        return
    key, columns = SET[table]
    for column in columns:
        old = f"SELECT k.{column} FROM kept_{table} k WHERE k.{key} = {table}.{key}"
        connection.execute(text(f"UPDATE {table} SET {column} = ({old})"))


def proof(store: Store) -> list[dict[str, Any]]:
    """What a process that has just begun finds."""
    return checking.check(Workspace(store, Settings(), lambda: NOW), CONSOLE)


def named(found: list[dict[str, Any]], wanted: set[tuple[int, str, str]]) -> bool:
    told = {(f["revision"], f["what"], code) for f in found for code in [*f["codes"], ""]}
    return wanted <= told


@pytest.mark.parametrize("name", ROWS)
def test_damage_is_named_with_its_place(damaged: Store, name: str) -> None:
    tables, do, wanted = ROWS[name]
    with done(damaged, tables, do):
        found = proof(damaged)
        assert bool(found) == bool(wanted)
        assert named(found, wanted), found
    assert proof(damaged) == []


@pytest.mark.parametrize("module_store_url", ["gpkg"], indirect=True)
@pytest.mark.parametrize("name", GARBAGE)
def test_bytes_that_are_no_shape_are_named(damaged: Store, name: str) -> None:
    tables, do, wanted = GARBAGE[name]
    with done(damaged, tables, do):
        found = proof(damaged)
        assert named(found, wanted), found
        ws = Workspace(damaged, Settings(), lambda: NOW)
        draft, left = repairs.repair(ws, CONSOLE, "repair")
        assert draft is None
        assert named(left, wanted)
    assert proof(damaged) == []


def test_a_draft_that_cannot_be_read_says_at_which_step(damaged: Store) -> None:
    with done(damaged, *ROWS["image of an edit"][:2]):
        ws = Workspace(damaged, Settings(), lambda: NOW)
        with pytest.raises(EditUnreadable) as refused:
            comparing.compare(ws, CONSOLE, OPEN)
        assert refused.value.facts["step"] == 1
