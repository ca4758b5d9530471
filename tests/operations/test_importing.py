"""Imports end to end, into a real store."""

from __future__ import annotations

import json
import weakref
from datetime import UTC, date, datetime

import geopandas as gpd
import pytest
from shapely.geometry import box

from gisgrid.access import CONSOLE, EVERYWHERE, Actor, Role, Scope
from gisgrid.errors import (
    FileIsStore,
    GridsOverlap,
    HeadingMissing,
    NotAllowed,
    RowsRefused,
    StoreBusy,
    UnknownWord,
)
from gisgrid.operations import importing, people
from gisgrid.operations.importing import ImportOptions, preview, run
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings

AREAS = """code,name,level,parent_code
C,会宁县,县,
T1,会师镇,镇,C
T2,郭城驿镇,镇,C
V1,东关村,村,T1
V2,西关村,村,T2
"""
HOMES = """户号,户主,住址,经度,纬度,网格编号
H1,张伟,东关1号,105.005,35.005,
H2,李娜,东关2号,105.015,35.005,
H3,王芳,,,,G1
H4,赵强,,105.5,35.5,
"""
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
VISITS = """户号,走访时间,结果,备注
H1,2026年11月20日 9:30,见到,
H1,2026年11月21日 9:30,无人,
H2,2026年11月20日,见到,好
"""
CASES = """工单号,户号,类别,登记日期,截止日期,办结日期
K1,H1,用水,2026-11-01,2026-11-10,
K2,,道路,2026-11-02,,2026-11-20
"""


@pytest.fixture
def ws(empty_workspace):
    return empty_workspace()


def test_imports_are_the_same_in_every_kind_of_database(store, tmp_path, grids_file) -> None:
    ws = Workspace(store, Settings(), clock=lambda: NOW)
    files = [("areas", AREAS), ("grids", None), ("households", HOMES), ("visits", VISITS)]
    for layer, text in [*files, ("cases", CASES)] * 2:
        path = grids_file(*PLAN) if text is None else tmp_path / f"{layer}.csv"
        if text is not None:
            path.write_text(text, "utf-8")
        report = run(ws, CONSOLE, layer, path, ImportOptions())
        assert report.refused == 0
        again = run(ws, CONSOLE, layer, path, ImportOptions())
        assert (again.imported, again.updated) == (0, 0)
    assert store.households(scope=EVERYWHERE)["placed_in"].tolist() == ["G1", "G2", "G1", None]


@pytest.fixture
def take(ws, tmp_path):
    """`take("households", text)` imports a CSV; more are fields of ImportOptions."""

    def go(layer, text, actor=CONSOLE, *, dry=False, name=None, **options):
        path = tmp_path / (name or f"{layer}.csv")
        path.write_text(text, "utf-8")
        return (preview if dry else run)(ws, actor, layer, path, ImportOptions(**options))

    return go


@pytest.fixture
def grids_file(tmp_path):
    def write(*rows, name="grids.geojson"):
        frame = gpd.GeoDataFrame(
            [{"code": code, "area_code": area} for code, area, _ in rows],
            geometry=[shape for _, _, shape in rows],
            crs="EPSG:4326",
        )
        path = tmp_path / name
        frame.to_file(path, driver="GeoJSON")
        return path

    return write


G1, G2 = box(105, 35, 105.01, 35.01), box(105.01, 35, 105.02, 35.01)
PLAN = (("G1", "V1", G1), ("G2", "V2", G2))


@pytest.fixture
def county(ws, take, grids_file):
    take("areas", AREAS)
    run(ws, CONSOLE, "grids", grids_file(*PLAN), ImportOptions())
    take("households", HOMES)
    take("visits", VISITS)
    take("cases", CASES)
    return ws


