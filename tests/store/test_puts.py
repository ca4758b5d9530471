"""Putting rows: what becomes of new, changed and unchanged ones, and what is refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import Point

from gisgrid.access import EVERYWHERE
from gisgrid.errors import FrameError, UnknownHousehold, VisitDiffers
from gisgrid.model import Programme
from gisgrid.store import PutCounts, Store, transaction

LAYERS = ["areas", "grids", "households", "visits", "cases"]


def everything(store: Store) -> list[Any]:
    """All stored values of all tables that a GIS shows, with their row numbers."""
    from gisgrid.store.schema import LAYER_TABLES, metadata

    with store.reading(EVERYWHERE) as connection:
        return [
            list(connection.execute(metadata.tables[name].select().order_by("fid")))
            for name in LAYER_TABLES
        ]


@pytest.mark.parametrize("layer", LAYERS)
def test_the_same_rows_again_change_nothing(county: Store, town: Any, layer: str) -> None:
    before, counters = everything(county), county.changes()
    with county.write() as w:
        rows = getattr(town, layer)()
        counts = getattr(w, f"put_{layer}")(rows)
    assert counts == PutCounts(0, 0, len(rows))
    assert everything(county) == before
    assert county.changes() == counters


@pytest.mark.parametrize("layer", LAYERS)
def test_what_is_read_can_be_put_back(county: Store, layer: str) -> None:
    before, counters = everything(county), county.changes()
    rows = getattr(county, layer)(scope=EVERYWHERE)
    with county.write() as w:
        assert getattr(w, f"put_{layer}")(rows) == PutCounts(0, 0, len(rows))
    assert everything(county) == before
    assert county.changes() == counters


@pytest.mark.parametrize(
    ("layer", "column", "row", "counter"),
    [
        ("areas", "name", 1, "areas"),
        ("grids", "member", 2, "plan"),
        ("households", "address", 3, "households"),
        ("cases", "title", 1, "cases"),
    ],
)
def test_a_changed_row_is_updated_and_moves_its_counter_alone(
    county: Store, town: Any, layer: str, column: str, row: int, counter: str
) -> None:
    before = county.changes()
    rows = getattr(town, layer)()
    rows.loc[row, column] = "new"
    with county.write() as w:
        counts = getattr(w, f"put_{layer}")(rows)
    assert counts == PutCounts(0, 1, len(rows) - 1)
    stored = getattr(county, layer)(scope=EVERYWHERE)
    assert list(stored[column]).count("new") == 1
    after = county.changes()
    moved = [name for name in before.__slots__ if getattr(before, name) != getattr(after, name)]
    assert moved == [counter]


def test_frames_come_back_as_they_were_put(county: Store, town: Any) -> None:
    homes = county.households(scope=EVERYWHERE)
    given = town.households().sort_values("id").reset_index(drop=True)
    assert homes.crs == given.crs
    assert shapely.equals_exact(
        homes.geometry.fillna(Point()).array, given.geometry.fillna(Point()).array, tolerance=0
    ).all()
    for column in ("id", "name", "address", "listed_on", "unlisted_on", "grid_code"):
        assert homes[column].dtype == object
        assert homes[column].tolist() == [None if pd.isna(v) else v for v in given[column]]
    assert homes.visit_every_days.dtype == "Int64"
    assert homes.set_index("id").visit_every_days["h2"] == 3
    assert homes.set_index("id").placed_in.to_dict() == {
        "h1": "g1",
        "h2": "g2",
        "h3": "g3",
        "lost": "g1",
        "far": None,
        "adrift": None,
        "nowhere": None,
    }
    grids = county.grids(scope=EVERYWHERE)
    assert shapely.equals_identical(grids.geometry.array, town.grids().geometry.array).all()


def test_empty_layers_are_frames_with_all_columns(store: Store) -> None:
    homes = store.households(scope=EVERYWHERE)
    assert isinstance(homes, gpd.GeoDataFrame)
    assert homes.crs == "EPSG:4326"
    assert len(homes) == 0
    assert list(homes.columns)[-2:] == ["placed_in", "geometry"]
    assert str(store.visits(scope=EVERYWHERE).visited_at.dtype) == "datetime64[ms, UTC]"
    assert store.areas(scope=EVERYWHERE).columns.tolist() == [
        "code",
        "name",
        "level",
        "parent_code",
    ]


def test_a_column_that_the_frame_lacks_stays_as_it_is(county: Store) -> None:
    rows = pd.DataFrame({"id": ["h1"], "name": ["王五"]})
    with county.write() as w:
        assert w.put_households(rows) == PutCounts(0, 1, 0)
    home = county.households(scope=EVERYWHERE, ids=["h1"]).iloc[0]
    assert (home["name"], home.address, home.listed_on) == (
        "王五",
        "1 Well Lane",
        dt.date(2026, 1, 1),
    )
    assert (home.geometry, home.placed_in) == (Point(100.5, 30.5), "g1")


def test_a_household_without_a_listing_day_is_listed_from_today_once(
    store: Store, town: Any
) -> None:
    rows = gpd.GeoDataFrame({"id": ["a"]}, geometry=[Point(100, 30)], crs="EPSG:4326")
    with store.write(today=dt.date(2026, 5, 1)) as w:
        w.put_households(rows)
    with store.write(today=dt.date(2026, 6, 1)) as w:
        assert w.put_households(rows) == PutCounts(0, 0, 1)
    assert store.households(scope=EVERYWHERE).listed_on.tolist() == [dt.date(2026, 5, 1)]


def test_a_household_that_moves_is_placed_anew(county: Store) -> None:
    rows = gpd.GeoDataFrame(
        {"id": ["h1", "h2", "lost"], "grid_code": [None, "g3", "12"]},
        geometry=[Point(102.5, 30.5), None, None],
        crs="EPSG:4326",
    )
    with county.write() as w:
        w.put_households(rows)
    homes = county.households(scope=EVERYWHERE).set_index("id")
    assert homes.placed_in[["h1", "h2", "lost"]].tolist() == ["g3", "g3", None]


def test_a_point_on_an_edge_lies_in_the_grid_with_the_lowest_code(county: Store) -> None:
    rows = gpd.GeoDataFrame({"id": ["edge"]}, geometry=[Point(101, 30.5)], crs="EPSG:4326")
    with county.write() as w:
        w.put_households(rows)
    assert county.households(scope=EVERYWHERE, ids=["edge"]).placed_in.tolist() == ["g1"]


def test_placements_can_be_handed_over(county: Store) -> None:
    counters = county.changes()
    with county.write() as w:
        w.place(["h1", "far", "h2"], ["g2", "g3", None])
    homes = county.households(scope=EVERYWHERE).set_index("id")
    assert homes.placed_in[["h1", "far", "h2"]].tolist() == ["g2", "g3", None]
    assert county.changes() == counters
    with pytest.raises(FrameError, match="no grid g9"), county.write() as w:
        w.place(["h1"], ["g9"])
    with pytest.raises(FrameError, match="no household gone"), county.write() as w:
        w.place(["gone"], ["g1"])


def test_a_day_of_a_visit_is_that_of_the_programmes_zone(county: Store) -> None:
    visits = county.visits(scope=EVERYWHERE).set_index("id")
    # 23:59:59.999 and 24:00 in Shanghai
    assert visits.visited_on[["v1", "v2"]].tolist() == [dt.date(2026, 11, 1), dt.date(2026, 11, 2)]
    assert visits.visited_at["v1"] == pd.Timestamp("2026-11-01T15:59:59.999Z")


def test_a_new_zone_leaves_the_days_of_earlier_visits(county: Store, town: Any) -> None:
    with county.write() as w:
        w.set_programme(Programme(zone="America/New_York", soon_days=3))
        assert w.put_visits(town.visits()) == PutCounts(0, 0, 3)
        more = town.visits().iloc[:1].assign(id="v4")
        w.put_visits(more)
    days = county.visits(scope=EVERYWHERE).set_index("id").visited_on
    assert days["v2"] == dt.date(2026, 11, 2)
    assert days["v4"] == dt.date(2026, 11, 1)
    assert county.programme() == Programme(zone="America/New_York", soon_days=3)


def test_the_same_programme_again_moves_no_counter(store: Store) -> None:
    with store.write() as w:
        w.set_programme(Programme())
    assert store.changes().programme == 0


def test_visits_are_only_added(county: Store, town: Any) -> None:
    rows = town.visits().assign(note="changed")
    before = everything(county)
    with pytest.raises(VisitDiffers) as refused, county.write() as w:
        w.put_visits(rows)
    assert refused.value.facts == {"id": "v1"}
    assert everything(county) == before


def test_a_visit_without_id_is_known_by_its_device_or_its_content(store: Store, town: Any) -> None:
    rows = town.visits().drop(columns="id")
    again = pd.concat([rows, rows.iloc[:1]])
    with store.write() as w:
        w.put_households(town.households())
        assert w.put_visits(again) == PutCounts(3, 0, 1)
    with store.write() as w:
        assert w.put_visits(rows.iloc[::-1]) == PutCounts(0, 0, 3)
    assert "device-1" in set(store.visits(scope=EVERYWHERE).id)


def test_two_visits_of_one_device_report_are_refused(county: Store, town: Any) -> None:
    rows = town.visits().iloc[2:].assign(id="other")
    with pytest.raises(VisitDiffers, match="device-1"), county.write() as w:
        w.put_visits(rows)


@pytest.mark.parametrize("layer", ["visits", "cases"])
def test_rows_of_an_unknown_household_are_refused_by_name(
    county: Store, town: Any, layer: str
) -> None:
    rows = getattr(town, layer)().assign(
        id=["x1", "x2", "x3", "x4"][: 3 if layer == "visits" else 4]
    )
    rows["household_id"] = "gone"
    rows["client_id" if layer == "visits" else "note"] = None
    with pytest.raises(UnknownHousehold) as refused, county.write() as w:
        getattr(w, f"put_{layer}")(rows)
    assert refused.value.facts == {"household": "gone"}


def point(**columns: Any) -> gpd.GeoDataFrame:
    place = columns.pop("at", Point(100, 30))
    crs = columns.pop("crs", "EPSG:4326")
    return gpd.GeoDataFrame({"id": ["a"], **columns}, geometry=[place], crs=crs)


BAD_HOUSEHOLDS = {
    "the id is missing": point(id=[None]),
    "the id is empty": point(id=[""]),
    "the id is a number": point(id=[7]),
    "an unknown column": point(nmae=["x"]),
    "a name that is a number": point(name=[7]),
    "a name with a NUL": point(name=["a\0b"]),
    "a name that is half a character": point(name=["\ud800"]),
    "an interval of 0 days": point(visit_every_days=[0]),
    "an interval of 2.5 days": point(visit_every_days=[2.5]),
    "an interval in words": point(visit_every_days=["weekly"]),
    "a day in words": point(listed_on=["soon"]),
    "another CRS": point(crs="EPSG:3857"),
    "no CRS": point(crs=None),
    "a polygon": point(at=Point(100, 30).buffer(1)),
    "metres for degrees": point(at=Point(11_000_000, 3_500_000)),
    "an infinite position": point(at=Point(np.inf, 30)),
    "an id that comes twice": pd.concat([point(), point()]),
}


@pytest.mark.parametrize("rows", BAD_HOUSEHOLDS.values(), ids=BAD_HOUSEHOLDS)
def test_a_bad_frame_is_refused_and_nothing_changes(gpkg: Store, rows: gpd.GeoDataFrame) -> None:
    with pytest.raises(FrameError, match=r"^households: "), gpkg.write() as w:
        w.put_households(rows)
    assert gpkg.households(scope=EVERYWHERE).empty
    assert gpkg.changes().households == 0


@pytest.mark.parametrize(
    ("layer", "column", "value", "problem"),
    [
        ("areas", "level", "hamlet", "“hamlet” is not a known level"),
        ("areas", "name", None, "row 0 has no name"),
        ("visits", "outcome", "maybe", "“maybe” is not a known outcome"),
        ("visits", "visited_at", pd.NaT, "row 0 has no visited_at"),
        ("visits", "visited_at", pd.Timestamp("2026-11-01"), "lacks the offset from UTC"),
        ("visits", "household_id", None, "row 0 has no household_id"),
        ("cases", "opened_on", None, "row 0 has no opened_on"),
        ("grids", "geometry", Point(1, 1), "row 0 must hold polygons only"),
        ("grids", "geometry", None, "row 0 has no polygon"),
    ],
)
def test_a_bad_value_is_named(
    gpkg: Store, town: Any, layer: str, column: str, value: Any, problem: str
) -> None:
    rows = getattr(town, layer)()
    rows[column] = (
        [value] * len(rows)
        if column != "geometry"
        else gpd.GeoSeries([value] * len(rows), crs="EPSG:4326")
    )
    with gpkg.write() as w:
        w.put_households(town.households())
    with pytest.raises(FrameError, match=problem), gpkg.write() as w:
        getattr(w, f"put_{layer}")(rows)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_missing_column_is_named(gpkg: Store, town: Any, layer: str) -> None:
    rows = getattr(town, layer)()
    required = {"areas": "level", "grids": "code", "visits": "outcome", "cases": "opened_on"}
    column = required.get(layer, "id")
    with pytest.raises(FrameError, match=f"the column {column} is missing"), gpkg.write() as w:
        getattr(w, f"put_{layer}")(rows.drop(columns=column))


def test_days_come_in_as_dates_timestamps_or_numpy_days(store: Store) -> None:
    day = dt.date(2026, 3, 4)
    for i, column in enumerate(
        ([day], pd.to_datetime([day]), [pd.Timestamp("2026-03-04T13:00").to_pydatetime()])
    ):
        with store.write() as w:
            w.put_households(point(id=[f"h{i}"], listed_on=column))
    assert store.households(scope=EVERYWHERE).listed_on.tolist() == [day] * 3


def test_many_rows_are_put_into_an_empty_and_a_filled_table_alike(store: Store) -> None:
    count = 25_000
    lon = 100 + np.arange(count) / count
    rows = gpd.GeoDataFrame(
        {"id": [f"h{i}" for i in range(count)]},
        geometry=shapely.points(lon, np.full(count, 30.0)),
        crs="EPSG:4326",
    )
    with store.write() as w:
        assert w.put_households(rows) == PutCounts(count, 0, 0)
    moved = rows.set_geometry(rows.geometry.translate(yoff=1))
    moved.loc[: count // 2 - 1, "geometry"] = rows.geometry[: count // 2]
    moved["id"] = [f"h{i}" for i in range(100, count + 100)]
    moved.loc[: count // 2 - 1, "geometry"] = rows.geometry[100 : count // 2 + 100].to_numpy()
    with store.write() as w:
        counts = w.put_households(moved)
    assert counts == PutCounts(100, count // 2 - 100, count // 2)
    with store.reading() as connection:
        from sqlalchemy import inspect

        schema = connection.get_execution_options().get("gisgrid_schema")
        names = {i["name"] for i in inspect(connection).get_indexes("households", schema=schema)}
    assert {"households_id", "households_morton", "households_placed"} <= names


def test_the_share_that_is_told_moves_on_over_new_and_changed_rows(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction, "CHUNK", 2)

    def told(names: dict[str, str]) -> list[float]:
        shares: list[float] = []
        frame = pd.DataFrame({"code": list(names), "name": list(names.values()), "level": "county"})
        with store.write() as w:
            w.tell(shares.append)
            w.put_areas(frame)
        return shares

    first = {"A": "a", "B": "b", "C": "c", "D": "d", "E": "e"}
    assert told(first) == [0, 2 / 5, 4 / 5]
    assert told({**dict.fromkeys(first, "x"), "F": "f"}) == [0, 1 / 6, 3 / 6, 5 / 6]
    assert store.areas(scope=EVERYWHERE)["name"].tolist() == ["x"] * 5 + ["f"]
