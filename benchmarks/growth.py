"""Growth: the same measures at 10,000, 150,000 and a million households, and their exponents.

`python -m benchmarks.growth [--postgis] [--folder DIR] [SIZE …]`. Times are of the processor in
this process: what a neighbour on the machine takes, and the wait for the disk, are not in them. An
exponent of 0 is flat, 1 grows in line. With --folder the stores stay there and are used again.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import tempfile
import time
import uuid
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.postgis import cluster
from gisgrid import demo
from gisgrid.access import CONSOLE, EVERYWHERE, Role
from gisgrid.errors import GisgridError
from gisgrid.frames import mercator_unit
from gisgrid.operations import figures, people, recording, tiling
from gisgrid.operations.plans import drafts, editing
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.snapshot import ReadModel
from gisgrid.snapshot.weight import weight
from gisgrid.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SIZES = (10_000, 150_000, 1_000_000)
TODAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
FLAT = ("tile of", "tile z15", "edit", "visit")
ROUNDS = 40
ZOOMS = (11, 12, 13, 14, 15, 16)


def main() -> int:
    """Print the table; 1 where something that should be flat or in line grows faster."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--postgis", action="store_true", help="on a server made for the moment")
    parser.add_argument("--folder", type=Path, help="where GeoPackages are kept between two runs")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = asked.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(cluster(durable=True)).url if asked.postgis else None
        found = {}
        for size in sorted(asked.sizes):
            url = f"{server}?schema=n{size}" if server else str(folder / f"{size}.gpkg")
            found[size] = measured(url, size, folder)
            print(f"{size:,} households measured", file=sys.stderr)
    return table(found)


def table(found: dict[int, dict[str, float]]) -> int:
    """Print it, a measure a line; 1 where a measure grows faster than it should."""
    sizes = sorted(found)
    print(f"{'':<24}" + "".join(f"{size:>14,}" for size in sizes) + f"{'exponent':>10}")
    bad = 0
    for name in found[sizes[0]]:
        row = [found[size][name] for size in sizes]
        ratio = max(row[-1], 1e-9) / max(row[0], 1e-9)
        exponent = math.log(ratio) / math.log(sizes[-1] / sizes[0]) if len(sizes) > 1 else 0.0
        most = 0.3 if name.startswith(FLAT) else 1.15
        bad += exponent > most
        mark = "  grows" if exponent > most else ""
        print(f"{name:<24}" + "".join(f"{v:>14.2f}" for v in row) + f"{exponent:>10.2f}{mark}")
    return min(bad, 1)


def measured(url: str, size: int, folder: Path) -> dict[str, float]:
    """All measures on one store, built where it is not there yet."""
    if "://" in url or not Path(url).exists():
        demo.build(url, households=size, today=TODAY)
    found: dict[str, float] = {}
    with Store.open(url) as store:
        found["read model built, s"] = spent(ReadModel(store).current)
    columns = str(folder) if "://" in url else ""
    settings = Settings(store=url, columns_folder=columns)
    with Workspace.open(settings, lambda: NOON) as ws:
        ws.snapshot()
        ws.keep_columns()
    with Workspace.open(settings, lambda: NOON) as ws:
        found["start from columns, s"] = spent(ws.snapshot)
        found["memory, MB"] = sum(weight(ws.snapshot()).values()) / 1e6
        found["coverage 30 days ago, ms"] = 1000 * statistics.median(
            spent(lambda n=n: figures.coverage_table(ws, CONSOLE, as_of=past(ws, n), by="grid"))
            for n in range(28, 33)
        )
        found |= tiles(ws)
        found["edit with effect, ms"] = 1000 * statistics.median(edits(ws))
        found["edit after a visit, ms"] = 1000 * statistics.median(edits(ws, visit=True))
        found["tile z15 after one, ms"] = 1000 * statistics.median(looks(ws))
        found["visit, ms"] = 1000 * statistics.median(visits(ws))
    return found


def spent(deed: Callable[[], Any]) -> float:
    """Seconds of the processor."""
    start = time.process_time()
    deed()
    return time.process_time() - start


def past(ws: Workspace, days: int) -> date:
    return ws.today() - timedelta(days=days)


