"""Exports: what may be seen, in every format, and back again."""

from __future__ import annotations

import contextlib
import uuid
import zipfile
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely.geometry import Point, box

from gisgrid.access import CONSOLE, EVERYWHERE, Actor, Level, Role, Scope
from gisgrid.access.fields import BY_HOUSEHOLD
from gisgrid.errors import (
    ColumnWithheld,
    FileIsStore,
    FormatUnknown,
    NotAllowed,
    UnknownArea,
    UnknownWord,
)
from gisgrid.exchange.chinese import SHEETS, WORDS
from gisgrid.exchange.readers import read
from gisgrid.exchange.tables import table_csv
from gisgrid.model import UNASSIGNED
from gisgrid.operations import recording
from gisgrid.operations.exporting import FORMATS, WHAT, columns_of, export, file_name
from gisgrid.operations.figures import case_list, case_table, coverage_table, gap_list
from gisgrid.operations.importing import ImportOptions, run
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store

from ..conftest import DATABASES
from .conftest import GPKG_ONLY, NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DAY = date(2026, 11, 22)
BY_HAND = {"reason": "the round trip", "verify": False}
"""What comes around is compared here."""
ORDER = ("areas", "grids", "households", "visits", "cases")


def fill(store) -> None:
    areas = [
        ("C", "会宁县", "county", None),
        ("T1", "会师镇", "township", "C"),
        ("T2", "郭城驿镇", "township", "C"),
        ("V1", "东关村", "village", "T1"),
        ("V2", "西关村", "village", "T2"),
    ]
    edges = [105, 105.01, 105.02, 105.03]
    boxes = [box(a, 35, b, 35.01) for a, b in pairwise(edges)]
    with store.write() as w:
        w.put_areas(pd.DataFrame(areas, columns=["code", "name", "level", "parent_code"]))
        w.put_grids(
            gpd.GeoDataFrame(
                {
                    "code": ["G1", "G2", "G3"],
                    "name": ["桥头", None, "=HYPERLINK()"],
                    "area_code": ["V1", "V1", "V2"],
                    "member": ["王", None, None],
                    "visit_every_days": [None, 14, None],
                },
                geometry=boxes,
                crs="EPSG:4326",
            ),
            valid_from=None,
        )
        points = [Point(round(105.0021234 + 0.004 * n, 7), 35.005) for n in range(6)] + [None]
        w.put_households(
            gpd.GeoDataFrame(
                {
                    "id": [f"H{n}" for n in range(7)],
                    "name": [f"张{n}" for n in range(7)],
                    "address": ["东关"] * 7,
                    "visit_every_days": [None, 7, 30, None, None, None, None],
                    "listed_on": [date(2026, 9, 1)] * 6 + [date(2026, 11, 20)],
                    "unlisted_on": [None, date(2026, 10, 1), *[None] * 5],
                    "grid_code": [None] * 6 + ["G1"],
                },
                geometry=points,
                crs="EPSG:4326",
            )
        )
        moments = [datetime(2026, 11, day, 2, 30, tzinfo=UTC) for day in (1, 20, 21)]
        w.put_visits(
            pd.DataFrame(
                {
                    "id": ["v1", "v2", "v3"],
                    "household_id": ["H0", "H0", "H5"],
                    "visited_at": moments,
                    "outcome": ["met", "met", "no_one_home"],
                    "note": ["好", None, "=1"],
                }
            )
        )
        w.put_cases(
            gpd.GeoDataFrame(
                {
                    "id": ["K1", "K2"],
                    "household_id": ["H0", None],
                    "category": ["用水", None],
                    "title": ["漏水", None],
                    "opened_on": [date(2026, 11, 1), date(2026, 11, 19)],
                    "due_on": [date(2026, 11, 10), None],
                    "closed_on": [None, date(2026, 11, 21)],
                },
                geometry=[None, Point(105.025, 35.005)],
                crs="EPSG:4326",
            )
        )


