"""Coverage over many counties: gisgrid's roll-up beside DuckDB's and polars' own SQL.

`python -m benchmarks.rollup [--counties 100] [--store layers/demo.gpkg]`: the demo county is
published once and laid down under so many codes, each a file of its own. The same Parquet for all
three, another past day in each round, turn by turn; medians and ratios. What all count is compared
in every round, also with the county's own figures: a difference ends the run with an error.

The peers are asked as one would ask them: the last visit up to the day (all weeks), and, knowing
what gisgrid knows, only within the longest interval (the window). The best of the four counts.
Growth: the same at a tenth and half of the counties.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import statistics
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl

from benchmarks.demo_store import USUAL, demo_store
from gisgrid import rollup
from gisgrid.access import CONSOLE
from gisgrid.columns import day_number
from gisgrid.operations import figures, rolling
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 3
CODES = {"areas": ("code", "parent_code"), "households": ("county", "township")}
"""Columns that name areas of the county."""
LIMIT = 1.2

FILES = {"hive_partitioning": False, "include_file_paths": "path"}
SQL = """
WITH seen AS (
    SELECT county, household, max(day) AS last FROM {visits}
    WHERE day <= {day} AND day >= {first} AND kind = 0 GROUP BY county, household
)
SELECT count(*) AS households,
    sum(CASE WHEN coalesce(last, first_met_or_listed) + every < {day} THEN 1 ELSE 0 END) AS gap
