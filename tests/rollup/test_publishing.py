"""A publication is whole or is none: on a full disk, beside another, under a reader's eyes."""

from __future__ import annotations

import resource
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from click.testing import CliRunner

from gisgrid import rollup
from gisgrid.access import CONSOLE
from gisgrid.cli import main
from gisgrid.columns import day_number
from gisgrid.errors import FileUnwritable, RollupUnreachable
from gisgrid.operations import rolling
from gisgrid.rollup.layout import Manifest

from .conftest import TODAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gisgrid.operations.workspace import Workspace
    from gisgrid.rollup.layout import Tables

COLUMNS = ("visit_household", "visit_day", "visit_kind")


@pytest.fixture
def tables(counties: list[Workspace]) -> Tables:
    return rolling._tables(counties[0].snapshot(), day_number(TODAY))


@pytest.fixture
def published(counties: list[Workspace], tmp_path: Path) -> Manifest:
    """The first county, in the folder `here`."""
    return rolling.publish(counties[0], CONSOLE, str(tmp_path / "here"))


def fewer(tables: Tables, leave_out: int) -> Tables:
    """Without each visit of a turn in seven."""
    kept = [n for n in range(len(tables.visit_day)) if n % 7 != leave_out]
    return replace(tables, **{name: getattr(tables, name)[kept] for name in COLUMNS})


@contextmanager
def small_files(most: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def lying(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_disk_that_takes_no_more_leaves_the_publication_before(
    published: Manifest, tables: Tables, tmp_path: Path
) -> None:
    county = tmp_path / "here" / f"county={published.county}"
    before = lying(county)
    with small_files(300), pytest.raises(FileUnwritable, match="File too large"):
        rollup.publish(str(tmp_path / "here"), published, fewer(tables, 1))
    assert lying(county) == before
    assert rollup.survey(str(tmp_path / "here"), TODAY).faults == []


@pytest.mark.parametrize("below", ["", "below"])
def test_a_place_that_takes_no_folder_is_said_in_a_sentence(
    counties: list[Workspace], tmp_path: Path, below: str
) -> None:
    (tmp_path / "file").write_text("in the way")
    place = str(tmp_path / "file" / below)
    asked = ["--store", counties[0].store.url, "rollup", "publish", place]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 1
    assert "cannot be written: Not a directory" in done.stderr


def test_two_who_publish_the_same_county_wait_for_each_other(
    published: Manifest, tables: Tables, tmp_path: Path
) -> None:
    root, failed = str(tmp_path / "here"), list[BaseException]()

    def publish(first: int) -> None:
        try:
            for n in range(4):
                rollup.publish(root, published, fewer(tables, (first + n) % 7))
        except BaseException as err:  # noqa: BLE001 - told to the test
            failed.append(err)

    at_work = [threading.Thread(target=publish, args=(first,)) for first in (0, 3)]
    for thread in at_work:
        thread.start()
    while any(thread.is_alive() for thread in at_work):
        found = rollup.survey(root, TODAY)  # a reader meanwhile
        assert len(found.counties) == 1, found.faults
    assert failed == []
    assert rollup.survey(root, TODAY).faults == []


def test_what_goes_away_while_it_is_looked_at_is_looked_at_again(
    published: Manifest, tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, read = str(tmp_path / "here"), Manifest.read
    after = rollup.publish(root, published, fewer(tables, 2))
    told = [published]
    monkeypatch.setattr(
        Manifest, "read", lambda folder: told.pop() if told else read(folder), raising=True
    )
    found = rollup.survey(root, TODAY)
    assert [manifest for manifest, _ in found.counties] == [after]
    assert found.faults == []


@pytest.mark.parametrize(
    "code",
    ["relation/1028021", "../../up", "..", "a=2Fb", "C:x", "a\\b", "100%", "1\n2", "会宁 县"],
)
def test_a_code_is_any_text_and_leads_nowhere_else(
    published: Manifest, tables: Tables, tmp_path: Path, code: str
) -> None:
    def renamed(codes: Any) -> list[str]:
        return [code if one == published.county else one for one in codes]

    other = replace(
        tables,
        areas={name: renamed(values) for name, values in tables.areas.items()},
        spans=[
            replace(span, county=np.array(renamed(span.county), dtype=object))
            for span in tables.spans
        ],
    )
    before, root = lying(tmp_path), tmp_path / "deep" / "there"
    rollup.publish(str(root), replace(published, county=code), other)
    assert all(path.startswith("deep/there/county=") for path in lying(tmp_path) - before)
    found = rolling.coverage_over(str(root), as_of=TODAY, expected=[code])
    assert (found.counties, found.faults) == ([code], [])
    own = rolling.coverage_over(str(tmp_path / "here"), as_of=TODAY)
    assert found.table["gap"].tolist() == own.table["gap"].tolist()
    (next(root.iterdir()) / "manifest.json").unlink()
    (fault,) = rollup.survey(str(root), TODAY, [code]).faults
    assert (fault.what, fault.county) == ("missing", code)


def test_a_folder_that_may_not_be_looked_into_is_said(
    published: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = Path.stat
    county = tmp_path / "here" / f"county={published.county}"

    def refused(path: Path, *more: Any, **others: Any) -> Any:
        if path.parent.parent == county:  # a week's files
            raise PermissionError(13, "Permission denied")
        return look(path, *more, **others)

    monkeypatch.setattr(Path, "stat", refused)
    (fault, *_) = rollup.survey(str(tmp_path / "here"), TODAY).faults
    assert (fault.what, fault.counted) == ("missing", False)
    monkeypatch.undo()

    def closed(_: Path) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", closed)
    with pytest.raises(RollupUnreachable, match="not allowed"):
        rollup.survey(str(tmp_path / "here"), TODAY)
