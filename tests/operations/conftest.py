"""A workspace on an empty store, and files to import into it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gisgrid.model import Programme
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
GPKG_ONLY = pytest.mark.parametrize("new_store_url", ["gpkg"], indirect=True)
"""For many cases of what is decided before a database is asked; their neighbours ask both."""


@pytest.fixture
def empty_workspace(new_store_url: Callable[[], str]) -> Iterator[Callable[..., Workspace]]:
    """`empty_workspace(zone="Asia/Shanghai")` -> a workspace on a store without rows.

    Its clock stands at noon of 2026-11-22 in China. Runs once for each kind of database.
    """
    opened: list[Workspace] = []

    def make(**programme: object) -> Workspace:
        url = new_store_url()
        Store.create(url, Programme(**programme)).close()  # type: ignore[arg-type]
        opened.append(Workspace.open(Settings(store=url), clock=lambda: NOW))
        return opened[-1]

    yield make
    for workspace in opened:
        workspace.close()


@pytest.fixture
def real_file() -> Callable[[str], Path]:
    """A file of the real data sets, read in place.

    They lie in `$GISGRID_SHARED_DATA`, or in `../shared/data` beside the repository.
    """
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    folder = Path(os.environ.get("GISGRID_SHARED_DATA") or beside)

    def find(name: str) -> Path:
        path = folder / name
        if not path.exists() and not os.environ.get("CI"):
            pytest.skip(f"no {name} in {folder}; set GISGRID_SHARED_DATA")
        return path

    return find
