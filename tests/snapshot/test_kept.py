"""Columns kept between two starts: as if made anew, believed only where they prove themselves."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gisgrid.access import CONSOLE
from gisgrid.operations import erasing
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.snapshot import ReadModel
from gisgrid.snapshot.kept import Keeper
from gisgrid.store import Store
from tests.snapshot.test_patch import NOON, Days, differing, homes, lay_out, look, said


def opened(path: Path) -> Store:
    return Store.open(str(path), clock=lambda: NOON)


def model_of(store: Store, path: Path) -> tuple[ReadModel, list[Any]]:
    """A read model that keeps its columns, and a list of the times when it read everything."""
    model, whole = ReadModel(store, Keeper(Path(f"{path}.columns"))), []
    load_all = model._load_all
    model._load_all = lambda now: whole.append(now) or load_all(now)  # type: ignore[func-returns-value,method-assign,assignment]
    return model, whole


@pytest.fixture
def county(tmp_path: Path) -> Path:
    """A store with some days of work, and its columns kept."""
    path = tmp_path / "county.gpkg"
    with lay_out(path) as store:
        days, (model, _) = Days([store], 5), model_of(store, path)
        for _ in range(40):
            days.one()
        look(model.current())
        assert model.keep()
    return path


def starts_from_kept(path: Path) -> bool:
    """Whether a start believes what is kept; what comes out is right whatever it does."""
    with opened(path) as store:
        model, whole = model_of(store, path)
        found = model.current()
        assert differing(said(found), said(ReadModel(store).current())) == []
        return not whole


def test_a_start_from_kept_columns_says_the_same_also_after_changes(county: Path) -> None:
    file = Path(f"{county}.columns")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert starts_from_kept(county)
    with opened(county) as store:
        days = Days([store], 6)
        days.n = 1000
        for _ in range(25):
            days.one()
    assert starts_from_kept(county)


def read_ahead(model: ReadModel) -> Keeper:
    """The model's keeper, once it has read the columns."""
    model.load_ahead()
    keeper = model._keeper
    assert keeper is not None
    assert keeper._ahead is not None
    assert keeper._ahead[1].result(60) is not None
    return keeper


def test_columns_read_ahead_are_the_same_and_are_used_once(county: Path) -> None:
    with opened(county) as store:
        model, whole = model_of(store, county)
        keeper = read_ahead(model)
        keeper.path.unlink()
        found = model.current()
        assert not whole
        assert differing(said(found), said(ReadModel(store).current())) == []
        assert keeper.load(store.token) is None


def test_who_is_erased_is_in_no_columns_that_were_read_ahead(county: Path) -> None:
    with opened(county) as store:
        model, whole = model_of(store, county)
        read_ahead(model)
        model.forget()
        model.current()
        assert len(whole) == 1


def test_what_is_kept_holds_no_word_about_anybody(county: Path) -> None:
    with opened(county) as store, store.write() as w:
        named = homes({"h1": (0.5, 0.5)}, {"name": ["李四"], "address": ["Well 7"]})
        w.put_households(named)
    with opened(county) as store:
        model, _ = model_of(store, county)
        model.current()
        model._kept = None
        assert model.keep()
    content = Path(f"{county}.columns").read_bytes()
    for word in ("李四", "Well 7"):
        assert not any(word.encode(code) in content for code in ("utf-8", "utf-32-le"))
    assert b"h1" in content


def test_an_id_that_cannot_be_kept_hinders_no_start(county: Path) -> None:
    with opened(county) as store, store.write() as w:
        w.put_households(homes({"two\nlines": (0.5, 0.5)}, {}))
    with opened(county) as store:
        model, _ = model_of(store, county)
        model.current()
        model._kept = None
        assert not model.keep()
    starts_from_kept(county)


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "other format", "gone"])
def test_a_damaged_file_is_as_if_it_were_not_there(county: Path, damage: str) -> None:
    file = Path(f"{county}.columns")
    content = file.read_bytes()
    middle = len(content) // 2
    flipped = bytes([content[middle] ^ 1])
    made = {
        "cut": content[:-40],
        "flipped": content[:middle] + flipped + content[middle + 1 :],
        "empty": b"",
        "other format": content.replace(b"columns 3", b"columns 2", 1),
    }
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(made[damage])
    assert not starts_from_kept(county)


def test_columns_of_another_store_or_of_another_past_are_not_believed(
    county: Path, tmp_path: Path
) -> None:
    old = tmp_path / "old.gpkg"
    shutil.copy(county, old)
    with opened(county) as store:
        for n in range(3):
            with store.write() as w:
                w.put_visits(visit(f"first {n}"))
        model, _ = model_of(store, county)
        model.current()
        model._kept = None
        assert model.keep()
    shutil.copy(old, county)  # an old copy is put back by hand, and goes another way
    with opened(county) as store:
        for n in range(9):
            with store.write() as w:
                w.put_visits(visit(f"second {n}"))
    assert not starts_from_kept(county)
    with opened(county) as store, store.write() as w:
        w.begin_anew()
    assert not starts_from_kept(county)


def visit(number: str) -> pd.DataFrame:
    row = {"id": [number], "household_id": ["h2"], "outcome": ["met"]}
    return pd.DataFrame({**row, "visited_at": [pd.Timestamp(NOON)]})


def test_who_is_erased_is_in_no_kept_column(county: Path) -> None:
    file = Path(f"{county}.columns")
    with Workspace.open(Settings(store=str(county)), clock=lambda: NOON) as ws:
        ws.snapshot()
        with ws.store.write() as w:
            w.put_households(homes({"h7": (0.123456, 0.654321)}, {}))
        ws.snapshot()
        ws._model._kept = None
        assert ws.keep_columns()
        place = ws.snapshot().households.lon[ws.snapshot().ids.get_indexer(["h7"])[0]]
        assert place.tobytes() in file.read_bytes()
        erasing.erase(ws, CONSOLE, "h7")
        assert not file.exists()
        ws.snapshot()
        assert ws.keep_columns()
        assert place.tobytes() not in file.read_bytes()


def test_who_is_erased_while_the_columns_are_written_is_not_left_in_them(county: Path) -> None:
    """Another process erases between the look at the figures and the last line of the file."""
    file = Path(f"{county}.columns")
    with opened(county) as store, opened(county) as other:
        model, _ = model_of(store, county)
        model.current()
        model._kept = None
        save = Keeper.save

        def slow(keeper: Keeper, columns: Any) -> bool:
            with other.write() as w:
                w.erase("h3")
            return save(keeper, columns)

        model._keeper.save = lambda columns: slow(Keeper(file), columns)  # type: ignore[union-attr,method-assign]
        assert not model.keep()
        assert not file.exists()


def test_where_nothing_can_be_written_nothing_is_kept(county: Path, tmp_path: Path) -> None:
    with opened(county) as store:
        model = ReadModel(store, Keeper(tmp_path / "no such folder" / "columns"))
        model.current()
        assert not model.keep()
        model.forget()
