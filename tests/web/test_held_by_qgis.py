"""Another program holds the store as QGIS does in edit mode: one clear sentence, nothing lost."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store

from .conftest import fill

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOLD = (
    "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
    "c.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.read()"
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A file alone: of a database QGIS holds no lock that keeps others from writing."""
    return Settings(store=str(tmp_path / "county.gpkg"))


@pytest.fixture
def ws(settings: Settings, clock: Any) -> Iterator[Workspace]:
    """As everywhere, but it waits a fifth of a second only for who holds the store."""
    Store.create(settings.store).close()
    with Store.open(settings.store, patience=0.2) as store:
        fill(store)
        yield Workspace(store, settings, clock)


@contextmanager
def held(path: str) -> Iterator[None]:
    """Another process has begun to change the file, as QGIS does when a layer is edited."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        try:
            yield
        finally:
            other.kill()


def test_a_lock_held_elsewhere_is_said_and_nothing_is_lost(
    pen: Callable[..., Any],
    enter: Callable[..., Any],
    token: Callable[..., str],
    ws: Workspace,
) -> None:
    mine, member = pen(), enter("member", "G1")
    key = {"X-CSRFToken": token(member, "/")}
    visit = {
        "client_id": str(uuid.uuid4()),
        "household": "G1-0",
        "outcome": "met",
    }
    with held(ws.settings.store):
        told = mine.edit(op="change", code="G1", member="周", expect=503)
        assert told["code"] == "store_busy"
        assert "QGIS" in told["detail"]
        refused = member.post("/api/v1/visits", json=visit, headers=key)
        assert (refused.status_code, refused.json["code"]) == (503, "store_busy")
        assert mine.get()["version"] == 1, "reading goes on"
        assert mine.client.get("/ogc/collections/grids/items").status_code == 200
    assert mine.edit(op="change", code="G1", member="周")["version"] == 2
    assert member.post("/api/v1/visits", json=visit, headers=key).status_code == 201


def test_who_reads_the_file_beside_the_server_sees_what_was_just_written(
    pen: Callable[..., Any], ws: Workspace
) -> None:
    pen().edit(op="change", code="G1", member="周")
    drafts = "SELECT count(*) FROM edits"
    beside = sqlite3.connect(f"file:{ws.settings.store}?mode=ro", uri=True)
    assert beside.execute(drafts).fetchone() == (1,)
    beside.close()
    # Said in docs/qgis.md: without the log beside the file the last changes are missing.
    frozen = sqlite3.connect(f"file:{ws.settings.store}?immutable=1", uri=True)
    # The file may even lack the table: whatever it says is not what was written.
    with suppress(sqlite3.OperationalError):
        assert frozen.execute(drafts).fetchone() != (1,)
    frozen.close()
