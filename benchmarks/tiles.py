"""Household tiles from query to bytes, against PostGIS; and how many bytes a view of the map is.

`python -m benchmarks.tiles [--households N] [--store PATH]`: a million households, among them towns
that put about 3,000, 20,000 and 100,000 of them into one tile, with the same attributes (status,
days waiting, open cases, id) on both sides. gisgrid takes them from its columns in memory, PostGIS
from a table with the attributes worked out already, in EPSG:3857, in Morton order, with a GiST
index, without jit. Turn by turn, medians, and the ratio; both are compressed alike afterwards, and
the ratio with that is told too. What both put into the tile is compared once.

Then the demo store (made by `make demo`, else built here): the tiles that the map asks for on its
first screen and six moves of 256 pixels, in the county town and in the county view.
Exit code 1 where a target is missed. PostgreSQL with PostGIS must be installed; the server is our
own, in a folder that is thrown away.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import zlib
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import mapbox_vector_tile
import numpy as np
import psycopg
import shapely

from benchmarks.demo_store import USUAL, demo_store
from benchmarks.postgis import cluster
from gisgrid import tiles
from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.columns import FAR_DAY, NO_DAY, Areas, Cases, Households
from gisgrid.coverage import daybits
from gisgrid.frames import mercator_unit, morton
from gisgrid.model import Programme
from gisgrid.operations import tile_layers, tiling
from gisgrid.operations.tile_store import Kept
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

ROUNDS = 31
TODAY = date(2026, 11, 22)
ZOOM = tile_layers.IDS_FROM
"""Where tiles hold every attribute, as the other side's do."""
TOWNS = {3_000: (104.9, 35.6), 20_000: (105.1, 36.0), 100_000: (105.05, 35.7)}
RATIO, VIEW = 0.5, 200_000
"""Targets: time against PostGIS, bytes of a view."""

