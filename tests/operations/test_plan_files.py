"""A draft taken to QGIS and back: as it went, changed, broken, and changed on both sides."""

from __future__ import annotations

import secrets
import sqlite3
import struct
import subprocess
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely.geometry import Point, Polygon, box

from gisgrid import redraw
from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.errors import (
    EditRefused,
    FileBreaksPlan,
    FileClashes,
    FileNotOfDraft,
    FileOfOtherDraft,
    FileTooMuch,
    RowUnreadable,
    StaleDraft,
)
from gisgrid.operations.plans import drafts, editing, file_out, file_take, rebasing
from gisgrid.operations.plans.checking import check
from gisgrid.operations.plans.file_take import Wishes
from gisgrid.web.app import create_app
from gisgrid.web.problems import sentence

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gisgrid.operations.workspace import Workspace

CODES = ["甲1", "甲2", "甲3", "乙1", "乙2"]


@pytest.fixture
def ws(empty_workspace: Callable[..., Workspace]) -> Workspace:
    """A row of five grids of a hundredth of a degree, three in village A, two in B; ten homes."""
    made = empty_workspace()
    areas = pd.DataFrame(
        [
            ("T1", "镇", "township", None),
            ("A", "甲", "village", "T1"),
            ("B", "乙", "village", "T1"),
        ],
        columns=["code", "name", "level", "parent_code"],
    )
    grids = gpd.GeoDataFrame(
        {
            "code": CODES,
            "area_code": ["A", "A", "A", "B", "B"],
            "member": ["李", "王", None, "赵", " Ma "],
        },
        geometry=[box(105 + n / 100, 35, 105.01 + n / 100, 35.01) for n in range(5)],
        crs="EPSG:4326",
    )
    homes = gpd.GeoDataFrame(
        {"id": [f"H{n}" for n in range(10)], "listed_on": [date(2026, 9, 1)] * 10},
        geometry=[Point(105.0025 + n / 200, 35.005) for n in range(10)],
        crs="EPSG:4326",
    )
    with made.store.write() as w:
        w.put_areas(areas)
        w.put_grids(grids)
        w.put_households(homes)
    return made


def exported(ws: Workspace, tmp_path: Path, area: str | None = None) -> tuple[int, Path]:
    draft = drafts.open_draft(ws, CONSOLE, name="春", area=area)
    return draft, file_out.export_draft(ws, CONSOLE, draft, tmp_path)


def blob(shape: Any) -> bytes:
    """A shape as a GeoPackage holds it."""
    if shape.geom_type == "Polygon":
        shape = shapely.MultiPolygon([shape])
    return b"GP\x00\x01" + struct.pack("<i", 4326) + bytes(shapely.to_wkb(shape, byte_order=1))


def change(path: Path, *statements: tuple[str, tuple[Any, ...]]) -> None:
    """Do to the file what a program does that edits it."""
    base = sqlite3.connect(path)
    triggers = base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in triggers:  # they call functions that only GIS programs have
        base.execute(f'DROP TRIGGER "{name}"')
    for statement, values in statements:
        base.execute(statement, values)
    base.commit()
    base.close()


def shape(code: str, polygon: Any) -> tuple[str, tuple[Any, ...]]:
    return "UPDATE grids SET geom = ? WHERE code = ?", (blob(polygon), code)


def cell(west: float, east: float) -> Any:
    return box(105 + west / 100, 35, 105 + east / 100, 35.01)


def wedge(*points: tuple[float, float]) -> Any:
    """A polygon in hundredths of a degree from the corner of the plan."""
    return Polygon([(105 + x / 100, 35 + y / 100) for x, y in points])


def alike(one: Any, other: Any) -> bool:
    return bool(one.symmetric_difference(other).area < 1e-9)


MOVED = (shape("甲1", cell(0, 1.6)), shape("甲2", cell(1.6, 2)))


SPLIT_COPY = (
    "INSERT INTO grids (geom, gisgrid_id, code, name, area_code, member, visit_every_days) "
    "SELECT ?, gisgrid_id, code, name, area_code, member, 14 FROM grids WHERE code = '甲1'"
)


ODD = "\u202eevil\u200b"
"""A name that an import took in and no edit would give."""