def test_a_county_comes_in_layer_by_layer(county) -> None:
    areas = county.store.areas(scope=EVERYWHERE)
    assert areas.set_index("code").loc["V1"].tolist() == ["东关村", "village", "T1"]
    homes = county.store.households(scope=EVERYWHERE).set_index("id")
    assert homes["placed_in"].tolist() == ["G1", "G2", "G1", None]
    assert homes["name"].tolist() == ["张伟", "李娜", "王芳", "赵强"]
    assert homes.loc["H1", "listed_on"] == date(2026, 11, 22)
    assert homes.geometry["H3"] is None
    visits = county.store.visits(scope=EVERYWHERE).sort_values("visited_at")
    assert visits["outcome"].tolist() == ["met", "met", "no_one_home"]
    assert visits["visited_at"].iloc[0] == datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
    assert visits["visited_on"].tolist() == [date(2026, 11, 20)] * 2 + [date(2026, 11, 21)]
    cases = county.store.cases(scope=EVERYWHERE).set_index("id")
    assert cases.loc["K2", "closed_on"] == date(2026, 11, 20)


def test_the_same_file_twice_changes_nothing(county, take, grids_file) -> None:
    before = county.store.changes()
    again = run(county, CONSOLE, "grids", grids_file(*PLAN), ImportOptions())
    assert (again.imported, again.updated, again.unchanged) == (0, 0, 2)
    for layer, text, rows in (
        ("areas", AREAS, 5),
        ("households", HOMES, 4),
        ("visits", VISITS, 3),
        ("cases", CASES, 2),
    ):
        report = take(layer, text)
        assert (report.imported, report.updated, report.unchanged) == (0, 0, rows), layer
    assert county.store.changes() == before


def test_the_report_says_how_the_file_was_read(ws, take) -> None:
    take("areas", AREAS)
    report = take("households", HOMES.replace("H3,王芳,,,,G1\n", ""))
    assert report.fields == {
        "id": "户号",
        "name": "户主",
        "address": "住址",
        "grid_code": "网格编号",
        "lon": "经度",
        "lat": "纬度",
    }
    assert (report.rows_read, report.imported, report.refused) == (3, 3, 0)
    assert (report.encoding, report.crs) == ("utf-8", "EPSG:4326 WGS 84")
    assert report.notes == ["3 new households without listed_on are listed from 2026-11-22."]
    assert json.loads(json.dumps(report.to_json()))["file"] == "households.csv"


def test_a_household_outside_every_grid_is_taken_and_told(county, take) -> None:
    report = take("households", HOMES)
    assert (report.outside, report.unlocated) == (1, 1)
    (warning,) = report.warnings
    assert warning["row"] == 5
    assert warning["reason"] == "“H4” lies in no grid; it is counted as unassigned."


def test_axes_that_would_fit_if_exchanged_are_told(ws, take, grids_file) -> None:
    # Near the diagonal the exchange cannot be seen from the numbers alone.
    run(ws, CONSOLE, "grids", grids_file(("G1", None, box(30, 40, 31, 41))), ImportOptions())
    report = take("households", "id,lon,lat\nH1,40.5,30.5\n")
    assert "with longitude and latitude exchanged" in report.warnings[0]["reason"]


def test_exchanged_axes_are_named_once_for_the_file_and_turned_where_it_is_said(ws, take) -> None:
    shape = {"type": "Polygon", "coordinates": [[[35, 105], [36, 105], [36, 106], [35, 105]]]}
    grid = {"type": "Feature", "properties": {"code": "G1"}, "geometry": shape}
    grids = json.dumps({"type": "FeatureCollection", "features": [grid]})
    wkt = 'code,wkt\nG1,"POLYGON ((35 105, 36 105, 36 106, 35 105))"\n'
    for name, text, said in (("g.csv", wkt, "reversed"), ("g.geojson", grids, "swapped")):
        told = take("grids", text, name=name, dry=True)
        # The first time there are no grids on record: the numbers themselves say it.
        assert [each["code"] for each in told.told] == [f"axes_{said}"]
        assert told.refusals[0]["code"] == "swapped_position"
        assert take("grids", text, name=name, swap_axes=True).refused == 0
    points = [
        {
            "type": "Feature",
            "properties": {"id": f"H{i}"},
            "geometry": {"type": "Point", "coordinates": [35.9, 105.4 + i / 100]},
        }
        for i in range(4)
    ]
    homes = json.dumps({"type": "FeatureCollection", "features": points})
    told = take("households", homes, name="h.geojson", dry=True)
    assert "axes_swapped" in [each["code"] for each in told.told]
    turned = take("households", homes, name="h.geojson", swap_axes=True)
    assert (turned.refused, turned.outside, turned.imported) == (0, 0, 4)
    assert "axes_exchanged" in [each["code"] for each in turned.told]
    columns = "id,经度,纬度\n" + "".join(f"H{i},35.9°N,105.4{i}°E\n" for i in range(4))
    assert take("households", columns, swap_axes=True).unchanged == 4


