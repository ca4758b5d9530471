from __future__ import annotations

import subprocess
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter

from gisgrid.errors import FileEmpty, FileUnreadable, LayerChoice
from gisgrid.exchange.child_extent import find_far
from gisgrid.exchange.readers import read


@pytest.fixture
def book(tmp_path):
    """`book({"sheet": [[cell …] …]})` -> path of an .xlsx."""

    def write(sheets):
        path = tmp_path / "a.xlsx"
        with xlsxwriter.Workbook(path) as made:
            day = made.add_format({"num_format": "yyyy-mm-dd"})
            for name, rows in sheets.items():
                sheet = made.add_worksheet(name)
                for number, row in enumerate(rows):
                    for place, cell in enumerate(row):
                        if isinstance(cell, date):
                            sheet.write_datetime(number, place, cell, day)
                        elif cell is not None:
                            sheet.write(number, place, cell)
        return path

    return write


def test_cells_keep_their_kind_and_rows_their_line(book) -> None:
    path = book({"户": [["编号", "登记日期", "天数"], [], ["H1", date(2026, 11, 22), 7.5]]})
    table = read(path)
    assert table.layer == "户"
    assert table.rows.tolist() == [3]
    assert table.columns["编号"].tolist() == ["H1"]
    assert table.columns["天数"].tolist() == [7.5]
    (day,) = table.columns["登记日期"]
    assert day in {date(2026, 11, 22), datetime(2026, 11, 22)}  # noqa: DTZ001 - as Excel has it


def test_empty_sheets_do_not_count_and_two_full_ones_are_asked_for(book) -> None:
    rows = [["id"], ["H1"]]
    assert len(read(book({"Sheet1": rows, "Sheet2": []}))) == 1
    path = book({"a": rows, "b": rows})
    with pytest.raises(LayerChoice, match=r"\(a, b\)"):
        read(path)
    assert read(path, layer="b").layer == "b"


def test_a_sheet_with_headings_alone_is_empty(book) -> None:
    with pytest.raises(FileEmpty):
        read(book({"a": [["id", "name"]]}))


def test_a_broken_workbook_is_a_sentence(tmp_path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(FileUnreadable):
        read(tmp_path / "a.xlsx")
    (tmp_path / "a.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 nothing")
    with pytest.raises(FileUnreadable):
        read(tmp_path / "a.xls")


def test_a_stray_cell_far_from_its_table_is_named(tmp_path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet("a")
        sheet.write_row(0, 0, ["id", "name"])
        sheet.write_row(1, 0, ["H1", "张"])
        sheet.write(1_048_575, 16_383, 1)
    with pytest.raises(FileUnreadable) as refused:
        read(path)
    assert str(refused.value) == (
        "a.xlsx cannot be read: a sheet reaches to cell XFD1048576, far beyond its table; delete "
        "the empty rows and columns there and save it; check the file and try again."
    )


@pytest.mark.parametrize(
    ("rows", "columns", "far"), [(20, 16_384, None), (30_000, 400, "OJ30000"), (600, 400, None)]
)
def test_a_sheet_is_far_larger_than_its_table_only_where_nearly_all_is_empty(
    rows, columns, far, tmp_path
) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as made:
        sheet = made.add_worksheet("a")
        for row in range(rows):
            sheet.write(row, 0 if row else columns - 1, row)
    task = {"path": str(path), "file": "a.xlsx"}
    if far is None:
        find_far(task)
    else:
        with pytest.raises(FileUnreadable, match=far):
            find_far(task)


OLD = Path(__file__).parent / "old"
"""Workbooks of Excel 97 to 2003, written by xlwt; old/README.md says how each row is made."""
HEADINGS = ["户编号", "户主姓名", "住址", "经度", "纬度", "登记日期", "走访周期"]
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"


def old_row(n: int) -> tuple:
    return (
        f"H{n:04d}",
        f"欧阳{GIVEN[n % 20]}{GIVEN[n // 20]}",
        f"会宁县会师镇东关村{n}号（院内东侧、㐂字门楼旁）",
        pytest.approx(105 + n / 10000, abs=1e-9),
        35.7,
        date(2026, 1 + n % 12, 1 + n % 28),
        7 + n % 3 if n % 3 else None,
    )


@pytest.mark.parametrize(("name", "rows"), [("households", 150), ("households_of_1904", 2)])
def test_every_cell_of_an_old_workbook_is_read(name: str, rows: int) -> None:
    table = read(OLD / f"{name}.xls")
    assert (table.layer, list(table.columns)) == ("住户", HEADINGS)
    assert table.rows.tolist() == list(range(3, rows + 3))
    cells = zip(*(column.tolist() for column in table.columns.values()), strict=True)
    assert list(cells) == [old_row(n) for n in range(rows)]


def test_a_sheet_of_opendocument_by_another_program_is_read_alike(tmp_path) -> None:
    path = tmp_path / "a.ods"
    subprocess.run(["ogr2ogr", "-f", "ODS", path, OLD / "households.xls"], check=True)
    table = read(path)
    assert (table.layer, list(table.columns)) == ("住户", HEADINGS)
    cells = zip(*(column.tolist() for column in table.columns.values()), strict=True)
    assert list(cells) == [old_row(n) for n in range(150)]