def tiles(ws: Workspace) -> dict[str, float]:
    """Tiles at the places of households, each time another one; none is kept from before.

    All sizes share one ground: a tile of one zoom holds a hundred times the households in the
    largest store, so that of zooms 13 and 11 grows with what is in it. What is the same in all are
    tiles with 300 to 600 households, of whatever zoom.
    """
    homes = ws.snapshot().households
    located = np.flatnonzero(~np.isnan(homes.lon))
    axes = mercator_unit(homes.lon[located], homes.lat[located])
    at = {z: np.stack([np.floor(axis * 2**z).astype(np.int64) for axis in axes]) for z in ZOOMS}
    found = {}
    full = [(z, *place) for z in ZOOMS[2:] for place in _holding(at[z], 300, 600)]
    chosen = {"of 300 to 600": [full[i] for i in _some(len(full))]}
    for z in (15, 13, 11):
        places = dict.fromkeys((z, *at[z][:, i].tolist()) for i in _some(len(located)))
        chosen[f"z{z}"] = list(places)[:ROUNDS]
    for name, places in chosen.items():
        made = [partial(tiling.tile, ws, CONSOLE, "households", *place) for place in places]
        made[0]()  # the state of the day is worked out
        found[f"tile {name}, ms"] = 1000 * statistics.median(map(spent, made[1:]))
    return found


def _some(count: int) -> list[int]:
    """Numbers below `count`, in no order, more than there are rounds where there are so many."""
    rng = np.random.default_rng(1)
    return list(rng.permutation(count)[: 3 * ROUNDS].tolist())


def _holding(places: Any, least: int, most: int) -> list[tuple[int, int]]:
    """Tiles (x, y) that hold so many of the points whose tiles `places` (2, n) has."""
    each, count = np.unique(places, axis=1, return_counts=True)
    kept = each[:, (count >= least) & (count <= most)]
    return list(zip(*kept.tolist(), strict=True))


def edits(
    ws: Workspace, clock: Callable[[], float] = time.process_time, *, visit: bool = False
) -> list[float]:
    """Grids cut in two, somewhere, in a draft that was shown before; seconds of each by the clock.

    visit: one is recorded before each, as they come all day: the edit is the first to look at the
    county after it.
    """
    record = recorder(ws) if visit else None
    rng = np.random.default_rng(2)
    grids = ws.store.grids(scope=EVERYWHERE)
    draft, seen, took = drafts.open_draft(ws, CONSOLE, name="growth"), 1, []
    editing.grids(ws, CONSOLE, draft, bbox=tuple(grids.geometry.iloc[0].bounds))  # as the page does
    for row in rng.permutation(len(grids))[: 4 * ROUNDS]:
        west, south, east, north = grids.geometry.iloc[row].bounds
        middle, more = (south + north) / 2, (east - west) / 10
        line = [[west - more, middle], [east + more, middle]]
        wish = {"op": "split", "code": grids["code"].iloc[row], "allow_led": True}
        wish["line"] = {"type": "LineString", "coordinates": line}
        if record is not None:
            record()
        start = clock()
        try:
            seen = editing.edit(ws, CONSOLE, draft, wish, seen=seen)["version"]
        except GisgridError:
            continue  # it cannot be cut there
        took.append(clock() - start)
        if len(took) == ROUNDS:
            break
    return took[3:]


def looks(ws: Workspace) -> Iterable[float]:
    """A tile of zoom 15 after each visit, each time another one: the first look after it."""
    ws.snapshot().state(ws.today())  # as the map of a whole day has it
    ws.snapshot().tally(ws.today())
    homes, record, took = ws.snapshot().households, recorder(ws), []
    located = np.flatnonzero(~np.isnan(homes.lon))
    some = located[_some(len(located))][: ROUNDS + 3]
    axes = mercator_unit(homes.lon[some], homes.lat[some])
    for place in np.stack([np.floor(axis * 2**15).astype(np.int64) for axis in axes]).T.tolist():
        record()
        took.append(spent(partial(tiling.tile, ws, CONSOLE, "households", 15, *place)))
    return took[3:]


def visits(ws: Workspace) -> Iterable[float]:
    """Visits one by one, and a look at the figures after each as a page takes it."""
    record, took = recorder(ws), []
    for _ in range(ROUNDS + 3):
        took.append(spent(record))
        ws.snapshot()
    return took[3:]


def recorder(ws: Workspace) -> Callable[[], None]:
    """A function that records a visit of somebody's, each time at another household."""
    person = next(
        p for p in ws.store.people() if p.role == Role.SUPERVISOR.value and p.scope == "*"
    )
    actor, ids, rng = people.actor_of(person), ws.snapshot().households.id, np.random.default_rng(3)

    def record() -> None:
        item = {
            "client_id": str(uuid.uuid4()),
            "household": ids[rng.integers(len(ids))],
            "outcome": "met",
            "visited_at": NOON.isoformat(),
        }
        recording.record_visits(ws, actor, [item])

    return record


if __name__ == "__main__":
    sys.exit(main())
