"""One definition of every figure: whichever door one comes through, the digits are the same."""

from __future__ import annotations

import csv
import io
import random
import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from click.testing import CliRunner

from gisgrid import demo
from gisgrid.access import CONSOLE
from gisgrid.cli import main
from gisgrid.cli.context import CliContext
from gisgrid.county import County
from gisgrid.exchange.tables import table_csv
from gisgrid.model import BY
from gisgrid.operations import figures, people
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store
from gisgrid.web import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient

TODAY = date(2026, 11, 22)
TOWNSHIP = "620422202"
TRIPLES = 100


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The demo township."""
    url = str(tmp_path_factory.mktemp("one") / "demo.gpkg")
    demo.build(url, township=TOWNSHIP, today=TODAY)
    clock = lambda: datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # noqa: E731
    with Store.open(url) as store:
        yield Workspace(store, Settings(store=url), clock)


@pytest.fixture(scope="module")
def client(ws: Workspace) -> FlaskClient:
    """The browser of a data officer who may see everything."""
    people.add(ws, CONSOLE, "One Definition", role="data_officer", scope="*")
    client = create_app(ws.settings, ws).test_client()
    address = f"/enter/{people.make_link(ws, CONSOLE, 'One Definition')}"
    found = re.search(r'csrf-token" content="([^"]+)"', client.get(address).text)
    assert found
    assert client.post(address, data={"csrf_token": found[1]}).status_code == 303
    return client


def triples(ws: Workspace) -> list[dict[str, Any]]:
    """Random questions: a day, an area, and by what it is summed (cases: of which category)."""
    chance = random.Random(20261122)  # noqa: S311 - a seeded choice of questions
    snapshot = ws.snapshot()
    levels = ("county", "township", "village")
    places: list[tuple[str | None, str]] = [(None, "county")]
    places += [
        (c, levels[n]) for c, n in zip(snapshot.areas.code, snapshot.areas.level, strict=True)
    ]
    places += [(code, "grid") for code in snapshot.plan_on(TODAY).code]
    asked = []
    for _ in range(TRIPLES):
        # Villages and grids are many: every level gets its turn.
        level = chance.choice(("county", "township", "village", "grid"))
        area, level = chance.choice([place for place in places if place[1] == level])
        asked.append(
            {
                "as_of": ws.today() - timedelta(days=chance.randrange(100)),
                "area": area,
                "by": chance.choice(BY[: BY.index(level) + 1]),
                "category": chance.choice([None, *figures.categories(ws, CONSOLE)]),
            }
        )
    return asked


def through_the_command_line(ws: Workspace, command: str, asked: dict[str, Any]) -> str:
    args = [command, "--format", "csv", "--as-of", str(asked["as_of"]), "--by", asked["by"]]
    for name in ("area", "category"):
        if asked.get(name):
            args += [f"--{name}", asked[name]]
    found = CliRunner().invoke(main, args, obj=CliContext(_workspace=ws))
    assert found.exit_code == 0, found.stderr
    return found.stdout


def as_text(rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    """JSON rows as a CSV shows them: a coverage with four decimals, nothing as nothing."""
    return [
        {
            name: "" if value is None else f"{value:.4f}" if name == "coverage" else str(value)
            for name, value in row.items()
        }
        for row in rows
    ]


WHOLE = {"format": "csv", "level": "case_work"}
"""What is asked for beside the question to have all counts in a file."""


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))


def test_coverage_is_the_same_through_every_door(ws: Workspace, client: FlaskClient) -> None:
    for asked in triples(ws):
        question = {key: value for key, value in asked.items() if key != "category"}
        truth = table_csv(figures.coverage_table(ws, CONSOLE, **question))
        query = {k: str(v) for k, v in question.items() if v is not None}
        assert through_the_command_line(ws, "coverage", question) == truth, asked
        answer = client.get("/api/v1/coverage", query_string={**query, **WHOLE})
        assert answer.text == truth, asked
        rows = client.get("/api/v1/coverage", query_string=query).json["rows"]
        assert as_text(rows) == read(truth), asked
        file = {**query, "what": "coverage", **WHOLE}
        exported = client.get("/export/file", query_string=file)
        assert read(exported.text) == read(truth), asked


def test_cases_are_the_same_through_every_door(ws: Workspace, client: FlaskClient) -> None:
    for asked in triples(ws):
        truth = table_csv(figures.case_table(ws, CONSOLE, **asked))
        query = {k: str(v) for k, v in asked.items() if v is not None}
        assert through_the_command_line(ws, "cases", asked) == truth, asked
        answer = client.get("/api/v1/case-table", query_string={**query, **WHOLE})
        assert answer.text == truth, asked
        rows = client.get("/api/v1/case-table", query_string=query).json["rows"]
        assert as_text(rows) == read(truth), asked
        file = {**query, "what": "case-table", **WHOLE}
        exported = client.get("/export/file", query_string=file)
        assert read(exported.text) == read(truth), asked


def test_the_library_and_the_lists_agree_with_the_table(ws: Workspace, client: FlaskClient) -> None:
    county = County(ws)
    seen = 0
    for asked in triples(ws):
        question = {key: value for key, value in asked.items() if key != "category"}
        found = county.coverage(**question).drop(columns="geometry")
        truth = table_csv(figures.coverage_table(ws, CONSOLE, **question))
        assert table_csv(pd.DataFrame(found)) == truth, asked
        open_cases = figures.case_table(ws, CONSOLE, **asked)["open"].sum()
        which = {key: value for key, value in asked.items() if key != "by"}
        assert len(county.cases(**which)) == open_cases, asked
        query = {k: str(v) for k, v in which.items() if v is not None}
        listed = client.get("/api/v1/cases", query_string={**query, "status": "open"}).json
        assert listed["total"] == open_cases, asked
        seen += listed["total"]
    assert seen > 0, "some question must have found open cases"


def test_the_page_shows_the_figures_of_the_table(ws: Workspace, client: FlaskClient) -> None:
    below = {"county": "township", "township": "village", "village": "grid"}
    for asked in triples(ws):
        query = {k: str(v) for k, v in asked.items() if k in ("as_of", "area") and v is not None}
        page = client.get("/api/v1/overview", query_string=query).json
        by = below.get(page["area"]["level"] or "county", "grid")
        table = client.get("/api/v1/coverage", query_string={**query, "by": by}).json["rows"]
        for name in ("households", "on_time", "due_soon", "overdue", "never", "gap", "unlocated"):
            assert page["totals"][name] == sum(row[name] for row in table), (asked, name)
        if page["child_level"] == by:
            shown = {row["code"]: row for row in page["rows"]}
            for row in table:
                if row["code"]:
                    same = {name: shown[row["code"]][name] for name in row}
                    assert same == row, asked


def test_the_list_behind_a_number_is_as_long_as_the_number(
    ws: Workspace, client: FlaskClient
) -> None:
    for asked in triples(ws)[:30]:
        query = {k: str(v) for k, v in asked.items() if k in ("as_of", "area") and v is not None}
        totals = client.get("/api/v1/overview", query_string=query).json["totals"]
        for status in ("on_time", "overdue", "never", "gap", "unlocated", "unassigned", "stacked"):
            _, total = figures.household_list(
                ws, CONSOLE, as_of=asked["as_of"], area=asked["area"], status=status, limit=1
            )
            assert total == totals[status], (asked, status)
            page = client.get("/households", query_string={**query, "status": status}).text
            assert re.search(rf"\b{total:,} households?\b", page), (asked, status)
