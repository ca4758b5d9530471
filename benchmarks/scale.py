"""What a large county has to keep, in one run on one store: each line says measured and limit.

`python -m benchmarks.scale [--postgis] [--store PATH] [--households 1000000] [--only start …]`: on
a GeoPackage, or on a PostgreSQL server made for the moment that syncs every commit. --store: a
GeoPackage that exists; a copy of it is measured (or, with --postgis, what `gisgrid copy` makes of
it). Else the demo county is built with so many households and twelve weeks of visits. Exit code 1
where a limit is missed.

start     `gisgrid demo` from the start of the process to the first map, signed in as a supervisor,
          with the columns that were kept (the median of five starts) and without them; memory
          after a walk of 255 requests
coverage  of each grid as of past days, beside DuckDB's best SQL on the same rows
tiles     of about 3,000 and 20,000 households beside PostGIS's ST_AsMVT: in towns that have as many
          in a tile, with the same content; and the store's own tiles that come nearest
edit      a grid cut in two, with its effect, by the verb that the server calls: of the processor,
          without the commits
visit     its commit, beside an INSERT of one small row committed in the same database, turn by
          turn; the whole of it, with what is looked up and checked before, is told as well
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from benchmarks import coverage, growth, server, tiles
from benchmarks.postgis import cluster, new_secret
from gisgrid import demo
from gisgrid.operations import tiling
from gisgrid.operations.tile_store import FIRST_ZOOMS
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store.dialects.gpkg_connect import connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

POINTS = (3_000, 20_000)
ROUNDS = 100
STARTS = 5
BARE = "CREATE TABLE bare (id INTEGER PRIMARY KEY, word TEXT)"


@dataclass(frozen=True)
class Limit:
    """The most that a measure may be. unit: after both numbers."""

    most: float
    unit: str


LIMITS = {
    "start to first map, kept columns": Limit(3.0, "s"),
    "start to first map, rebuilt": Limit(30.0, "s"),
    "memory after the walk": Limit(1_200, "MB"),
    "coverage / DuckDB": Limit(0.5, ""),
    "tiles of towns / ST_AsMVT": Limit(0.5, ""),
    "own tiles / ST_AsMVT": Limit(0.5, ""),
    "edit with effect": Limit(5.0, "ms"),
    "visit's commit / bare commit": Limit(2.0, ""),
}


@dataclass
class Sheet:
    """What was measured, told at once."""

    missed: list[str] = field(default_factory=list)

    def tell(self, name: str, measured: float, more: str = "") -> None:
        limit = LIMITS[name]
        if measured > limit.most:
            self.missed.append(name)
        word = "MISSED" if measured > limit.most else "kept"
        unit = f" {limit.unit}" if limit.unit else ""
        print(
            f"{name:<34}{measured:>9.2f}{unit:<3} limit {limit.most:g}{unit:<3} {word:<7}{more}",
            flush=True,
        )


@dataclass(frozen=True)
class Place:
    """Where the store is; columns: where those of a database are kept."""

    url: str
    columns: str

    @property
    def settings(self) -> Settings:
        return Settings(store=self.url, columns_folder=self.columns)

    @property
    def environ(self) -> dict[str, str]:
        """What a server on a database has to be told."""
        if not self.columns:
            return {}
        return {"GISGRID_COLUMNS_FOLDER": self.columns, "GISGRID_SECRET_KEY": new_secret()}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", type=Path, help="a GeoPackage; it is left as it is")
    parser.add_argument("--postgis", action="store_true", help="on a server made for the moment")
    parser.add_argument("--households", type=int, default=1_000_000, help="where none is given")
    parser.add_argument("--only", nargs="+", choices=MEASURES, help="not all measures")
    asked = parser.parse_args()
    sheet = Sheet()
    with placed(asked.store, asked.households, postgis=asked.postgis) as place:
        with Workspace.open(place.settings, now) as ws:
            counts = ws.store.counts()
        print(f"{counts['households']:,} households, {counts['visits']:,} visits", flush=True)
        for name in asked.only or MEASURES:
            MEASURES[name](sheet, place)
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"{os.cpu_count()} cores, load average {load}; missed: {', '.join(sheet.missed) or '-'}")
    return int(bool(sheet.missed))


def now() -> datetime:
    return datetime.now(UTC)


# The store ----------------------------------------------------------------------------------------


@contextmanager
def placed(store: Path | None, households: int, *, postgis: bool) -> Iterator[Place]:
    """The store to be measured, thrown away afterwards."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gisgrid-scale-")))
        begun = time.perf_counter()
        file = folder / "scale.gpkg"
        if store is not None:
            subprocess.run(["cp", "--reflink=auto", str(store), str(file)], check=True)
        place = Place(str(file), "")
        if postgis:
            url = f"{stack.enter_context(cluster(durable=True)).url}?schema=scale"
            place = Place(url, str(folder))
        if store is None:
            demo.build(place.url, households=households, today=growth.TODAY)
        elif postgis:
            command = [sys.executable, "-m", "gisgrid", "--store", str(file), "copy"]
            subprocess.run([*command, "--to", place.url], check=True)
            file.unlink()
        print(f"store made in {time.perf_counter() - begun:.0f} s", flush=True)
        yield place


