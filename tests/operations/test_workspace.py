from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from gisgrid.access import CONSOLE
from gisgrid.errors import StoreBusy, StoreMissing
from gisgrid.model import Programme
from gisgrid.operations import figures
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store

if TYPE_CHECKING:
    from pathlib import Path


def make(url: str, zone: str = "Asia/Shanghai") -> Settings:
    Store.create(url, Programme(zone=zone)).close()
    return Settings(store=url)


@pytest.mark.parametrize(
    ("zone", "day"),
    [("Asia/Shanghai", 23), ("Europe/London", 22), ("America/New_York", 22), ("Pacific/Apia", 23)],
)
def test_today_is_the_day_of_the_programmes_zone(store_url: str, zone: str, day: int) -> None:
    late = datetime(2026, 11, 22, 20, 30, tzinfo=UTC)
    with Workspace.open(make(store_url, zone), clock=lambda: late) as ws:
        assert ws.today() == date(2026, 11, day)


def test_today_follows_the_clock_and_the_programme(store_url: str) -> None:
    now = datetime(2026, 11, 22, 20, 30, tzinfo=UTC)
    with Workspace.open(make(store_url), clock=lambda: now) as ws:
        assert ws.today() == date(2026, 11, 23)
        with ws.store.write() as w:
            w.set_programme(Programme(zone="Europe/London"))
        assert ws.today() == date(2026, 11, 22)
        now = datetime(2026, 11, 24, tzinfo=UTC)
        assert ws.today() == date(2026, 11, 24)


def test_the_calendar_of_a_demo_stands_still_on_its_last_day_of_visits(store_url: str) -> None:
    visits = pd.DataFrame(
        {
            "household_id": ["H1", "H1"],
            "visited_at": pd.DatetimeIndex(["2026-11-20T02:00Z", "2026-11-12T02:00Z"]),
            "outcome": ["met", "met"],
        }
    )
    for demo, day in ((True, date(2026, 11, 20)), (False, date(2027, 3, 1))):
        opened = Store.create(store_url) if demo else Store.open(store_url)
        with opened as store, store.write() as w:
            w.set_programme(Programme(demo=demo))
            w.put_households(pd.DataFrame({"id": ["H1"], "listed_on": [date(2026, 1, 1)]}))
            w.put_visits(visits)
        later = datetime(2027, 3, 1, 4, tzinfo=UTC)
        with Workspace.open(Settings(store=store_url), clock=lambda now=later: now) as ws:
            assert ws.today() == day
        early = datetime(2026, 11, 1, 4, tzinfo=UTC)
        with Workspace.open(Settings(store=store_url), clock=lambda now=early: now) as ws:
            assert ws.today() == date(2026, 11, 1)


def test_a_busy_store_does_not_keep_a_day_from_beginning(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> bool:
        raise StoreBusy

    monkeypatch.setattr(Store, "promote", busy)
    noon = datetime(2026, 11, 22, 4, tzinfo=UTC)
    with Workspace.open(make(store_url), clock=lambda: noon) as ws:
        assert ws.today() == date(2026, 11, 22)


def test_what_another_store_writes_is_seen_in_the_next_answer(store_url: str) -> None:
    Store.create(store_url).close()
    settings = Settings(store=store_url)
    with Workspace.open(settings) as ws, Store.open(settings.store) as other:
        assert figures.totals(ws, CONSOLE)["households"] == 0
        with other.write() as w:
            w.put_households(pd.DataFrame({"id": ["H1"], "listed_on": [date(2026, 1, 1)]}))
        assert figures.totals(ws, CONSOLE)["households"] == 1
        before = ws.snapshot().version
        with other.write() as w:
            w.set_programme(Programme(visit_every_days=3))
        assert ws.snapshot().programme.visit_every_days == 3
        assert ws.snapshot().version != before


def test_a_workspace_needs_a_store(tmp_path: Path) -> None:
    with pytest.raises(StoreMissing):
        Workspace.open(Settings(store=str(tmp_path / "none.gpkg")))