def test_a_column_that_the_file_lacks_stays_as_it_was(county, take) -> None:
    report = take("households", "id,address\nH1,新址\n")
    assert report.updated == 1
    home = county.store.households(scope=EVERYWHERE, ids=["H1"]).iloc[0]
    assert (home["name"], home["address"], home["placed_in"]) == ("张伟", "新址", "G1")
    assert home.geometry.x == 105.005


def test_a_grid_that_the_file_does_not_name_stays_unless_it_is_the_whole_plan(
    county, grids_file
) -> None:
    half = grids_file(("G1", "V1", G1))
    assert run(county, CONSOLE, "grids", half, ImportOptions()).removed == 0
    assert county.store.grids(scope=EVERYWHERE)["code"].tolist() == ["G1", "G2"]
    report = run(county, CONSOLE, "grids", half, ImportOptions(whole_plan=True))
    assert report.removed == 1
    assert county.store.grids(scope=EVERYWHERE)["code"].tolist() == ["G1"]
    homes = county.store.households(scope=EVERYWHERE).set_index("id")
    assert homes.loc["H2", "placed_in"] is None


def test_grids_are_placed_against_their_neighbours_in_the_store(county, grids_file) -> None:
    hair = box(105.02 - 2e-7, 35, 105.03, 35.01)
    report = run(county, CONSOLE, "grids", grids_file(("G3", "V2", hair)), ImportOptions())
    assert (report.imported, report.updated) == (1, 0)
    assert any(repair["what"] == "overlap" for repair in report.repaired)
    with pytest.raises(GridsOverlap, match="Grids G2 and G4 overlap by"):
        run(
            county,
            CONSOLE,
            "grids",
            grids_file(("G4", "V2", box(105.012, 35.002, 105.015, 35.005))),
            ImportOptions(),
        )


def test_a_dry_run_reports_and_changes_nothing(county, take, grids_file) -> None:
    before = county.store.changes()
    report = take("households", "id,name,lon,lat\nH9,陈,105.001,35.001\nH8,,0,0\n", dry_run=True)
    assert report.dry_run
    assert (report.rows_read, report.refused) == (2, 1)
    assert report.sample == [
        {"id": "H9", "name": "陈", "listed_on": "2026-11-22", "lon": 105.001, "lat": 35.001}
    ]
    path = grids_file(("G4", "V2", box(105.015, 35, 105.03, 35.01)))
    report = run(county, CONSOLE, "grids", path, ImportOptions(dry_run=True))
    assert report.refusals[0]["code"] == "overlap"
    assert preview(county, CONSOLE, "grids", path, ImportOptions()).refused == 1
    assert county.store.changes() == before


def test_bad_rows_can_be_left_out(county, take) -> None:
    report = take("households", "id,lon,lat\nH8,0,0\nH9,105.001,35.001\n", skip_bad_rows=True)
    assert (report.imported, report.refused) == (1, 1)
    assert county.store.households(scope=EVERYWHERE, ids=["H8", "H9"])["id"].tolist() == ["H9"]


def test_visits_of_one_content_are_one_visit_each_time_they_are_reported(county, take) -> None:
    twice = VISITS + "H1,2026年11月20日 9:30,见到,\n"
    report = take("visits", twice)
    assert (report.imported, report.unchanged) == (1, 3)
    assert "rows got an id" in report.notes[0]


