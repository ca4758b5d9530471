"""What was erased is in no file of the database's tables, and who is in the way is told."""

from __future__ import annotations

import re
import secrets
import struct
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, box
from sqlalchemy import insert, select, text

from benchmarks.postgis import APP
from gisgrid.access import EVERYWHERE
from gisgrid.store import Store
from gisgrid.store.erasing import TRACES
from gisgrid.store.keeping import CLEARED
from gisgrid.store.retention import CLASSES
from gisgrid.store.schema import cases, households, metadata, visits
from gisgrid.store.schema_records import case_changes, pending_reports

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.postgis
NOW = datetime(2026, 11, 20, tzinfo=UTC)
TODAY = date(2026, 11, 20)
ALL_FILES = (
    "SELECT pg_relation_filepath(oid) FROM pg_class WHERE relkind IN ('r', 't', 'i', 'm') "
    "AND pg_relation_filepath(oid) IS NOT NULL AND relnamespace IN "
    "(to_regnamespace(:schema), 'pg_catalog'::regnamespace, 'pg_toast'::regnamespace)"
)
"""Of this county and of PostgreSQL's own; beside it lie those of other tests in one database."""


@pytest.fixture
def store(postgis: str) -> Iterator[Store]:
    """A county whose every personal text and place can be told from all others."""
    with Store.create(f"{postgis}?schema=test_{secrets.token_hex(6)}&app={APP}") as made:
        yield made


def canaries() -> dict[str, str]:
    """A text for each column that an erasure clears; the longest lie outside their rows."""
    found = {}
    for trace in TRACES:
        for column in trace.clears:
            found[f"{trace.table}.{column}"] = f"{trace.table}-{column}-{secrets.token_hex(8)}"
    found["pending_reports.payload"] += secrets.token_hex(4000)
    return found


def fill(store: Store, said: dict[str, str]) -> tuple[Point, int]:
    """A household with all of it among others that have the like; its place, and the z-order."""
    # Nobody else's: what the server keeps of values is one table for all stores of a database.
    place = Point(100.1 + secrets.randbelow(10**9) / 1e11, 30.9 + secrets.randbelow(10**9) / 1e11)
    ids = ["canary", *(f"n{n}" for n in range(40))]
    homes: dict[str, Any] = {"id": ids, "listed_on": [date(2026, 1, 1)] * len(ids)}
    for column in ("name", "address"):
        homes[column] = [said[f"households.{column}"], *(f"{column} {i}" for i in ids[1:])]
    points = [place, *(Point(100 + n / 50, 30.5) for n in range(1, len(ids)))]
    with store.write(today=date(2026, 9, 1)) as w:
        w.put_grids(gpd.GeoDataFrame({"code": ["g"]}, geometry=[box(100, 30, 101, 31)], crs=4326))
        w.put_households(gpd.GeoDataFrame(homes, geometry=points, crs=4326))
        visit = {"id": "v", "household_id": "canary", "outcome": "met", "note": said["visits.note"]}
        when = pd.to_datetime(["2026-11-05T01:00:00Z"])
        w.put_visits(pd.DataFrame({**{k: [v] for k, v in visit.items()}, "visited_at": when}))
        case = {"id": "c", "household_id": "canary", "category": "water"}
        case |= {name: said[f"cases.{name}"] for name in ("title", "status", "note")}
        frame = {**{k: [v] for k, v in case.items()}, "opened_on": [date(2026, 10, 1)]}
        w.put_cases(gpd.GeoDataFrame(frame, geometry=[place], crs=4326))
    common = {"received_at": NOW, "client_id": "x"}
    step = common | {"case_id": "c", "kind": "updated", "changed_at": NOW, "changed_on": TODAY}
    report = common | {"household_id": "canary", "scope": "*", "state": "accepted", "kind": "visit"}
    with store._dialect.writing() as connection:
        connection.execute(
            insert(case_changes).values(**step, changes=said["case_changes.changes"])
        )
        for name in ("payload", "reason"):
            report[name] = said[f"pending_reports.{name}"]
        connection.execute(insert(pending_reports).values(**report))
    with store.reading(EVERYWHERE) as connection:
        morton = connection.execute(
            select(households.c.morton).where(households.c.id == "canary")
        ).scalar_one()
    with store._dialect._owner.connect() as owner:  # what the server does by itself, sooner
        owner.execute(text("ANALYZE"))
    return place, int(morton)


def held(store: Store) -> bytes:
    """All files of the database's tables, indexes and TOAST, as they lie on the disk."""
    with store._dialect._owner.connect() as owner:
        owner.execute(text("CHECKPOINT"))
        folder = owner.execute(text("SHOW data_directory")).scalar_one()
        schema = {"schema": store.url.partition("schema=")[2].partition("&")[0]}
        names = owner.execute(text(ALL_FILES), schema).scalars().all()
    wanted: dict[Path, set[str]] = {}
    for path in (Path(folder, name) for name in names):
        wanted.setdefault(path.parent, set()).add(path.name)
    # A folder is looked through once: of many stores in one database it holds thousands of files.
    # Beside 16384 lie its further parts and its maps, as 16384.1 and 16384_fsm.
    return b"".join(
        path.read_bytes()
        for place, names_in in wanted.items()
        for path in place.iterdir()
        if re.split(r"[._]", path.name)[0] in names_in
    )


def test_no_byte_of_it_is_left_in_any_file_of_the_database(store: Store) -> None:
    said = canaries()
    place, morton = fill(store, said)
    secret = {name: value.encode()[:40] for name, value in said.items()}
    secret |= {"lon": place.wkb[5:13], "lat": place.wkb[13:21], "z": struct.pack("<q", morton)}
    before = held(store)
    assert [name for name, value in secret.items() if value not in before] == []
    with store.write(today=TODAY) as w:
        w.erase("canary")
    assert store.sweep()
    after = held(store)
    assert [name for name, value in secret.items() if value in after] == []


def test_a_sweep_reaches_every_table_that_something_is_cleared_in() -> None:
    assert set(CLEARED) >= {trace.table for trace in TRACES}
    assert set(CLEARED) >= {kept.table.name for kept in CLASSES.values()}
    assert set(CLEARED) >= {t.name for t in (households, visits, cases, pending_reports)}
    assert set(CLEARED) <= set(metadata.tables)


def test_a_sweep_says_so_where_somebody_still_sees_what_was_erased(store: Store) -> None:
    """Whatever that one looked at: the server keeps every row that he might still ask for."""
    fill(store, canaries())
    with Store.open(store.url, patience=0.1) as hasty, store.reading(EVERYWHERE) as reader:
        reader.execute(text("SELECT count(*) FROM counters")).all()
        with hasty.write(today=TODAY) as w:
            w.erase("canary")
        assert not hasty.sweep()
        assert hasty.unswept()
    assert store.sweep()
    assert not store.unswept()
