"""A county that went to another store, and came back, gives the files that it gave before."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from gisgrid.access import CONSOLE
from gisgrid.operations import moving
from gisgrid.operations.exporting import WHAT, export
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
    """Every layer and result as text, and a shapefile of each layer that has shapes."""
    folder.mkdir()
    for what in WHAT:
        export(ws, CONSOLE, what, folder / f"{what}.csv", format="csv", as_of=DAY)
    for what in ("grids", "households"):
        export(ws, CONSOLE, what, folder / f"{what}.geojson", format="geojson", as_of=DAY)
        export(ws, CONSOLE, what, folder / f"{what}.zip", format="shp", as_of=DAY)
    found = {}
    for path in folder.iterdir():
        if path.suffix != ".zip":
            found[path.name] = path.read_bytes()
            continue
        with zipfile.ZipFile(path) as packed:
            # The GeoPackage beside the shapefile says when it was written; its rows are the same.
            names = [name for name in packed.namelist() if not name.endswith(".gpkg")]
            found |= {f"{path.name}/{name}": packed.read(name) for name in names}
    return found


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