def test_a_visit_known_with_other_content_refuses_all(county, take) -> None:
    first = "id,household_id,visited_at,outcome\nv1,H1,2026-11-01,met\n"
    take("visits", first)
    before = county.store.changes()
    changed = first.replace("met", "refused") + "v2,H2,2026-11-01,met\n"
    with pytest.raises(RowsRefused) as refused:
        take("visits", changed)
    told = refused.value.facts["report"]["refusals"]
    assert [(row["row"], row["code"]) for row in told] == [(2, "visit_differs")]
    assert "“v1”" in told[0]["reason"]
    assert county.store.changes() == before
    report = take("visits", changed, skip_bad_rows=True)
    assert (report.imported, report.unchanged, report.refused) == (1, 0, 1)
    kept = county.store.visits(scope=EVERYWHERE).set_index("id")["outcome"]
    assert (kept["v1"], kept["v2"]) == ("met", "met")


def test_one_report_of_a_device_is_one_visit_and_the_second_row_is_refused(county, take) -> None:
    text = "id,household_id,visited_at,outcome,client_id\nv1,H1,2026-11-01,met,d1\n"
    take("visits", text)
    again = text.replace("v1,", "v5,") + "v6,H2,2026-11-02,met,d2\nv7,H2,2026-11-03,met,d2\n"
    report = take("visits", again, skip_bad_rows=True)
    assert [(row["row"], row["facts"]["value"]) for row in report.refusals] == [
        (2, "d1"),
        (4, "d2"),
    ]
    assert (report.imported, report.refused) == (1, 2)


def test_ids_are_made_only_when_that_is_said(ws, take) -> None:
    text = "name,lon,lat\n张伟,105.1,35.1\n李娜,105.2,35.1\n"
    report = take("households", text, make_ids=True)
    assert report.imported == 2
    assert take("households", text, make_ids=True).unchanged == 2


def test_the_store_itself_is_never_opened_as_a_file(gpkg) -> None:
    ws = Workspace(gpkg, Settings(store=gpkg.url), clock=lambda: NOW)
    with pytest.raises(FileIsStore):
        run(ws, CONSOLE, "households", gpkg.url, ImportOptions())


@pytest.fixture
def meanwhile(county, monkeypatch):
    """`meanwhile(change)`: somebody else changes the store after each look; returns the looks."""
    seen, looks = importing._look, []

    def go(change):
        def look(*args):
            found = seen(*args)
            looks.append(found)
            with county.store.write() as writer:
                change(writer, len(looks))
            return found

        monkeypatch.setattr(importing, "_look", look)
        return looks

    return go


def test_a_change_between_look_and_write_is_looked_at_again(county, take, meanwhile) -> None:
    homes = county.store.households(scope=EVERYWHERE)
    looks = meanwhile(lambda w, _n: w.put_households(homes.assign(name="neu")))
    assert take("visits", VISITS).refused == 0
    assert len(looks) == 2


def test_a_small_file_gets_through_where_others_write_all_the_time(county, take, meanwhile) -> None:
    homes = county.store.households(scope=EVERYWHERE)
    names = [f"neu {n}" for n in range(1, 6)]
    looks = meanwhile(lambda w, n: w.put_households(homes.assign(name=names[:n][-1])))
    assert take("visits", VISITS).refused == 0
    assert len(looks) == 6


def test_a_store_that_changes_at_every_look_is_busy(county, take, meanwhile, monkeypatch) -> None:
    monkeypatch.setattr(importing, "_AGAIN_S", 0.0)
    homes = county.store.households(scope=EVERYWHERE)
    looks = meanwhile(lambda w, n: w.put_households(homes.assign(name=f"neu {n}")))
    with pytest.raises(StoreBusy):
        take("visits", VISITS)
    assert len(looks) == 3


def test_a_change_of_what_the_rows_do_not_name_keeps_nobody_waiting(
    county, take, meanwhile
) -> None:
    cases = county.store.cases(scope=EVERYWHERE)
    looks = meanwhile(lambda w, n: w.put_cases(cases.assign(title=f"neu {n}")))
    take("visits", VISITS)
    assert len(looks) == 1


