"""Coverage over many counties, to the last household the same as each county's own.

The rules are those of gisgrid.coverage, written once more as SQL because the engine is another;
tests/rollup holds the two together. Only the weeks that can matter are read: a household that was
visited, but not within the longest interval, is overdue whenever that visit was, so the day of its
first visit (kept with the household) is enough to tell it from one never visited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gisgrid.columns import day_number
from gisgrid.coverage import share_without_gap
from gisgrid.errors import RollupChanged, UnknownWord
from gisgrid.model import COVERAGE_COLUMNS, UNASSIGNED
from gisgrid.rollup.engine import connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date
    from pathlib import Path

    import duckdb

    from gisgrid.rollup.layout import Manifest

BY = ("county", "township")
COUNTS = ("households", "on_time", "due_soon", "overdue", "never", "gap", "unlocated")

_SQL = """
WITH seen AS (
    SELECT household, max(day) AS last FROM read_parquet($visits, hive_partitioning = false)
    WHERE day <= $day AND (kind = 0 OR $phone) GROUP BY household
), stood AS (
    SELECT {by}, unlocated,
        coalesce(last, listed) + every - $day AS ahead,
        last IS NULL AND (first_met <= $day OR ($phone AND first_phone <= $day)) AS long_ago,
        last IS NULL AS unseen
    FROM read_parquet($households, hive_partitioning = false) LEFT JOIN seen USING (household)
    WHERE from_day <= $day AND $day < until_day AND listed <= $day AND unlisted > $day
)
SELECT {by}, count(*) AS households,
    count_if(NOT long_ago AND ahead >= $soon) AS on_time,
    count_if(NOT long_ago AND ahead >= 0 AND ahead < $soon) AS due_soon,
    count_if(long_ago OR (ahead < 0 AND NOT unseen)) AS overdue,
    count_if(NOT long_ago AND ahead < 0 AND unseen) AS never,
    count_if(long_ago OR ahead < 0) AS gap,
    count_if(unlocated) AS unlocated
FROM stood GROUP BY {by}
"""
_NAMES = """
SELECT code, name FROM read_parquet($files, hive_partitioning = false) WHERE level = $level
"""
_NO_VISITS = "(SELECT NULL::INTEGER AS household, NULL::INTEGER AS day, 0 AS kind WHERE false)"

Sums = list[tuple[Any, ...]]
"""(code, then COUNTS) of one county; code "" for what lies in no area of the level. Two
codes where two levels are asked for."""


def county_sums(manifest: Manifest, folder: Path, day: int, by: str, threads: int = 0) -> Sums:
    """The counts of one county as of a day number; what a worker of a cluster runs.

    Raises RollupChanged where its files go away meanwhile: it was published anew.
    """
    with connect(threads) as engine:
        return _sums(engine, manifest, folder, day, by)


def _sums(
    engine: duckdb.DuckDBPyConnection, manifest: Manifest, folder: Path, day: int, by: str
) -> Sums:
    needed = manifest.needed(day)
    households = [str(folder / name) for name in needed if name.startswith("households-")]
    visits = [str(folder / name) for name in needed if name.startswith("week=")]
    values: dict[str, Any] = {
        "households": households,
        "day": day,
        "phone": manifest.phone_counts,
        "soon": manifest.soon_days,
    }
    sql = _SQL.format(by=by)
    if visits:
        values["visits"] = visits
    else:
        sql = sql.replace("read_parquet($visits, hive_partitioning = false)", _NO_VISITS)
    try:
        return [(code or "", *counts) for code, *counts in engine.execute(sql, values).fetchall()]
    except OSError as err:
        raise RollupChanged(county=manifest.county) from err


def one_by_one(counties: Sequence[tuple[Manifest, Path]], day: int, by: str) -> Iterable[Sums]:
    """The counts of each county, in turn, on this machine."""
    with connect() as engine:
        for manifest, folder in counties:
            yield _sums(engine, manifest, folder, day, by)


def with_townships(
    manifest: Manifest, folder: Path, as_of: date
) -> tuple[list[int], dict[str, tuple[str, list[int]]]]:
    """COUNTS of a county, and code -> name and COUNTS of each of its townships; read once."""
    whole = np.zeros(len(COUNTS), dtype=np.int64)
    with connect() as engine:
        names = _names(engine, [(manifest, folder)], "township")
        towns = {code: np.zeros(len(COUNTS), dtype=np.int64) for code in names}
        pairs = _sums(engine, manifest, folder, day_number(as_of), "county, township")
    for county, township, *counts in pairs:
        if county == manifest.county:
            whole += np.array(counts, dtype=np.int64)
        if township in towns:
            towns[township] += np.array(counts, dtype=np.int64)
    found = {code: (names[code], towns[code].tolist()) for code in sorted(names)}
    return whole.tolist(), found


def coverage(
    counties: Sequence[tuple[Manifest, Path]],
    as_of: date,
    by: str = "county",
    spread: Callable[[Sequence[tuple[Manifest, Path]], int, str], Iterable[Sums]] = one_by_one,
) -> pd.DataFrame:
    """COVERAGE_COLUMNS by county or township; the last row what lies in none, as everywhere.

    counties: Found.counties. spread: how the counties are worked on (gisgrid.rollup.cluster).
    A level's areas without households have their row too. Raises UnknownWord for another level.
    """
    if by not in BY:
        raise UnknownWord(value=by, kind="level of a roll-up", known=", ".join(BY))
    with connect() as engine:
        names = _names(engine, counties, by)
    total: dict[str, Any] = {code: np.zeros(len(COUNTS), dtype=np.int64) for code in names}
    total[""] = np.zeros(len(COUNTS), dtype=np.int64)
    for sums in spread(counties, day_number(as_of), by):
        for code, *counts in sums:
            total[code] += np.array(counts, dtype=np.int64)
    codes = [*sorted(names), ""]
    table = np.stack([total[code] for code in codes])
    frame = pd.DataFrame(table, columns=list(COUNTS))
    frame.insert(0, "code", codes)
    frame.insert(1, "name", [names.get(code, UNASSIGNED) for code in codes])
    frame["coverage"] = share_without_gap(frame["households"].to_numpy(), frame["gap"].to_numpy())
    return frame[list(COVERAGE_COLUMNS)]


def _names(
    engine: duckdb.DuckDBPyConnection, counties: Sequence[tuple[Manifest, Path]], level: str
) -> dict[str, str]:
    """Code -> name of the areas of a level."""
    files = [
        str(folder / name)
        for manifest, folder in counties
        for name in manifest.files
        if name.startswith("areas-")
    ]
    if not files:
        return {}
    return dict(engine.execute(_NAMES, {"files": files, "level": level}).fetchall())
