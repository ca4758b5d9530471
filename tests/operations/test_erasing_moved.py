"""What was first written under another household is shown and erased with the right one."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import Point, box
from sqlalchemy import select

from gisgrid.access import CONSOLE, EVERYWHERE, Actor, Role, Scope
from gisgrid.operations import deciding, erasing, recording
from gisgrid.store.schema import metadata

LI = Actor("Li", Role.MEMBER, Scope("G1"), person=7)
WANG = Actor("Wang", Role.MEMBER, Scope("G2"), person=8)
ZHAO = Actor("Zhao", Role.SUPERVISOR, EVERYWHERE, person=9)
"""Who looks after both."""
WORDS = ("Canary-visit", "Canary-title", "Canary-note", "Canary-change", "Canary-moved")


@pytest.fixture
def ws(empty_workspace):
    """A and B in grid G1, C and H in G2."""
    found = empty_workspace()
    places = {"A": 105.001, "B": 105.002, "C": 105.011, "H": 105.012}
    with found.store.write() as w:
        w.put_grids(
            gpd.GeoDataFrame(
                {"code": ["G1", "G2"]},
                geometry=[box(105, 35, 105.01, 35.01), box(105.01, 35, 105.02, 35.01)],
                crs=4326,
            )
        )
        points = [Point(x, 35.005) for x in places.values()]
        w.put_households(gpd.GeoDataFrame({"id": list(places)}, geometry=points, crs=4326))
    return found


def key() -> str:
    return str(uuid.uuid4())


def visited(ws, who: Actor, household: str, note: str | None, **more: str) -> str:
    item = {"client_id": key(), "household": household, "outcome": "met", "note": note}
    (answer,) = recording.record_visits(ws, who, [item | more])
    return answer.id


def moved(ws, who: Actor, wrong: str, household: str, to: str, note: str) -> str:
    item = {"client_id": key(), "outcome": "met", "household": to, "note": note}
    return recording.correct_visit(ws, who, household, wrong, item).id


def accepted_for_another(ws) -> None:
    """A visit and a case of a number that nobody knows, and a change of the case, are all of H."""
    report = visited(ws, LI, "no number", WORDS[0])
    case = {"client_id": key(), "household": "none", "category": "water", "title": WORDS[1]}
    recording.open_cases(ws, LI, [case | {"note": WORDS[2]}])
    change = {"client_id": key(), "case": case["client_id"], "do": "update", "note": WORDS[3]}
    recording.change_cases(ws, LI, [change])
    deciding.accept(ws, ZHAO, report=report, household="H")
    deciding.accept(ws, ZHAO, report=case["client_id"], household="H")


def moved_by_who_serves_both(ws) -> None:
    """From A to B and on to H, all by somebody who sees them."""
    wrong = visited(ws, ZHAO, "A", WORDS[4])
    second = moved(ws, ZHAO, wrong, "A", "B", f"{WORDS[4]} again")
    moved(ws, ZHAO, second, "B", "H", f"{WORDS[4]} at last")


def moved_to_others(ws, *, accept: bool) -> None:
    """From A to H by a member who does not serve H: A's is taken back, and H's waits."""
    wrong = visited(ws, LI, "A", WORDS[4])
    right = moved(ws, LI, wrong, "A", "H", WORDS[4])
    if accept:
        deciding.accept(ws, WANG, report=right)


def waiting_with_its_change(ws) -> None:
    """A case of H and a change of it, both of which wait."""
    case = {"client_id": key(), "household": "H", "category": "water", "title": WORDS[1]}
    recording.open_cases(ws, LI, [case])
    change = {"client_id": key(), "case": case["client_id"], "do": "update", "note": WORDS[3]}
    recording.change_cases(ws, LI, [change])


WAYS = {
    "accepted for another": accepted_for_another,
    "moved and moved on": moved_by_who_serves_both,
    "moved to others, waits": lambda ws: moved_to_others(ws, accept=False),
    "moved to others, accepted": lambda ws: moved_to_others(ws, accept=True),
    "waits with its change": waiting_with_its_change,
}


def everywhere(ws) -> str:
    """Every row of every table; of a file its bytes too."""
    with ws.store.reading(EVERYWHERE) as connection:
        rows = repr([connection.execute(select(t)).all() for t in metadata.tables.values()])
    if "://" in ws.settings.store:
        return rows
    ws.close()  # no file of an open store is read here
    folder = Path(ws.settings.store).parent
    files = [p.read_bytes() for p in folder.rglob("*") if p.is_file()]
    return rows + b"".join(files).decode("latin-1")


@pytest.mark.parametrize("way", WAYS)
def test_it_is_shown_and_erased_wherever_it_was_first_written(ws, way: str) -> None:
    visited(ws, LI, "A", "of A alone")
    WAYS[way](ws)
    with ws.store.reading(EVERYWHERE) as connection:
        rows = repr([connection.execute(select(t)).all() for t in metadata.tables.values()])
    written = {word: rows.count(word) for word in WORDS if word in rows}
    assert written
    shown = json.dumps(erasing.held(ws, CONSOLE, "H"), ensure_ascii=False)
    assert {word: shown.count(word) for word in WORDS if word in shown} == written
    assert "of A alone" not in shown
    # Whom else it was taken for by mistake is not said: that may be anybody's number.
    assert not any(
        f'"{other}"' in shown.replace("\\", "") for other in (*"ABC", "no number", "none")
    )
    assert erasing.counted(ws, CONSOLE, "C")["visits"] == 0
    assert erasing.erase(ws, CONSOLE, "H").swept
    left = everywhere(ws)
    assert [word for word in WORDS if word in left] == []
    assert "of A alone" in left


def test_erasing_the_wrong_household_leaves_what_is_of_the_right_one(ws) -> None:
    moved_by_who_serves_both(ws)
    erasing.erase(ws, CONSOLE, "A")
    notes = ws.store.visits(scope=EVERYWHERE, household_ids=["A", "B", "H"])
    told = dict(zip(notes["household_id"], notes["note"], strict=True))
    assert told == {"A": None, "B": f"{WORDS[4]} again", "H": f"{WORDS[4]} at last"}


@pytest.mark.parametrize("way", ["accepted for another", "moved and moved on"])
def test_what_turns_out_to_be_of_an_erased_household_loses_its_words(ws, way: str) -> None:
    erasing.erase(ws, CONSOLE, "H")
    WAYS[way](ws)
    assert ws.store.unswept()
    erasing.finish(ws)
    left = everywhere(ws)
    assert [word for word in WORDS if word in left] == []


def test_whoever_reported_it_reads_what_she_said_and_not_for_whom_it_was_taken(ws) -> None:
    report = visited(ws, LI, "no number", "fine")
    deciding.accept(ws, ZHAO, report=report, household="H")
    (mine,), _ = deciding.listing(ws, LI, waiting=False)
    assert (mine["household"], mine["seen"], mine["said"]["note"]) == ("no number", False, "fine")
    (theirs,), _ = deciding.listing(ws, WANG, waiting=False)
    assert (theirs["household"], theirs["seen"]) == ("H", True)


def test_a_claim_that_a_visit_of_others_was_hers_takes_nothing_from_them(ws) -> None:
    theirs = visited(ws, WANG, "C", "of C alone")
    visited(ws, LI, "H", "perhaps", corrects=theirs)
    assert "of C alone" not in json.dumps(erasing.held(ws, CONSOLE, "H"))
    erasing.erase(ws, CONSOLE, "H")
    assert "of C alone" in ws.store.visits(scope=EVERYWHERE)["note"].tolist()
