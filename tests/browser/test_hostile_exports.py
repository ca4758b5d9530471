"""Every text in every text field of every format: read by others' readers, letter for letter.

What a format cannot hold is counted beside the file, by field: no text is changed that is not told.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pyogrio
import pytest
import python_calamine
import shapefile

from gisgrid.access import CONSOLE
from gisgrid.exchange.dbf import MOST_TEXT_BYTES
from gisgrid.model import Programme
from gisgrid.operations.exporting import FORMATS, ExportOptions, export_file
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store

from .conftest import NOW, fill
from .hostile import EVERY, RUN, put

FIELDS = {
    "areas": ("name",),
    "grids": ("name", "member"),
    "households": ("name", "address"),
    "visits": ("member", "note"),
    "cases": ("category", "title", "status", "note"),
}
KML = "{http://www.opengis.net/kml/2.2}"
GUARDED = {"csv", "xlsx"}
"""Formats in which an apostrophe stands before a formula; docs/export.md says so."""
NO_TEXT = re.compile("[\x07\x1b\uffff]")
"""Those of our texts that no file can hold; each becomes a space."""


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """A workspace in which each text stands in each field."""
    settings = Settings(store=str(tmp_path_factory.mktemp("texts") / "c.gpkg"))
    with Store.create(settings.store, Programme()) as store:
        fill(store)
        put(store)
        yield Workspace(store, settings, lambda: NOW)


def rows_csv(path: Path) -> list[dict]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))


def rows_geojson(path: Path) -> list[dict]:
    return [each["properties"] for each in json.loads(path.read_text("utf-8"))["features"]]


def rows_gpkg(path: Path) -> list[dict]:
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        (table,) = db.execute("SELECT table_name FROM gpkg_contents").fetchone()
        return [dict(row) for row in db.execute(f'SELECT * FROM "{table}"')]  # noqa: S608


def rows_xlsx(path: Path) -> list[dict]:
    book = python_calamine.load_workbook(path)
    head, *rows = book.get_sheet_by_index(0).to_python()
    return [dict(zip(head, row, strict=True)) for row in rows]


def rows_shp(path: Path) -> list[dict]:
    with zipfile.ZipFile(path) as files:
        (name,) = (each for each in files.namelist() if each.endswith(".dbf"))
        with shapefile.Reader(dbf=io.BytesIO(files.read(name)), encoding="utf-8") as reader:
            return [record.as_dict() for record in reader.records()]


def rows_parquet(path: Path) -> list[dict]:
    found = duckdb.sql(f"SELECT COLUMNS(c -> c <> 'geometry') FROM '{path}'")  # noqa: S608
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def rows_fgb(path: Path) -> list[dict]:
    return pyogrio.read_dataframe(path, read_geometry=False).to_dict("records")


def rows_kml(path: Path) -> list[dict]:
    root = ElementTree.parse(path).getroot()  # noqa: S314 - a file of our own
    return [
        {each.get("name"): each.text for each in place.iter(f"{KML}SimpleData")}
        | {each.get("name"): each.findtext(f"{KML}value") for each in place.iter(f"{KML}Data")}
        for place in root.iter(f"{KML}Placemark")
    ]


READERS = {name.removeprefix("rows_"): f for name, f in globals().items() if name[:5] == "rows_"}


def what_became(form: str, text: str, found: str | None) -> str:
    """By which rule of losses.RULES a text is another one in the file; "" where it is as it was."""
    if form in GUARDED and found == f"'{text}" and text[0] in "=+-@'＝＋－＠":
        return ""
    held = NO_TEXT.sub(" ", text)
    for rule, kept in (("", text), ("text_control", held), ("text_edges", text.rstrip())):
        if found == kept:
            return rule
    if form == "shp" and (found or "") == held.rstrip():
        return "text_control"
    size = len(text.encode())
    cut = found is not None and text.startswith(found) and len(found.encode()) > MOST_TEXT_BYTES - 4
    if form == "shp" and size > MOST_TEXT_BYTES and cut:
        return "text_cut"
    return f"untold: {text[:40]!r} is {str(found)[:40]!r}"


def held(form: str, what: str, column: str, rows: list[dict]) -> list[str]:
    """What became of each text of a field."""
    end = "-g" if what == "grids" else ""
    key = "id" if "id" in rows[0] else "code"
    found = {row[key]: row.get(column) for row in rows}
    of_text = [(f"X{n:03d}{end}", text) for n, text in enumerate(EVERY)]
    return [what_became(form, text, found[code]) for code, text in of_text]


def test_each_format_is_read_by_a_reader_of_others() -> None:
    assert set(READERS) == set(FORMATS)


@pytest.mark.parametrize(
    ("form", "layers"),
    [
        *((form, tuple(FIELDS)) for form in ("csv", "geojson")),
        ("gpkg", ("cases",)),
        *(pytest.param(form, tuple(FIELDS), marks=pytest.mark.long) for form in FORMATS),
    ],
)
def test_files_hold_each_text_of_each_field_or_count_what_they_could_not_keep(
    county, tmp_path, form, layers
):
    for what in layers:
        columns = FIELDS[what]
        options = ExportOptions(format=form, level="full", reason="to compare the texts")
        report = export_file(county, CONSOLE, what, Path(tmp_path), options)
        rows = READERS[form](report.path)
        for column in columns:
            became = held(form, what, column, rows)
            assert [rule for rule in became if rule.startswith("untold")] == [], (what, column)
            facts = [each for each in report.not_kept if each["facts"].get("column") == column]
            told = {each["rule"]: each["facts"]["count"] for each in facts}
            for rule in set(became) - {""}:
                assert became.count(rule) <= told.get(rule, 0), (what, column, rule)
        if form == "shp":
            whole = zipfile.ZipFile(report.path).read("not_kept.csv").decode("utf-8-sig")
            assert all(text.replace('"', '""') in whole for text in EVERY[-4:]), what
        if form not in ("parquet", "xlsx", "shp"):  # not packed: as bytes too
            assert RUN.encode() in report.path.read_bytes()