def test_a_name_that_cannot_be_printed_comes_back_as_it_went(ws: Workspace, tmp_path: Path) -> None:
    plan = ws.store.grids(scope=EVERYWHERE)[["code", "area_code", "member", "geometry"]]
    with ws.store.write() as w:
        w.put_grids(plan.assign(name=[ODD if code == "甲1" else None for code in plan["code"]]))
    draft, path = exported(ws, tmp_path)
    change(path, ("UPDATE grids SET member = 'Wu' WHERE code IN ('甲1', '甲2')", ()))
    assert taken(ws, path)["steps"] == 2
    grid = ws.drawings.of(drafts.found(ws, CONSOLE, draft)).plan["甲1"]
    assert (grid.name, grid.member) == (ODD, "Wu")
    odd = [
        ("UPDATE grids SET name = ? WHERE code = '乙1'", (ODD,)),
        ("UPDATE grids SET code = ? WHERE code = '乙1'", (ODD,)),
    ]
    for statement in odd:
        draft, path = exported(ws, tmp_path)
        change(path, statement)
        with pytest.raises(RowUnreadable) as refused:
            taken(ws, path)
        assert (refused.value.facts["why"], refused.value.facts["row"]) == ("unprintable", 1)


def polygons(ws: Workspace, draft: int) -> dict[str, Any]:
    plan = ws.drawings.of(drafts.found(ws, CONSOLE, draft)).plan
    return {code: plan[code].polygon for code in plan.codes()}


def taken(ws: Workspace, path: Path, **wishes: Any) -> dict[str, Any]:
    said = {name: frozenset(v) if isinstance(v, list) else v for name, v in wishes.items()}
    return file_take.take_over(ws, CONSOLE, path, seen=None, wishes=Wishes(**said))


def test_a_file_that_comes_back_as_it_went_changes_nothing(ws: Workspace, tmp_path: Path) -> None:
    draft, path = exported(ws, tmp_path)
    before = polygons(ws, draft)
    told = taken(ws, path)
    assert told["unchanged"]
    assert told["version"] == drafts.found(ws, CONSOLE, draft).version == 1
    after = polygons(ws, draft)
    assert all(after[code] is before[code] for code in before)


def test_an_edge_moved_in_qgis_comes_into_the_draft_and_can_be_undone(
    ws: Workspace, tmp_path: Path
) -> None:
    draft, path = exported(ws, tmp_path)
    before = polygons(ws, draft)
    change(path, *MOVED)
    told = file_take.look(ws, CONSOLE, path)
    assert [(p["name"], p["grids"], p["state"]) for p in told["places"]] == [
        ("甲1", ["甲1", "甲2"], "new")
    ]
    assert told["households"]["moved"] == [{"id": "H2", "from": "甲2", "to": "甲1"}]
    assert [f["properties"]["from"] for f in told["moved"]["features"]] == ["甲2"]
    assert polygons(ws, draft) == before, "looking stored something"
    assert taken(ws, path)["version"] == 2
    assert polygons(ws, draft)["甲1"].equals(cell(0, 1.6))
    assert drafts.shown(ws, CONSOLE, draft)["edits"][0]["op"] == "file"
    assert taken(ws, path)["steps"] == 0, "the same file was taken twice"
    editing.undo(ws, CONSOLE, draft, seen=2)
    assert polygons(ws, draft) == before
    assert check(ws, CONSOLE) == []


def test_a_grid_split_and_two_merged_and_words_changed_in_qgis_come_in(
    ws: Workspace, tmp_path: Path
) -> None:
    draft, path = exported(ws, tmp_path)
    change(
        path,
        shape("甲1", cell(0, 0.4)),
        # as QGIS splits: the new part has all words of the old one, the mark too
        (
            SPLIT_COPY,
            (blob(cell(0.4, 1)),),
        ),
        ("DELETE FROM grids WHERE code = '乙2'", ()),
        shape("乙1", cell(3, 5)),
        ("UPDATE grids SET code = '甲9', member = '孙' WHERE code = '甲3'", ()),
    )
    told = taken(ws, path)
    assert {p["state"] for p in told["places"]} == {"new"}
    plan = ws.drawings.of(drafts.found(ws, CONSOLE, draft)).plan
    assert plan.codes() == ["乙1", "甲1", "甲2", "甲4", "甲9"]
    # the part with most households keeps the code: one each, so the larger
    assert plan["甲1"].polygon.equals(cell(0.4, 1))
    assert (plan["甲4"].member, plan["甲4"].visit_every_days) == ("李", None)
    assert plan["甲9"].member == "孙"
    assert plan["乙1"].polygon.equals(cell(3, 5))
    assert check(ws, CONSOLE) == []