@pytest.fixture
def ws(empty_workspace):
    ws = empty_workspace()
    fill(ws.store)
    return ws


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """The same store in a GeoPackage, for tests that only read it."""
    url = str(tmp_path_factory.mktemp("filled") / "county.gpkg")
    with Store.create(url) as store:
        fill(store)
    with Workspace.open(Settings(store=url), clock=lambda: NOW) as ws:
        yield ws


@contextlib.contextmanager
def two_stores(make: Callable[[], str]) -> Iterator[tuple[Workspace, Workspace]]:
    """A store with rows and one without."""
    with contextlib.ExitStack() as stack:
        pair = []
        for url in (make(), make()):
            Store.create(url).close()
            settings = Settings(store=url)
            pair.append(stack.enter_context(Workspace.open(settings, clock=lambda: NOW)))
        fill(pair[0].store)
        yield pair[0], pair[1]


def layers(store):
    frames = {
        "areas": store.areas(scope=EVERYWHERE),
        "grids": store.grids(scope=EVERYWHERE),
        "households": store.households(scope=EVERYWHERE),
        "visits": store.visits(scope=EVERYWHERE),
        "cases": store.cases(scope=EVERYWHERE),
    }
    made = {}
    for name, frame in frames.items():
        plain = frame.astype(object).where(frame.notna(), None)
        rows = plain.drop(columns="geometry", errors="ignore").to_dict("list")
        if "geometry" in frame:
            shapes = frame.geometry.to_numpy()
            rows["geometry"] = shapely.to_wkt(shapely.normalize(shapes), 7).tolist()
        made[name] = rows
    return made


@pytest.mark.parametrize("form", FORMATS)
def test_all_layers_exported_and_imported_elsewhere_are_the_same(tmp_path, form) -> None:
    places = (str(tmp_path / f"{name}.gpkg") for name in ("one", "other"))
    with two_stores(lambda: next(places)) as (ws, other):
        goes_around(ws, other, tmp_path, form)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_file_in_chinese_comes_around_as_it_went(tmp_path, form) -> None:
    places = (str(tmp_path / f"{name}.gpkg") for name in ("one", "other"))
    with two_stores(lambda: next(places)) as (ws, other):
        said = pd.DataFrame(
            {
                "id": ["K1", "K2", "K3", "K4"],
                "opened_on": [date(2026, 11, 1)] * 4,
                "status": ["open", "closed", "待查", None],
            }
        )
        visit = pd.DataFrame(
            {
                "id": ["v4", "v5"],
                "household_id": ["H0", "H1"],
                "visited_at": [datetime(2026, 11, 21, 3, tzinfo=UTC)] * 2,
                "outcome": ["refused", "phone"],
            }
        )
        with ws.store.write() as w:
            w.put_cases(said)
            w.put_visits(visit)
        goes_around(ws, other, tmp_path, form, language="zh")


def test_a_status_that_somebody_wrote_in_chinese_stays_his_own(ws, tmp_path) -> None:
    first = date(2026, 11, 1)
    own = {"id": ["K1", "K2"], "opened_on": [first] * 2, "status": ["已办结", "closed"]}
    with ws.store.write() as w:
        w.put_cases(pd.DataFrame(own))
    path = export(ws, CONSOLE, "cases", tmp_path, format="csv", language="zh", **BY_HAND)
    assert path.read_text("utf-8-sig").count("已办结") == 2
    assert run(ws, CONSOLE, "cases", path, ImportOptions()).unchanged == 2


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("what", WHAT)
def test_a_table_in_chinese_has_no_word_of_ours(filled, tmp_path, what, form) -> None:
    asked = {"format": form, "as_of": DAY, "reason": "to be read by people"}
    (tmp_path / "en").mkdir()
    plain = read(export(filled, CONSOLE, what, tmp_path / "en", **asked))
    path = export(filled, CONSOLE, what, tmp_path, language="zh", **asked)
    found = read(path)
    assert len(found) == len(plain) > 0
    latin = [name for name in found.columns if name.isascii()]
    assert latin == []
    ours = {word for words in WORDS.values() for word in words} | {UNASSIGNED}
    cells = {cell for column in found.columns.values() for cell in column}
    assert not ours & cells
    if what == "coverage":
        assert "（未归入网格）" in cells
    if form == "xlsx":
        with zipfile.ZipFile(path) as book:
            sheets = book.read("xl/workbook.xml").decode()
        assert f'name="{SHEETS[what.replace("-", "_")]}"' in sheets