QUERY = """
    select st_asmvt(t, 'households', 4096, 'g') from (
        select s, c, d, id, st_asmvtgeom(geom, st_tileenvelope(%(z)s, %(x)s, %(y)s), 4096, 192) as g
        from households
        where geom && st_tileenvelope(%(z)s, %(x)s, %(y)s, margin => 192 / 4096.0)
    ) as t
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--households", type=int, default=1_000_000)
    parser.add_argument("--store", default=str(USUAL))
    asked = parser.parse_args()
    worst = against_postgis(asked.households)
    with demo_store(asked.store) as store:
        largest = views(store)
    return int(worst > RATIO or largest > VIEW)


# Against PostGIS ----------------------------------------------------------------------------------


def against_postgis(count: int, sizes: Collection[int] = tuple(TOWNS)) -> float:
    """Print medians and ratios; return the largest ratio."""
    snapshot = generated(count, sizes)
    worst = 0.0
    with tuned(snapshot) as connection:
        for points in sizes:
            lon, lat = TOWNS[points]
            address = tiles.Address(ZOOM, *place(ZOOM, lon, lat))
            worst = max(worst, race(connection, snapshot, address, points))
    return worst


@contextmanager
def tuned(snapshot: Snapshot, day: date = TODAY) -> Iterator[Any]:
    """A connection to a server of our own, set for reading, that holds the households."""
    options = (
        "-c jit=off -c shared_buffers=512MB -c work_mem=64MB -c max_parallel_workers_per_gather=2"
    )
    with cluster(options=options) as made, psycopg.connect(made.url) as connection:
        load(connection, snapshot, day)
        row = connection.execute("select postgis_lib_version()").fetchone()
        print(f"PostGIS {row[0] if row else '?'}")
        yield connection


def own_tiles(snapshot: Snapshot, day: date, sizes: Collection[int]) -> float:
    """The tiles of a store that come nearest to the sizes, as the map asks for them.

    Before they can be clicked, points lie on a lattice and those that are alike are drawn once, so
    the tiles differ; PostGIS gives all points, with the same attributes but their numbers.
    """
    worst = 0.0
    with tuned(snapshot, day) as connection:
        for points in sizes:
            address, held = nearest(snapshot.households, points)
            if not 0.5 < held / points < 2:
                print(f"{points:>7,} points: the store has no such tile")
                continue
            worst = max(worst, race(connection, snapshot, address, held, day))
    return worst


def nearest(homes: Households, points: int) -> tuple[tiles.Address, int]:
    """The tile, among those with single households, whose number of them is nearest."""
    located = np.flatnonzero(~np.isnan(homes.lon))
    found = []
    for z in range(tile_layers.POINTS_FROM, ZOOM + 1):
        _, first, counts = np.unique(
            homes.key[located] >> np.uint64(2 * (26 - z)), return_index=True, return_counts=True
        )
        at = int(np.argmin(np.abs(np.log(counts / points))))
        row = located[first[at]]
        place_of = place(z, float(homes.lon[row]), float(homes.lat[row]))
        found.append((abs(np.log(counts[at] / points)), tiles.Address(z, *place_of), counts[at]))
    _, address, held = min(found, key=lambda one: one[0])
    return address, int(held)


def race(
    connection: Any, snapshot: Snapshot, address: tiles.Address, points: int, day: date = TODAY
) -> float:
    """Both turn by turn; prints medians, and returns their ratio."""
    view = snapshot.view(EVERYWHERE, None, day)
    plan = snapshot.plan_on(day)
    kept = KEPT.setdefault(id(snapshot), Kept())
    wish = tile_layers.Filters()
    asked = tile_layers.Asked(kept, snapshot, "*", view, plan, day, address, wish)
    where = {"z": address.z, "x": address.x, "y": address.y}
    query = QUERY if address.z >= ZOOM else QUERY.replace(" id, ", " ", 1)

    def ours() -> bytes:
        return tile_layers.households(asked)

    def theirs() -> bytes:
        return bytes(connection.execute(query, where).fetchone()[0])

    plain: dict[str, list[float]] = {"gisgrid": [], "postgis": []}
    packed: dict[str, list[float]] = {"gisgrid": [], "postgis": []}
    bodies = {}
    for _ in range(ROUNDS + 1):
        for name, work in (("gisgrid", ours), ("postgis", theirs)):
            start = time.perf_counter()
            bodies[name] = work()
            middle = time.perf_counter()
            zlib.compress(bodies[name], 1)
            plain[name].append(middle - start)
            packed[name].append(time.perf_counter() - start)
    if address.z >= ZOOM:
        same(bodies, points)
    ms = {name: 1000 * statistics.median(seconds[1:]) for name, seconds in plain.items()}
    gz = {name: 1000 * statistics.median(seconds[1:]) for name, seconds in packed.items()}
    ratio = ms["gisgrid"] / ms["postgis"]
    print(
        f"{points:>7,} points at zoom {address.z}: gisgrid {ms['gisgrid']:6.2f} ms, "
        f"PostGIS {ms['postgis']:6.2f} ms, ratio {ratio:.2f} (aim {RATIO} or less); compressed too "
        f"{gz['gisgrid']:.1f} and {gz['postgis']:.1f} ms, {gz['gisgrid'] / gz['postgis']:.2f}"
    )
    return ratio


KEPT: dict[int, Kept] = {}


def same(bodies: dict[str, bytes], points: int) -> None:
    """End the run unless both tiles hold the same households with the same attributes."""
    if points > 20_000:  # decoding takes minutes
        return
    found = {}
    for name, body in bodies.items():
        layer = mapbox_vector_tile.decode(body)["households"]
        found[name] = {
            f["properties"]["id"]: tuple(f["properties"][k] for k in "scd")
            for f in layer["features"]
        }
    if found["gisgrid"] != found["postgis"] or len(found["gisgrid"]) < points:
        print("the tiles differ", {k: len(v) for k, v in found.items()}, file=sys.stderr)
        raise SystemExit(1)


def generated(count: int, sizes: Collection[int]) -> Snapshot:
    """Households all over a county and in dense towns, each a tile wide."""
    rng = np.random.default_rng(20261122)
    towns = []
    for points in sizes:
        x, y = place(ZOOM, *TOWNS[points])
        west, north = lonlat(ZOOM, x, y)
        east, south = lonlat(ZOOM, x + 1, y + 1)
        towns.append(rng.uniform((west, south), (east, north), (points, 2)))
    rest = rng.uniform((104.3, 35.2), (105.7, 36.7), (max(count - sum(sizes), 0), 2))
    count = sum(sizes) + len(rest)
    lon, lat = np.concatenate([*towns, rest]).T
    order = np.argsort(morton(lon, lat), kind="stable")
    lon, lat = lon[order], lat[order]
    day = (TODAY - date(1970, 1, 1)).days
    none = np.empty(0, dtype=np.int32)
    homes = Households(
        id=np.array([f"{i // 500:06d}-{i % 500:04d}" for i in range(count)], dtype=object),
        lon=lon, lat=lat, key=morton(lon, lat), every=np.zeros(count, np.int32),
        listed=np.full(count, day - 700, np.int32), unlisted=np.full(count, FAR_DAY),
        named=np.full(count, -1, np.int32), codes=np.empty(0, object),
    )  # fmt: skip
    visited = np.flatnonzero(rng.random(count) < 0.98).astype(np.int32)
    empty = daybits.no_visits(count)
    # Most were seen within a week, some have waited for months.
    waited = rng.geometric(0.2, len(visited)).clip(max=90)
    met = daybits.add(empty.met, visited, (day - waited).astype(np.int32))
    visits = type(empty)(met, empty.phone, empty.no_one_home, empty.refused)
    some = rng.choice(count, count // 20, replace=False).astype(np.int32)
    cases = Cases(
        id=some.astype(object), household=some, lon=lon[some], lat=lat[some],
        own_point=np.zeros(len(some), bool), opened=np.full(len(some), day - 20, np.int32),
        due=np.where(some % 3 == 0, day - 1, day + 9).astype(np.int32),
        closed=np.full(len(some), FAR_DAY), category=np.zeros(len(some), np.int32),
        categories=np.array(["other"], object), since=np.full(len(some), NO_DAY),
        until=np.full(len(some), FAR_DAY),
    )  # fmt: skip
    areas = Areas(np.empty(0, object), np.empty(0, object), none, none)
    return Snapshot("bench", Programme(), areas, (), households=homes, visits=visits, cases=cases)


def load(connection: Any, snapshot: Snapshot, day: date) -> None:
    """The same rows, with what gisgrid works out as columns."""
    homes, state = snapshot.households, snapshot.state(day)
    opened = np.zeros(len(homes.id), dtype=int)
    status = snapshot.case_state(day).status
    of_one = snapshot.cases.household >= 0
    np.maximum.at(opened, snapshot.cases.household[of_one], status[of_one] - 1)
    x, y = mercator_unit(homes.lon, homes.lat)
    metres = 2 * np.pi * 6378137.0
    points = shapely.points((x - 0.5) * metres, (0.5 - y) * metres)
    points = shapely.to_wkb(shapely.set_srid(points, 3857), include_srid=True, hex=True)
    assert (state.last > NO_DAY).any()
    connection.execute(
        "create table households (id text, s int, c int, d int, geom geometry(Point, 3857))"
    )
    shown = np.flatnonzero(~np.isnan(homes.lon) & state.listed)
    columns = (homes.id, state.status, opened, state.waiting, points)
    with connection.cursor().copy("copy households from stdin") as copy:
        for row in zip(*(column[shown] for column in columns), strict=True):
            copy.write_row(row)
    connection.execute("create index on households using gist (geom)")
    connection.commit()
    connection.autocommit = True
    connection.execute("vacuum analyze households")


# Bytes of a view ----------------------------------------------------------------------------------

SCREEN = 1080, 852
"""Pixels of the map beside the panel on a screen of 1440 x 900."""
OUTLINES, POINTS = 1, 0
"""How many zooms above the map's the tiles are: 1 draws them 512 pixels wide, 0 256 pixels."""
COUNTY = 105.05, 35.95
ZOOMS = range(9, 17)
DEEPEST = 15
DEEPEST_POINTS = 16
MOVES = ((0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (1, 2), (0, 2))


def views(path: Path) -> int:
    """Print the bytes of a view at the densest place of each zoom; return the largest."""
    clock = datetime(TODAY.year, TODAY.month, TODAY.day, 4, tzinfo=UTC)
    largest = 0
    with Workspace.open(Settings(store=str(path)), lambda: clock) as workspace:
        tiling.warm(workspace, range(8, tiles.FULL_ZOOM + 1))
        for z in ZOOMS:
            lon, lat = densest(workspace.snapshot().households, z)
            sizes = {layer: weigh(workspace, layer, lon, lat, z, up) for layer, up in shown(z)}
            largest = max(largest, sum(sizes.values()))
            parts = ", ".join(f"{layer} {size / 1000:.0f}" for layer, size in sizes.items())
            print(
                f"zoom {z}, densest place, first screen and six moves: "
                f"{sum(sizes.values()) / 1000:.0f} kB (limit {VIEW / 1000:.0f}): {parts}"
            )
        cases = weigh(workspace, "cases", *COUNTY, 10, POINTS)
        print(f"case map, zoom 10: {cases / 1000:.0f} kB of cases")
    return max(largest, cases)


def shown(z: int) -> list[tuple[str, int]]:
    """The layers of the coverage map at a zoom, grids shaded, and how their tiles are drawn."""
    if z >= 13:
        return [("outlines", OUTLINES), ("grids", OUTLINES), ("households", POINTS)]
    return [("outlines", OUTLINES), ("villages" if z >= 11 else "townships", OUTLINES)]


def densest(homes: Households, z: int) -> tuple[float, float]:
    """The middle of the households of the fullest tile of a zoom."""
    located = np.flatnonzero(~np.isnan(homes.lon))
    tile = homes.key[located] >> np.uint64(2 * (26 - z))
    numbers, counts = np.unique(tile, return_counts=True)
    rows = located[tile == numbers[np.argmax(counts)]]
    return float(homes.lon[rows].mean()), float(homes.lat[rows].mean())


def weigh(workspace: Workspace, layer: str, lon: float, lat: float, z: int, up: int) -> int:
    """Bytes of the tiles of a layer that a view and its moves show."""
    asked = sorted(set(seen(layer, lon, lat, z, up)))
    return sum(len(tiling.tile(workspace, CONSOLE, *address).body) for address in asked)


def seen(
    layer: str, lon: float, lat: float, z: int, up: int
) -> Iterator[tuple[str, int, int, int]]:
    """The tiles of a layer that a view and its moves show."""
    zoom = min(z - up, DEEPEST if up else DEEPEST_POINTS)
    size = 256 << (z - zoom)
    x, y = (float(axis[0]) * (256 << z) for axis in mercator_unit(np.array([lon]), np.array([lat])))
    for east, south in MOVES:
        left, top = x + 256 * east - SCREEN[0] / 2, y + 256 * south - SCREEN[1] / 2
        for column in range(int(left // size), int((left + SCREEN[0]) // size) + 1):
            for row in range(int(top // size), int((top + SCREEN[1]) // size) + 1):
                yield layer, zoom, column, row


def place(z: int, lon: float, lat: float) -> tuple[int, int]:
    x, y = mercator_unit(np.array([lon]), np.array([lat]))
    return int(x[0] * (1 << z)), int(y[0] * (1 << z))


def lonlat(z: int, x: int, y: int) -> tuple[float, float]:
    """The north-west corner of a tile."""
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y / (1 << z)))))
    return 360 * x / (1 << z) - 180, float(lat)


if __name__ == "__main__":
    sys.exit(main())
