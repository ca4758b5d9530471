"""Plans on the command line: the same verbs, who acts, and the proof that all holds."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gisgrid.store.guards import PLANS

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Run = Callable[..., Result]

LINE = {"type": "LineString", "coordinates": [[105.005, 34.9], [105.005, 35.1]]}
FAR = [[10**400, 35], [105, 35]]
SPLIT = {"op": "split", "code": "G1", "line": LINE, "new_codes": ["G1-2"]}


@pytest.fixture
def people(run: Run) -> None:
    for name, role in (("Ann", "planner"), ("Ben", "planner"), ("Chen", "supervisor")):
        assert run("user", "add", name, "--role", role, "--scope", "*").exit_code == 0


def drawn(run: Run, tmp_path: Path, *edits: dict[str, Any], by: str = "Ann") -> str:
    """The number of a draft with these edits."""
    draft = run("plan", "new", "spring", "--as", by).stdout.strip()
    file = tmp_path / "edits.json"
    file.write_text(json.dumps(list(edits)))
    found = run("plan", "edit", draft, str(file), "--as", by)
    assert found.exit_code == 0, found.stderr
    return str(draft)


def published(run: Run, tmp_path: Path, *edits: dict[str, Any]) -> dict[str, Any]:
    draft = drawn(run, tmp_path, *edits)
    assert run("plan", "submit", draft, "--as", "Ann").exit_code == 0
    assert run("plan", "approve", draft, "--as", "Chen").exit_code == 0
    found = run("plan", "publish", draft, "--as", "Ann", "--note", "spring")
    assert found.exit_code == 0, found.stderr
    told: dict[str, Any] = json.loads(found.stdout)
    return told


@pytest.mark.usefixtures("people")
def test_a_plan_goes_from_draft_to_certificate(run: Run, tmp_path: Path) -> None:
    draft = drawn(run, tmp_path, SPLIT)
    assert run("plan", "undo", draft, "--as", "Ann").stderr.endswith("step 0 of 1.\n")
    assert run("plan", "redo", draft, "--as", "Ann").stderr.endswith("step 1 of 1.\n")
    balance = run("plan", "compare", draft, "--format", "csv").stdout.splitlines()
    assert balance[0].startswith("code,households_before,households_after,visits_due_before")
    assert [line.split(",")[0] for line in balance[1:]] >= ["G1", "G1-2"]
    assert run("plan", "submit", draft, "--as", "Ann").exit_code == 0
    refused = run("plan", "approve", draft, "--as", "Ann")
    assert (refused.exit_code, "somebody else" in refused.stderr) == (1, True)
    assert run("plan", "approve", draft, "--as", "Chen").exit_code == 0
    told = json.loads(run("plan", "publish", draft, "--as", "Ben").stdout)
    people = [told[who] for who in ("drawn_by", "approved_by", "published_by")]
    assert people == [["Ann"], "Chen", "Ben"]
    # It is on record that nobody of these signed in.
    assert [told[f"{w}_at_console"] for w in ("drawn", "approved", "published")] == [True] * 3
    history = run("plan", "history", "--format", "csv").stdout.splitlines()
    assert [line.split(",")[0] for line in history[1:]] == ["2", "1"]
    shown = json.loads(run("plan", "history", "2").stdout)
    assert shown["certificate"] == told
    assert json.loads(run("plan", "lineage", "G1").stdout)["now"] == ["G1", "G1-2"]
    assert "H1" in run("plan", "handover", "2", "G1-2", "--format", "csv").stdout or True
    listed = json.loads(run("plan", "list", "--format", "json").stdout)
    assert [(row["id"], row["state"]) for row in listed] == [(int(draft), "published")]


def test_the_console_itself_cannot_be_the_second_person_for_its_own_draft(
    run: Run, tmp_path: Path
) -> None:
    draft = run("plan", "new", "mine").stdout.strip()
    file = tmp_path / "edit.json"
    file.write_text(json.dumps(SPLIT))
    assert run("plan", "edit", draft, str(file)).exit_code == 0
    assert run("plan", "submit", draft).exit_code == 0
    refused = run("plan", "approve", draft)
    assert refused.exit_code == 1
    assert "cannot approve" in refused.stderr


@pytest.mark.usefixtures("people")
def test_what_is_refused_is_said_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    draft = drawn(run, tmp_path, SPLIT)
    file = tmp_path / "bad.json"
    for text, says in (
        (json.dumps(SPLIT), "edit cannot be made"),
        ("{", "not JSON"),
        ('{"op": "melt"}', "op"),
        ("[" * 100_000, "nested too deeply"),
        (json.dumps({**SPLIT, "line": {"type": "LineString", "coordinates": FAR}}), "point 1"),
        ('{"op": "split", "code": NaN}', "code"),
    ):
        file.write_text(text)
        refused = run("plan", "edit", draft, str(file), "--as", "Ann")
        assert refused.exit_code == 1
        assert says in refused.stderr, refused.stderr
    assert json.loads(run("plan", "show", draft).stdout)["step"] == 1
    assert run("plan", "submit", draft, "--as", "Nobody").exit_code == 1
    assert run("plan", "approve", draft, "--as", "Chen").exit_code == 1
    assert run("plan", "submit", "99", "--as", "Ann").exit_code == 1


@pytest.mark.usefixtures("people")
def test_a_waiting_plan_is_withdrawn_and_one_in_force_reversed(run: Run, tmp_path: Path) -> None:
    draft = drawn(run, tmp_path, SPLIT)
    run("plan", "submit", draft, "--as", "Ann")
    run("plan", "approve", draft, "--as", "Chen")
    assert run("plan", "publish", draft, "--valid-from", "2199-01-01").exit_code == 0
    assert run("plan", "withdraw", "2").exit_code == 0
    assert run("plan", "publish", draft).exit_code == 0
    assert run("plan", "withdraw", "3").exit_code == 1
    back = run("plan", "reverse", "3")
    assert back.exit_code == 0
    assert json.loads(run("plan", "show", back.stdout.strip()).stdout)["reverses"] == 3
    assert "all its edits hold" in run("plan", "rebase", back.stdout.strip()).stderr
    assert run("check").stderr == "All 2 plans hold.\n"


@pytest.mark.usefixtures("people")
def test_a_plan_that_waits_is_not_taken_for_the_one_in_force(run: Run, tmp_path: Path) -> None:
    draft = drawn(run, tmp_path, SPLIT)
    run("plan", "submit", draft, "--as", "Ann")
    run("plan", "approve", draft, "--as", "Chen")
    assert run("plan", "publish", draft, "--valid-from", "2199-01-01").exit_code == 0
    mine = drawn(run, tmp_path, {"op": "change", "code": "G2", "name": "Far"})
    now = run("plan", "compare", mine, "--format", "csv")
    assert [row.split(",")[0] for row in now.stdout.splitlines()] == ["code", "G1", "G1-2", "G2"]
    assert "Compared with plan 1 (in force). The draft builds on plan 2.\n" in now.stderr
    last = run("plan", "compare", mine, "--with", "last", "--format", "csv")
    assert [row.split(",")[0] for row in last.stdout.splitlines()] == ["code", "G2"]
    assert "Compared with plan 2 (which waits for its day, from 2199-01-01).\n" in last.stderr
    other = run("plan", "compare", mine, "--with", draft, "--format", "json")
    assert json.loads(other.stdout)["plan"] is None
    assert run("plan", "compare", mine, "--with", "none").exit_code == 2


@pytest.mark.usefixtures("people")
def test_what_clashes_is_printed_with_its_places(run: Run, tmp_path: Path) -> None:
    late = drawn(run, tmp_path, {"op": "change", "code": "G1", "name": "late"}, by="Ben")
    for words in (("submit", late, "--as", "Ben"), ("approve", late, "--as", "Chen")):
        assert run("plan", *words).exit_code == 0
    published(run, tmp_path, SPLIT)
    refused = run("plan", "publish", late, "--as", "Ben")
    assert refused.exit_code == 1
    sentence, place = refused.stderr.splitlines()
    assert sentence.startswith("gisgrid: Plan 2 was published after plan 1")
    assert place.startswith("  G1: The plan that was published meanwhile changed this grid too at ")
    lon, lat = (float(word) for word in place.partition(" at ")[2].rstrip(".").split(","))
    assert 105 < lon < 105.005
    assert 35 < lat < 35.01
    published(run, tmp_path, {"op": "change", "code": "G1-2", "name": "later"})
    reverse = run("plan", "reverse", "2")
    assert reverse.exit_code == 1
    (place,) = reverse.stderr.splitlines()[1:]
    assert place.startswith("  G1-2: Later plans changed the same grids at 105.00")


@pytest.mark.usefixtures("people")
def test_a_plan_that_does_not_hold_is_refused_with_its_places(
    run: Run, tmp_path: Path, url: str
) -> None:
    import geopandas as gpd
    from shapely.geometry import box

    from gisgrid.store import Store

    shapes = [box(105, 35, 105.0102, 35.01), box(105.01, 35, 105.02, 35.01)]
    plan = gpd.GeoDataFrame({"code": ["G1", "G2"]}, geometry=shapes, crs="EPSG:4326")
    with Store.open(url) as store, store.write() as w:
        w.put_grids(plan)
    draft = drawn(run, tmp_path, {"op": "change", "code": "G1", "name": "Far"})
    run("plan", "submit", draft, "--as", "Ann")
    run("plan", "approve", draft, "--as", "Chen")
    refused = run("plan", "publish", draft, "--as", "Ann")
    assert refused.exit_code == 1
    sentence, *places = refused.stderr.splitlines()
    assert "does not hold" in sentence
    assert places[0].startswith("  G1, G2: ")
    assert " at 105.01" in places[0]


@pytest.mark.usefixtures("people")
def test_check_proves_a_sound_store_and_finds_planted_damage(
    run: Run, tmp_path: Path, url: str
) -> None:
    published(run, tmp_path, SPLIT)
    sound = run("check")
    assert (sound.exit_code, sound.stdout, sound.stderr) == (0, "", "All 2 plans hold.\n")
    planted = {
        "UPDATE certificates SET document = replace(document, 'Ann', 'Eve')": "certificate",
        "UPDATE grids_history SET member = 'Eve' WHERE code = 'G1-2'": "plan_hash",
        "UPDATE households SET placed_in = 'G2' WHERE id = 'H0'": "misplaced",
        "UPDATE grids SET name = 'Eve' WHERE code = 'G1'": "shown",
        "UPDATE drafts SET tip = 99": "broken_draft",
    }
    for statement, what in planted.items():
        before = content(url)
        with closing(sqlite3.connect(url)) as connection, connection:
            for name in PLANS.names("sqlite"):
                connection.execute(f"DROP TRIGGER {name}")
            assert connection.execute(statement).rowcount > 0, statement
        found = run("check", "--format", "json")
        assert found.exit_code == 1, statement
        assert what in {finding["what"] for finding in json.loads(found.stdout)}, found.stdout
        bring_back(url, before)
    assert run("check").exit_code == 0


def content(url: str) -> bytes:
    """The store's file, with all that was written."""
    with closing(sqlite3.connect(url)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Path(url).read_bytes()


def bring_back(url: str, before: bytes) -> None:
    for end in ("-wal", "-shm"):
        Path(url + end).unlink(missing_ok=True)
    Path(url).write_bytes(before)


@pytest.mark.usefixtures("people")
def test_every_figure_can_be_restated_on_todays_grids(run: Run, tmp_path: Path, url: str) -> None:
    import gisgrid

    published(run, tmp_path, {"op": "merge", "codes": ["G1", "G2"]})
    day = ("--as-of", "2026-11-22", "--format", "csv")
    for words in (("coverage",), ("gaps",), ("cases",)):
        then, now = run(*words, *day).stdout, run(*words, *day, "--restate").stdout
        assert ("G2" in then, "G2" in now) == (True, False), words
    assert run("cases", "--list", *day, "--restate").exit_code == 0
    with gisgrid.open(url) as county:
        assert set(county.gaps("2026-11-22")["grid"]) == {"G1", "G2", ""}
        assert set(county.gaps("2026-11-22", restate=True)["grid"]) == {"G1", ""}
        then, now = (county.totals("2026-11-22", restate=r) for r in (False, True))
        assert then == now


def test_check_proposes_a_repair_for_a_plan_that_overlaps(run: Run, url: str) -> None:
    import geopandas as gpd
    from shapely.geometry import box

    from gisgrid.store import Store

    shapes = [box(105, 35, 105.0102, 35.01), box(105.01, 35, 105.02, 35.01)]
    plan = gpd.GeoDataFrame({"code": ["G1", "G2"]}, geometry=shapes, crs="EPSG:4326")
    with Store.open(url) as store, store.write() as w:
        w.put_grids(plan)
    found = run("check", "--format", "json")
    assert found.exit_code == 1
    (overlap,) = [f for f in json.loads(found.stdout) if f["what"] == "overlap"]
    assert (overlap["revision"], overlap["codes"]) == (2, ["G1", "G2"])
    assert 105.01 <= overlap["place"][0] <= 105.0102
    mended = run("check", "--repair")
    assert mended.exit_code == 1
    draft = mended.stdout.strip().splitlines()[-1]
    assert f"Draft {draft} mends what can be mended; 0 faults will be left." in mended.stderr
    run("user", "add", "Chen", "--role", "supervisor", "--scope", "*")
    for words in (("submit", draft), ("approve", draft, "--as", "Chen"), ("publish", draft)):
        assert run("plan", *words).exit_code == 0, words
    left = json.loads(run("check", "--format", "json").stdout)
    assert {finding["revision"] for finding in left} == {2}


def test_a_wide_gap_is_nobodys_to_fill_and_stays_told_by_a_repair(run: Run, url: str) -> None:
    import geopandas as gpd
    from shapely.geometry import Point, box

    from gisgrid.store import Store

    gap = box(105.0095, 35.003, 105.01, 35.007)  # 45 m wide, and G2 knows nothing of its corners
    narrow = box(105.009995, 35.008, 105.01, 35.009)
    shapes = [
        box(105, 35, 105.01, 35.01).difference(gap).difference(narrow),
        box(105.01, 35, 105.02, 35.01),
    ]
    plan = gpd.GeoDataFrame({"code": ["G1", "G2"]}, geometry=shapes, crs="EPSG:4326")
    home = gpd.GeoDataFrame({"id": ["lost"]}, geometry=[Point(105.0097, 35.005)], crs="EPSG:4326")
    with Store.open(url) as store, store.write() as w:
        w.put_grids(plan)
        w.put_households(home)
    found = [f for f in json.loads(run("check", "--format", "json").stdout) if f["revision"] == 2]
    assert [f["what"] for f in found if f["what"] == "gap"] == ["gap", "gap"]
    mended = run("check", "--repair")
    assert "in no grid. (1 household)\n  lost at 105.009700, 35.005000\n" in mended.stdout
    (left,) = [words for words in mended.stderr.splitlines() if words.startswith("plan 2:")]
    assert "1 fault will be left:" in mended.stderr
    assert "There is a gap between grids here." in left
    lon, lat = (float(word) for word in left.partition(" at ")[2].split(" (")[0].split(","))
    assert gap.contains(Point(lon, lat))
    draft = mended.stdout.strip().splitlines()[-1]
    ring = [[x, y] for x, y in gap.buffer(1e-5, join_style="mitre").exterior.coords]
    grow = {"op": "grow", "area": {"type": "Polygon", "coordinates": [ring]}, "to": "G1"}
    assert run("plan", "edit", draft, input=json.dumps(grow)).exit_code == 0
