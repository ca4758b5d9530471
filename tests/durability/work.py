"""Work on a store that is watched or killed: each deed is one transaction, acknowledged after it.

A deed leaves marks in several rows, so that half a deed shows: see `deeds` and `faults`.
"""

from __future__ import annotations

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
from shapely import Point, box

from gisgrid.access import CONSOLE
from gisgrid.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gisgrid.store import Writer

HOMES = 60
BATCH = 25
"""Households of one import."""
TOGETHER = 4
"""Visits that come at once."""
TODAY = date(2026, 11, 20)
FIRST = datetime(2026, 11, 1, 1, tzinfo=UTC)


def lay_out(path: Path) -> None:
    """A store with two grids and some households, all of them named."""
    ids = [f"H{n}" for n in range(HOMES)]
    with Store.create(str(path)) as store, store.write(today=date(2026, 9, 1)) as w:
        w.put_areas(
            pd.DataFrame(
                {"code": ["T"], "name": ["Town"], "level": ["township"], "parent_code": [None]}
            )
        )
        w.put_grids(
            gpd.GeoDataFrame(
                {"code": ["G1", "G2"], "area_code": ["T", "T"]},
                geometry=[box(105, 35, 105.01, 35.01), box(105.01, 35, 105.02, 35.01)],
                crs=4326,
            )
        )
        w.put_households(homes(ids, "at first"))


def lay_out_first(path: Path) -> None:
    """A store as the first gisgrid made it, with one household."""
    from alembic import command

    from gisgrid.store import migrate
    from gisgrid.store.dialects.gpkg import Gpkg

    dialect = Gpkg(path, patience=5)
    with dialect.creating() as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(
            "INSERT INTO programme (id, name, visit_every_days, soon_days, phone_counts, zone, "
            "demo, token) VALUES (1, '', 7, 2, 0, 'Asia/Shanghai', 0, 't')"
        )
        connection.exec_driver_sql(
            "INSERT INTO households (id, name, listed_on) VALUES ('H0', 'at first', '2026-09-01')"
        )
    dialect.close()


def step_faults(path: Path) -> list[str]:
    """What is wrong with a store whose bringing up was cut: it is the old one or the new one."""
    from gisgrid.store import migrate

    connection = sqlite3.connect(path)
    try:
        state = connection.execute("PRAGMA integrity_check").fetchall()
        (step,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        homes = connection.execute("SELECT id, name FROM households").fetchall()
    except sqlite3.Error as err:
        return [f"the store cannot be read: {err}"]
    finally:
        connection.close()
    found = [] if state == [("ok",)] else ["the file is damaged"]
    if (step == migrate.HEAD) != ("erasures" in tables) or step not in ("0001", migrate.HEAD):
        found.append(f"half a migration: {step}")
    if homes != [("H0", "at first")]:
        found.append("a household is lost")
    return found


def step_of(path: Path) -> str:
    """The step of the schema that a store has taken."""
    connection = sqlite3.connect(path)
    try:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
    finally:
        connection.close()


def homes(ids: list[str], name: str) -> gpd.GeoDataFrame:
    points = [Point(105.0001 + (n % 190) / 10_000, 35.005) for n in range(len(ids))]
    return gpd.GeoDataFrame({"id": ids, "name": name, "address": name}, geometry=points, crs=4326)


def visits(number: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [number],
            "household_id": [f"H{sum(number.encode()) % HOMES}"],
            "visited_at": [FIRST + timedelta(minutes=len(number))],
            "outcome": ["met"],
        }
    )


def visit(store: Store, number: str) -> None:
    """A visit with its note, and its row in the account of use."""
    with store.write(today=TODAY) as w:
        w.put_visits(visits(number))
        w.audit(CONSOLE, "visit", number)


def at_once(store: Store, number: str) -> None:
    """Visits of several threads, which share a transaction as those of a server do."""
    with ThreadPoolExecutor(TOGETHER) as threads:
        for done in [threads.submit(one_of, store, f"{number}+{n}") for n in range(TOGETHER)]:
            done.result()


def one_of(store: Store, number: str) -> None:
    def change(w: Writer) -> None:
        w.put_visits(visits(number))
        w.audit(CONSOLE, "visit", number)

    store.write_together(change)


def case(store: Store, number: str) -> None:
    """A case that is opened, with its row in the account."""
    frame = gpd.GeoDataFrame(
        {"id": [number], "household_id": ["H1"], "category": ["water"], "opened_on": [TODAY]},
        geometry=[None],
        crs=4326,
    )
    with store.write(today=TODAY) as w:
        w.put_cases(frame)
        w.audit(CONSOLE, "case", number)


