"""One edit with its effect on people, against what an office would do to the whole layer.

`python -m benchmarks.redraw [--rounds N]`: generated counties of 1,800 and 12,500 grids with about
80 households each. Splits, merges, reshapes and transfers, made as the server makes them (read from
JSON, tried, answered with the new shapes, the figures of all touched grids and what changes hands),
without the store. Beside them, in the same run: `geopandas.overlay` of a drawn area with the whole
layer, `shapely.coverage_is_valid` of the whole plan, and `check_plan`, the exact proof that
publishing makes.
All of it works on one processor and waits for nothing, so that processor time is what is compared:
it is the time that passes where the machine is free; what passed here is told beside it.
Exit code 1 where a median is 5 ms or more, or the large plan's more than 1.5 times the small one's.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from dataclasses import fields, replace
from datetime import date
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from gisgrid import columns, coverage
from gisgrid.access import CONSOLE
from gisgrid.errors import EditRefused
from gisgrid.model import Programme
from gisgrid.operations.plans.bench import Bench
from gisgrid.operations.plans.drawing import Drawing
from gisgrid.operations.plans.editing import tried
from gisgrid.operations.plans.telling import answer
from gisgrid.redraw import Grid, Plan, check_plan, edit_from_json, footprint, local
from gisgrid.snapshot import Snapshot
from gisgrid.snapshot.build import areas
from gisgrid.store import Draft

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = (1_800, 12_500)
HOUSEHOLDS = 80
"""Of a grid."""
LIMIT_MS, GROWTH = 5.0, 1.5
IN_A_ROW = 300
SIDE = 0.0125
"""Degrees, about, of a grid's side."""


DAY = date(2026, 11, 22)
DRAFT = Draft(**{field.name: None for field in fields(Draft)} | {"step": 1, "steps": 1})  # type: ignore[arg-type]


