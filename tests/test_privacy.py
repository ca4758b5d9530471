"""The list of personal fields in docs/privacy.md is complete, and erasure follows it."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import LargeBinary, Text

from gisgrid.store.erasing import POINTS, TRACES
from gisgrid.store.schema import metadata
from gisgrid.store.types import Geometry

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


def test_every_column_that_can_hold_text_is_on_one_of_the_two_lists() -> None:
    personal = {name for row in rows() for name in named(row[0])}
    plain = named(section("Not about people"))
    assert not personal & plain
    kinds = (Text, LargeBinary, Geometry)
    columns = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, kinds)
    }
    assert columns - personal - plain == set(), "say in docs/privacy.md whom it is about"
    known = {f"{t.name}.{c.name}" for t in metadata.tables.values() for c in t.columns}
    assert (personal | plain) - known == set(), "there is no such column any more"


def test_what_the_list_says_goes_with_the_household_is_what_erasure_clears() -> None:
    said = {name for row in rows() if row[2] == "yes" for name in named(row[0])}
    assert said == {f"{trace.table}.{name}" for trace in TRACES for name in trace.clears}
    moved = {name for row in rows() if row[2].startswith("moved") for name in named(row[0])}
    assert {name for name in moved if name.endswith(".geom")} == {f"{t}.geom" for t in POINTS}
