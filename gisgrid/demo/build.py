"""The demo store: everything in one transaction, from one seed."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from gisgrid.access import Role
from gisgrid.demo import cases, homes, names, sources, territory, visits
from gisgrid.errors import StoreExists
from gisgrid.model import WGS84, Programme
from gisgrid.store import Store, filing
from gisgrid.store.dialects import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from gisgrid.demo.sources import County
    from gisgrid.demo.territory import Territory
    from gisgrid.store import Writer

SEED = 20261122

EVERYTHING = "*"
_SUPERVISED = "620422202000"
"""The township of the second supervisor, where it is in the store: Xintianbao."""


def build(
    url: str,
    *,
    township: str | None = None,
    households: int | None = None,
    seed: int = SEED,
    today: date,
    progress: Callable[[float, str], None] | None = None,
) -> dict[str, int]:
    """Make a store at `url` with the demo county, or one township of it.

    township: 9 or 12 digits. households: so many in the county instead of the published 141,945,
    with about one grid for 80 of them; 1,000,000 is a prefecture to try the program on. today:
    visits and all that has happened end the day before. progress: called with the share that is
    done (0 to 1) and a word for the step. Returns how many of each there are.

    True are the outline, names, codes and numbers of households; positions, lines, people, visits
    and cases are invented from the seed, and the same for the same seed and day. There is one
    account for each role, without a password, and a second supervisor for one township.
    Raises StoreExists, StoreLeftOver, StoreFull; UnknownArea for another township.
    """
    _refuse_taken(url)
    say = progress or (lambda _share, _step: None)
    county = sources.read()
    if households is not None:
        county = sources.scaled(county, households)
    only = None if township is None else county.townships.index(county.township(township))
    say(0.0, "territory")
    land = territory.invent(county, seed, only)
    rngs = [np.random.default_rng([seed, 100 + part]) for part in range(4)]
    say(0.25, "households")
    housed = homes.invent(rngs[0], county, land, today)
    members = names.people(rngs[1], len(land.grid_code))
    say(0.35, "visits")
    rounds = visits.invent(rngs[2], land, housed, members, today)
    last = visits.last_day(rounds)
    housed = homes.known_on(last, housed)
    asked = cases.invent(rngs[3], land, housed, last)
    with _new_store(url, Programme(name=county.name, demo=True)) as store, store.write() as writer:
        say(0.45, "saving")
        areas = _areas(county, land)
        writer.put_areas(areas)
        writer.put_grids(_grids(land, housed, members))
        say(0.5, "saving")
        writer.put_households(housed.frame)
        say(0.6, "saving")
        writer.put_visits(rounds)
        say(0.95, "saving")
        writer.put_cases(asked)
        people = _accounts(writer, land)
    say(1.0, "done")
    return {
        "areas": len(areas),
        "grids": len(land.grid_code),
        "households": len(housed.frame),
        "visits": len(rounds),
        "cases": len(asked),
        "people": people,
    }


def _refuse_taken(url: str) -> None:
    if "://" not in url:
        if Path(url).exists():
            raise StoreExists(url=url)
        filing.refuse_left_over(Path(url))


@contextmanager
def _new_store(url: str, rules: Programme) -> Iterator[Store]:
    """A new store that is at `url` only when all is in it: half a demo would be taken for one."""
    if "://" in url:
        with _in_database(url, rules) as store:
            yield store
        return
    path = Path(url).absolute()
    part = path.with_name(f".building-{path.stem}.gpkg")
    filing.discard(part)
    try:
        with Store.create(str(part), rules) as store:
            yield store
        filing.fold(part, PATIENCE)  # a full disk may have left all of it in the -wal
        filing.settle(part, path)
    finally:
        filing.discard(part)


def _in_database(url: str, rules: Programme) -> Store:
    """A new store, or that of a demo whose rows never came: they and the accounts come at once."""
    try:
        return Store.create(url, rules)
    except StoreExists:
        store = Store.open(url)
        if store.programme().demo and not store.people():
            return store
        store.close()
        raise


def _areas(county: County, land: Territory) -> pd.DataFrame:
    """The county, and the townships and villages that the territory has."""
    there = set(land.codes[np.unique(land.village)])
    rows: list[tuple[str, str, str, str | None]] = [(county.code, county.name, "county", None)]
    for township in county.townships:
        villages = [v for v in township.villages if v.code in there]
        if villages:
            rows.append((township.code, township.name, "township", county.code))
            rows += [(v.code, v.name, "village", township.code) for v in villages]
    return pd.DataFrame(rows, columns=["code", "name", "level", "parent_code"])


def _grids(land: Territory, housed: homes.Homes, members: object) -> gpd.GeoDataFrame:
    """Layer `grids`; where most live far up, the interval is two weeks in some grids."""
    count = len(land.grid_code)
    remote = np.bincount(housed.grid, housed.remote, count)
    far = remote > 0.85 * np.bincount(housed.grid, minlength=count)
    every = np.full(count, None, dtype=object)
    every[far & (np.arange(count) % 2 == 0)] = 14
    return gpd.GeoDataFrame(
        {
            "code": land.grid_code,
            "name": land.grid_name,
            "area_code": land.codes[land.village],
            "member": members,
            "visit_every_days": every,
        },
        geometry=land.polygon,
        crs=WGS84,
    )


def _accounts(writer: Writer, land: Territory) -> int:
    """One person for each role, and a supervisor of one township. Nobody has a password."""
    codes = {code[:9] + "000" for code in land.codes}
    township = _SUPERVISED if _SUPERVISED in codes else min(codes)
    own = [code for code in land.grid_code if code.startswith(township[:9])]
    people = [
        (Role.PLANNER.value, Role.PLANNER, EVERYTHING),
        (Role.SUPERVISOR.value, Role.SUPERVISOR, EVERYTHING),
        ("data-officer", Role.DATA_OFFICER, EVERYTHING),
        (Role.MEMBER.value, Role.MEMBER, own[len(own) // 2]),
        (Role.ADMIN.value, Role.ADMIN, EVERYTHING),
        ("data-protection", Role.DATA_PROTECTION, EVERYTHING),
        ("township-supervisor", Role.SUPERVISOR, township),
    ]
    for name, role, scope in people:
        writer.add_person(name, role.value, scope)
    return len(people)
