"""The store's bulk columns -> the columns of the read model: sorted, numbered, linked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gisgrid.columns import Areas, Cases, Households, Plan, Visits, day_number
from gisgrid.coverage import daybits
from gisgrid.frames import morton
from gisgrid.model import LEVELS, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from gisgrid.columns import Ints, Objects
    from gisgrid.snapshot.ids import Ids, OneLook

_CENTURIES = 100_000
"""Days. A longer interval than 270 years changes no figure but would overflow a day number."""

NO_PLAN = Plan(
    revision=0,
    valid_from=None,
    valid_to=None,
    code=np.empty(0, dtype=object),
    name=np.empty(0, dtype=object),
    member=np.empty(0, dtype=object),
    area=np.empty(0, dtype=np.int32),
    every=np.empty(0, dtype=np.int32),
    geometry=np.empty(0, dtype=object),
)
"""The plan of a day on which no revision is in force: everything is unassigned."""


def areas(columns: Mapping[str, Any]) -> Areas:
    """Areas by level from the top, then by code.

    A parent that does not exist or is not of a higher level is none: the area is a root then, and
    a circle cannot arise.
    """
    level = np.array([LEVELS.index(word) for word in columns["level"]], dtype=np.int32)
    code = np.asarray(columns["code"], dtype=object)
    order = sorted(range(len(code)), key=lambda i: (level[i], code[i]))
    level, code = level[order], code[order]
    parent = _find(code, np.asarray(columns["parent_code"], dtype=object)[order])
    parent[(parent >= 0) & (level[parent] >= level)] = -1
    return Areas(code, np.asarray(columns["name"], dtype=object)[order], level, parent)


def plans(revisions: Iterable[Any], tree: Areas) -> tuple[Plan, ...]:
    """All revisions, the oldest first, grids by code."""
    return tuple(_plan(rows, tree) for rows in sorted(revisions, key=lambda r: int(r.revision)))


def _plan(rows: Any, tree: Areas) -> Plan:
    code = np.asarray(rows.code, dtype=object)
    order = np.argsort(code, kind="stable")
    return Plan(
        revision=int(rows.revision),
        valid_from=rows.valid_from,
        valid_to=rows.valid_to,
        code=code[order],
        name=np.asarray(rows.name, dtype=object)[order],
        member=np.asarray(rows.member, dtype=object)[order],
        area=_find(tree.code, np.asarray(rows.area_code, dtype=object)[order]),
        every=_intervals(rows.every)[order],
        geometry=shapely.from_wkb(np.asarray(rows.wkb, dtype=object)[order]),
    )


def households(columns: Mapping[str, Any]) -> Households:
    """Households in Morton order, the unlocated ones last."""
    lon = np.array(columns["lon"], dtype=np.float64)
    lat = np.array(columns["lat"], dtype=np.float64)
    unlocated = np.isnan(lon) | np.isnan(lat)
    lon[unlocated] = lat[unlocated] = np.nan
    key = morton(lon, lat)
    order = np.lexsort((key, unlocated))
    # A located household lies where its point lies, whatever grid it names.
    names = np.where(unlocated, np.asarray(columns["grid_code"], dtype=object), "")[order]
    named, codes = pd.factorize(names)
    named = named.astype(np.int32)
    named[names == ""] = -1
    return Households(
        id=np.asarray(columns["id"], dtype=object)[order],
        lon=lon[order],
        lat=lat[order],
        key=key[order],
        every=_intervals(columns["every"])[order],
        listed=np.asarray(columns["listed"], dtype=np.int32)[order],
        unlisted=np.asarray(columns["unlisted"], dtype=np.int32)[order],
        named=named,
        codes=np.asarray(codes, dtype=object),
    )


def cases(columns: Mapping[str, Any], ids: Ids | OneLook, homes: Households) -> Cases:
    """Cases by id. ids: the index of homes.id."""
    code = np.asarray(columns["id"], dtype=object)
    order = np.argsort(code, kind="stable")
    household = _locate(ids, np.asarray(columns["household_id"], dtype=object)[order])
    lon = np.array(columns["lon"], dtype=np.float64)[order]
    lat = np.array(columns["lat"], dtype=np.float64)[order]
    own = ~(np.isnan(lon) | np.isnan(lat))
    words = pd.Series(columns["category"], dtype=object).fillna("").to_numpy()[order]
    category, categories = pd.factorize(words, sort=True)
    found = Cases(
        id=code[order],
        household=household,
        lon=lon,
        lat=lat,
        own_point=own,
        opened=np.asarray(columns["opened"], dtype=np.int32)[order],
        due=np.asarray(columns["due"], dtype=np.int32)[order],
        closed=np.asarray(columns["closed"], dtype=np.int32)[order],
        category=category.astype(np.int32),
        categories=np.asarray(categories, dtype=object),
        since=np.asarray(columns["since"], dtype=np.int32)[order],
        until=np.asarray(columns["until"], dtype=np.int32)[order],
    )
    return lent(found, homes)


def no_cases() -> Cases:
    """A table of cases without a row."""
    none = np.empty(0, dtype=np.int32)
    where = np.empty(0)
    text = np.empty(0, dtype=object)
    numbers = dict.fromkeys(("household", "opened", "due", "closed", "category"), none)
    return Cases(
        id=text,
        lon=where,
        lat=where,
        own_point=np.empty(0, dtype=bool),
        categories=text,
        since=none,
        until=none,
        **numbers,
    )


def lent(cases: Cases, homes: Households) -> Cases:
    """Cases without a point of their own at that of their household, where they have one."""
    lon, lat = cases.lon.copy(), cases.lat.copy()
    lon[~cases.own_point] = lat[~cases.own_point] = np.nan
    rows = np.flatnonzero(~cases.own_point & (cases.household >= 0))
    lon[rows], lat[rows] = (axis[cases.household[rows]] for axis in (homes.lon, homes.lat))
    return replace(cases, lon=lon, lat=lat)


def visits(rows: Any, ids: Ids, base: Visits) -> Visits | None:
    """`base` with the rows of Store.visit_days added.

    None when a row names a household that `ids` lacks: it came after the households were read.
    """
    household = _locate(ids, np.asarray(rows.household_id, dtype=object))
    if (household < 0).any():
        return None
    count = np.asarray(rows.count)
    outcome = np.asarray(rows.outcome)
    day = np.asarray(rows.day)
    tables = {}
    for kind in Outcome:
        runs = outcome == kind.value
        each = np.repeat(household[runs], count[runs])
        tables[kind.value] = daybits.add(
            getattr(base, kind.value), each, day[np.repeat(runs, count)]
        )
    return Visits(**tables)


def corrected(
    base: Visits, days: list[tuple[str, str, date]], ids: Ids
) -> tuple[Visits, Ints, Ints]:
    """`base` without the days that corrections took back; the households and the days of these."""
    if not days:
        return base, np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    household = _locate(ids, np.array([row[0] for row in days], dtype=object))
    number = np.array([day_number(row[2]) for row in days], dtype=np.int64)
    tables = {}
    for kind in Outcome:
        chosen = np.array([row[1] == kind.value for row in days]) & (household >= 0)
        tables[kind.value] = daybits.remove(
            getattr(base, kind.value), household[chosen], number[chosen]
        )
    return Visits(**tables), household[household >= 0], number


def reordered(base: Visits, before: Ids, homes: Households) -> Visits:
    """`base` for a new table of households. before: the index of the ids it was built for."""
    return carried(base, _locate(before, homes.id))


def carried(base: Visits, before: Ints) -> Visits:
    """`base` for households of which row i was row before[i], -1 where it is new."""
    return Visits(**{k.value: daybits.reindex(getattr(base, k.value), before) for k in Outcome})


def _intervals(days: Any) -> Ints:
    return np.clip(np.asarray(days, dtype=np.int64), 0, _CENTURIES).astype(np.int32)


def _find(codes: Objects, wanted: Objects) -> Ints:
    """Index of each wanted code among `codes`, -1 where it is not there (or None, or empty)."""
    where = {code: i for i, code in enumerate(codes)}
    return np.fromiter((where.get(code, -1) for code in wanted), np.int32, len(wanted))


def _locate(ids: Ids | OneLook, wanted: Objects) -> Ints:
    """`_find` for a large table whose index is kept."""
    return ids.get_indexer(wanted)
