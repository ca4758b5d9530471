"""Where the demo's households stand: towns, hamlets along invented valleys, lone farms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisgrid.demo.split import balanced, nearest

if TYPE_CHECKING:
    from gisgrid.columns import Bools, Floats, Ints
    from gisgrid.demo.field import Relief
    from gisgrid.demo.sources import County

_PLACES = 80_000
"""Places among which hamlets choose theirs: one for each 7 hectares."""
_HAMLET = 24
"""Households of a hamlet, on average."""
_CITY, _TOWN = 0.62, 0.13
"""Share of a township's households that live in its seat: the county town, the others."""


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """Which township each place lies in: a power diagram in bent space."""

    relief: Relief
    centre: Floats
    weight: Floats
    seat: Floats

    def of(self, xy: Floats) -> Ints:
        """The township of each place (index)."""
        return nearest(self.relief.bent(xy), self.centre, self.weight)


@dataclass(frozen=True, slots=True, eq=False)
class Households:
    """Where each stands, and with whom.

    xy: metres. township: index. hamlet: number, negative in a seat. block: number of the building
    that several share, -1. remote: far from a valley.
    """

    xy: Floats
    township: Ints
    hamlet: Ints
    block: Ints
    remote: Bools


def regions(
    rng: np.random.Generator,
    county: County,
    outline: shapely.Polygon,
    relief: Relief,
    seats: Floats,
) -> Regions:
    """Townships with about their published areas around their seats.

    seats: metres, NaN where unknown; those are put where room is left.
    """
    spread = within(rng, outline, 8_000)
    known = ~np.isnan(seats[:, 0])
    seats = seats.copy()
    outside = known & ~shapely.contains_xy(outline, *np.nan_to_num(seats).T)
    for i in np.flatnonzero(outside):  # 0.05 degrees can be across the border
        seats[i] = spread[((spread - seats[i]) ** 2).sum(axis=1).argmin()]
    room = np.min([((spread - seat) ** 2).sum(axis=1) for seat in seats[known]], axis=0)
    for i in np.flatnonzero(~known):
        best = room.argmax()
        seats[i] = spread[best]
        room = np.minimum(room, ((spread - seats[i]) ** 2).sum(axis=1))
    bent = relief.bent(spread)
    group, centre, weight = balanced(
        bent,
        np.ones(len(spread)),
        np.array([t.area_km2 for t in county.townships]),
        relief.bent(seats),
        fixed=known,
        rounds=150,
    )
    for i in np.flatnonzero(~known | (group[_closest(spread, seats)] != np.arange(len(seats)))):
        own = spread[group == i]
        seats[i] = own[((own - own.mean(axis=0)) ** 2).sum(axis=1).argmin()]
    return Regions(relief, centre, weight, seats)


def _closest(spread: Floats, seats: Floats) -> Ints:
    found: Ints = np.array([((spread - s) ** 2).sum(axis=1).argmin() for s in seats])
    return found


def within(rng: np.random.Generator, outline: shapely.Polygon, count: int) -> Floats:
    """`count` random places in a polygon."""
    west, south, east, north = outline.bounds
    shapely.prepare(outline)
    found = np.empty((0, 2))
    while len(found) < count:
        more = rng.uniform((west, south), (east, north), (count * 2, 2))
        found = np.concatenate([found, more[shapely.contains_xy(outline, *more.T)]])
    return found[:count]


def settle(
    rng: np.random.Generator, county: County, outline: shapely.Polygon, where: Regions
) -> Households:
    """The published number of households of each township, at their places."""
    place = within(rng, outline, _PLACES)
    valley = where.relief.valley(place)
    township = where.of(place)
    parts = []
    for i, known in enumerate(county.townships):
        own = np.flatnonzero(township == i)
        share = _CITY if i == 0 else _TOWN
        town = int(known.households * share)
        parts.append(_town(rng, where.seat[i], i, town))
        parts.append(
            _hamlets(
                rng, place[own], valley[own], (i, len(parts) * 10_000), known.households - town
            )
        )
    return Households(*map(np.concatenate, zip(*parts, strict=True)))


def _town(
    rng: np.random.Generator, seat: Floats, township: int, count: int
) -> tuple[Floats, Ints, Ints, Ints, Bools]:
    """A seat: dense in the middle, streets at right angles, some in blocks of flats."""
    wide = 48 * np.sqrt(count) ** 0.7
    xy = rng.normal(size=(count, 2)) * wide * rng.uniform(0.5, 1.5, (count, 1))
    block = np.full(count, -1)
    flats = np.flatnonzero(rng.random(count) < (0.3 if count > 5_000 else 0.04))
    number = rng.integers(0, max(1, len(flats) // 24), len(flats))
    block[flats] = number
    xy[flats] = (rng.normal(size=(int(number.max(initial=0)) + 1, 2)) * wide * 0.7)[number]
    street = 45.0
    lane = np.abs(xy / street - np.round(xy / street)).argmin(axis=1)
    rows = np.flatnonzero(block < 0)
    near = np.round(xy[rows, lane[rows]] / street) * street
    xy[rows, lane[rows]] = near + rng.normal(size=len(rows)) * 6 + 9
    turn = rng.uniform(0, np.pi / 2)
    xy = xy @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    none = np.zeros(count, bool)
    block[flats] += township * 10_000
    return xy + seat, np.full(count, township), np.full(count, -1 - township), block, none


def _hamlets(
    rng: np.random.Generator, place: Floats, valley: Floats, ids: tuple[int, int], count: int
) -> tuple[Floats, Ints, Ints, Ints, Bools]:
    """Hamlets along the valleys, some on the terraces above."""
    hamlets = max(1, count // _HAMLET)
    pull = 0.1 + valley**1.5
    chosen = rng.choice(len(place), min(hamlets, len(place)), replace=False, p=pull / pull.sum())
    size = rng.lognormal(0, 0.5, len(chosen)) * (0.4 + valley[chosen])
    hamlet = rng.choice(len(chosen), count, p=size / size.sum())
    many = np.bincount(hamlet, minlength=len(chosen))
    wide = 22 * np.sqrt(many[hamlet]) + 15
    xy = place[chosen][hamlet] + rng.normal(size=(count, 2)) * wide[:, None]
    return (
        xy,
        np.full(count, ids[0]),
        hamlet + ids[1],
        np.full(count, -1),
        (valley[chosen] < 0.25)[hamlet],
    )
