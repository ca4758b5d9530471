from __future__ import annotations

import doctest
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import gisgrid
from gisgrid.errors import BadDate, StoreMissing, UnknownArea
from gisgrid.model import COVERAGE_COLUMNS, Programme
from gisgrid.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gisgrid.county import County

REPO = Path(__file__).resolve().parents[1]
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
D = date(2026, 11, 22)
START = date(2026, 1, 1)

AREAS = [
    ("K", "Kings County", "county", None),
    ("T1", "Millton", "township", "K"),
    ("T2", "Weston", "township", "K"),
    ("V1", "Vale", "village", "T1"),
    ("V2", "Ford", "village", "T2"),
]
GRIDS = [("g1", "V1", None), ("g2", "V1", None), ("g3", "V2", 14), ("g4", "V2", None)]
HOUSEHOLDS = [  # id, which grid (None: nowhere), last day met
    ("H1", 0, ["2026-11-20", "2026-11-05"]),
    ("H2", 0, ["2026-11-19", "2026-11-06"]),
    ("H3", 0, []),
    ("H4", 1, ["2026-11-18", "2026-11-07"]),
    ("H5", 1, ["2026-10-31"]),
    ("H6", 2, ["2026-11-10"]),
    ("H7", 3, ["2026-11-21"]),
    ("H8", 3, ["2026-11-10"]),
    ("H9", None, []),
]
ATTEMPTS = [("H3", "2026-11-20", "no_one_home"), ("H5", "2026-11-19", "refused")]


def points(of_grid: list[int | None]) -> gpd.GeoSeries:
    found = [
        None if g is None else shapely.Point(105.001 + g / 100 + i / 10_000, 35.005)
        for i, g in enumerate(of_grid)
    ]
    return gpd.GeoSeries(found, crs="EPSG:4326")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with county.gpkg: the invented county of docs/library.md."""
    path = tmp_path_factory.mktemp("library")
    grids = pd.DataFrame(GRIDS, columns=["code", "area_code", "visit_every_days"])
    grids["visit_every_days"] = grids["visit_every_days"].astype("Int64")
    cells = [shapely.box(105 + i / 100, 35, 105 + (i + 1) / 100, 35.01) for i in range(4)]
    visits = [(h, day, "met") for h, _, days in HOUSEHOLDS for day in days] + ATTEMPTS
    events = pd.DataFrame(visits, columns=["household_id", "visited_at", "outcome"])
    events["visited_at"] = pd.to_datetime(events["visited_at"] + "T04:00:00Z", utc=True)
    homes = pd.DataFrame({"id": [h[0] for h in HOUSEHOLDS], "listed_on": START})
    cases = pd.DataFrame(
        [
            ("C1", "H1", "Pension", date(2026, 11, 1), date(2026, 11, 15), None),
            ("C2", None, "Road", date(2026, 11, 20), None, None),
            ("C3", "H2", "Pension", date(2026, 10, 1), None, date(2026, 11, 2)),
        ],
        columns=["id", "household_id", "category", "opened_on", "due_on", "closed_on"],
    )
    with (
        Store.create(
            str(path / "county.gpkg"), Programme(name="Kings"), clock=lambda: NOON
        ) as store,
        store.write() as w,
    ):
        w.put_areas(pd.DataFrame(AREAS, columns=["code", "name", "level", "parent_code"]))
        w.put_grids(gpd.GeoDataFrame(grids, geometry=cells, crs="EPSG:4326"))
        w.put_households(gpd.GeoDataFrame(homes, geometry=points([h[1] for h in HOUSEHOLDS])))
        w.put_visits(events.assign(id=[f"V{i}" for i in range(len(events))]))
        w.put_cases(gpd.GeoDataFrame(cases, geometry=points([None, 2, None])))
    return path


@pytest.fixture
def county(folder: Path) -> Iterator[County]:
    with gisgrid.open(str(folder / "county.gpkg")) as opened:
        yield opened


def test_the_examples_of_the_documentation_give_what_they_say(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    result = doctest.testfile(
        str(REPO / "docs" / "library.md"),
        module_relative=False,
        encoding="utf-8",
        optionflags=doctest.NORMALIZE_WHITESPACE,
    )
    assert result.attempted > 15
    assert result.failed == 0


def test_every_answer_is_a_geodataframe_in_wgs_84(county: County) -> None:
    answers = [
        county.areas(), county.grids(D), county.households(), county.coverage(D), county.gaps(D),
        county.cases(D), county.coverage(D, by="village"), county.coverage(date(1999, 1, 1)),
        county.gaps(date(1999, 1, 1)), county.cases(date(1999, 1, 1)),
    ]  # fmt: skip
    for frame in answers:
        assert isinstance(frame, gpd.GeoDataFrame)
        assert frame.crs == "EPSG:4326"


@pytest.mark.parametrize("by", ["grid", "village", "township", "county"])
def test_polygons_of_a_level_fill_the_footprint_once(county: County, by: str) -> None:
    frame = county.coverage(D, by=by)
    assert [*frame.columns] == [*COVERAGE_COLUMNS, "geometry"]
    assert frame.geometry.isna().tolist() == [False] * (len(frame) - 1) + [True]
    polygons = frame.geometry[:-1].to_numpy()
    assert shapely.union_all(polygons).equals(shapely.box(105, 35, 105.04, 35.01))
    assert shapely.area(polygons).sum() == pytest.approx(0.04 * 0.01)


def test_a_day_may_be_a_date_or_a_text(county: County) -> None:
    text, day = county.coverage("2026-11-08"), county.coverage(date(2026, 11, 8))
    pd.testing.assert_frame_equal(pd.DataFrame(text), pd.DataFrame(day))
    with pytest.raises(BadDate):
        county.gaps("8 November")


def test_an_unknown_area_or_store_is_told(county: County, tmp_path: Path) -> None:
    with pytest.raises(UnknownArea):
        county.cases(D, area="T9")
    with pytest.raises(StoreMissing):
        gisgrid.open(str(tmp_path / "none.gpkg"))


def test_filters_are_those_of_the_lists(county: County) -> None:
    assert county.gaps(D, status="never")["household"].tolist() == ["H3", "H9"]
    assert county.gaps(D, area="T2")["household"].tolist() == ["H8"]
    assert county.cases(D, category="Road")["id"].tolist() == ["C2"]
    assert county.cases(D, status="closed")["id"].tolist() == ["C3"]
    assert county.cases(D, area="g3")["id"].tolist() == ["C2"]


def test_a_county_without_anything_answers_with_empty_frames(tmp_path: Path) -> None:
    Store.create(str(tmp_path / "new.gpkg")).close()
    with gisgrid.open(str(tmp_path / "new.gpkg")) as county:
        assert len(county.grids()) == len(county.areas()) == len(county.gaps()) == 0
        assert county.coverage(by="county")["name"].tolist() == ["(unassigned)"]
