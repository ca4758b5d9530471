"""Figures that are shared hide small counts, alike on every level."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, box

from gisgrid.access import CONSOLE, Level
from gisgrid.errors import ApartNeverPublic, NeverPublic
from gisgrid.operations.exporting import WHAT, ExportOptions, export
from gisgrid.operations.sharing import CERTIFIED, LEFT_OVER, hidden_on_paper

if TYPE_CHECKING:
    from gisgrid.operations.workspace import Workspace

TODAY = date(2026, 11, 22)
HOMES = {"G1": 3, "G2": 40, "G3": 27, "G4": 30, "G5": 33}


def put(ws: Any, homes: dict[str, int], towns: list[str], later: dict[str, int]) -> None:
    """Grids in a row with their homes. later: how many of each were listed today."""
    areas = [("C", "county", None), ("T1", "township", "C"), ("T2", "township", "C")]
    rows = [
        (f"{grid}-{n}", TODAY if n < later.get(grid, 0) else date(2026, 9, 1), i, n)
        for i, (grid, count) in enumerate(homes.items())
        for n in range(count + later.get(grid, 0))
    ]
    with ws.store.write() as w:
        frame = pd.DataFrame(areas, columns=["code", "level", "parent_code"])
        w.put_areas(frame.assign(name=frame["code"]))
        w.put_grids(
            gpd.GeoDataFrame(
                {"code": list(homes), "area_code": towns},
                geometry=[box(105 + i / 100, 35, 105.01 + i / 100, 35.01) for i in range(5)],
                crs="EPSG:4326",
            )
        )
        w.put_households(
            gpd.GeoDataFrame(
                {"id": [row[0] for row in rows], "listed_on": [row[1] for row in rows]},
                geometry=[Point(105.0001 + i / 100 + n / 10000, 35.005) for _, _, i, n in rows],
                crs="EPSG:4326",
            )
        )


@pytest.fixture
def ws(empty_workspace: Any) -> Any:
    ws = empty_workspace()
    put(ws, HOMES, ["T1", "T1", "T2", "T2", "T2"], later={})
    return ws


def told(ws: Any, tmp_path: Any, by: str) -> dict[str, str]:
    path = export(ws, CONSOLE, "coverage", tmp_path, format="csv", by=by, level="public")
    rows = csv.DictReader(path.read_text("utf-8-sig").splitlines())
    return {row["code"]: row["households"] for row in rows}


def test_a_small_count_and_its_neighbour_are_hidden_and_the_sums_stay(
    ws: Any, tmp_path: Any
) -> None:
    grids, towns = told(ws, tmp_path, "grid"), told(ws, tmp_path, "township")
    assert grids == {"G1": "", "G2": "", "G3": "27", "G4": "30", "G5": "33", "": ""}
    assert towns == {"T1": "43", "T2": "90", "": ""}


def test_the_next_day_hides_the_same_though_another_would_be_the_smallest(
    empty_workspace: Any, tmp_path: Any
) -> None:
    """Two homes more in the grid that guards the small one; then it is no more the smallest."""
    ws = empty_workspace()
    homes = {"G1": 9, "G2": 20, "G3": 21, "G4": 40, "G5": 30}
    put(ws, homes, ["T1", "T1", "T1", "T1", "T2"], later={"G2": 2})
    found = []
    for day in (TODAY - timedelta(days=1), TODAY):
        asked = {"format": "csv", "level": "public", "as_of": day}
        path = export(ws, CONSOLE, "coverage", tmp_path, **asked)
        rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
        found.append({row["code"] for row in rows if row["code"] and not row["households"]})
    assert found == [{"G1", "G2"}, {"G1", "G2"}]


def test_a_part_that_leaves_a_small_count_of_its_whole_is_hidden_too(
    ws: Any, tmp_path: Any
) -> None:
    """27 homes with 20 in a gap tell of 7 that are not."""
    met = {"G2": 15, "G3": 7, "G4": 14, "G5": 15}
    rows = [f"{grid}-{n}" for grid, count in met.items() for n in range(count)]
    frame = pd.DataFrame({"household_id": rows, "id": rows, "outcome": "met"})
    with ws.store.write() as w:
        w.put_visits(frame.assign(visited_at=pd.Timestamp(TODAY, tz="Asia/Shanghai")))
    path = export(ws, CONSOLE, "coverage", tmp_path, format="csv", by="grid", level="public")
    found = {
        row["code"]: (row["households"], row["gap"])
        for row in csv.DictReader(path.read_text("utf-8-sig").splitlines())
    }
    assert found["G3"] == ("27", "")
    assert found["G5"] == ("33", "18")


def test_only_figures_are_ever_public(ws: Any, tmp_path: Any) -> None:
    asked: list[tuple[str, dict[str, Any]]] = [
        ("households", {}),
        ("gaps", {}),
        ("visits", {}),
        ("cases", {}),
    ]
    for what, more in asked:
        with pytest.raises(NeverPublic):
            export(ws, CONSOLE, what, tmp_path, format="csv", level="public", **more)


def test_figures_are_public_unless_more_is_asked_for_and_rows_are_not(
    ws: Any, tmp_path: Any
) -> None:
    for what in WHAT:
        figures = what in {"coverage", "case-table"}
        assert ExportOptions(format="csv").held(what) is (
            Level.PUBLIC if figures else Level.CASE_WORK
        )
        assert ExportOptions(format="csv", level="case_work").held(what) is Level.CASE_WORK
        assert ExportOptions(format="csv", reason="the yearly count").held(what) is Level.FULL
    rows = {}
    for level in ("", "public", "case_work"):
        path = export(ws, CONSOLE, "coverage", tmp_path, format="csv", level=level)
        rows[level] = path.read_text("utf-8-sig")
    assert rows[""] == rows["public"]
    assert "G1,,3," in rows["case_work"]
    assert "G1,,3," not in rows[""]


@pytest.mark.parametrize("what", ["grids", "areas"])
def test_figures_beside_a_layer_are_those_that_may_be_shared(
    ws: Any, tmp_path: Any, what: str
) -> None:
    path = export(ws, CONSOLE, what, tmp_path, format="csv", figures=True)
    rows = {row["code"]: row for row in csv.DictReader(path.read_text("utf-8-sig").splitlines())}
    assert {"households", "gap", "coverage", "hidden"} < set(rows["G1" if what == "grids" else "C"])
    assert "never" not in rows["G1" if what == "grids" else "C"]
    shown = {code: row["households"] for code, row in rows.items()}
    if what == "grids":
        assert shown == {"G1": "", "G2": "", "G3": "27", "G4": "30", "G5": "33"}
        assert rows["G1"]["hidden"] == "households, gap"
    else:
        assert shown == {"C": "133", "T1": "43", "T2": "90"}


def test_what_could_be_subtracted_from_the_rest_is_not_public(ws: Any, tmp_path: Any) -> None:
    asked = {"format": "csv", "category": "water"}
    with pytest.raises(ApartNeverPublic):
        export(ws, CONSOLE, "case-table", tmp_path, **asked)


def test_a_certificate_on_paper_tells_no_small_count_nor_what_two_leave_of_each_other(
    ws: Any,
) -> None:
    told = {
        "households_listed": 1000,
        "households_in_one_grid": 1000,
        "households_outside": 0,
        "households_moved": 120,
        "households_to_other_area": 120,
        "cases_moved": 12,
        "open_cases": 80,
        "open_cases_with_one_member": 80,
    }
    assert hidden_on_paper(ws, told) == {"households_outside"}
    small = {"cases_moved": 9, "households_moved": 4, "open_cases": 3}
    assert hidden_on_paper(ws, told | small) >= set(small)
    for name, telling in (
        ("households_in_one_grid", 997),
        ("households_to_other_area", 112),
        ("open_cases_with_one_member", 71),
    ):
        assert name in hidden_on_paper(ws, told | {name: telling}), name
        assert name not in hidden_on_paper(ws, told | {name: telling - 20}), name
    assert not hidden_on_paper(ws, {})


@given(counts=st.lists(st.integers(0, 60), min_size=14, max_size=14), least=st.integers(5, 15))
def test_of_no_certificate_does_paper_tell_a_small_count(counts: list[int], least: int) -> None:
    listed, outside, before, cases, served, moved, *others = counts
    ruled = SimpleNamespace(settings=SimpleNamespace(small_counts_below=least))
    told = {
        "households_listed": listed,
        "households_in_one_grid": listed - min(outside, listed),
        "households_outside": min(outside, listed),
        "households_outside_before": min(before, listed),
        "households_located": (there := max(listed - others[3], 0)),
        "households_located_in_one_grid": there - min(others[4], there),
        "households_located_outside": min(others[4], there),
        "households_located_outside_before": min(others[5], there),
        "households_located_fallen_out": min(others[6], others[4], there),
        "open_cases": cases,
        "open_cases_with_one_member": min(served, cases),
        "households_moved": moved,
        "households_to_other_member": others[0],
        "households_to_other_area": min(others[1], moved),
        "cases_moved": min(others[2], cases),
    }
    off = hidden_on_paper(cast("Workspace", ruled), told)
    paper = {name: count for name, count in told.items() if name not in off}
    assert all(paper.get(name, least) >= least for name in CERTIFIED)
    if "households_located_in_one_grid" in paper and "households_located_outside" in paper:
        located = paper["households_located_in_one_grid"] + paper["households_located_outside"]
        assert not 0 < listed - located < least
    if "open_cases" in paper:
        assert paper.get("open_cases_with_one_member", least) >= least
    if {"households_moved", "households_to_other_member"} <= set(paper):
        assert not 0 < abs(moved - others[0]) < least
    for name, others_told in LEFT_OVER.items():
        for other in others_told:
            if name in paper and other in paper:
                rest = abs(paper[other] - paper[name])
                assert rest == 0 or rest >= least, (name, other)
