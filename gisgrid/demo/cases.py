"""Invented cases: what people asked for, by when, and whether it was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from gisgrid.columns import FAR_DAY, dates_of, day_number
from gisgrid.demo.names import CATEGORIES
from gisgrid.model import WGS84

if TYPE_CHECKING:
    from datetime import date

    from gisgrid.columns import Bools, Ints, Objects
    from gisgrid.demo.homes import Homes
    from gisgrid.demo.territory import Territory

SHARE = 0.0634
"""Cases for each household: 9,000 in the county."""
_STUCK = 0.1
"""Share of the cases that nobody closes."""
_PUBLIC = ("道路", "供水")
"""Categories that may lie at a place of their own, of no household."""


def invent(
    rng: np.random.Generator, land: Territory, homes: Homes, today: date
) -> gpd.GeoDataFrame:
    """Layer `cases`, the oldest first. today: the day on which the demo's calendar stands."""
    now = day_number(today)
    count = round(len(homes.grid) * SHARE)
    opened = np.sort(now - np.minimum(rng.exponential(48, count).astype(int), 300))
    kinds = list(CATEGORIES)
    kind = rng.choice(len(kinds), count, p=[CATEGORIES[k][0] for k in kinds])
    household = _households(rng, homes, opened)
    allowed = np.array([CATEGORIES[k][1] for k in kinds])[kind]
    due = np.where(rng.random(count) < 0.06, FAR_DAY, opened + allowed)
    took = np.maximum(1, rng.gamma(2.0, allowed * 0.42)).astype(int)
    closed = np.where((rng.random(count) < _STUCK) | (opened + took > now), FAR_DAY, opened + took)
    titles = [
        CATEGORIES[kinds[k]][2][i] for k, i in zip(kind, rng.integers(0, 3, count), strict=True)
    ]
    ids: Objects = homes.frame["id"].to_numpy()[household]
    place = _places(rng, land, np.isin(kind, [kinds.index(k) for k in _PUBLIC]))
    own = place != None  # noqa: E711 - element by element
    # Of those with a place of their own, most belong to no household; a few cases have neither.
    ids[own & (rng.random(count) < 0.7)] = None
    ids[~own & (rng.random(count) < 0.015)] = None
    return gpd.GeoDataFrame(
        {
            "id": [f"c{i:05d}" for i in range(1, count + 1)],
            "household_id": ids,
            "category": np.array(kinds, dtype=object)[kind],
            "title": titles,
            "opened_on": dates_of(opened),
            "due_on": dates_of(due),
            "closed_on": dates_of(closed),
            "status": np.where(closed == FAR_DAY, "open", "closed").astype(object),
        },
        geometry=place,
        crs=WGS84,
    )


def _households(rng: np.random.Generator, homes: Homes, opened: Ints) -> Ints:
    """A household that was on the list on the day, some of them more often than others."""
    found = np.full(len(opened), -1)
    weight = rng.gamma(0.6, 1.0, len(homes.grid))
    share = weight / weight.sum()
    while (found < 0).any():
        left = np.flatnonzero(found < 0)
        pick = rng.choice(len(homes.grid), len(left), p=share)
        good = (homes.listed[pick] <= opened[left]) & (homes.unlisted[pick] > opened[left])
        found[left[good]] = pick[good]
    return found


def _places(rng: np.random.Generator, land: Territory, public: Bools) -> Objects:
    """Own points of some public cases, beside the road near somebody's house."""
    place = np.full(len(public), None, dtype=object)
    at = np.flatnonzero(public & (rng.random(len(public)) < 0.25))
    near = rng.integers(0, len(land.lon), len(at))
    lon = np.round(land.lon[near] + rng.normal(size=len(at)) * 0.0008, 7)
    lat = np.round(land.lat[near] + rng.normal(size=len(at)) * 0.0008, 7)
    place[at] = shapely.points(lon, lat)
    return place
