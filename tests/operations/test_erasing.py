"""Erasing goes through every copy, and no import undoes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.errors import RowsRefused
from gisgrid.operations import auditing, erasing
from gisgrid.operations.auditing import object_of
from gisgrid.operations.importing import ImportOptions, run
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import backup
from gisgrid.store.schema import metadata

from .conftest import NOW

HOMES = """户号,户主,住址,经度,纬度
H1,张三丰,井巷一号,105.005,35.005
H2,李娜,东关2号,105.015,35.005
"""
VISITS = """户号,走访时间,结果,备注
H1,2026年11月20日 9:30,见到,张三丰病了
H2,2026年11月20日 9:30,见到,
"""
CASES = """工单号,户号,类别,登记日期,标题,经度,纬度
K1,H1,用水,2026-11-01,张三丰无水,105.005,35.005
"""
SECRETS = ("张三丰", "井巷一号")
STAYS = "东关2号"


@pytest.fixture
def imported(empty_workspace, tmp_path):
    """`imported(layer, text)` -> the report of a file of that text, into a store with H1 erased."""
    return erased_in(empty_workspace(), tmp_path)


@pytest.fixture
def imported_in_a_file(gpkg, tmp_path):
    """`imported` where copies lie beside the store: a database has none of its own."""
    settings = Settings(store=str(tmp_path / "county.gpkg"))
    return erased_in(Workspace(gpkg, settings, lambda: NOW), tmp_path)


def erased_in(ws, tmp_path):
    def take(layer: str, text: str, **options: object):
        path = tmp_path / f"{layer}.csv"
        path.write_text(text, encoding="utf-8")
        return run(ws, CONSOLE, layer, path, ImportOptions(**options))

    take("households", HOMES)
    erasing.erase(ws, CONSOLE, "H1")
    take.ws = ws
    return take


def left(ws) -> list[str]:
    """Secrets that stand in any file of the store or beside it; of a database, in any row."""
    if "://" in ws.settings.store:
        with ws.store.reading(EVERYWHERE) as connection:
            rows = [connection.execute(select(t)).all() for t in metadata.tables.values()]
        every = repr(rows).encode()
    else:
        folder = Path(ws.settings.store).parent
        every = b"".join(p.read_bytes() for p in folder.glob("county*"))
    assert STAYS.encode() in every
    return [secret for secret in SECRETS if secret.encode() in every]


def test_a_file_that_names_an_erased_household_is_refused_row_by_row(imported) -> None:
    with pytest.raises(RowsRefused) as caught:
        imported("households", HOMES)
    (refusal,) = caught.value.facts["report"]["refusals"]
    assert (refusal["row"], refusal["code"]) == (2, "erased")
    report = imported("households", HOMES, skip_bad_rows=True)
    assert (report.refused, report.unchanged) == (1, 1)
    assert left(imported.ws) == []


def test_visits_and_cases_of_the_erased_come_without_words_and_say_so(imported) -> None:
    for layer, text in (("visits", VISITS), ("cases", CASES)):
        report = imported(layer, text)
        assert report.imported == text.count("\n") - 1
        assert [(w["row"], w["code"]) for w in report.warnings if w["code"] == "of_erased"] == [
            (2, "of_erased")
        ]
        again = imported(layer, text)
        assert (again.imported, again.updated) == (0, 0)
    assert imported.ws.store.cases(scope=EVERYWHERE).geometry.iloc[0] is None
    assert left(imported.ws) == []


def test_copies_from_before_go_with_every_erasure_also_a_second_one(
    imported_in_a_file,
) -> None:
    ws = imported_in_a_file.ws
    path = Path(ws.settings.store)
    for household in ("H2", "H2"):  # what was added since the first time goes with the second
        copy = backup.keep_before(path, "0001")
        assert copy.exists()
        assert erasing.erase(ws, CONSOLE, household).swept
        assert backup.kept_before(path) == []
        assert not list(path.parent.glob("*.before-*"))


def test_copies_go_also_where_a_crash_came_between(imported_in_a_file, monkeypatch) -> None:
    ws = imported_in_a_file.ws
    path = Path(ws.settings.store)
    backup.keep_before(path, "0001")

    def crash(*_: object) -> None:
        raise RuntimeError

    for step in ("remove_copy", "erased_list.keep_list"):
        with monkeypatch.context() as broken:
            broken.setattr(f"gisgrid.operations.erasing.{step}", crash)
            with pytest.raises(RuntimeError):
                erasing.erase(ws, CONSOLE, "H2")
    erasing.finish(ws)  # as every start of a server does
    assert backup.kept_before(path) == []


def test_what_is_shown_has_the_erasure_and_who_looked(imported):
    """Rows that name an area, or other households, are not about this one."""
    looks = [
        ("look_household", object_of("household", ["H1"]), None),
        ("look_household", object_of("household", ["H1 2"]), None),
        ("list_households", object_of("households", ["H2", "H1"], area="T1"), "for both"),
        ("list_reports", object_of("reports", ["r1"], households="H2,H1"), None),
        ("sign_in", object_of("person", ["H1"]), None),
    ]
    for action, what, reason in looks:
        auditing.looked(imported.ws, CONSOLE, action, what, 1, reason)
    found = erasing.held(imported.ws, CONSOLE, "H1", reason="asked at the counter")
    (gone,) = found["tables"]["erasures"]
    assert gone["household_id"] == "H1"
    assert [(row["action"], row["reason"]) for row in found["account"]] == [
        ("erase_household", None),
        ("look_household", None),
        ("list_households", None),
        ("list_reports", None),
        ("show_person_data", "asked at the counter"),
    ]
    assert erasing.counted(imported.ws, CONSOLE, "H1")["account"] == 5
    assert "H2" not in json.dumps(found)
    assert "list_reports" in erasing.readable(found)
    number = erasing.held(imported.ws, CONSOLE, "H2")["account"]
    assert [row["action"] for row in number] == [
        "list_households",
        "list_reports",
        "show_person_data",
    ]