# The server ---------------------------------------------------------------------------------------


def starts(sheet: Sheet, place: Place) -> None:
    """Without the columns first, then with those that a server keeps once it is warm."""
    for name, times in (
        ("start to first map, rebuilt", 1),
        ("start to first map, kept columns", STARTS),
    ):
        seen = [server.see(place.url, **place.environ) for _ in range(times)]
        mapped = [one.mapped for one in seen]
        span = f"; of {times} from {min(mapped):.1f} to {max(mapped):.1f} s" if times > 1 else ""
        sheet.tell(
            name,
            statistics.median(mapped),
            f"{statistics.median(one.worked for one in seen):.1f} s of the processor; first answer "
            f"after {statistics.median(one.answered for one in seen):.1f} s{span}; "
            f"{max(one.highest for one in seen):.0f} MB at the highest",
        )
        with Workspace.open(place.settings, now) as ws:
            ws.snapshot().state(ws.today())
            tiling.warm(ws, FIRST_ZOOMS)
            ws.keep_columns()
    resident = max(one.resident for one in seen)
    sheet.tell("memory after the walk", resident, f"after {seen[-1].asked} requests")


def pictures(sheet: Sheet, place: Place) -> None:
    """Tiles of the store, and of towns beside as many households."""
    with Workspace.open(place.settings, now) as ws:
        snapshot = ws.snapshot()
        own = tiles.own_tiles(snapshot, ws.today(), POINTS)
    if own:
        sheet.tell("own tiles / ST_AsMVT", own)
    towns = tiles.against_postgis(len(snapshot.households.id), POINTS)
    sheet.tell("tiles of towns / ST_AsMVT", towns)


def past(sheet: Sheet, place: Place) -> None:
    sheet.tell("coverage / DuckDB", coverage.compare("the store", *coverage.stored(place.url)))


# The work -----------------------------------------------------------------------------------------


class Commits:
    """Seconds that an engine spends in commits, by a clock."""

    def __init__(self, ws: Workspace, clock: Callable[[], float] = time.perf_counter) -> None:
        self.spent = 0.0
        self._clock = clock
        self._commit = ws.store._dialect.engine.dialect.do_commit
        ws.store._dialect.engine.dialect.do_commit = self._timed  # type: ignore[method-assign]

    def _timed(self, connection: Any) -> None:
        start = self._clock()
        self._commit(connection)
        self.spent += self._clock() - start

    def clock(self) -> float:
        """Seconds outside of them."""
        return self._clock() - self.spent


@contextmanager
def serving(place: Place) -> Iterator[Workspace]:
    """The store opened as a server has it: it hears of changes, and its columns are loaded."""
    with Workspace.open(place.settings, now) as ws:
        ws.store.follow()
        ws.snapshot()
        yield ws


def edits(sheet: Sheet, place: Place) -> None:
    with serving(place) as ws:
        clocks = [Commits(ws, clock).clock for clock in (time.process_time, time.perf_counter)]
        processor, left = (1000 * statistics.median(growth.edits(ws, clock)) for clock in clocks)
    sheet.tell("edit with effect", processor, f"{left:.1f} ms by the clock; both without commits")


def visits(sheet: Sheet, place: Place) -> None:
    took: dict[str, list[float]] = {"visit": [], "commit": [], "bare": []}
    with serving(place) as ws, bare(place.url) as one_row:
        record, commits = growth.recorder(ws), Commits(ws)
        for _ in range(ROUNDS + 3):
            before = commits.spent
            took["visit"].append(by_clock(record))
            took["commit"].append(commits.spent - before)
            ws.snapshot()
            took["bare"].append(by_clock(one_row))
    ms = {name: 1000 * statistics.median(taken[3:]) for name, taken in took.items()}
    sheet.tell(
        "visit's commit / bare commit",
        ms["commit"] / ms["bare"],
        f"{ms['commit']:.2f} and {ms['bare']:.2f} ms; the whole visit {ms['visit']:.2f} ms, "
        f"{ms['visit'] / ms['bare']:.1f} times a bare commit",
    )


def by_clock(deed: Callable[[], Any]) -> float:
    start = time.perf_counter()
    deed()
    return time.perf_counter() - start


@contextmanager
def bare(url: str) -> Iterator[Callable[[], Any]]:
    """A function that commits one small row, in a plain table of the same database."""
    insert = "INSERT INTO bare (word) VALUES ('x')"
    if "://" in url:
        with psycopg.connect(url.partition("?")[0], autocommit=True) as line:
            line.execute(BARE.replace("INTEGER", "SERIAL"))
            yield lambda: line.execute(insert)
    else:
        with closing(connect(Path(url), 30)) as file:
            file.execute(BARE)
            yield lambda: file.execute(insert)


MEASURES: dict[str, Callable[[Sheet, Place], None]] = {
    "start": starts,
    "coverage": past,
    "tiles": pictures,
    "edit": edits,
    "visit": visits,
}


if __name__ == "__main__":
    sys.exit(main())