def test_a_public_table_names_what_is_hidden_by_the_heading_that_it_has(filled, tmp_path) -> None:
    more = {"level": "public", "as_of": DAY, "language": "zh"}
    found = read(export(filled, CONSOLE, "coverage", tmp_path, format="csv", **more))
    assert "在册户数、走访缺口" in set(found.columns["隐去的列"])


@pytest.mark.parametrize("form", ["gpkg", "geojson"])
def test_formats_for_programs_keep_their_names_in_any_language(filled, tmp_path, form) -> None:
    path = export(filled, CONSOLE, "areas", tmp_path, format=form, language="zh")
    assert list(read(path).columns)[:3] == ["code", "name", "level"]


@pytest.mark.parametrize("new_store_url", [DATABASES[1]], indirect=True)
@pytest.mark.parametrize("form", ["csv", "gpkg"])
def test_the_kind_of_database_makes_no_difference_to_what_comes_around(
    new_store_url, tmp_path, form
) -> None:
    with two_stores(new_store_url) as (ws, other):
        goes_around(ws, other, tmp_path, form)


def goes_around(ws, other, tmp_path, form, **more) -> None:
    """All layers go into files and into another store, and back."""
    for layer in ORDER:
        path = export(ws, CONSOLE, layer, tmp_path, format=form, **BY_HAND | more)
        if layer == "grids" and form == "xlsx":  # a sheet holds no shapes
            path = export(ws, CONSOLE, layer, tmp_path, format="gpkg", **BY_HAND)
        report = run(other, CONSOLE, layer, path, ImportOptions())
        assert (report.refused, report.repaired) == (0, []), report.refusals
        assert run(other, CONSOLE, layer, path, ImportOptions()).imported == 0
    assert layers(other.store) == layers(ws.store)
    before = ws.store.changes()
    for layer in ORDER:
        path = tmp_path / file_name(layer, None, DAY, form)
        if not (layer == "grids" and form == "xlsx"):
            report = run(ws, CONSOLE, layer, path, ImportOptions())
            assert report.unchanged == report.rows_read
    assert ws.store.changes() == before


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("what", WHAT)
def test_everything_can_be_had_in_every_format(filled, tmp_path, what, form) -> None:
    path = export(filled, CONSOLE, what, tmp_path, format=form, as_of=DAY)
    assert path.name == f"gisgrid_{what}_all_20261122{FORMATS[form]}"
    assert len(read(path)) > 0


@pytest.mark.parametrize("form", ["csv", "geojson"])
def test_everything_can_be_had_of_either_kind_of_database(ws, tmp_path, form) -> None:
    for what in WHAT:
        path = export(ws, CONSOLE, what, tmp_path, format=form, as_of=DAY)
        assert len(read(path)) > 0, what


def test_the_csv_of_figures_is_that_of_the_functions(ws, tmp_path) -> None:
    for by in ("grid", "village", "township", "county"):
        asked = {"format": "csv", "level": "case_work", "as_of": DAY}
        path = export(ws, CONSOLE, "coverage", tmp_path, **asked, by=by)
        table = coverage_table(ws, CONSOLE, as_of=DAY, by=by)
        assert path.read_text("utf-8-sig").splitlines()[0] == (
            "code,name,households,on_time,due_soon,overdue,never,gap,coverage,unlocated"
        )
        assert path.read_text("utf-8-sig") == table_csv(table, guard=True)
    path = export(ws, CONSOLE, "case-table", tmp_path, **asked, area="T1")
    assert path.read_text("utf-8-sig") == table_csv(
        case_table(ws, CONSOLE, as_of=DAY, area="T1"), guard=True
    )


