"""What a dialect has to do with each of its arguments: one law for each method that takes any.

A law is told by what comes of the call, through SQL that is the same for every database, and leaves
the store as it was. It holds for a dialect as it is, and not for one that looks past an argument
(test_dialect_laws.py).
"""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
import shapely
from sqlalchemy import column as sql_column
from sqlalchemy import inspect, select, text
from sqlalchemy import table as sql_table
from sqlalchemy.exc import DBAPIError

from gisgrid.columns import objects
from gisgrid.errors import StoreBusy
from gisgrid.store.schema import areas, cases, grids, households, visits
from gisgrid.store.types import instant_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Table

    from gisgrid.store.dialects.base import Dialect

REFUSED = (DBAPIError, psycopg.Error)
"""What a dialect raises before the store translates it."""
HASTE = 0.05
"""Seconds that the dialects of these tests wait by themselves."""
NAMES = ["name", "code"]
"""Columns, not in the order of the alphabet, that areas and grids have both."""
NOON = datetime(2030, 1, 1, 4, tzinfo=UTC)
SHAPES = objects([shapely.box(100, 30, 101, 31), shapely.box(102, 30, 103, 31)])


@dataclass(frozen=True)
class Ground:
    """The small county, opened by who serves and by who owns it; a GeoPackage knows no difference.

    role: an account that nothing was granted to. free: a folder for new files.
    """

    served: Dialect
    owned: Dialect
    role: str
    free: Path

    @property
    def walled(self) -> bool:
        """Whether the database itself limits who sees what."""
        return self.served is not self.owned


class _Undo(Exception):
    """Takes a transaction back."""


@contextmanager
def undone(dialect: Dialect) -> Iterator[Connection]:
    """A writing transaction that leaves no trace."""
    with suppress(_Undo), dialect.writing() as connection:
        yield connection
        raise _Undo


@contextmanager
def with_new_area(dialect: Dialect) -> Iterator[Connection]:
    """`undone`, in which there is an area that no other transaction sees."""
    with undone(dialect) as connection:
        connection.execute(areas.insert().values(code="new", name="Young", level="village"))
        yield connection


def rows_of(connection: Connection, table: Table) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in connection.execute(select(table.c.code, table.c.name))}


# Transactions -------------------------------------------------------------------------------------


def writing(ground: Ground) -> None:
    """Who has more patience outlasts those who have the dialect's own, though they came later."""
    dialect, came_in, begun = ground.served, [], threading.Event()

    def wait() -> None:
        begun.set()
        try:
            with dialect.writing(patience=20):
                came_in.append(True)
        except REFUSED:
            came_in.append(False)

    waiter = threading.Thread(target=wait)
    with dialect.writing():
        waiter.start()
        begun.wait()
        for _ in range(3):
            with pytest.raises(REFUSED), dialect.writing():
                pytest.fail("two write at once")
    waiter.join()
    assert came_in == [True]


def limited(ground: Ground) -> None:
    with ground.served.reading() as connection:
        with ground.served.limited(connection, "12"):
            seen = {code for code, _ in rows_of(connection, grids)}
        assert seen == ({"g3"} if ground.walled else {"g1", "g2", "g3"})
        assert bool(rows_of(connection, grids)) is not ground.walled


def reading(ground: Ground) -> None:
    with ground.served.reading("12") as connection:
        seen = {code for code, _ in rows_of(connection, grids)}
        assert seen == ({"g3"} if ground.walled else {"g1", "g2", "g3"})
    with ground.served.reading() as connection:
        assert bool(rows_of(connection, grids)) is not ground.walled


def let_serve(ground: Ground) -> None:
    assert ground.owned.let_serve(ground.role) is ground.walled
    if ground.walled:
        asked = text("SELECT has_table_privilege(:role, 'grids', 'INSERT')")
        with ground.owned.reading() as connection:
            assert connection.scalar(asked, {"role": ground.role})


def translate(ground: Ground) -> None:
    with undone(ground.served):
        with pytest.raises(REFUSED) as refused, ground.served.writing():
            pytest.fail("two write at once")
        assert isinstance(
            ground.served.translate(getattr(refused.value, "orig", refused.value)), StoreBusy
        )


# Values -------------------------------------------------------------------------------------------


def points(ground: Ground) -> None:
    lon, lat = np.array([100.5, np.nan, 102.25]), np.array([30.5, np.nan, 31.25])
    stored = ground.served.store_points(lon, lat)
    assert stored[1] is None
    found = ground.served.load_lonlat(stored)
    np.testing.assert_array_equal(found, (lon, lat))


