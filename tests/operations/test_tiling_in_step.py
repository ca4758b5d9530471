"""Tiles after a change: shown as it is, and nothing worked out again that it left as it was."""

from __future__ import annotations

import gzip
from datetime import date
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import pandas as pd
import pytest

from gisgrid.access import CONSOLE
from gisgrid.frames import mercator_unit
from gisgrid.model import Status
from gisgrid.operations import tile_layers, tiling

from .town import NOW, town

if TYPE_CHECKING:
    from gisgrid.operations.workspace import Workspace
    from gisgrid.store import Store


@pytest.fixture
def ws(store: Store) -> Workspace:
    return town(store)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The snapshots whose open cases were counted."""
    seen: list[Any] = []
    count = tile_layers.open_cases
    monkeypatch.setattr(
        tile_layers, "open_cases", lambda s, day: (seen.append(s), count(s, day))[1]
    )
    return seen


def shown(ws: Workspace) -> dict[str, tuple[int, int]]:
    """id -> status and mark of a case, of the tiles along the town."""
    x, y = mercator_unit(np.array([105.015]), np.array([35.005]))
    place = (int(x[0] * 2**16), int(y[0] * 2**16))
    found = {}
    for column in range(place[0] - 4, place[0] + 5):
        tile = tiling.tile(ws, CONSOLE, "households", 16, column, place[1])
        layers = mapbox_vector_tile.decode(gzip.decompress(tile.body)) if tile.body else {}
        for feature in layers.get("households", {}).get("features", ()):
            told = feature["properties"]
            found[told["id"]] = (told["s"], told["c"])
    return found


def test_a_visit_changes_its_household_and_has_no_case_counted_again(
    ws: Workspace, asked: list[Any]
) -> None:
    before = shown(ws)
    assert before["H1"] == (Status.NEVER, 0)
    visit = {"household_id": ["H1"], "visited_at": [NOW], "outcome": ["met"]}
    with ws.store.write() as w:
        w.put_visits(pd.DataFrame(visit))
    assert shown(ws) == before | {"H1": (Status.ON_TIME, 0)}
    assert len(asked) == 1


def test_a_case_is_shown_at_once(ws: Workspace, asked: list[Any]) -> None:
    before = shown(ws)
    case = {"id": ["C"], "household_id": ["H2"], "opened_on": [date(2026, 11, 1)]}
    case |= {"status": ["open"], "due_on": [date(2026, 11, 5)]}
    with ws.store.write() as w:
        w.put_cases(gpd.GeoDataFrame(case, geometry=[None], crs="EPSG:4326"))
    assert shown(ws) == before | {"H2": (before["H2"][0], 2)}
    assert len(asked) == 2
