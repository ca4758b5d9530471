from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gisgrid.access import EVERYWHERE, Actor, Role
from gisgrid.errors import NotAllowed, StoreBusy
from gisgrid.operations import auditing
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Run = Callable[..., Result]

LI = Actor("Li", Role.SUPERVISOR, EVERYWHERE, person=7)


def test_looks_are_listed_and_proved(run: Run, url: str) -> None:
    with Workspace.open(Settings(store=url)) as ws:
        what = auditing.object_of("household", ["H 1"])
        auditing.looked(ws, LI, "look_household", what, 1, "why")
    rows = json.loads(run("audit", "list", "--format", "json", "--person", "7").stdout)
    assert len(rows) == 1
    assert rows[0] | {"at": "", "seq": 1} == {
        "seq": 1,
        "at": "",
        "person": "7",
        "role": "supervisor",
        "action": "look_household",
        "object": "household:H%201",
        "count": 1,
        "reason": "why",
    }
    proved = run("audit", "verify")
    assert proved.exit_code == 0
    head = proved.stdout.strip()
    assert run("audit", "verify", "--head", head).exit_code == 0
    other = f"{head.partition(':')[0]}:{'0' * 64}"
    refused = run("audit", "verify", "--head", other)
    assert refused.exit_code == 1
    assert "other chain at row" in refused.stdout
    assert "not as it was written" in refused.stderr
    assert run("audit", "verify", "--head", "nonsense").exit_code == 1


def test_only_who_looks_after_all_of_it_sees_the_account(url: str) -> None:
    with Workspace.open(Settings(store=url)) as ws:
        with pytest.raises(NotAllowed):
            auditing.page(ws, LI)
        auditing.page(ws, Actor("Wu", Role.DATA_PROTECTION, EVERYWHERE, person=8))


def test_a_look_that_cannot_be_written_down_gets_no_answer(url: str) -> None:
    with Store.open(url) as other, Store.open(url, patience=0.1) as mine:
        ws = Workspace(mine, Settings(store=url))
        with other.write(), pytest.raises(StoreBusy):
            auditing.looked(ws, LI, "look_household", "household:H1", 1)


def cut_off(url: str, *, after: int) -> None:
    """Take the last rows away, and the head with them, as whoever owns the file can."""
    with closing(sqlite3.connect(url)) as base, base:
        known = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%'"
        guards = base.execute(known).fetchall()
        for name, _ in guards:
            base.execute(f'DROP TRIGGER "{name}"')
        base.execute("DELETE FROM audit WHERE seq > ?", [after])
        last = base.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
        base.execute("UPDATE audit_head SET seq = ?, hash = ?", last)
        for _, again in guards:
            base.execute(again)


def test_an_end_that_was_cut_off_with_its_head_shows_against_the_servers_log(
    run: Run, url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    heads = auditing.Heads()
    with Workspace.open(Settings(store=url)) as ws, caplog.at_level("INFO"):
        for number in range(4):
            auditing.looked(ws, LI, "look_household", auditing.object_of("household", [number]), 1)
            heads.tell(ws)
            heads.tell(ws)
    log = tmp_path / "gisgrid.log"
    log.write_text("".join(f"12:00 INFO {line}\n" for line in caplog.messages), "utf-8")
    assert log.read_text("utf-8").count("head of the account of use: ") == 4
    proved = run("audit", "verify", "--log", str(log))
    assert proved.exit_code == 0
    assert "fit 4 heads" in proved.stderr
    cut_off(url, after=2)
    assert run("audit", "verify").exit_code == 0, "what is left fits in itself"
    cut = run("audit", "verify", "--log", str(log))
    assert cut.exit_code == 1
    assert cut.stdout.count("other chain at row") == 2