def polygons(ground: Ground) -> None:
    stored = ground.served.store_polygons(SHAPES)
    for found in (
        ground.served.load_geometries(stored),
        shapely.from_wkb(ground.served.load_wkb(stored)),
    ):
        assert shapely.equals(found, SHAPES).all()


def days(ground: Ground) -> None:
    stored = ground.served.store_days(
        np.array(["2026-11-22", "NaT", "2026-11-23"], "datetime64[D]")
    )
    assert [None if day is None else str(day) for day in stored] == [
        "2026-11-22",
        None,
        "2026-11-23",
    ]


def instants(ground: Ground) -> None:
    told = ["2026-11-22T04:00:00.001Z", "2026-11-23T15:59:59.999Z"]
    moments = np.array([moment[:-1] for moment in told], "datetime64[ms]")
    stored = ground.served.store_instants(moments)
    assert [s if isinstance(s, str) else instant_text(s) for s in stored] == told


# Statements ---------------------------------------------------------------------------------------


def insert(ground: Ground) -> None:
    new = {(f"n{n:03}", f"area {n}") for n in range(600)}
    for some in (sorted(new)[:2], sorted(new)[2:]):  # few and many go different ways
        with undone(ground.served) as connection:
            before = rows_of(connection, areas)
            rows = ((name, "village", code) for code, name in some)
            ground.served.insert(connection, areas, ["name", "level", "code"], rows)
            assert rows_of(connection, areas) == before | set(some)


def update(ground: Ground) -> None:
    with undone(ground.served) as connection:
        new = [{"code": f"n{n:03}", "name": "old", "level": "village"} for n in range(600)]
        connection.execute(areas.insert(), new)
        for some in ([("n000", "few")], [(row["code"], "many") for row in new]):
            rows = [(code, "1", name) for code, name in some]
            ground.served.update(connection, areas, ["code", "parent_code", "name"], rows)
            assert rows_of(connection, areas) >= set(some)


def raw(ground: Ground) -> None:
    with with_new_area(ground.served) as connection:
        found = {tuple(row)[::-1] for row in ground.served.raw(connection, areas, NAMES)}
        assert found == rows_of(connection, areas)


def plain(ground: Ground) -> None:
    with with_new_area(ground.served) as connection:
        with ground.served.plain(connection, areas, NAMES) as rows:
            found = [tuple(row)[::-1] for row in rows]
        assert found[-1] == ("new", "Young")
        assert set(found) == rows_of(connection, areas)


def raw_among(ground: Ground) -> None:
    with with_new_area(ground.served) as connection:
        keys = ["Young", "East", "nobody", *map(str, range(40_000))]
        found = ground.served.raw_among(connection, areas, NAMES, keys)
        assert {tuple(row) for row in found} == {("Young", "new"), ("East", "11")}


def among(ground: Ground) -> None:
    dialect, codes = ground.served, ["11", "12", "nobody"]
    prepared = select(areas.c.code).where(dialect.among(areas.c.code, dialect.given("codes")))
    with undone(dialect) as connection:
        direct = connection.scalars(
            select(areas.c.code).where(dialect.among(areas.c.code, codes))
        ).all()
        later = connection.scalars(prepared, {"codes": dialect.keys(codes)}).all()
    assert sorted(direct) == sorted(later) == ["11", "12"]


def joined(ground: Ground) -> None:
    with undone(ground.served) as connection:
        told = connection.scalar(select(ground.served.joined(visits.c.visited_on))) or ""
    days = sorted(told[at : at + 10] for at in range(0, len(told), 10))
    assert days == ["2026-11-01", "2026-11-02", "2026-11-03"]


def filling(ground: Ground) -> None:
    """What waits is gone within, and back afterwards."""

    def held(connection: Connection) -> set[str | None]:
        seen = inspect(connection)
        found = (*seen.get_indexes("cases"), *seen.get_foreign_keys("cases"))
        return {item["name"] for item in found}

    with undone(ground.owned) as connection:
        before = held(connection)
        with ground.owned.filling(connection, cases):
            assert held(connection) < before
        assert held(connection) == before


def numbers_given(ground: Ground) -> None:
    def put(connection: Connection, code: str, **given: int) -> int:
        row = areas.insert().values(code=code, name=code, level="village", **given)
        (number,) = connection.execute(row).inserted_primary_key or (0,)
        return int(number)

    with undone(ground.owned) as connection:
        given = put(connection, "a") + 1000
        put(connection, "b", fid=given)
        ground.owned.numbers_given(connection, areas)
        assert put(connection, "c") > given


