"""Letters of any language go over the line as they are, whatever else names an encoding."""

from __future__ import annotations

import secrets
from contextlib import closing
from typing import TYPE_CHECKING

import pandas as pd
import psycopg
import pytest
from click.testing import CliRunner

from gisgrid.access import EVERYWHERE, Scope
from gisgrid.cli import main
from gisgrid.errors import StoreLacksLetters
from gisgrid.store import Store
from gisgrid.store.dialects import dialect_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gisgrid.store.dialects.base import Dialect

pytestmark = pytest.mark.postgis

CODES = ["会宁", "村\\", "村'", "村\\'; SET LOCAL gisgrid.scope = '*", "12 'quoted' \\ 乡"]
"""In GBK the second byte of a letter may be a backslash; in UTF-8 none is."""

LETTERS = "㻧堃𠮷"
AREA = ["code", "name", "level", "parent_code"]


@pytest.fixture
def database(postgis: str) -> Iterator[Callable[[str], str]]:
    """`database(encoding)` -> the URL of a new database that keeps its texts so."""
    made = []
    with psycopg.connect(postgis, autocommit=True) as server:

        def make(encoding: str) -> str:
            made.append(f"letters_{secrets.token_hex(4)}")
            how = f"ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
            server.execute(f"CREATE DATABASE {made[-1]} {how}".encode())
            return f"{postgis.rpartition('/')[0]}/{made[-1]}"

        yield make
        for name in made:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def held(dialect: Dialect, code: str) -> None:
    with dialect.reading(code) as connection:
        asked = "SELECT current_setting('gisgrid.scope'), current_setting('client_encoding')"
        assert connection.exec_driver_sql(asked).one() == (code, "UTF8")
    with dialect.reading() as connection, dialect.limited(connection, code):
        asked = "SELECT current_setting('gisgrid.scope')"
        assert connection.exec_driver_sql(asked).scalar_one() == code


@pytest.mark.parametrize("encoding", ["GBK", "SQL_ASCII"])
def test_a_scope_is_what_was_named_whatever_the_environment_says(
    postgis: str, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", encoding)
    for url in (postgis, f"{postgis}?client_encoding={encoding}"):
        with closing(dialect_of(url)) as dialect:
            for code in CODES:
                held(dialect, code)


def test_a_scope_is_what_was_named_where_the_database_has_its_own_encoding(
    database: Callable[[str], str],
) -> None:
    with closing(dialect_of(database("EUC_CN"))) as dialect:
        for code in CODES:
            held(dialect, code)


def test_the_rows_of_a_store_are_whole_under_another_encoding_of_the_environment(
    postgis: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "GBK")
    with Store.create(f"{postgis}?schema=letters_{secrets.token_hex(4)}") as store:
        with store.write() as w:
            w.put_areas(pd.DataFrame([[LETTERS, LETTERS, "county", None]], columns=AREA))
        found = store.areas(scope=EVERYWHERE)
        assert found[["code", "name"]].to_numpy().tolist() == [[LETTERS, LETTERS]]
        assert store.areas(scope=Scope(LETTERS)).code.tolist() == [LETTERS]


@pytest.mark.parametrize("encoding", ["EUC_CN", "SQL_ASCII"])
def test_a_database_that_lacks_letters_is_refused_with_the_cure(
    database: Callable[[str], str], encoding: str
) -> None:
    url = database(encoding)
    found = CliRunner().invoke(main, ["--store", url, "init"])
    assert found.exit_code == 1
    (line,) = found.stderr.splitlines()
    assert encoding in line
    assert "ENCODING 'UTF8' TEMPLATE template0" in line
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT to_regnamespace('gisgrid')").fetchone() == (None,)


def test_a_letter_that_an_older_database_lacks_is_said_in_a_sentence(
    database: Callable[[str], str],
) -> None:
    with closing(dialect_of(database("EUC_CN"))) as dialect:
        with pytest.raises(Exception, match="no equivalent") as raised:
            held(dialect, "堃")
        error = getattr(raised.value, "orig", raised.value)
        assert isinstance(dialect.translate(error), StoreLacksLetters)
