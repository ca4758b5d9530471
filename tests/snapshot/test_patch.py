"""After any changes in any order, the read model kept in step says what one made anew says."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, box

from gisgrid.access import EVERYWHERE, Scope
from gisgrid.model import TAKEN_BACK
from gisgrid.snapshot import ReadModel, Snapshot
from gisgrid.store import CaseChange, Reporter, Store, VisitReport

D = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
DAYS = (D - timedelta(days=9), D - timedelta(days=1), D)
BY = Reporter(None, "console", "*", NOON)
SPOTS = [(x / 4 + 0.1, y / 4 + 0.1) for x in range(12) for y in range(5)]
"""Few enough that households lie on top of each other, some outside every grid."""


def lay_out(url: str) -> Store:
    store = Store.create(url, clock=lambda: NOON)
    tree = {"code": ["K", "T", "U"], "name": ["K", "T", "U"], "parent_code": [None, "K", "K"]}
    grids = {"code": ["a", "b"], "area_code": ["T", "U"], "visit_every_days": [None, 3]}
    frame = pd.DataFrame({**tree, "level": ["county", "township", "township"]})
    with store.write() as w:
        w.put_areas(frame)
        w.put_grids(gpd.GeoDataFrame(grids, geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], crs=4326))
        w.put_households(homes({f"h{n}": SPOTS[n] for n in range(30)}, {}))
    return store


def homes(points: dict[str, Any], facts: dict[str, Any]) -> gpd.GeoDataFrame:
    shapes = [None if p is None else Point(p) for p in points.values()]
    listed = {"listed_on": D - timedelta(days=20)} | facts
    return gpd.GeoDataFrame({"id": list(points), **listed}, geometry=shapes, crs=4326)


class Days:
    """Changes of chance, by two openings of one store."""

    def __init__(self, stores: list[Store], seed: int) -> None:
        self.stores, self.chance, self.n = stores, random.Random(seed), 0  # noqa: S311
        self.homes = [f"h{n}" for n in range(30)]
        self.visits: list[str] = []
        self.cases: list[str] = []

    def one(self) -> None:
        deeds = [self.visit, self.visit, self.home, self.home, self.case, self.change, self.erase]
        deed = self.chance.choices(deeds, [6, 6, 4, 4, 4, 4, 1])[0]
        with self.chance.choice(self.stores).write() as w:
            for _ in range(self.chance.choice((1, 1, 1, 2, 3))):
                deed(w)

    def number(self, kind: str) -> str:
        self.n += 1
        return f"{kind}{self.n}"

    def moment(self) -> datetime:
        return NOON - timedelta(days=self.chance.choice((0, 0, 0, 1, 8, 12)))

    def visit(self, w: Any) -> None:
        at, wrong = self.moment(), self.chance.random() < 0.3 and self.visits
        report = VisitReport(
            client_id=self.number("v"),
            household_id=self.chance.choice(self.homes),
            outcome=self.chance.choice(("met", "met", "phone", "no_one_home")),
            visited_at=at,
            visited_on=at.date(),
            corrects=self.chance.choice(self.visits) if wrong else None,
            flags=self.chance.choice((None, TAKEN_BACK)) if wrong else None,
        )
        w.record_visits([report], BY, EVERYWHERE)
        self.visits.append(report.client_id)

    def home(self, w: Any) -> None:
        new = self.chance.random() < 0.4
        home = self.number("h") if new else self.chance.choice(self.homes)
        spot = self.chance.choice([*SPOTS, None, None])
        facts: dict[str, Any] = {"grid_code": [self.chance.choice(("a", "T", "gone", None))]}
        if self.chance.random() < 0.5:
            facts["visit_every_days"] = [self.chance.choice((None, 2, 30))]
        if self.chance.random() < 0.3:
            facts["unlisted_on"] = [self.chance.choice((D, None))]
        if new or self.chance.random() < 0.5:
            w.put_households(homes({home: spot}, facts))
        else:  # where it lies stays as it is
            w.put_households(pd.DataFrame({"id": [home], **facts}))
        self.homes += [home] * new

    def case(self, w: Any) -> None:
        case = self.number("c")
        facts = {
            "id": [case],
            "household_id": [self.chance.choice([*self.homes, None])],
            "category": [self.chance.choice(("roof", "water", "a new one"))],
            "opened_on": [self.moment().date()],
        }
        spot = self.chance.choice([*SPOTS, None, None])
        shape = None if spot is None else Point(spot)
        w.put_cases(gpd.GeoDataFrame(facts, geometry=[shape], crs=4326))
        self.cases.append(case)

    def change(self, w: Any) -> None:
        if not self.cases:
            return
        at = self.moment()
        report = CaseChange(
            client_id=self.number("s"),
            case_id=self.chance.choice(self.cases),
            kind=self.chance.choice(("closed", "reopened", "updated")),
            changed_at=at,
            changed_on=at.date(),
            zone=None,
            values={"category": "road"},
        )
        w.change_case(report, BY, EVERYWHERE)

    def erase(self, w: Any) -> None:
        w.erase(self.chance.choice(self.homes))


def look(snapshot: Snapshot) -> None:
    """Work out what a snapshot keeps, so that there is something to be carried over."""
    for day in DAYS:
        snapshot.tally(day)
        snapshot.state(day)
        snapshot.case_tally(day)
        snapshot.view(Scope("T"), None, day)
    assert len(snapshot.id_rank) == len(snapshot.ids)


def said(snapshot: Snapshot) -> dict[str, Any]:
    """All that a snapshot says, whatever the order of its rows."""
    table, cases = snapshot.households, snapshot.cases
    at = np.argsort(table.id)
    assert snapshot.ids.get_indexer(table.id).tolist() == list(range(len(table.id)))
    rank = np.lexsort((table.key, np.isnan(table.lon)))
    assert table.key[rank].tolist() == table.key.tolist()  # in Morton order, the unlocated last
    codes = np.array([*table.codes, ""], dtype=object)
    names = ("id", "lon", "lat", "key", "every", "listed", "unlisted")
    found: dict[str, Any] = {name: getattr(table, name)[at].tolist() for name in names}
    found |= {"named": codes[table.named][at].tolist(), "ids": len(snapshot.ids)}
    found["rank"] = snapshot.id_rank[at].tolist()
    ids = np.array([*table.id, None], dtype=object)
    order = np.lexsort((cases.since, cases.id.astype(str)))
    found |= {f"case {f.name}": getattr(cases, f.name)[order].tolist() for f in fields(cases)[2:8]}
    found["case"] = cases.id[order].tolist()
    found["case of"] = ids[cases.household][order].tolist()
    found["case until"] = cases.until[order].tolist()
    words = cases.categories
    found["categories"] = (words.tolist(), words[cases.category][order].tolist())
    for day in DAYS:
        plan, state = snapshot.plan_on(day), snapshot.state(day)
        found[f"tally {day}"] = snapshot.tally(day).tolist()
        found[f"cases {day}"] = snapshot.case_tally(day).tolist()
        found[f"view {day}"] = snapshot.view(Scope("T"), None, day).households[at].tolist()
        found[f"place {day}"] = snapshot.household_places(plan)[at].tolist()
        found[f"case place {day}"] = snapshot.case_places(plan)[order].tolist()
        for f in fields(state):
            found[f"{f.name} {day}"] = getattr(state, f.name)[at].tolist()
    return found


def differing(a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    return [name for name in b if not np.array_equal(str(a[name]), str(b[name]))]


def keep_in_step(url: str, seed: int, changes: int) -> int:
    """How often a change was taken over without reading everything."""
    with lay_out(url) as store, Store.open(url, clock=lambda: NOON) as other:
        days, model, whole = Days([store, other], seed), ReadModel(store), []
        load_all = model._load_all
        model._load_all = lambda now: whole.append(now) or load_all(now)  # type: ignore[func-returns-value,method-assign,assignment]
        for n in range(changes):
            for _ in range(days.chance.choice((1, 1, 2, 5))):
                days.one()
            kept = model.current()
            if n % 3 == 0:
                look(kept)
            if n % 5 == 4:
                assert differing(said(kept), said(ReadModel(other).current())) == [], (seed, n)
        return changes - len(whole)


@pytest.mark.parametrize("seed", range(2))
def test_what_is_kept_in_step_is_what_is_made_anew(store_url: str, seed: int) -> None:
    assert keep_in_step(store_url, seed, 20) == 19


@pytest.mark.long
def test_it_is_so_for_a_hundred_counties(new_store_url: Callable[[], str]) -> None:
    first = int(os.environ.get("GISGRID_SEED", "1000"))
    for seed in range(first, first + 100):
        keep_in_step(new_store_url(), seed, 60)


def test_a_list_of_changes_with_a_gap_is_not_believed(store_url: str) -> None:
    with lay_out(store_url) as store:
        model = ReadModel(store)
        model.current()
        for number in ("h100", "h101"):
            with store.write() as w:
                w.put_households(homes({number: (0.5, 0.5)}, {}))
        now = store.changes().households
        assert store.touched("households", now - 2, now) == ["h100", "h101"]
        assert store.touched("households", now - 1, now) == ["h101"]
        with store._dialect.writing() as connection:
            connection.exec_driver_sql("DELETE FROM touched WHERE object = 'h100'")
        assert store.touched("households", now - 2, now) is None
        assert {"h100", "h101"} <= set(model.current().households.id)


def test_many_changed_households_are_not_listed_one_by_one(store_url: str) -> None:
    with lay_out(store_url) as store:
        model = ReadModel(store)
        before = store.changes().households
        model.current()
        with store.write() as w:
            w.put_households(homes({f"n{n}": SPOTS[n % 60] for n in range(600)}, {}))
        assert store.touched("households", before, before + 1) is None
        assert len(model.current().households.id) == 630
