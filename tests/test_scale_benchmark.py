"""The benchmark of scale says what is missed, and measures what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks import scale, tiles
from gisgrid.store import Store

if TYPE_CHECKING:
    from pathlib import Path


def test_a_measure_above_its_limit_is_missed_and_said(capsys: pytest.CaptureFixture[str]) -> None:
    sheet = scale.Sheet()
    sheet.tell("visit's commit / bare commit", 2.0)
    sheet.tell("edit with effect", 5.01, "of this process")
    assert sheet.missed == ["edit with effect"]
    kept, missed = capsys.readouterr().out.splitlines()
    assert "2.00" in kept
    assert "limit 2" in kept
    assert "kept" in kept
    assert "5.01 ms" in missed
    assert "limit 5 ms" in missed
    assert missed.endswith("of this process")


def test_the_tile_nearest_to_a_number_of_households_holds_so_many() -> None:
    homes = tiles.generated(0, (3_000, 20_000)).households
    for points in (3_000, 20_000):
        address, held = tiles.nearest(homes, points)
        assert (address.x, address.y) == tiles.place(address.z, *tiles.TOWNS[points])
        assert held == points


def test_a_bare_row_is_committed_for_each_call(tmp_path: Path) -> None:
    path = tmp_path / "county.gpkg"
    Store.create(str(path)).close()
    with scale.bare(str(path)) as one_row:
        one_row()
        one_row()
    with scale.closing(scale.connect(path, 1)) as file:
        assert file.execute("SELECT count(*) FROM bare").fetchone() == (2,)