def test_figures_come_with_the_shape_of_their_area(ws, tmp_path) -> None:
    asked = {"format": "gpkg", "level": "case_work"}
    table = read(export(ws, CONSOLE, "coverage", tmp_path, **asked, by="village"))
    shapes = dict(zip(table.columns["code"], table.geometry, strict=True))
    assert shapes["V1"].equals(box(105, 35, 105.02, 35.01))
    assert shapes[None] is None
    assert table.columns["name"][-1] == "(unassigned)"
    households = sum(table.columns["households"])
    assert households == len(ws.store.households(scope=EVERYWHERE)) - 1  # one is unlisted


def test_the_columns_that_are_offered_are_those_that_come_and_figures_stay_beside_them(
    ws, tmp_path
) -> None:
    for what in WHAT:
        for level in Level:
            if level is Level.PUBLIC and what in BY_HOUSEHOLD:
                continue
            asked = {"format": "csv", "level": level.value, "reason": "the yearly count"}
            path = export(ws, CONSOLE, what, tmp_path / f"{what}.csv", **asked)
            offered = columns_of(CONSOLE, what, level)
            assert tuple(pd.read_csv(path).columns)[: len(offered)] == offered, (what, level)
            some = offered[::-2]
            path = export(ws, CONSOLE, what, tmp_path / "some.csv", **asked, columns=some)
            assert tuple(pd.read_csv(path).columns)[: len(some)] == some, (what, level)
    beside = {"format": "csv", "figures": True, "level": "case_work"}
    path = export(ws, CONSOLE, "grids", tmp_path / "a.csv", **beside, columns=("code",))
    every = ["code", *list(coverage_table(ws, CONSOLE).columns[2:]), "wkt"]
    assert list(pd.read_csv(path).columns) == every
    path = export(ws, CONSOLE, "grids", tmp_path / "a.csv", **beside, columns=("gap", "code"))
    assert list(pd.read_csv(path).columns) == ["gap", "code", "wkt"]


def test_gaps_are_all_there_with_their_points(ws, tmp_path) -> None:
    table = read(export(ws, CONSOLE, "gaps", tmp_path, format="geojson", as_of=DAY))
    frame, total = gap_list(ws, CONSOLE, as_of=DAY, limit=None)
    assert len(table) == total > 2
    assert table.columns["household"].tolist() == frame["household"].tolist()
    assert table.geometry[0].x == pytest.approx(frame["lon"][0], abs=1e-7)


def test_a_day_and_an_area_limit_what_is_exported(ws, tmp_path) -> None:
    def ids(what, **more):
        path = export(ws, CONSOLE, what, tmp_path, format="csv", **more)
        return sorted(read(path).columns["id"])

    assert ids("households", area="T2") == ["H5"]
    assert ids("households", area="V1") == ["H0", "H1", "H2", "H3", "H4", "H6"]
    assert ids("households", as_of=DAY) == ["H0", "H2", "H3", "H4", "H5", "H6"]
    assert ids("households", as_of=date(2026, 9, 15)) == [f"H{n}" for n in range(6)]
    assert ids("visits", as_of=date(2026, 11, 20)) == ["v1", "v2"]
    assert ids("visits", area="T2") == ["v3"]
    assert ids("cases", as_of=date(2026, 11, 2)) == ["K1"]


def test_grids_are_those_in_force_on_the_day(ws, tmp_path) -> None:
    plan = ws.store.grids(scope=EVERYWHERE)
    with ws.store.write() as w:
        w.put_grids(plan[plan["code"] != "G3"], valid_from=date(2026, 11, 10))
    for day, codes in ((date(2026, 11, 9), ["G1", "G2", "G3"]), (DAY, ["G1", "G2"])):
        table = read(export(ws, CONSOLE, "grids", tmp_path, format="geojson", as_of=day))
        assert table.columns["code"].tolist() == codes