FROM (
    SELECT h.*, s.last,
        CASE WHEN h.first_met <= {day} THEN -100000 ELSE h.listed END AS first_met_or_listed
    FROM {households} h LEFT JOIN seen s ON s.county = h.county AND s.household = h.household
) x
WHERE from_day <= {day} AND {day} < until_day AND listed <= {day} AND unlisted > {day}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counties", type=int, default=100)
    parser.add_argument("--store", default=str(USUAL))
    asked = parser.parse_args()
    with (
        demo_store(asked.store) as store,
        tempfile.TemporaryDirectory(prefix="gisgrid-rollup-") as folder,
    ):
        root = Path(folder)
        with Workspace.open(Settings(store=str(store))) as ws:
            begun = time.perf_counter()
            rolling.publish(ws, CONSOLE, str(root))
            took = time.perf_counter() - begun
            last = ws.today()
            days = [last - timedelta(days=3 + 9 * i) for i in range(ROUNDS)]
            own = {d: figures.totals(ws, CONSOLE, as_of=d) for d in [last, *days]}
        size = sum(path.stat().st_size for path in root.rglob("*.parquet"))
        print(f"one county published in {took:.1f} s, {size / 1e6:.1f} MB")
        print(f"{'counties':>8} {'households':>12} {'visits':>12}   seconds, medians", flush=True)
        seconds = {}
        for count in sorted({max(1, asked.counties // 10), asked.counties // 2, asked.counties}):
            multiply(root, count)
            ratio, seconds[count] = measure(root, count, days, own)
    first, *_, most = sorted(seconds)
    growth = math.log(seconds[most] / seconds[first]) / math.log(most / first)
    print(f"growth: exponent {growth:.2f} from {first} to {most} counties")
    return int(ratio > LIMIT)


def multiply(root: Path, count: int) -> None:
    """The one county under `count` codes; visits of a peer need the county beside the household."""
    source = min(root.glob("county=6*"))
    facts = json.loads((source / "manifest.json").read_text("utf-8"))
    for n in range(len(list(root.glob("county=*"))), count):
        lead = f"{900000 + n}"  # a county's and its townships' codes begin alike
        code = lead + facts["county"][len(lead) :]
        target = root / f"county={code}"
        shutil.copytree(source, target)
        files = dict(facts["files"])
        for kind, columns in CODES.items():
            (path,) = target.glob(f"{kind}-*.parquet")
            turned = ", ".join(
                f"CASE WHEN {name} = '' THEN '' "
                f"ELSE '{lead}' || substr({name}, {len(lead) + 1}) END AS {name}"
                for name in columns
            )
            duckdb.sql(
                f"COPY (SELECT * REPLACE ({turned}) FROM read_parquet('{source / path.name}', "
                f"hive_partitioning = false)) TO '{path}' "
                "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
            )
            files[path.name] = files[path.name] | {"bytes": path.stat().st_size}
        made = facts | {"county": code, "files": files}
        (target / "manifest.json").write_text(json.dumps(made), "utf-8")


def measure(root: Path, count: int, days: list[date], own: dict[date, Any]) -> tuple[float, float]:
    """Time all ways turn by turn; returns gisgrid / best of the peers, and gisgrid's seconds."""
    ways = peers(root)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for day in [days[0] - timedelta(days=1), *days]:  # the first is to warm up
        for name, way in ways.items():
            begun = time.perf_counter()
            found = way(day)
            times[name].append(time.perf_counter() - begun)
            if day in own:
                expected = (own[day]["households"] * count, own[day]["gap"] * count)
                assert tuple(map(int, found)) == expected, (name, day, found, expected)
    medians = {name: statistics.median(taken[1:]) for name, taken in times.items()}
    engine = duckdb.sql
    rows = {
        what: engine(f"SELECT count(*) FROM read_parquet('{root}/*/{where}')").fetchone()
        for what, where in (("households", "households-*"), ("visits", "week=*/*"))
    }
    shown = "  ".join(f"{name} {seconds:.2f}" for name, seconds in medians.items())
    print(f"{count:8} {rows['households'][0]:12,} {rows['visits'][0]:12,}   {shown}")  # type: ignore[index]
    best = min(seconds for name, seconds in medians.items() if name != "gisgrid")
    ratio = medians["gisgrid"] / best
    print(f"{'':36}gisgrid / best of the others: {ratio:.2f} (limit {LIMIT})", flush=True)
    return ratio, medians["gisgrid"]


def peers(root: Path) -> dict[str, Callable[[date], Any]]:
    """name -> a function from a day to (households, gap) of all counties."""

    def gisgrid(day: date) -> Any:
        found = rollup.survey(str(root), day)
        table = rollup.coverage(found.counties, day, "county")
        return table["households"].sum(), table["gap"].sum()

    db = duckdb.connect()
    longest = max(manifest.longest for manifest, _ in rollup.survey(str(root), date.min).counties)
    tables = {
        "visits": (
            f"read_parquet('{root}/*/week=*/*.parquet', hive_partitioning = true, "
            "hive_types = {'county': VARCHAR})"
        ),
        "households": (
            f"(SELECT * REPLACE (regexp_extract(filename, 'county=([^/]+)', 1) AS county) "
            f"FROM read_parquet('{root}/*/households-*.parquet', hive_partitioning = false, "
            "filename = true))"
        ),
    }

    def duck(first: Callable[[int], int]) -> Callable[[date], Any]:
        def ask(day: date) -> Any:
            number = day_number(day)
            return db.execute(SQL.format(day=number, first=first(number), **tables)).fetchone()

        return ask

    def polars(first: Callable[[int], int]) -> Callable[[date], Any]:
        def ask(day: date) -> Any:
            number = day_number(day)
            visits = pl.scan_parquet(f"{root}/*/week=*/*.parquet", **FILES)
            visits = visits.filter(pl.col("day").is_between(first(number), number))
            homes = pl.scan_parquet(f"{root}/*/households-*.parquet", **FILES)
            code = pl.col("path").str.extract(r"county=([^/]+)", 1).cast(pl.Int64).alias("county")
            frames = {"visits": visits, "households": homes}
            with pl.SQLContext({k: f.with_columns(code) for k, f in frames.items()}) as context:
                asked = {"day": number, "first": first(number), **{k: k for k in frames}}
                found = context.execute(SQL.format(**asked))
                return found.collect(engine="streaming").row(0)

        return ask

    return {
        "gisgrid": gisgrid,
        "duckdb plain": duck(lambda _day: 0),
        "duckdb window": duck(lambda day: day - longest - 1),
        "polars plain": polars(lambda _day: 0),
        "polars window": polars(lambda day: day - longest - 1),
    }


if __name__ == "__main__":
    sys.exit(main())