def test_what_broke_the_partition_is_shown_and_mended_only_when_that_is_wished(
    ws: Workspace, tmp_path: Path
) -> None:
    draft, path = exported(ws, tmp_path)
    # one corner moved in one grid alone: over its neighbour at the top, away from it below
    change(path, shape("甲1", wedge((0, 0), (0.8, 0), (1.2, 1), (0, 1))))
    told = file_take.look(ws, CONSOLE, path)
    assert sorted(f["what"] for f in told["faults"]) == ["gap", "overlap"]
    assert all(f["size"] > 1000 and f["unit"] == "m2" and f["place"] for f in told["faults"])
    assert told["repair"]["mends"] is False, "such a gap is wide"
    with pytest.raises(FileBreaksPlan) as refused:
        taken(ws, path)
    assert refused.value.facts["count"] == 2
    with pytest.raises(FileBreaksPlan):
        taken(ws, path, repair=True)
    told = taken(ws, path, repair=True, gap_m=200.0)
    assert "甲2" in told["repair"]["changed"]
    after = polygons(ws, draft)
    # but for a corner where the old edge crossed the new one, a centimetre beside it at most
    assert alike(after["甲1"], wedge((0, 0), (0.8, 0), (1.2, 1), (0, 1)))
    assert alike(after["甲2"], wedge((0.8, 0), (2, 0), (2, 1), (1.2, 1)))
    assert check(ws, CONSOLE) == []


def test_what_happened_in_the_draft_meanwhile_stays_beside_what_comes_back(
    ws: Workspace, tmp_path: Path
) -> None:
    draft, path = exported(ws, tmp_path)
    line = {"type": "LineString", "coordinates": [[105.04, 35.004], [105.03, 35.004]]}
    wish = {"op": "split", "code": "乙1", "line": line, "new_codes": ["乙3"]}
    editing.edit(ws, CONSOLE, draft, wish, seen=1)
    change(path, *MOVED, ("UPDATE grids SET member = '周' WHERE code = '乙1'", ()))
    told = taken(ws, path)
    assert told["asked"] == []
    assert (told["made_of"], told["version"]) == (1, 3)
    plan = ws.drawings.of(drafts.found(ws, CONSOLE, draft)).plan
    assert plan.codes() == ["乙1", "乙2", "乙3", "甲1", "甲2", "甲3"]
    assert plan["甲1"].polygon.equals(cell(0, 1.6))
    assert plan["乙1"].member == "周"
    assert check(ws, CONSOLE) == []


def test_what_clashes_is_asked_and_goes_as_is_said(ws: Workspace, tmp_path: Path) -> None:
    draft, path = exported(ws, tmp_path)
    merge = {"op": "merge", "codes": ["甲2", "甲3"]}
    editing.edit(ws, CONSOLE, draft, merge, seen=1)
    editing.edit(ws, CONSOLE, draft, {"op": "change", "code": "乙1", "member": "钱"}, seen=2)
    change(path, *MOVED, ("UPDATE grids SET member = '周' WHERE code = '乙1'", ()))
    with pytest.raises(FileClashes) as refused:
        taken(ws, path)
    assert refused.value.facts["names"] == ["甲1", "乙1:member"]
    kept = polygons(ws, draft)
    told = taken(ws, path, draft=["*"])
    assert (told["steps"], polygons(ws, draft)) == (0, kept)
    taken(ws, path, file=["甲1"], draft=["乙1:member"])
    plan = ws.drawings.of(drafts.found(ws, CONSOLE, draft)).plan
    assert plan["甲1"].polygon.equals(cell(0, 1.6))
    assert plan["甲3"].polygon.equals(cell(2, 3)), "what was merged meanwhile is given up for it"
    assert plan["乙1"].member == "钱"
    assert check(ws, CONSOLE) == []


def test_a_file_reaches_no_further_than_its_draft(ws: Workspace, tmp_path: Path) -> None:
    draft, path = exported(ws, tmp_path, area="A")
    layers = sqlite3.connect(path)
    assert [c for (c,) in layers.execute("SELECT code FROM grids ORDER BY fid")] == CODES[:3]
    assert layers.execute("SELECT code FROM neighbours").fetchall() == [("乙1",)]
    layers.close()
    change(path, shape("甲3", cell(2, 3.5)))
    told = file_take.look(ws, CONSOLE, path)
    assert [f["what"] for f in told["faults"]] == ["draft_border"]
    assert taken(ws, path, repair=True)["steps"] == 0, "nothing is left when that is let go"
    change(
        path, shape("甲3", cell(2, 3)), ("UPDATE grids SET area_code = 'B' WHERE code = '甲3'", ())
    )
    with pytest.raises(EditRefused):
        taken(ws, path)
    assert drafts.found(ws, CONSOLE, draft).version == 1