def may_wait(ground: Ground) -> None:
    """What keeps rows apart must not wait where the database looks at it row by row."""
    found = {index.name: ground.owned.may_wait(index) for index in households.indexes}
    assert found["households_placed"]
    assert found["households_id"] is not ground.walled


# What a GIS reads, and files ----------------------------------------------------------------------


def fit_extent(ground: Ground) -> None:
    with undone(ground.served) as connection:
        seen = []
        for new, lost in (((0.0, 30.0, 1.0, 31.0), None), (None, (0.0, 30.0, 1.0, 31.0))):
            ground.served.fit_extent(connection, households, new, lost)
            seen.append(_contents(ground, connection, "households", "min_x"))
        assert seen == ([None, None] if ground.walled else [0.0, 100.5])


def note_change(ground: Ground) -> None:
    """A GeoPackage notes when which layer changed; a server tells who listens."""
    if ground.walled:
        assert _heard(ground) == ["", "end"]
        return
    with undone(ground.served) as connection:
        ground.served.note_change(connection, ["grids"], NOON)
        seen = [_contents(ground, connection, name, "last_change") for name in ("grids", "areas")]
        assert seen[0] == instant_text(NOON) != seen[1]


def _contents(ground: Ground, connection: Connection, table: str, column: str) -> Any:
    if ground.walled:
        return None
    contents = sql_table("gpkg_contents", sql_column("table_name"), sql_column(column))
    return connection.scalar(select(contents.c[column]).where(contents.c.table_name == table))


def _heard(ground: Ground) -> list[str]:
    """What a listener hears until the word "end", which is said last."""
    with ground.owned.engine.connect() as connection:
        schema = connection.scalar(text("SELECT current_schema()"))
        driver: Any = connection.connection.driver_connection
        driver.execute(f'LISTEN "gisgrid {schema}"')
        with ground.served.writing() as writer:
            ground.served.note_change(writer, ["grids"], NOON)
        driver.execute(f"NOTIFY \"gisgrid {schema}\", 'end'")
        heard = []
        for notice in driver.notifies(timeout=20):
            heard.append(notice.payload)
            if notice.payload == "end":
                break
        driver.execute("UNLISTEN *")
    return heard


def copy_to(ground: Ground) -> None:
    path = ground.free / "copy.gpkg"
    assert ground.served.copy_to(path) is not ground.walled
    assert path.exists() is not ground.walled


def keep_before(ground: Ground) -> None:
    at = ground.free / "token"
    kept = ground.served.keep_before("0099", at)
    assert "0099" in kept.name
    assert (kept.parent == at.parent and kept.name.startswith(at.name)) is ground.walled


def sweep(ground: Ground) -> None:
    """Tables that are swept lie in new files, the others where they were."""
    if not ground.walled:
        assert ground.served.sweep(["cases"])
        return
    before = _files(ground)
    while not ground.owned.sweep(["cases"]):  # the server's own housekeeping may be looking
        pass
    after = _files(ground)
    assert {name for name in before if before[name] != after[name]} == {"cases"}


def _files(ground: Ground) -> dict[str, int]:
    asked = "SELECT relname, relfilenode FROM pg_class WHERE relkind = 'r' "
    asked += "AND relnamespace = to_regnamespace(current_schema())"
    with ground.owned.engine.connect() as connection:
        return {row.relname: row.relfilenode for row in connection.execute(text(asked))}


LAWS: dict[str, Callable[[Ground], None]] = {
    "writing": writing,
    "reading": reading,
    "limited": limited,
    "let_serve": let_serve,
    "translate": translate,
    "store_points": points,
    "load_lonlat": points,
    "store_polygons": polygons,
    "load_wkb": polygons,
    "load_geometries": polygons,
    "store_days": days,
    "_day_values": days,
    "store_instants": instants,
    "insert": insert,
    "update": update,
    "raw": raw,
    "plain": plain,
    "raw_among": raw_among,
    "among": among,
    "_one_of": among,
    "given": among,
    "keys": among,
    "joined": joined,
    "filling": filling,
    "numbers_given": numbers_given,
    "may_wait": may_wait,
    "fit_extent": fit_extent,
    "note_change": note_change,
    "copy_to": copy_to,
    "keep_before": keep_before,
    "sweep": sweep,
}
