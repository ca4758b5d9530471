"""A draft to QGIS and back on the command line: what is said, what is left, and the exit code."""

from __future__ import annotations

import json
import sqlite3
import struct
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from shapely.geometry import Polygon, box

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]


@pytest.fixture
def back(run: Run, tmp_path: Path) -> Callable[[Any], Path]:
    """`back(shape)` -> the file of a new draft in which G1 was given that shape."""

    def made(shape: Any) -> Path:
        draft = run("plan", "new", "spring").stdout.strip()
        path = tmp_path / "back.gpkg"
        assert run("plan", "export", draft, str(path)).exit_code == 0
        wkb = shapely.to_wkb(shapely.MultiPolygon([shape]), byte_order=1)
        blob = b"GP\x00\x01" + struct.pack("<i", 4326) + bytes(wkb)
        with closing(sqlite3.connect(path)) as base, base:
            triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            for (name,) in base.execute(triggers).fetchall():  # of functions that QGIS has
                base.execute(f'DROP TRIGGER "{name}"')
            base.execute("UPDATE grids SET geom = ? WHERE code = 'G1'", (blob,))
        return path

    return made


OVER = box(105, 35, 105.015, 35.01)
"""G1 over half of G2, which the repair mends."""
AWAY = Polygon([(105, 35), (105.008, 35), (105.01, 35.01), (105, 35.01)])
"""G1 without a wedge of 182 m at its foot: a gap that the repair leaves to somebody."""


def test_what_a_repair_mends_is_said_with_the_option_that_takes_it(
    run: Run, back: Callable[[Any], Path]
) -> None:
    path = back(OVER)
    refused = run("plan", "import", str(path))
    assert refused.exit_code == 1
    assert "look at it and take it (--repair)" in refused.stderr
    assert "--gaps" not in refused.stderr
    taken = run("plan", "import", str(path), "--repair")
    assert (taken.exit_code, taken.stderr) == (0, "")
    assert "households that change hands 1" in taken.stdout


@pytest.mark.parametrize("wish", [(), ("--repair",)])
def test_a_gap_that_the_repair_leaves_is_said_with_the_option_that_closes_it(
    run: Run, back: Callable[[Any], Path], wish: tuple[str, ...]
) -> None:
    path = back(AWAY)
    refused = run("plan", "import", str(path), *wish)
    assert refused.exit_code == 1
    assert "after the repair 1 would still be wrong" in refused.stderr
    assert "--repair and --gaps METRES" in refused.stderr
    assert "still wrong after the repair:" in refused.stdout
    taken = run("plan", "import", str(path), "--repair", "--gaps", "200")
    assert taken.exit_code == 0, taken.stderr


def test_a_dry_run_of_what_would_be_refused_ends_as_the_refusal_does(
    run: Run, back: Callable[[Any], Path]
) -> None:
    path = back(OVER)
    looked, refused = (
        run("plan", "import", str(path), *more, "--format", "json") for more in (["--dry-run"], [])
    )
    assert (looked.exit_code, looked.stderr) == (1, refused.stderr)
    told = [json.loads(found.stdout)["faults"] for found in (looked, refused)]
    assert told[0] == told[1] != []
    mended = run("plan", "import", str(path), "--dry-run", "--repair")
    assert (mended.exit_code, mended.stderr) == (0, "")
    shown = run("plan", "import", str(path), "--repair").stdout
    assert shown.replace("now 2", "now 1") == mended.stdout, "a dry run stored something"


def test_people_are_shown_tables_and_programs_json(run: Run, back: Callable[[Any], Path]) -> None:
    path = back(OVER)
    lines = run("plan", "import", str(path), "--dry-run", "--repair").stdout.splitlines()
    assert lines[0] == "draft 1 spring"
    where = lines.index("what is broken:")
    assert lines[where + 1].split() == ["what", "grids", "size", "lat,", "lon"]
    assert lines[where + 2].split()[:3] == ["overlap", "G1,", "G2"]
    assert "    G1                    2      3" in "\n".join(lines)
    told = json.loads(run("plan", "import", str(path), "--repair", "--format", "json").stdout)
    assert told["repair"]["changed"] == ["G2"]
