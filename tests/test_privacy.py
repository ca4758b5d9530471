"""The list of personal fields in docs/privacy.md is complete, and erasure follows it."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import BigInteger, Boolean, Date, Integer

from gisgrid.store.erasing import POINTS, TRACES
from gisgrid.store.schema import metadata
from gisgrid.store.types import Instant, Whole

NUMBERS = (BigInteger, Boolean, Date, Instant, Integer, Whole)
"""Kinds of columns that hold no text, no shape and nothing that is packed into one."""
ABOUT_HOMES = {
    "households": {"fid", "morton", "visit_every_days", "listed_on", "unlisted_on"},
    "visits": {"fid", "visited_at", "visited_on", "received_at"},
    "cases": {"fid", "opened_on", "due_on", "closed_on"},
    "case_changes": {
        *("fid", "changed_at", "changed_on", "received_at", "was_due_on", "was_closed_on"),
    },
    "pending_reports": {"fid", "person_id", "received_at", "decided_at"},
}
"""table -> its columns of NUMBERS: a number can be a telephone or an identity card."""
DOC = Path(__file__).resolve().parents[1] / "docs" / "privacy.md"


def section(title: str) -> str:
    return DOC.read_text("utf-8").partition(f"## {title}\n")[2].partition("\n## ")[0]


def named(text: str) -> set[str]:
    """`table.column`, and `.column` for another one of the table before it."""
    found, table = set(), ""
    for name in re.findall(r"`(\w*\.\w+)`", text):
        table = name.partition(".")[0] or table
        found.add(f"{table}.{name.partition('.')[2]}")
    return found


def rows() -> list[list[str]]:
    lines = re.findall(r"^\| (`.*) \|(.*)\|(.*)\|$", section("Personal fields"), re.MULTILINE)
    return [[cell.strip() for cell in line] for line in lines]


def test_every_column_that_can_hold_more_than_a_number_is_on_one_of_the_two_lists() -> None:
    personal = {name for row in rows() for name in named(row[0])}
    plain = named(section("Not about people"))
    assert not personal & plain
    columns = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if not isinstance(column.type, NUMBERS)
    }
    assert columns - personal - plain == set(), "say in docs/privacy.md whom it is about"
    known = {f"{t.name}.{c.name}" for t in metadata.tables.values() for c in t.columns}
    assert (personal | plain) - known == set(), "there is no such column any more"


def test_the_tables_about_households_hold_no_further_number() -> None:
    found = {
        table: {c.name for c in metadata.tables[table].columns if isinstance(c.type, NUMBERS)}
        for table in ABOUT_HOMES
    }
    assert found == ABOUT_HOMES, "say in docs/privacy.md whom a new column is about"


def test_what_the_list_says_goes_with_the_household_is_what_erasure_clears() -> None:
    said = {name for row in rows() if row[2] == "yes" for name in named(row[0])}
    assert said == {f"{trace.table}.{name}" for trace in TRACES for name in trace.clears}
    moved = {name for row in rows() if row[2].startswith("moved") for name in named(row[0])}
    assert {name for name in moved if name.endswith(".geom")} == {f"{t}.geom" for t in POINTS}