SCOPE = Scope("T1")


def test_an_actor_gets_only_what_lies_in_the_scope(ws, tmp_path) -> None:
    actor = Actor("li", Role.SUPERVISOR, SCOPE)
    for what, key, found in (
        ("areas", "code", ["T1", "V1"]),
        ("grids", "code", ["G1", "G2"]),
        ("households", "id", ["H0", "H1", "H2", "H3", "H4", "H6"]),
        ("visits", "id", ["v1", "v2"]),
        ("cases", "id", ["K1"]),
    ):
        table = read(export(ws, actor, what, tmp_path, format="csv"))
        assert sorted(table.columns[key]) == found, what
    for what in WHAT:
        with pytest.raises(UnknownArea):
            export(ws, actor, what, tmp_path, format="csv", area="T2")


def test_a_case_in_scope_does_not_tell_a_household_outside_it(ws, tmp_path) -> None:
    case = gpd.GeoDataFrame(
        {"id": ["K3"], "household_id": ["H5"], "opened_on": [date(2026, 11, 2)]},
        geometry=[Point(105.005, 35.005)],
        crs="EPSG:4326",
    )
    with ws.store.write() as writer:
        writer.put_cases(case)
    for who, owner in ((Actor("li", Role.SUPERVISOR, SCOPE), None), (CONSOLE, "H5")):
        table = read(export(ws, who, "cases", tmp_path, format="csv"))
        cells = (table.columns[name] for name in ("id", "household_id"))
        found = dict(zip(*cells, strict=True))
        assert (found["K1"], found["K3"] or None) == ("H0", owner)
        listed, _ = case_list(ws, who, limit=None)
        assert dict(zip(listed["id"], listed["household"], strict=True))["K3"] == (owner or "")


def test_a_case_closed_after_the_day_was_open_on_it(ws, tmp_path) -> None:
    for day, closed in ((20, None), (21, "2026-11-21")):
        path = export(ws, CONSOLE, "cases", tmp_path, format="csv", as_of=date(2026, 11, day))
        table = read(path)
        assert (table.columns["closed_on"][list(table.columns["id"]).index("K2")] or None) == closed


def test_names_are_for_those_who_may_see_them(ws, tmp_path) -> None:
    planner = Actor("wu", Role.PLANNER, EVERYWHERE)
    for what, hidden in (
        ("grids", {"member"}),
        ("households", {"name", "address"}),
        ("visits", {"member", "note", "decided_by"}),
        ("cases", {"title", "status", "note"}),
    ):
        seen = read(export(ws, planner, what, tmp_path, format="csv"))
        every = read(export(ws, CONSOLE, what, tmp_path, format="csv", reason="to compare"))
        assert set(every.columns) - set(seen.columns) == hidden


def test_a_column_of_a_fuller_level_is_not_called_unknown_to_who_may_have_it(ws, tmp_path) -> None:
    asked = (ws, CONSOLE, "households", tmp_path / "homes.csv")
    with pytest.raises(ColumnWithheld, match="level case_work has no column “name”"):
        export(*asked, format="csv", columns=("id", "name"))
    export(*asked, format="csv", columns=("id", "name"), reason="the round trip")
    with pytest.raises(UnknownWord, match="“nmae” is not a known column"):
        export(*asked, format="csv", columns=("id", "nmae"))


