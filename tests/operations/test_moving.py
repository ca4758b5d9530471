"""A county that went to another store, and came back, gives the files that it gave before."""

from __future__ import annotations

import re
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from gisgrid.access import CONSOLE
from gisgrid.operations import moving
from gisgrid.operations.exporting import FORMATS, WHAT, export
from gisgrid.operations.workspace import Workspace

from .test_exporting import fill

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAY = date(2026, 11, 22)


@pytest.fixture
def ws(empty_workspace: Callable[..., Workspace]) -> Workspace:
    made = empty_workspace()
    fill(made.store)
    return made


def files(ws: Workspace, folder: Path) -> dict[str, bytes]:
    """Every layer and result as text, households in every format there is, grids in most."""
    folder.mkdir()
    # What was read again belongs to the tests of exports; here it is what was written.
    asked = {"as_of": DAY, "verify": False}
    for what in WHAT:
        export(ws, CONSOLE, what, folder / f"{what}.csv", format="csv", **asked)
    for what in ("grids", "households"):
        for form, ending in FORMATS.items():
            if form in {"fgb", "parquet"} and what == "grids":  # each a process of its own
                continue
            export(ws, CONSOLE, what, folder / f"{what}{ending}", format=form, **asked)
    found = {}
    for path in folder.iterdir():
        if path.suffix not in {".zip", ".xlsx"}:
            found[path.name] = timeless(path.name, path.read_bytes())
            continue
        with zipfile.ZipFile(path) as packed:
            for name in packed.namelist():
                found[f"{path.name}/{name}"] = timeless(name, packed.read(name))
    return found


MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def timeless(name: str, data: bytes) -> bytes:
    """A file without the moment at which it was written, which GeoPackages and workbooks carry."""
    if name.endswith(".gpkg"):
        with closing(sqlite3.connect(":memory:")) as base:
            base.deserialize(data)
            data = "\n".join(base.iterdump()).encode()
    return MOMENT.sub(b"", data) if name.endswith((".gpkg", "/core.xml")) else data


@pytest.mark.parametrize("there", ["gpkg", "postgis"])
def test_exports_are_the_same_to_the_byte_there_and_after_the_way_back(
    ws: Workspace, request: pytest.FixtureRequest, tmp_path: Path, there: str
) -> None:
    if there == "gpkg":
        url = str(tmp_path / "there.gpkg")
    else:
        url = f"{request.getfixturevalue('postgis')}?schema=there_{id(ws)}"
    before = files(ws, tmp_path / "before")
    assert len(before) > len(WHAT) + 10
    moving.copy(ws, CONSOLE, url)
    back = str(tmp_path / "back.gpkg")
    with Workspace.open(replace(ws.settings, store=url), ws.clock) as other:
        assert files(other, tmp_path / "there") == before
        moving.copy(other, CONSOLE, back)
    with Workspace.open(replace(ws.settings, store=back), ws.clock) as again:
        assert files(again, tmp_path / "back") == before