def test_a_grid_without_an_area_is_refused_where_there_are_areas(county, grids_file) -> None:
    path = grids_file(*PLAN, ("G9", None, box(105.02, 35, 105.03, 35.01)))
    with pytest.raises(RowsRefused) as refused:
        run(county, CONSOLE, "grids", path, ImportOptions())
    (row,) = refused.value.facts["report"]["refusals"]
    assert (row["row"], row["code"]) == (3, "no_area")
    assert "area_code" in row["cure"]


@pytest.mark.parametrize(
    ("number", "code"), [("..", "dots_code"), ("a\x07b", "bad_id"), (".", "dots_code")]
)
def test_a_number_that_no_page_could_have_is_refused(county, take, number, code) -> None:
    with pytest.raises(RowsRefused) as refused:
        take("households", f"户号\n{number}\n")
    (row,) = refused.value.facts["report"]["refusals"]
    assert row["code"] == code
    assert take("households", "户号\nA-1.2\n").imported == 1


def test_a_household_is_not_listed_from_a_day_to_come(county, take) -> None:
    with pytest.raises(RowsRefused) as refused:
        take("households", "户号,listed_on\nH9,2026-11-23\n")
    (row,) = refused.value.facts["report"]["refusals"]
    assert (row["code"], row["facts"]["column"]) == ("date_in_future", "listed_on")


def test_a_heading_that_is_not_there_is_named(county, take) -> None:
    with pytest.raises(HeadingMissing, match="no heading “ID2”; its headings are: 户号"):
        take("households", "户号\nH1\n", fields={"id": "ID2"})


def test_an_unknown_layer_is_refused(ws, take) -> None:
    with pytest.raises(UnknownWord, match="areas, grids, households, visits, cases"):
        take("people", "id\n1\n")


OFFICER = Actor("lin", Role.DATA_OFFICER, Scope("T1"))


@pytest.mark.parametrize("role", [Role.PLANNER, Role.SUPERVISOR, Role.MEMBER, Role.ADMIN])
def test_only_a_data_officer_may_import(county, take, role) -> None:
    with pytest.raises(NotAllowed):
        take("households", HOMES, Actor("a", role, EVERYWHERE))


OUT = "outside_scope"
SCOPED = [
    ("households", "id,lon,lat", ["N1,105.005,35.005", "N2,105.015,35.005"], [None, OUT]),
    ("households", "id,address", ["H1,x", "H2,x", "H4,x"], [None, OUT, OUT]),
    ("households", "id,lon,lat", ["H2,105.005,35.005", "H1,105.015,35.005"], [OUT, OUT]),
    ("households", "id,grid_code", ["N1,V1", "N2,V2", "N3,"], [None, OUT, OUT]),
    (
        "visits",
        "household_id,date,outcome",
        ["H1,2026-11-01,met", "H2,2026-11-01,met"],
        [None, "unknown_household"],
    ),
    (
        "cases",
        "id,household_id,opened_on,lon,lat",
        [
            *("N1,H1,2026-11-01,,", "N2,H2,2026-11-01,,", "N3,,2026-11-01,,"),
            *("N4,,2026-11-01,105.005,35.005", "N5,,2026-11-01,105.015,35.005"),
        ],
        [None, "unknown_household", OUT, None, OUT],
    ),
    ("areas", "code,name,level,parent_code", ["V9,x,村,T1", "T9,x,镇,C"], [None, OUT]),
    (
        "grids",
        "code,area_code,wkt",
        [
            'G5,V1,"POLYGON((106 35,106.01 35,106.01 35.01,106 35))"',
            'G6,V2,"POLYGON((107 35,107.01 35,107.01 35.01,107 35))"',
        ],
        [None, OUT],
    ),
]


@pytest.mark.parametrize(("layer", "headings", "lines", "codes"), SCOPED)
def test_rows_outside_the_scope_are_refused(county, take, layer, headings, lines, codes) -> None:
    report = take(layer, "\n".join([headings, *lines]), OFFICER, dry=True)
    found = {refusal["row"]: refusal["code"] for refusal in report.refusals}
    assert [found.get(row) for row in range(2, 2 + len(codes))] == codes