def test_visits_say_how_each_came_in(ws, tmp_path) -> None:
    """What device, server and decision say, what was put right; an import leaves it aside."""
    wrong, right = str(uuid.uuid4()), str(uuid.uuid4())
    sent = {"household": "H1", "zone": "Asia/Shanghai", "visited_at": "2026-11-01T09:00:00+08:00"}
    recording.record_visits(ws, CONSOLE, [{**sent, "client_id": wrong, "outcome": "met"}])
    item = {"client_id": right, "outcome": "refused"}
    assert recording.correct_visit(ws, CONSOLE, "H1", wrong, item).state == "accepted"
    path = export(ws, CONSOLE, "visits", tmp_path, format="csv", reason="to compare")
    columns = read(path).columns
    rows = {row[0]: row for row in zip(*columns.values(), strict=True)}
    at = {name: i for i, name in enumerate(columns)}

    def told(visit: str) -> list[str]:
        names = ("zone", "flags", "corrects", "corrected", "decided_by")
        return [str(rows[visit][at[name]] or "") for name in names]

    assert told(wrong) == ["Asia/Shanghai", "late", "", "1", ""]
    assert told(right) == ["", "late", wrong, "0", ""]
    assert rows[right][at["received_at"]] > rows[right][at["visited_at"]]
    assert rows[right][at["visited_at"]] == rows[wrong][at["visited_at"]]
    report = run(ws, CONSOLE, "visits", path, ImportOptions())
    assert report.unchanged == report.rows_read


@pytest.mark.parametrize("role", [Role.MEMBER, Role.ADMIN])
def test_not_everyone_may_export(ws, tmp_path, role) -> None:
    with pytest.raises(NotAllowed):
        export(ws, Actor("a", role, EVERYWHERE), "coverage", tmp_path, format="csv")


def test_wrong_wishes_are_sentences(ws, tmp_path) -> None:
    with pytest.raises(
        UnknownWord, match="areas, grids, households, visits, cases, coverage, gaps"
    ):
        export(ws, CONSOLE, "people", tmp_path, format="csv")
    with pytest.raises(FormatUnknown):
        export(ws, CONSOLE, "grids", tmp_path, format="dwg")
    with pytest.raises(UnknownWord):
        export(ws, CONSOLE, "coverage", tmp_path, format="csv", by="street")
    for heights_or_space in ("EPSG:5703", "EPSG:4978"):
        with pytest.raises(UnknownWord, match="coordinate system"):
            export(ws, CONSOLE, "grids", tmp_path, format="shp", crs=heights_or_space)


def test_a_system_that_there_is_not_is_answered_with_those_of_the_county(ws, tmp_path) -> None:
    path = export(ws, CONSOLE, "households", tmp_path, format="csv")
    for asked in (
        lambda: export(ws, CONSOLE, "grids", tmp_path, format="gpkg", crs="abc"),
        lambda: run(ws, CONSOLE, "households", path, ImportOptions(crs="abc")),
    ):
        with pytest.raises(UnknownWord) as caught:
            asked()
        assert caught.value.facts["known"] == "EPSG:4490, EPSG:4544, EPSG:4523 …"


def test_the_store_itself_is_never_written_as_a_file(gpkg) -> None:
    ws = Workspace(gpkg, Settings(store=gpkg.url), lambda: NOW)
    with pytest.raises(FileIsStore):
        export(ws, CONSOLE, "grids", gpkg.url, format="gpkg")


def test_a_code_becomes_a_plain_file_name() -> None:
    assert file_name("gaps", "../../etc/网格 1", DAY, "gpkg") == (
        "gisgrid_gaps_------etc----1_20261122.gpkg"
    )


@GPKG_ONLY
@pytest.mark.parametrize("form", ["csv", "xlsx", "geojson", "gpkg"])
def test_positions_with_more_digits_than_a_centimetre_come_out_in_every_format(
    ws, tmp_path, form
) -> None:
    point = Point(105.003 + 1e-9 / 3, 35.005 + 1e-9 / 7)
    frame = gpd.GeoDataFrame({"id": ["H9"], "listed_on": [DAY]}, geometry=[point], crs="EPSG:4326")
    with ws.store.write() as w:
        w.put_households(frame.assign(listed_on=date(2026, 9, 1)))
    assert len(read(export(ws, CONSOLE, "gaps", tmp_path, format=form, as_of=DAY))) >= 1
    assert len(read(export(ws, CONSOLE, "households", tmp_path, format=form))) == 8
