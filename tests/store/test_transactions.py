"""Several threads and processes on one store; interruption at any moment."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gisgrid.access import EVERYWHERE
from gisgrid.errors import StoreBusy, UnknownHousehold
from gisgrid.model import Programme
from gisgrid.store import Store

WORKERS = Path(__file__).with_name("workers.py")


@contextmanager
def worker(verb: str, url: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that has opened the store and is at work; killed at the end."""
    command = [sys.executable, str(WORKERS), verb, url, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def visit(number: str, household: str = "h1") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [number],
            "household_id": [household],
            "visited_at": pd.to_datetime(["2026-11-05T01:00:00Z"]),
            "outcome": ["met"],
        }
    )


def test_a_change_that_fails_leaves_no_trace(county: Store, town: Any) -> None:
    before = county.changes()

    def change() -> None:
        with county.write() as w:
            w.put_areas(town.areas().assign(name="x"))
            w.put_grids(town.grids().iloc[:2])
            w.put_visits(visit("v9"))
            w.add_person("Li", "admin", "*")
            w.put_visits(visit("v10", "gone"))

    with pytest.raises(UnknownHousehold):
        change()
    assert county.changes() == before
    assert set(county.areas(scope=EVERYWHERE).name) != {"x"}
    assert len(county.grids(scope=EVERYWHERE)) == 3
    assert len(county.visits(scope=EVERYWHERE)) == 3
    assert county.people() == []
    assert len(county.plan_columns(scope=EVERYWHERE)) == 1


def test_a_writer_reads_what_it_wrote_and_others_do_not_yet(county: Store) -> None:
    seen: list[int] = []

    def look() -> None:
        seen.append(len(county.visits(scope=EVERYWHERE)))

    with county.write() as w:
        w.put_visits(visit("v9"))
        assert len(county.visits(scope=EVERYWHERE)) == 4
        other = threading.Thread(target=look)
        other.start()
        other.join()
    assert seen == [3]
    assert len(county.visits(scope=EVERYWHERE)) == 4


def test_reads_together_see_one_state(county: Store) -> None:
    def add() -> None:
        with county.write() as w:
            w.put_visits(visit("v9"))

    with county.reading():
        assert len(county.visits(scope=EVERYWHERE)) == 3
        other = threading.Thread(target=add)
        other.start()
        other.join()
        assert len(county.visits(scope=EVERYWHERE)) == 3
        assert county.visit_days(scope=EVERYWHERE).count.sum() == 3
    assert len(county.visits(scope=EVERYWHERE)) == 4


def test_a_transaction_within_another_is_a_defect(county: Store) -> None:
    with county.write(), pytest.raises(RuntimeError), county.write():
        pass
    with county.reading(), pytest.raises(RuntimeError), county.write():
        pass
    with county.write() as w:
        w.put_visits(visit("v9"))


def test_changes_by_another_process_are_seen(county: Store, store_url: str) -> None:
    before = county.changes()
    assert county.changes() == before
    with worker("add", store_url, "a", "1") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "a0\n"
        after = county.changes()
    assert (after.visits, after.households) == (before.visits + 1, before.households)


def test_two_processes_and_eight_threads_write_without_loss(county: Store, store_url: str) -> None:
    def add(thread: int) -> None:
        for i in range(5):
            with county.write() as w:
                w.put_visits(visit(f"t{thread}-{i}"))

    with worker("add", store_url, "a", "20") as one, worker("add", store_url, "b", "20") as two:
        threads = [threading.Thread(target=add, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(one.communicate()[0].split()) == 20
        assert len(two.communicate()[0].split()) == 20
    assert len(county.visits(scope=EVERYWHERE)) == 3 + 40 + 40
    assert county.changes().visits == 1 + 40 + 40


def test_a_reader_is_not_held_up_by_a_writer(county: Store, store_url: str) -> None:
    with worker("hold", store_url, "60"):
        start = time.monotonic()
        assert len(county.visits(scope=EVERYWHERE)) == 3
        assert county.changes().visits == 1
        assert time.monotonic() - start < 10


def test_a_writer_that_waits_in_vain_says_so_and_changes_nothing(
    county: Store, store_url: str
) -> None:
    with (
        worker("hold", store_url, "60"),
        Store.open(store_url, patience=0.2) as hasty,
        pytest.raises(StoreBusy),
        hasty.write() as w,
    ):
        w.put_visits(visit("v9"))
    assert len(county.visits(scope=EVERYWHERE)) == 3


def test_a_thread_that_waits_in_vain_says_so(county: Store, store_url: str) -> None:
    refused: list[BaseException] = []

    with Store.open(store_url, patience=0.2) as hasty:

        def add() -> None:
            try:
                with hasty.write() as w:
                    w.put_visits(visit("v9"))
            except StoreBusy as err:
                refused.append(err)

        with hasty.write() as w:
            w.put_visits(visit("v8"))
            other = threading.Thread(target=add)
            other.start()
            other.join()
    assert len(refused) == 1
    assert "v8" in set(county.visits(scope=EVERYWHERE).id)


def test_a_killed_writer_leaves_a_whole_state_with_all_it_acknowledged(
    county: Store, store_url: str
) -> None:
    chance = random.Random(20261120)  # noqa: S311 - not a secret
    rounds = 20 if "://" not in store_url else 5  # PostgreSQL itself is not killed here
    for round_ in range(rounds):
        with county.write() as w:
            w.put_households(county.households(scope=EVERYWHERE).assign(name="before"))
        with worker("rename", store_url, "100000") as process:
            time.sleep(chance.random() * 0.05)
            process.kill()
            said = (process.communicate()[0] or "").split()
        names = set(county.households(scope=EVERYWHERE).name)
        visits = set(county.visits(scope=EVERYWHERE).id)
        assert len(names) == 1, f"half a change in round {round_}"
        assert set(said) <= visits, f"an acknowledged visit is lost in round {round_}"
        assert names <= visits | {"before"}, f"a name without its visit in round {round_}"
        _forget(county)


def _forget(county: Store) -> None:
    """Take away the visits, so that the next round may use their numbers."""
    from gisgrid.store.schema import visits

    with county._dialect.writing() as connection:
        connection.execute(visits.delete())


def test_a_closed_store_can_be_closed_again(county: Store) -> None:
    county.close()
    county.close()


def test_a_change_that_can_wait_does_not_keep_anybody_waiting(store_url: str) -> None:
    # An hour's patience: were it used, the test would run into its time limit.
    with Store.create(store_url, patience=3600) as store, Store.open(store_url) as other:
        with other.write(), pytest.raises(StoreBusy), store.write(patience=0):
            pass
        with store.write(patience=0) as w:  # free again, and the connection is as it was
            w.set_programme(Programme(name="later"))
        assert store.programme().name == "later"
