"""Coverage over many counties, to the last household the same as each county's own.

The rules are those of gisgrid.coverage, written once more as SQL because the engine is another;
tests/rollup holds the two together. Only the weeks that can matter are read: a household that was
visited, but not within the longest interval, is overdue whenever that visit was, so the day of its
first visit (kept with the household) is enough to tell it from one never visited.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import shapely

from gisgrid.columns import day_number
from gisgrid.coverage import share_without_gap
from gisgrid.errors import RollupChanged, RollupUnreadable, UnknownWord
from gisgrid.model import COVERAGE_COLUMNS, UNASSIGNED
from gisgrid.rollup.engine import connect

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Sequence
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
SELECT filename, code, name FROM read_parquet($files, hive_partitioning = false, filename = true)
WHERE level = $level
"""
_GONE = ("No files found", "No such file")
"""How the engine says that a file is not there."""
_NO_VISITS = "(SELECT NULL::INTEGER AS household, NULL::INTEGER AS day, 0 AS kind WHERE false)"

Sums = list[tuple[Any, ...]]
"""(code, then COUNTS) of one county; code "" for what lies in no area of the level. Two
codes where two levels are asked for."""

if TYPE_CHECKING:
    Spread = Callable[
        [Sequence[tuple[Manifest, Path]], int, str], Iterable[Sums | RollupUnreadable]
    ]


def county_sums(manifest: Manifest, folder: Path, day: int, by: str, threads: int = 0) -> Sums:
    """The counts of one county as of a day number; what a worker of a cluster runs.

    Raises RollupChanged where its files go away meanwhile: it was published anew.
    """
    with connect(threads) as engine:
        return _sums(engine, manifest, folder, day, by)


def _sums(
    engine: duckdb.DuckDBPyConnection, manifest: Manifest, folder: Path, day: int, by: str
) -> Sums:
    if manifest.missing_weeks():  # who was visited then would count as never visited
        raise RollupUnreadable(county=manifest.county)
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
    with reading(manifest.county):
        return [(code or "", *counts) for code, *counts in engine.execute(sql, values).fetchall()]


def one_by_one(
    counties: Sequence[tuple[Manifest, Path]], day: int, by: str
) -> Iterable[Sums | RollupUnreadable]:
    """The counts of each county, in turn, on this machine."""
    with connect() as engine:
        for manifest, folder in counties:
            try:
                yield _sums(engine, manifest, folder, day, by)
            except RollupUnreadable as err:
                yield err


def with_townships(
    manifest: Manifest, folder: Path, as_of: date
) -> tuple[list[int], dict[str, tuple[str, list[int]]]]:
    """COUNTS of a county, and code -> name and COUNTS of each of its townships; read once.

    Raises RollupUnreadable, RollupChanged.
    """
    whole = np.zeros(len(COUNTS), dtype=np.int64)
    names = _names(manifest, folder, "township")
    with connect() as engine:
        towns = {code: np.zeros(len(COUNTS), dtype=np.int64) for code in names}
        pairs = _sums(engine, manifest, folder, day_number(as_of), "county, township")
    _check_codes(manifest, (pair[0] for pair in pairs), {manifest.county})
    _check_codes(manifest, (pair[1] for pair in pairs), names)
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
    spread: Spread = one_by_one,
    unread: list[str] | None = None,
) -> pd.DataFrame:
    """COVERAGE_COLUMNS by county or township; the last row what lies in none, as everywhere.

    counties: Found.counties. spread: how the counties are worked on (gisgrid.rollup.cluster).
    unread: takes the codes of counties whose files cannot be read, which are left out; None: they
    raise RollupUnreadable. A level's areas without households have their row too. Raises
    UnknownWord for another level.
    """
    if by not in BY:
        raise UnknownWord(value=by, kind="level of a roll-up", known=", ".join(BY))
    names: dict[str, str] = {}
    total: dict[str, Any] = {"": np.zeros(len(COUNTS), dtype=np.int64)}
    listed = _listed(counties, by)
    results = spread(counties, day_number(as_of), by)
    for (manifest, folder), found, sums in zip(counties, listed, results, strict=True):
        try:
            own = _names(manifest, folder, by) if found is None else found
            _check_sums(manifest, by, own, names, sums)
        except RollupUnreadable:
            if unread is None:
                raise
            unread.append(manifest.county)
            continue
        names |= own
        total |= {code: np.zeros(len(COUNTS), dtype=np.int64) for code in own}
        for code, *counts in cast("Sums", sums):
            total[code] += np.array(counts, dtype=np.int64)
    codes = [*sorted(names), ""]
    table = np.stack([total[code] for code in codes])
    frame = pd.DataFrame(table, columns=list(COUNTS))
    frame.insert(0, "code", codes)
    frame.insert(1, "name", [names.get(code, UNASSIGNED) for code in codes])
    frame["coverage"] = share_without_gap(frame["households"].to_numpy(), frame["gap"].to_numpy())
    return frame[list(COVERAGE_COLUMNS)]


def _check_sums(
    manifest: Manifest,
    by: str,
    own: dict[str, str],
    others: Container[str],
    sums: Sums | RollupUnreadable,
) -> None:
    """Raise RollupUnreadable unless a county's sums are of its own areas of a level."""
    if isinstance(sums, RollupUnreadable):
        raise sums
    if by == "county":
        _check_codes(manifest, own, {manifest.county})
    if any(code in others for code in own):
        raise RollupUnreadable(county=manifest.county)
    _check_codes(manifest, (code for code, *_ in sums), own)


def _check_codes(manifest: Manifest, codes: Iterable[str | None], known: Container[str]) -> None:
    """Raise RollupUnreadable for a code that is not one of the county's own."""
    if not all(code in known for code in codes if code):
        raise RollupUnreadable(county=manifest.county)


@contextmanager
def reading(county: str) -> Iterator[None]:
    """Raise RollupUnreadable where a county's files are not what they should be.

    RollupChanged where they went away meanwhile: it was published anew.
    """
    import duckdb  # noqa: PLC0415 - an extra that few need

    try:
        yield
    except (OSError, duckdb.IOException) as err:
        if any(word in str(err) for word in _GONE):
            raise RollupChanged(county=county) from err
        raise RollupUnreadable(county=county) from err
    except (duckdb.Error, shapely.errors.ShapelyError, ValueError) as err:
        raise RollupUnreadable(county=county) from err


def _area_files(manifest: Manifest, folder: Path) -> list[str]:
    return [str(folder / name) for name in manifest.files if name.startswith("areas-")]


def _names(manifest: Manifest, folder: Path, level: str) -> dict[str, str]:
    """Code -> name of a county's areas of a level."""
    values = {"files": _area_files(manifest, folder), "level": level}
    with reading(manifest.county), connect() as engine:
        return {code: name for _, code, name in engine.execute(_NAMES, values).fetchall()}


def _listed(
    counties: Sequence[tuple[Manifest, Path]], level: str
) -> list[dict[str, str]] | list[None]:
    """_names of each county, asked for at once; None for each where one of them does not answer.

    A hundred questions of a few rows take as long as the whole count of some counties.
    """
    found: list[dict[str, str]] = [{} for _ in counties]
    at = {
        file: number
        for number, (manifest, folder) in enumerate(counties)
        for file in _area_files(manifest, folder)
    }
    if not at:
        return found
    try:
        with reading(""), connect() as engine:
            rows = engine.execute(_NAMES, {"files": list(at), "level": level}).fetchall()
        for file, code, name in rows:
            found[at[file]][code] = name
    except (RollupUnreadable, RollupChanged, KeyError):
        return [None] * len(counties)
    return found
