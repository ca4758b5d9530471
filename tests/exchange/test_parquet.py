"""GeoParquet, by DuckDB in a child: what is written comes back, and strange files are refused."""

from __future__ import annotations

import json
from datetime import date

import duckdb
import numpy as np
import pandas as pd
import pytest
import shapely

from gisgrid.errors import ExtraMissing, FileNotWhatItSays, FileUnreadable
from gisgrid.exchange import child_parquet
from gisgrid.exchange.outgoing import Form, Outgoing
from gisgrid.exchange.readers import read
from gisgrid.exchange.writers import write

POINTS = np.array([shapely.Point(105.1234567, 35.7), None], dtype=object)


def homes() -> Outgoing:
    frame = pd.DataFrame(
        {
            "id": ["0001", "H2"],
            "name": ["张伟 O'Neil", None],
            "days": pd.array([7, None], dtype="Int64"),
            "listed_on": pd.Series([date(2026, 1, 2), None], dtype=object),
            "share": [0.5, np.nan],
        }
    )
    return Outgoing("households", frame, POINTS, "Point")


def test_values_shapes_and_system_come_back(tmp_path) -> None:
    path = tmp_path / "a.parquet"
    done = write(homes(), path, "parquet", Form(crs="EPSG:4544"), verify=True)
    assert (done.checked.rows, done.checked.values, done.checked.shapes) == (2, 6, 1)
    table = read(path)
    assert table.crs == "EPSG:4544"
    assert table.columns["name"].tolist() == ["张伟 O'Neil", None]
    assert table.columns["listed_on"].tolist() == [date(2026, 1, 2), None]
    assert table.geometry[0].x == pytest.approx(511_173, abs=1)


def test_the_file_says_what_geoparquet_asks_for(tmp_path) -> None:
    path = tmp_path / "a.parquet"
    write(homes(), path, "parquet")
    base = duckdb.connect()
    (said,) = base.execute(
        "SELECT value FROM parquet_kv_metadata(?) WHERE key = 'geo'", [str(path)]
    ).fetchone()
    told = json.loads(bytes(said))
    assert (told["version"], told["primary_column"]) == ("1.1.0", "geometry")
    assert told["columns"]["geometry"] == {
        "encoding": "WKB",
        "geometry_types": ["Point"],
        "bbox": [105.1234567, 35.7, 105.1234567, 35.7],
    }
    assert read(path).crs == "EPSG:4326"


def test_a_table_without_shapes_is_plain_parquet(tmp_path) -> None:
    path = tmp_path / "a.parquet"
    write(Outgoing("visits", pd.DataFrame({"id": ["v1"]})), path, "parquet", verify=True)
    table = read(path)
    assert table.geometry is None
    assert table.columns["id"].tolist() == ["v1"]


def test_what_is_no_parquet_or_lies_about_its_shapes_is_refused(tmp_path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1" + b"x" * 100 + b"PAR1")
    with pytest.raises(FileUnreadable) as refused:
        read(path)
    assert str(tmp_path) not in str(refused.value)
    path.write_bytes(b"id,name\n1,2\n")
    with pytest.raises(FileNotWhatItSays):
        read(path)
    base = duckdb.connect()
    for geo in ("{", "[]", '{"primary_column":"g","columns":{"g":{"encoding":"point"}}}'):
        base.execute(
            f"COPY (SELECT 1 AS id) TO '{path}' (FORMAT parquet, KV_METADATA {{geo: '{geo}'}})"
        )
        with pytest.raises(FileUnreadable, match="shapes"):
            read(path)


@pytest.mark.parametrize(
    ("rows", "limit", "said"),
    [
        ("SELECT 'a' AS id FROM range(3000000)", {}, "unpacks to far more"),
        ("SELECT list(1) AS many FROM range(3000000)", {}, "unpacks to far more"),
        ("SELECT range AS id FROM range(2000)", {"MAX_CELLS": 1999}, "more than 1999 cells"),
        ("SELECT range AS id FROM range(2000)", {"MAX_UNPACKED_BYTES": 999}, "divide it"),
    ],
)
def test_what_is_far_larger_in_memory_is_refused_by_its_footer(
    rows, limit, said, tmp_path, monkeypatch
) -> None:
    path = tmp_path / "a.parquet"
    duckdb.connect().execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(child_parquet.wire, "dump", lambda *_: pytest.fail("it was read"))
    for name, value in limit.items():
        monkeypatch.setattr(child_parquet, name, value)
    with pytest.raises(FileUnreadable, match=said):
        child_parquet.read_parquet({"file": "a.parquet", "path": "a.parquet"})


def test_the_engine_opens_nothing_outside_its_folder(tmp_path, monkeypatch) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.csv").write_text("a\n1\n")
    monkeypatch.chdir(tmp_path / "in")
    engine = child_parquet._engine()
    for source in (tmp_path / "secret.csv", "/etc/passwd", "http://127.0.0.1:9/a.parquet"):
        with pytest.raises(duckdb.Error):
            engine.execute("SELECT * FROM read_csv(?)", [str(source)]).fetchall()
    with pytest.raises(duckdb.Error):
        engine.execute("SET enable_external_access = true")


def test_without_the_extra_it_is_said_which_one_is_needed(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
    for verb in (child_parquet.read_parquet, child_parquet.write_parquet):
        with pytest.raises(ExtraMissing, match="rollup"):
            verb({"file": "a.parquet", "path": "a.parquet"})