def bring_in(store: Store, number: str) -> None:
    """Households that come together."""
    with store.write(today=TODAY) as w:
        w.put_households(homes([f"{number}.{n}" for n in range(BATCH)], number))
        w.audit(CONSOLE, "bring_in", number, BATCH)


def erase(store: Store, number: str) -> None:
    """A household that comes with a visit and a case, and is erased."""
    with store.write(today=TODAY) as w:
        w.put_households(homes([number], "to be erased"))
        w.put_visits(
            pd.DataFrame(
                {
                    "id": [f"{number}.v"],
                    "household_id": [number],
                    "visited_at": [FIRST],
                    "outcome": ["met"],
                    "note": ["to be erased"],
                }
            )
        )
    with store.write(today=TODAY) as w:
        w.erase(number)
        w.audit(CONSOLE, "erase", number)
    store.sweep()


DEEDS: dict[str, Callable[[Store, str], None]] = {
    "visit": visit,
    "at_once": at_once,
    "case": case,
    "bring_in": bring_in,
    "erase": erase,
}


def say(handle: int, word: str) -> None:
    """Acknowledge: in one write, so that it is said whole or not at all."""
    os.write(handle, f"{word}\n".encode())


def faults(path: Path, said: list[str]) -> list[str]:
    """What is wrong with a store after a crash, by its own file and by what was acknowledged.

    said: words such as "visit a17". A file that cannot be opened is a fault like another.
    """
    try:
        connection = sqlite3.connect(path)
        try:
            return _faults(connection, said)
        finally:
            connection.close()
    except sqlite3.Error as err:
        return [f"the store cannot be read: {err}"]


def _faults(connection: sqlite3.Connection, said: list[str]) -> list[str]:
    found = []
    state = connection.execute("PRAGMA integrity_check").fetchall()
    if state != [("ok",)]:
        return [f"the file is damaged: {state[0][0]}"]

    def column(sql: str) -> list[Any]:
        return [row[0] for row in connection.execute(sql)]

    done = {
        "visit": set(column("SELECT id FROM visits WHERE id NOT LIKE '%.v'")),
        "case": set(column("SELECT id FROM cases")),
        "erase": set(column("SELECT household_id FROM erasures")),
        "bring_in": set(column("SELECT DISTINCT name FROM households WHERE id LIKE '%.0'")),
    }
    for kind, numbers in done.items():
        told = set(column(f"SELECT object FROM audit WHERE action = '{kind}'"))  # noqa: S608
        if told != numbers:
            found.append(f"half a {kind}: {sorted(told ^ numbers)[:3]}")
    for word in said:
        kind, _, number = word.partition(" ")
        wanted = {f"{number}+{n}" for n in range(TOGETHER)} if kind == "at_once" else {number}
        if not wanted <= done["visit" if kind == "at_once" else kind]:
            found.append(f"an acknowledged {kind} is lost: {number}")
    counts = column("SELECT count(*) FROM households WHERE id LIKE '%.%' GROUP BY name")
    if any(count != BATCH for count in counts):
        found.append(f"half an import: {counts}")
    left = column(
        "SELECT e.household_id FROM erasures e JOIN households h ON h.id = e.household_id "
        "LEFT JOIN visits v ON v.household_id = h.id "
        "WHERE h.name IS NOT NULL OR h.unlisted_on IS NULL OR v.note IS NOT NULL"
    )
    if left:
        found.append(f"half an erasure: {left[:3]}")
    return found


def main(path: str, *words: str) -> None:
    """`work.py STORE SYNCHRONOUS COUNT`: every kind of deed in turn, folded back now and then.

    With COUNT 0 the store is brought up to this gisgrid, and that is acknowledged.
    """
    from gisgrid.store.dialects import gpkg_connect

    mode, count = words[0], int(words[1])
    gpkg_connect.PRAGMAS = tuple(
        f"synchronous={mode}" if p.startswith("synchronous") else p for p in gpkg_connect.PRAGMAS
    )
    kinds = ["visit", "at_once", "case", "visit", "bring_in", "visit", "erase"]
    store = Store.open(path)
    if count == 0:
        say(1, "step")
    for n in range(count):
        kind = kinds[n % len(kinds)]
        DEEDS[kind](store, f"a{n}")
        say(1, f"{kind} a{n}")
        if n % 9 == 8:  # what a busy day does after a thousand pages
            with store._dialect.engine.connect() as c:
                c.connection.driver_connection.execute("PRAGMA wal_checkpoint(PASSIVE)")  # type: ignore[union-attr]
    store.close()


if __name__ == "__main__":
    import sys

    main(*sys.argv[1:])