def test_a_file_is_taken_only_where_it_belongs(ws: Workspace, tmp_path: Path) -> None:
    draft, path = exported(ws, tmp_path)
    other = drafts.open_draft(ws, CONSOLE, name="other")
    with pytest.raises(FileOfOtherDraft):
        file_take.look(ws, CONSOLE, path, draft=other)
    editing.edit(ws, CONSOLE, draft, {"op": "change", "code": "乙1", "member": "钱"}, seen=1)
    with pytest.raises(StaleDraft):
        file_take.take_over(ws, CONSOLE, path, seen=1)
    change(path, ("UPDATE gisgrid_draft SET value = '00' WHERE key = 'fingerprint'", ()))
    with pytest.raises(FileNotOfDraft):
        file_take.look(ws, CONSOLE, path)
    change(path, ("UPDATE grids SET gisgrid_id = NULL", ()), ("DELETE FROM gisgrid_draft", ()))
    with pytest.raises(FileNotOfDraft):
        file_take.look(ws, CONSOLE, path)


@pytest.mark.parametrize(
    ("done", "says", "told"),
    [
        (
            ("UPDATE grids SET visit_every_days = 0 WHERE code = '甲2'", ()),
            "in row 4, “visit_every_days” is a number of days from 1 to 3650, or null",
            "第 4 行",
        ),
        (
            ("UPDATE grids SET geom = ? WHERE code = '甲3'", (b"GP\x00\x01nothing",)),
            "in row 5, the shape cannot be read",
            "图形无法读取",
        ),
        (
            shape("甲1", shapely.MultiLineString([[(105, 35), (105.01, 35)]])),
            "in row 3, there is a MultiLineString where a polygon belongs",
            "却是 MultiLineString",
        ),
    ],
    ids=["word", "broken", "line"],
)
def test_a_row_that_no_grid_can_be_is_named_in_the_readers_language(
    ws: Workspace, tmp_path: Path, done: Any, says: str, told: str
) -> None:
    _, path = exported(ws, tmp_path)
    change(path, done)
    with pytest.raises(RowUnreadable) as refused:
        file_take.look(ws, CONSOLE, path)
    assert says in str(refused.value)
    app = create_app(replace(ws.settings, secret_key=secrets.token_urlsafe(48)), ws)
    with app.test_request_context(headers={"Accept-Language": "zh"}):
        assert told in sentence(refused.value)


def test_a_layer_saved_anew_in_other_coordinates_is_still_the_draft(
    ws: Workspace, tmp_path: Path
) -> None:
    draft, path = exported(ws, tmp_path)
    anew = tmp_path / "anew.geojson"
    metric = tmp_path / "metric.gpkg"
    for target, options in ((metric, ["-t_srs", "EPSG:4544"]), (anew, [])):
        subprocess.run(["/usr/bin/ogr2ogr", *options, str(target), str(path), "grids"], check=True)
        assert file_take.look(ws, CONSOLE, target)["unchanged"]
    change(metric, ("UPDATE grids SET member = '周' WHERE code = '甲1'", ()))
    assert [word["name"] for word in file_take.look(ws, CONSOLE, metric)["words"]] == ["甲1:member"]
    assert drafts.found(ws, CONSOLE, draft).version == 1


def test_what_a_file_brought_is_made_again_on_a_newer_plan(ws: Workspace, tmp_path: Path) -> None:
    draft, path = exported(ws, tmp_path)
    change(path, *MOVED)
    taken(ws, path)
    with ws.store.write() as w:
        grids = ws.store.grids(scope=CONSOLE.scope)
        grids.loc[grids["code"] == "乙2", "member"] = "新"
        w.put_grids(grids, note="later")
    assert rebasing.rebase(ws, CONSOLE, draft, seen=2) == []
    plan = ws.drawings.of(drafts.found(ws, CONSOLE, draft)).plan
    assert plan["甲1"].polygon.equals(cell(0, 1.6))
    assert plan["乙2"].member == "新"


def test_a_file_that_a_program_still_holds_open_is_told(ws: Workspace, tmp_path: Path) -> None:
    _, path = exported(ws, tmp_path)
    assert not file_take.look(ws, CONSOLE, path)["unsaved"]
    base = sqlite3.connect(path)
    base.execute("PRAGMA journal_mode = wal")
    base.close()
    assert file_take.look(ws, CONSOLE, path)["unsaved"]


ONE_COPY = f"{SPLIT_COPY} LIMIT 1"
ROUND = (("甲1", 105.005), ("甲2", 105.015))


