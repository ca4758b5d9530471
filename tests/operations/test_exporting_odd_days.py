"""Days and moments that no calendar of visits has come out in every format, and in again."""

from __future__ import annotations

import uuid
from datetime import date

import pandas as pd
import pytest

from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.errors import RecordUnreadable
from gisgrid.exchange.readers import read
from gisgrid.operations import deciding, recording
from gisgrid.operations.exporting import FORMATS, ExportOptions, export, export_file
from gisgrid.operations.importing import ImportOptions, run

from .conftest import NOW
from .test_exporting import BY_HAND, DAY, fill, two_stores

MOMENTS = tuple(f"{year}-11-20T08:00:00+08:00" for year in ("0001", "1850", "1950", "9998"))


@pytest.fixture
def ws(empty_workspace):
    ws = empty_workspace()
    fill(ws.store)
    return ws


def accepted(ws, at: str) -> str:
    number = str(uuid.uuid4())
    item = {"client_id": number, "household": "H0", "outcome": "met", "visited_at": at}
    (kept,) = recording.record_visits(ws, CONSOLE, [item])
    assert kept.state == "needs_decision"
    deciding.accept(ws, CONSOLE, report=number)
    return number


def test_a_visit_of_an_impossible_moment_comes_around_in_every_format(ws, tmp_path) -> None:
    numbers = [accepted(ws, at) for at in MOMENTS]
    kept = ws.store.visits(scope=EVERYWHERE).set_index("id").loc[numbers]
    assert kept["visited_at"].map(lambda at: at.year).tolist() == [1, 1850, 1950, 9998]
    for form in FORMATS:
        path = export(ws, CONSOLE, "visits", tmp_path, format=form, reason="the round trip")
        report = run(ws, CONSOLE, "visits", path, ImportOptions())
        assert (report.refused, report.unchanged) == (0, report.rows_read), report.refusals
    found = ws.store.visits(scope=EVERYWHERE).set_index("id").loc[numbers]
    assert found["visited_at"].tolist() == kept["visited_at"].tolist()


@pytest.mark.parametrize("form", FORMATS)
def test_a_visit_of_an_impossible_moment_counts_elsewhere_on_the_same_day(tmp_path, form) -> None:
    places = (str(tmp_path / f"{name}.gpkg") for name in ("one", "other"))
    with two_stores(lambda: next(places)) as (ws, other):
        fill(other.store)
        numbers = [accepted(ws, at) for at in MOMENTS]
        path = export(ws, CONSOLE, "visits", tmp_path, format=form, reason="the round trip")
        run(other, CONSOLE, "visits", path, ImportOptions())
        found = other.store.visits(scope=EVERYWHERE).set_index("id").loc[numbers]
        assert found["visited_on"].tolist() == [DAY] * 4
        assert found["visited_at"].tolist() == [NOW] * 4


@pytest.mark.parametrize("form", FORMATS)
def test_days_before_sheets_count_them_come_out_in_every_format(ws, tmp_path, form) -> None:
    odd = {"id": ["K3", "K4"], "opened_on": [date(1850, 1, 1), date(26, 11, 30)]}
    with ws.store.write() as w:
        w.put_cases(pd.DataFrame(odd | {"due_on": [date(26, 11, 30), date(1900, 2, 28)]}))
    path = export(ws, CONSOLE, "cases", tmp_path, format=form, reason="the round trip")
    assert len(read(path)) == 4


def test_a_sheet_says_which_days_are_text(ws, tmp_path) -> None:
    with ws.store.write() as w:
        w.put_cases(pd.DataFrame({"id": ["K3"], "opened_on": [date(1850, 1, 1)]}))
    report = export_file(ws, CONSOLE, "cases", tmp_path, ExportOptions(format="xlsx", **BY_HAND))
    rules = {each["rule"]: each["facts"] for each in report.not_kept}
    assert rules["date_early"] == {"column": "opened_on", "count": 1}


@pytest.mark.parametrize("day", ["0026-11-30", "1899-12-31", "2200-01-01", "9999-12-31"])
def test_a_due_day_outside_every_plan_is_refused_with_a_sentence(ws, day) -> None:
    case = str(uuid.uuid4())
    item = {"client_id": case, "household": "H0", "category": "water"}
    (refused,) = recording.open_cases(ws, CONSOLE, [item | {"due_on": day}])
    assert isinstance(refused, RecordUnreadable)
    assert "is a day before 1900 or after 2199" in str(refused)
    recording.open_cases(ws, CONSOLE, [item | {"due_on": "1900-01-01"}])
    change = {"client_id": str(uuid.uuid4()), "case": case, "do": "update", "due_on": day}
    (refused,) = recording.change_cases(ws, CONSOLE, [change])
    assert isinstance(refused, RecordUnreadable)