def test_a_grid_of_someone_else_may_not_be_taken_over(county, grids_file) -> None:
    report = preview(county, OFFICER, "grids", grids_file(("G2", "V1", G2)), ImportOptions())
    assert [refusal["code"] for refusal in report.refusals] == ["outside_scope"]


def test_no_new_area_takes_the_code_of_a_grid_that_somebody_is_limited_to(county, take) -> None:
    """Of a code that is both, the area is meant: the member would see a whole village at once."""
    people.add(county, CONSOLE, "Ma", role="member", scope="G2")
    people.add(county, CONSOLE, "Li", role="supervisor", scope="T1")
    lines = "code,name,level,parent_code\nG2,x,村,T1\nG1,y,村,T1\nT1,z,镇,C\n"
    report = take("areas", lines, dry=True)
    assert {r["row"]: r["code"] for r in report.refusals} == {2: "code_of_scope"}


def test_all_bad_rows_together_refuse_the_file(county, take) -> None:
    before = county.store.changes()
    with pytest.raises(RowsRefused) as err:
        take("households", "id,lon,lat\nH8,0,0\nH9,105.001,35.001\n")
    assert str(err.value) == (
        "1 of 2 rows were refused and nothing was imported; "
        "mend them, or import the rest with --skip-bad-rows."
    )
    assert err.value.facts["report"]["refusals"][0]["row"] == 2
    assert county.store.changes() == before


def test_progress_is_told_from_reading_to_the_last_row_stored(ws, tmp_path) -> None:
    path = tmp_path / "homes.csv"
    rows = [f"H{i},{105 + i * 1e-5:.5f},35.1" for i in range(45_000)]
    path.write_text("id,lon,lat\n" + "\n".join(rows), "utf-8")
    told: list[tuple[float, str]] = []
    run(ws, CONSOLE, "households", path, ImportOptions(), lambda *step: told.append(step))
    shares = [share for share, _ in told]
    assert list(dict.fromkeys(step for _, step in told)) == ["reading", "checking", "storing"]
    assert shares == sorted(shares)
    stations = dict.fromkeys(round(share, 2) for share in shares if share >= 0.6)
    assert list(stations) == [0.6, 0.78, 0.96]


def test_what_was_read_is_gone_from_memory_before_it_is_stored(ws, tmp_path, monkeypatch) -> None:
    """A million households lie there three times else."""
    path = tmp_path / "homes.csv"
    path.write_text("id,lon,lat\nH1,105.1,35.1\n", "utf-8")
    seen: list[weakref.ref] = []

    def read(*given, **said):
        table = real_read(*given, **said)
        seen.append(weakref.ref(table))
        return table

    def put(*given):
        assert [table() for table in seen] == [None]
        return real_put(*given)

    real_read, real_put = importing.read, importing._put
    monkeypatch.setattr(importing, "read", read)
    monkeypatch.setattr(importing, "_put", put)
    assert run(ws, CONSOLE, "households", path, ImportOptions()).imported == 1


def test_positions_in_one_column_are_read_and_a_bad_one_is_refused_with_what_it_says(
    county, tmp_path
) -> None:
    path = tmp_path / "户.csv"
    path.write_text(
        '户号,经纬度\nP1,"105.005,35.705"\nP2,村口\nP3,"105.006"\nP4,"105.007,35.705"\n', "utf-8"
    )
    report = run(county, CONSOLE, "households", path, ImportOptions(skip_bad_rows=True))
    assert (report.imported, report.refused) == (2, 2)
    assert {row["row"] for row in report.refusals} == {3, 4}
    assert "村口" in report.refusals[0]["reason"]
    assert any("经纬度" in said for said in report.notes)
    homes = county.store.households(scope=EVERYWHERE).set_index("id")
    assert homes.loc["P1"].geometry.coords[0] == (105.005, 35.705)
