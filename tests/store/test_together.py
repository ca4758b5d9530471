"""Small changes of several threads share one transaction, and each stands for itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pandas as pd
import pytest

from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.errors import StoreFull, UnknownHousehold
from gisgrid.store import Store, Writer


def recording(number: str, household: str = "h1") -> Callable[[Writer], str]:
    """A change that writes a visit and its row in the account of use."""

    def change(w: Writer) -> str:
        w.audit(CONSOLE, "visit", number)
        moment = pd.to_datetime(["2026-11-05T01:00:00Z"])
        row = {"id": [number], "household_id": [household], "visited_at": moment}
        w.put_visits(pd.DataFrame({**row, "outcome": ["met"]}))
        return number

    return change


def waited(store: Store, *changes: Callable[[Writer], Any]) -> list[Future[Any]]:
    """What became of changes that all came while another transaction was at work."""
    with ThreadPoolExecutor(len(changes)) as threads:
        with store.write():
            asked = [threads.submit(store.write_together, change) for change in changes]
            until = time.monotonic() + 60
            while len(store._together._waiting) < len(changes) and time.monotonic() < until:
                threading.Event().wait(0.001)
        return asked


def stored(store: Store) -> set[str]:
    return set(store.visits(scope=EVERYWHERE)["id"]) & {f"n{n}" for n in range(8)}


def test_changes_that_wait_are_committed_as_one_and_the_bad_one_alone_fails(
    county: Store, store_url: str
) -> None:
    before, rows = county.changes().visits, county.audit_head().seq
    changes = [recording(f"n{n}", "nobody's" if n == 3 else "h1") for n in range(8)]
    found = waited(county, *changes)
    good = {f"n{n}" for n in range(8)} - {"n3"}
    assert {f.result() for n, f in enumerate(found) if n != 3} == good
    with pytest.raises(UnknownHousehold):
        found[3].result()
    assert stored(county) == good
    with Store.open(store_url) as other:  # what was acknowledged is there for everybody
        assert stored(other) == good
    assert county.changes().visits == before + 1
    assert county.audit_head().seq == rows + 7
    assert county.audit_verify().faults == []


def test_when_the_transaction_fails_nobody_is_told_that_it_is_done(
    county: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = county.changes(), county.audit_head()

    def full(*_: object) -> None:
        raise StoreFull(url="", problem="")

    monkeypatch.setattr(county._dialect, "note_change", full)
    found = waited(county, *(recording(f"n{n}") for n in range(4)))
    assert [type(f.exception()) for f in found] == [StoreFull] * 4
    assert stored(county) == set()
    assert (county.changes(), county.audit_head()) == before


def test_a_change_within_another_of_the_same_thread_is_a_defect(county: Store) -> None:
    with county.write(), pytest.raises(RuntimeError):
        county.write_together(recording("n0"))
    assert county.write_together(recording("n1")) == "n1"


def test_who_waits_in_vain_is_told_so_and_the_next_is_served(store_url: str, county: Store) -> None:
    from gisgrid.errors import StoreBusy

    with Store.open(store_url, patience=0.05) as other:
        with county.write(), pytest.raises(StoreBusy):
            other.write_together(recording("n0"))
        assert other.write_together(recording("n1")) == "n1"
    assert stored(county) == {"n1"}