class County:
    """Clipped Voronoi cells with bent borders on the lattice, households and cases."""

    def __init__(self, count: int, seed: int = 1) -> None:
        rng = self.rng = np.random.default_rng(seed)
        side = SIDE * np.sqrt(count)
        ground = shapely.box(105.0, 35.0, 105.0 + side, 35.0 + side)
        sites = rng.uniform((105.0, 35.0), (105.0 + side, 35.0 + side), (count, 2))
        cells = shapely.get_parts(
            shapely.voronoi_polygons(shapely.multipoints(sites), extend_to=ground)
        )
        lines = shapely.union_all(
            shapely.transform(
                shapely.boundary(shapely.segmentize(shapely.intersection(cells, ground), SIDE / 8)),
                lambda p: np.rint(p * 1e7),
            ),
            grid_size=1.0,
        )
        faces = shapely.get_parts(shapely.polygonize([lines]))
        faces = faces[shapely.area(faces) > (SIDE * 1e7) ** 2 / 100]
        shapes = shapely.transform(faces, lambda p: np.rint(p) / 1e7)
        plan = Plan.of(
            Grid(f"G{i:05d}", None, "V", "somebody", None, shape) for i, shape in enumerate(shapes)
        )
        number = count * HOUSEHOLDS
        lon, lat = rng.uniform(105.0, 105.0 + side, number), rng.uniform(35.0, 35.0 + side, number)
        self.desk = Bench(self.snapshot(plan, np.round(lon, 7), np.round(lat, 7)), DAY)
        self.stand_at(Drawing.begun(plan, 1))

    def stand_at(self, drawing: Drawing) -> None:
        """Let the next edit be one of this draft."""
        self.drawing, self.plan, self.codes = drawing, drawing.plan, drawing.plan.codes()

    def snapshot(self, plan: Plan, lon: Any, lat: Any) -> Snapshot:
        """Households, a fifth of them a visit gap, and cases, half of them open."""
        number, rng = len(lon), self.rng
        today = columns.day_number(DAY)
        none, nobody = np.zeros(number, dtype=np.int32), np.full(number, -1, dtype=np.int32)
        homes = columns.Households(
            id=columns.objects([f"H{i}" for i in range(number)]),
            lon=lon,
            lat=lat,
            key=none.astype(np.uint64),
            every=none,
            listed=np.full(number, today, dtype=np.int32) - rng.integers(0, 9, number),
            unlisted=np.full(number, columns.FAR_DAY),
            named=nobody,
            codes=columns.objects([]),
        )
        at = np.sort(rng.integers(number, size=number // 20))
        some = np.full(len(at), today, dtype=np.int32)
        cases = columns.Cases(
            id=columns.objects([f"C{i:07d}" for i in range(len(at))]),
            household=at.astype(np.int32),
            lon=lon[at],
            lat=lat[at],
            own_point=np.zeros(len(at), dtype=bool),
            opened=some - 30,
            due=some - rng.integers(-20, 5, len(at)),
            closed=np.where(rng.random(len(at)) < 0.5, some - 1, columns.FAR_DAY),
            category=np.zeros(len(at), dtype=np.int32),
            categories=columns.objects([""]),
            since=np.full(len(at), columns.NO_DAY),
            until=np.full(len(at), columns.FAR_DAY),
        )
        tree = areas({"code": ["V"], "name": ["V"], "level": ["village"], "parent_code": [None]})
        columns_of = replace(local(plan, plan.codes()), revision=1)
        visits = coverage.daybits.no_visits(number)
        return Snapshot(
            "1", Programme(), tree, (columns_of,), households=homes, visits=visits, cases=cases
        )

    def edit(self, op: str) -> dict[str, Any]:
        """A sensible edit somewhere."""
        code = self.codes[int(self.rng.integers(len(self.codes)))]
        shape = self.plan[code].polygon
        w, s, e, n = shape.bounds
        middle = np.array([(w + e) / 2, (s + n) / 2])
        if op == "split":
            angle = self.rng.uniform(0, np.pi)
            way = np.array([np.cos(angle), np.sin(angle)]) * (e - w + n - s)
            line = [(middle - way).tolist(), middle.tolist(), (middle + way).tolist()]
            return {"op": op, "code": code, "line": {"type": "LineString", "coordinates": line}}
        beside = [
            other
            for other in self.plan.near(shape.bounds)
            if other != code and self.plan[other].polygon.intersection(shape).length > 0.3 * (e - w)
        ]
        if op == "merge":
            return {"op": op, "codes": [code, beside[0]]}
        if op == "reshape":
            points = shapely.get_coordinates(shape)
            at = points[int(self.rng.integers(len(points)))]
            to = at + self.rng.normal(0, 0.02, 2) * (e - w, n - s)
            return {"op": op, "moves": [{"from": at.tolist(), "to": to.tolist()}]}
        ring = shapely.get_coordinates(shape.centroid.buffer(0.35 * (e - w), quad_segs=4))
        target = self.plan[beside[0]].polygon.centroid
        ring = ring + 0.35 * (np.array([target.x, target.y]) - middle)
        area = {"type": "Polygon", "coordinates": [ring.tolist()]}
        return {"op": op, "area": area, "to": beside[0]}


def edits(county: County, op: str, rounds: int) -> list[tuple[float, float]]:
    """Milliseconds of edits that were made, with their effect: of the processor, and passed."""
    took: list[tuple[float, float]] = []
    for _ in range(20 * rounds):
        done = drawn(county, op)
        if done is not None:
            took.append(done[:2])
        if len(took) == rounds:
            break
    return took


def drawn(county: County, op: str) -> tuple[float, float, Drawing] | None:
    """Milliseconds of an edit as in `edits`, and what it made; None for one that is refused."""
    try:
        wish = county.edit(op)
    except IndexError:  # no neighbour
        return None
    start, clock = time.process_time(), time.perf_counter()
    try:
        made = tried(county.desk, CONSOLE, DRAFT, county.drawing, edit_from_json(wish))
    except EditRefused:
        return None
    answer(county.desk, CONSOLE, DRAFT, op, county.drawing, made.drawing, made.notes)
    spent, passed = time.process_time() - start, time.perf_counter() - clock
    return spent * 1e3, passed * 1e3, made.drawing


def in_a_row(county: County, count: int) -> tuple[float, float]:
    """Median and longest milliseconds of edits of one draft, each on the plan that the last left.

    Every 256 changed grids the plan gets a new index, within one of these edits.
    """
    begun, took = county.drawing, list[float]()
    for op in islice(cycle(("split", "reshape", "transfer", "merge")), 20 * count):
        done = drawn(county, op)
        if done is not None:
            took.append(done[0])
            county.stand_at(done[2])
        if len(took) == count:
            break
    county.stand_at(begun)
    return statistics.median(took), max(took)


def whole(county: County) -> dict[str, float]:
    """Milliseconds of what an office would do to the whole layer; the best of three."""
    shapes = np.array([county.plan[code].polygon for code in county.codes], dtype=object)
    grids = [county.plan[code] for code in county.codes]
    layer = gpd.GeoDataFrame({"code": county.codes}, geometry=shapes, crs="EPSG:4326")
    drawn = gpd.GeoDataFrame(geometry=[shapes[0].buffer(SIDE / 4)], crs="EPSG:4326")
    ground = footprint(grids)
    peers: dict[str, Callable[[], Any]] = {
        "geopandas.overlay of the layer": lambda: gpd.overlay(layer, drawn, how="difference"),
        "coverage_is_valid of the plan": lambda: shapely.coverage_is_valid(shapes),
        "check_plan (exact proof)": lambda: check_plan(grids, ground),
    }
    found = {}
    for name, peer in peers.items():
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            peer()
            best = min(best, (time.process_time() - start) * 1e3)
        found[name] = best
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    counties = [County(size) for size in SIZES]
    peers = [whole(county) for county in counties]
    failed = False
    head = "".join(f"{len(county.plan):>10,}" for county in counties)
    ratios = "   overlay : edit, validating : edit, ms passed"
    print(f"{'median ms, with impact':<32}{head}{'growth':>10}{ratios}")
    for op in ("split", "merge", "reshape", "transfer"):
        # Turn by turn, so that a busy moment of the machine falls on both alike.
        took: list[list[tuple[float, float]]] = [[], []]
        for _ in range(10):
            for i, county in enumerate(counties):
                took[i] += edits(county, op, rounds // 10)
        small, large = (statistics.median(spent for spent, _ in times) for times in took)
        passed = statistics.median(passed for _, passed in took[1])
        over, valid = (peers[1][name] / large for name in list(peers[1])[:2])
        good = max(small, large) < LIMIT_MS and large <= GROWTH * small
        failed |= not good
        print(
            f"{op:<32}{small:>10.2f}{large:>10.2f}{large / small:>9.2f}x"
            f"   {over:>8,.0f}x {valid:>8,.0f}x   {passed:>7.2f}{'' if good else '   MISSED'}"
        )
    rows = [in_a_row(county, IN_A_ROW) for county in counties]
    for i, name in enumerate(("one after the other, median", "the longest, with a new index")):
        print(f"{name:<32}{rows[0][i]:>10.2f}{rows[1][i]:>10.2f}")
    for name in peers[0]:
        print(f"{name:<32}{peers[0][name]:>10.1f}{peers[1][name]:>10.1f}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
