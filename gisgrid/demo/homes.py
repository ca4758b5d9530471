"""The demo's households as rows of the layer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from gisgrid.columns import dates_of, day_number
from gisgrid.demo import names
from gisgrid.model import WGS84

if TYPE_CHECKING:
    from datetime import date

    from gisgrid.columns import Bools, Floats, Ints, Objects
    from gisgrid.demo.sources import County
    from gisgrid.demo.territory import Territory

_UNLOCATED = 0.004
_OUTSIDE = 0.0001
_MOVED_AWAY = 0.004
"""Shares: without a location; just across the border; on top of all, those that have moved away."""


@dataclass(frozen=True, slots=True, eq=False)
class Homes:
    """Households in the order of their ids.

    frame: layer `households`. grid: the grid whose member visits each. remote: far from a valley.
    route: from 0 to 1, where in the week's round each is. every: own interval in days, 0 for none.
    listed, unlisted: day numbers.
    """

    frame: gpd.GeoDataFrame
    grid: Ints
    remote: Bools
    route: Floats
    every: Ints
    listed: Ints
    unlisted: Ints


def invent(rng: np.random.Generator, county: County, land: Territory, today: date) -> Homes:
    """One row for each household of the territory, and a few that have moved away since."""
    row = _with_gone(rng, len(land.grid))
    gone = np.arange(len(row)) >= len(land.grid)
    order = np.lexsort(
        (land.block[row], land.hamlet[row], land.grid[row], land.village[land.grid[row]])
    )
    row, gone = row[order], gone[order]
    grid = land.grid[row]
    village = land.village[grid]
    number = _count_up(village)
    ids = _ids(land.codes[village], number)
    listed, unlisted = _listing(rng, len(row), gone, day_number(today))
    every = rng.choice([0, 3, 14], len(row), p=[0.962, 0.008, 0.03])
    lon, lat = _positions(rng, land, row, gone)
    named = _unlocate(rng, land, grid, lon, lat)
    own = every.astype(object)
    own[every == 0] = None
    point = np.asarray(shapely.points(lon, lat), dtype=object)
    point[np.isnan(lon)] = None
    frame = gpd.GeoDataFrame(
        {
            "id": ids,
            "name": names.people(rng, len(row)),
            "address": _addresses(county, land, row, number),
            "visit_every_days": own,
            "listed_on": dates_of(listed),
            "unlisted_on": dates_of(unlisted),
            "grid_code": named,
        },
        geometry=point,
        crs=WGS84,
    )
    place = _count_up(grid)
    return Homes(
        frame, grid, land.remote[row], place / np.bincount(grid)[grid], every, listed, unlisted
    )


def known_on(day: date, homes: Homes) -> Homes:
    """The same households; who would be listed after `day` is listed on it."""
    listed = np.minimum(homes.listed, day_number(day))
    return replace(homes, frame=homes.frame.assign(listed_on=dates_of(listed)), listed=listed)


def _with_gone(rng: np.random.Generator, count: int) -> Ints:
    return np.append(np.arange(count), rng.integers(0, count, round(count * _MOVED_AWAY)))


def _count_up(group: Ints) -> Ints:
    """0, 1, 2 … within each run of equal numbers."""
    first = np.flatnonzero(np.append(True, np.diff(group) != 0))
    return np.arange(len(group)) - np.repeat(first, np.diff(np.append(first, len(group))))


def _ids(code: Objects, number: Ints) -> Objects:
    """Township, village and number: 202201-0137."""
    return np.array(
        [f"{c[6:]}-{n + 1:04d}" for c, n in zip(code, number.tolist(), strict=True)], dtype=object
    )


def _listing(rng: np.random.Generator, count: int, gone: Bools, today: int) -> tuple[Ints, Ints]:
    """Most were listed when the programme began, some since; who moved away was on the list."""
    began = today - 700
    listed = np.full(count, began)
    new = (rng.random(count) < 0.02) & ~gone
    listed[new] = today - rng.integers(0, 120, int(new.sum()))
    unlisted = np.full(count, 2**31 - 1)
    unlisted[gone] = today - rng.integers(0, 80, int(gone.sum()))
    leaving = (rng.random(count) < 0.0005) & ~gone
    unlisted[leaving] = today + rng.integers(1, 40, int(leaving.sum()))
    return listed, unlisted


def _positions(
    rng: np.random.Generator, land: Territory, row: Ints, gone: Bools
) -> tuple[Floats, Floats]:
    """Households of one building share a point; a few stand just across the border."""
    lon, lat = land.lon[row].copy(), land.lat[row].copy()
    block = land.block[row].astype(np.int64) * len(land.grid_code) + land.grid[row]
    shared = np.flatnonzero(land.block[row] >= 0)
    first, which = np.unique(block[shared], return_index=True, return_inverse=True)[1:]
    lon[shared], lat[shared] = lon[shared[first]][which], lat[shared[first]][which]
    whole = shapely.coverage_union_all(land.polygon)
    shapely.prepare(whole)
    rim = shapely.get_coordinates(whole)
    many = max(1, round(_OUTSIDE * len(row)))
    near = rim[rng.integers(0, len(rim), many * 40)] + rng.normal(size=(many * 40, 2)) * 0.002
    near = np.round(near[~shapely.intersects_xy(whole, *near.T)][:many], 7)
    astray = rng.choice(np.flatnonzero(~gone), len(near), replace=False)
    lon[astray], lat[astray] = near.T
    return lon, lat


def _unlocate(
    rng: np.random.Generator, land: Territory, grid: Ints, lon: Floats, lat: Floats
) -> Objects:
    """Take some positions away; most of these households name their grid, some their village."""
    named = np.full(len(grid), None, dtype=object)
    lost = rng.choice(len(grid), max(3, round(_UNLOCATED * len(grid))), replace=False)
    lon[lost] = lat[lost] = np.nan
    kind = rng.choice(3, len(lost), p=[0.6, 0.35, 0.05])
    named[lost[kind == 0]] = land.grid_code[grid[lost[kind == 0]]]
    named[lost[kind == 1]] = land.codes[land.village[grid[lost[kind == 1]]]]
    return named


def _addresses(county: County, land: Territory, row: Ints, number: Ints) -> Objects:
    """Village, group and number; in a community, building and flat or lane and number."""
    known = {v.code: v for t in county.townships for v in t.villages}
    villages = [known[code] for code in land.codes]
    group = np.unique(land.hamlet[row], return_inverse=True)[1]
    found = []
    rows = zip(
        land.village[land.grid[row]].tolist(),
        land.block[row].tolist(),
        group.tolist(),
        number.tolist(),
        strict=True,
    )
    for v, block, hamlet, n in rows:
        village = villages[v]
        if block >= 0:
            found.append(
                f"{village.name}{block % 100 + 1}号楼{n % 4 + 1}单元{n % 6 + 1}0{n % 2 + 1}室"
            )
        elif village.urban:
            found.append(f"{village.name}{n // 40 + 1}巷{n % 40 + 1}号")
        else:
            found.append(f"{village.name}{hamlet % 9 + 1}社{n + 1}号")
    return np.array(found, dtype=object)
