"""A working day's load: no failure, no visit lost. What it takes is told by `benchmarks.load`."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from benchmarks import load
from gisgrid import demo


def under_load(folder: Path, seconds: float, households: int | None) -> load.Seen:
    store = folder / "demo.gpkg"
    demo.build(str(store), today=date(2026, 11, 22), households=households)
    seen, lost = load.load(store, folder, seconds)
    assert seen.failed == []
    assert lost == []
    assert set(seen.codes) == {200, 201}
    return seen


@pytest.mark.alone
def test_under_load_nothing_fails_and_no_visit_is_lost(tmp_path: Path) -> None:
    seen = under_load(tmp_path, 60, 8_000)
    assert len(seen.kept) > 100


@pytest.mark.long
def test_under_load_for_ten_minutes_memory_is_flat(tmp_path: Path) -> None:
    seen = under_load(tmp_path, float(os.environ.get("GISGRID_LOAD_S", "600")), None)
    early, late = max(seen.memory[2:8]), max(seen.memory[-6:])
    assert late < early * 1.15, seen.memory
