"""Backups under load each restore to a state that was, and the erased stay erased."""

from __future__ import annotations

import re
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from gisgrid.store import Store, restoring

from . import work
from .test_kill import Server, servers


class Listener:
    """Reads what a server acknowledges while it works."""

    def __init__(self, server: Server) -> None:
        self.server, self.said = server, list[str]()
        server.order("serve 0 visit visit case bring_in visit")
        server.wait_ready()
        self.thread = threading.Thread(target=self.listen)
        self.thread.start()

    def listen(self) -> None:
        while (found := self.server.line()) != "end":
            self.said.append(found)

    def stop(self) -> None:
        self.server.kill()
        self.thread.join(timeout=60)


def history(path: Path) -> dict[str, list[int]]:
    """Letter of a server -> the numbers of its deeds that a store knows."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT id FROM visits UNION SELECT id FROM cases "
            "UNION SELECT name FROM households WHERE id LIKE '%.0'"
        ).fetchall()
    found: dict[str, list[int]] = {}
    for (name,) in rows:
        parts = re.fullmatch(r"([AB])0n(\d+)", name)
        if parts:
            found.setdefault(parts[1], []).append(int(parts[2]))
    return {letter: sorted(numbers) for letter, numbers in found.items()}


def backups(folder: Path, count: int) -> None:
    """At least so many, and until both servers have said yes more often than that."""
    with servers(folder, 2) as (path, both):
        listeners = [Listener(one) for one in both]
        try:
            with Store.open(str(path)) as store:
                number = 0
                while number < count or any(len(one.said) <= count for one in listeners):
                    said = [word for one in listeners for word in one.said]
                    store.backup(folder / f"saved{number}.gpkg")
                    with store.write(today=work.TODAY) as w:
                        w.erase(f"H{number}")
                    _restored(folder, number, said, erased=store.erased())
                    number += 1
        finally:
            for one in listeners:
                one.stop()
        assert number >= count


def _restored(folder: Path, number: int, said: list[str], erased: list[str]) -> None:
    back = folder / f"back{number}.gpkg"
    done = restoring.restore(folder / f"saved{number}.gpkg", back, replace=False, erased=erased)
    assert done.summed
    assert done.erased_again == (f"H{number}",)
    assert [fault for fault in work.faults(back, said) if "half a erase" not in fault] == []
    for numbers in history(back).values():
        assert numbers == list(range(len(numbers))), "not a state that ever was"
    with closing(sqlite3.connect(back)) as connection:
        names = connection.execute(
            "SELECT name FROM households JOIN erasures ON household_id = id"
        ).fetchall()
    assert names == [(None,)] * (number + 1)


def test_each_backup_under_load_is_a_state_that_was_and_the_erased_stay_erased(
    tmp_path: Path,
) -> None:
    backups(tmp_path, 6)


@pytest.mark.long
def test_30_backups_under_load_are_states_that_were(tmp_path: Path) -> None:
    backups(tmp_path, 30)
