from __future__ import annotations

import pytest

from gisgrid.errors import FileEmpty, FileUnreadable
from gisgrid.exchange.readers import read


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(text_file, delimiter: str) -> None:
    path = text_file("a.csv", delimiter.join(["id", "name"]) + f'\nH1{delimiter}"A, B; C"\n')
    table = read(path)
    assert list(table.columns) == ["id", "name"]
    assert table.columns["name"].tolist() == ["A, B; C"]


def test_rows_carry_the_number_that_a_spreadsheet_shows(text_file) -> None:
    table = read(text_file("a.csv", "\nid,name\n\nH1,张\n\n\nH2,李\n"))
    assert table.rows.tolist() == [4, 7]


def test_cells_are_trimmed_and_empty_ones_are_nothing(text_file) -> None:
    table = read(text_file("a.csv", "id,name,note\n H1 ,  ,\nH2\n"))
    assert table.columns["id"].tolist() == ["H1", "H2"]
    assert table.columns["name"].tolist() == [None, None]


def test_a_line_with_more_cells_than_headings_is_broken_not_shifted(text_file) -> None:
    table = read(text_file("a.csv", "id,name\nH1,Li, Street 4\nH2,Wang\n"))
    assert table.broken == {0: "has more cells than there are headings"}


def test_repeated_and_empty_headings_get_names_of_their_own(text_file) -> None:
    table = read(text_file("a.csv", "id,name,name,\n1,2,3,4\n"))
    assert list(table.columns) == ["id", "name", "name (2)", "column 4"]


@pytest.mark.parametrize("text", ["", "\n\n", "id,name\n", "id,name\n,\n"])
def test_a_file_without_rows_is_empty(text_file, text: str) -> None:
    with pytest.raises(FileEmpty, match=r"a\.csv holds no rows; choose the file that holds"):
        read(text_file("a.csv", text))


def test_an_open_quote_is_a_sentence_with_the_line(text_file) -> None:
    with pytest.raises(FileUnreadable, match="line 2"):
        read(text_file("a.csv", 'id,name\nH1,"Li\n'))


def test_the_apostrophe_that_guards_a_formula_is_taken_off_again(text_file) -> None:
    table = read(text_file("a.csv", "id,name\nH1,'=1+1\nH2,'s Gravenhage\n"))
    assert table.columns["name"].tolist() == ["=1+1", "'s Gravenhage"]