@pytest.mark.parametrize("much", ["grids", "corners", "overlaps"])
def test_a_file_that_no_drawing_of_the_draft_can_be_is_refused_at_once(
    ws: Workspace, tmp_path: Path, much: str
) -> None:
    _, path = exported(ws, tmp_path)
    if much == "corners":
        round_ones = [(code, Point(x, 35.005).buffer(0.004, 20_000)) for code, x in ROUND]
        change(path, *(shape(code, circle) for code, circle in round_ones))
    else:  # many beside each other, or few enough that all lie on one another
        count = 300 if much == "grids" else 150
        places = [cell(n / 300, (n + 0.5) / 300) for n in range(count)]
        if much == "overlaps":
            places = [cell(0, 1 + n / 300) for n in range(count)]
        change(path, *((ONE_COPY, (blob(place),)) for place in places))
    with pytest.raises(FileTooMuch) as err:
        taken(ws, path)
    assert err.value.facts["grids" if much == "grids" else "corners"] > 5


def test_a_file_may_hold_a_good_deal_more_than_the_draft(ws: Workspace, tmp_path: Path) -> None:
    draft, path = exported(ws, tmp_path)
    parts = [cell(n / 50, (n + 1) / 50) for n in range(50)]
    change(path, shape("甲1", parts[0]), *((ONE_COPY, (blob(part),)) for part in parts[1:]))
    assert not taken(ws, path)["faults"]
    assert len(polygons(ws, draft)) == len(CODES) + 49


def slanted(ws: Workspace, tmp_path: Path) -> tuple[int, Path]:
    """A draft whose villages meet in a line that runs aslant, and its file."""
    draft, path = exported(ws, tmp_path)
    west, east = wedge((2, 0), (3.3, 0), (3, 1), (2, 1)), wedge((3.3, 0), (4, 0), (4, 1), (3, 1))
    change(path, shape("甲3", west), shape("乙1", east))
    assert taken(ws, path)["steps"] == 1
    return draft, file_out.export_draft(ws, CONSOLE, draft, tmp_path)


def split_beside(path: Path) -> None:
    """甲3 cut in two as QGIS cuts: the corner on the line aslant is put into its halves alone."""
    end = (3 + 0.3 / 7, 6 / 7)
    south = wedge((2, 0), (3.3, 0), end, (2, 0.8))
    north = wedge((2, 0.8), end, (3, 1), (2, 1))
    copied = SPLIT_COPY.replace("甲1", "甲3").replace("14", "visit_every_days")
    change(path, shape("甲3", south), (copied, (blob(north),)))


def test_a_corner_that_the_lattice_moved_is_taken_up_without_a_question(
    ws: Workspace, tmp_path: Path
) -> None:
    draft, path = slanted(ws, tmp_path)
    before = polygons(ws, draft)
    split_beside(path)
    told = taken(ws, path)
    assert (told["faults"], told["repair"], told["steps"]) == ([], None, 1)
    assert [place["grids"] for place in told["places"]] == [["甲3", "甲4"]]
    assert [row["code"] for row in told["grids"]] == ["甲3", "甲4"]
    assert told["households"]["count"] == 0
    after = polygons(ws, draft)
    assert redraw.same_ground(before["乙1"], after["乙1"])
    (edit,) = drafts.shown(ws, CONSOLE, draft)["edits"][1:]
    assert edit["notes"] == [], "it names ground of another area"
    assert check(ws, CONSOLE) == []


def test_a_hair_of_ground_that_somebody_lives_in_is_asked_about(
    ws: Workspace, tmp_path: Path
) -> None:
    _, path = slanted(ws, tmp_path)
    bent = Point(105 + 3.15 / 100 + 3e-7, 35.005)  # three centimetres beside the line
    home = gpd.GeoDataFrame(
        {"id": ["H99"], "listed_on": [date(2026, 9, 1)]},
        geometry=[Point(bent.x - 1e-7, bent.y)],
        crs="EPSG:4326",
    )
    corner = ((bent.x - 105) * 100, 0.5)
    change(path, shape("甲3", wedge((2, 0), (3.3, 0), corner, (3, 1), (2, 1))))
    assert file_take.look(ws, CONSOLE, path)["faults"] == []
    with ws.store.write() as w:
        w.put_households(home)
    told = file_take.look(ws, CONSOLE, path)
    assert [fault["what"] for fault in told["faults"]] == ["overlap"]
    assert (told["repair"]["mends"], told["repair"]["changed"]) == (True, [])


def test_a_width_of_gaps_is_named_only_where_a_gap_is_left() -> None:
    for left, named in (("gap", True), ("tongue", False)):
        repair = {"mends": False, "faults": [{"what": left}]}
        told = {"faults": [{"what": "overlap"}], "repair": repair}
        with pytest.raises(FileBreaksPlan) as refused:
            file_take.check_told(told, "a.gpkg", Wishes(repair=True))
        assert ("--gaps" in str(refused.value)) is named
