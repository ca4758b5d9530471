"""Foreign files are parsed elsewhere, with limits, and a reader that dies is a sentence."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from gisgrid.errors import ChildFailed
from gisgrid.exchange import limits, process
from gisgrid.exchange.outgoing import Outgoing
from gisgrid.exchange.readers import read
from gisgrid.exchange.writers import FORMATS, write


def test_the_parent_never_loads_gdal(shapefile, tmp_path) -> None:
    point = {"type": "Point", "coordinates": [105.1, 35.2]}
    path = shapefile([(point, {"id": "H1"})])
    program = f"""
import sys
from pathlib import Path
import pandas as pd
from gisgrid.exchange.readers import read
table = read(Path({str(path)!r}))
heavy = {{name.split(".")[0] for name in sys.modules}} & {{"fiona", "pyogrio", "sqlite3"}}
from gisgrid.exchange.outgoing import Outgoing, points
from gisgrid.exchange.writers import FORMATS, write
frame = pd.DataFrame({{"id": table.columns["id"]}})
out = Outgoing("homes", frame, table.geometry, "Point")
for format in FORMATS:
    write(out, Path({str(tmp_path)!r}) / format, format)
print([*heavy, *(name for name in sys.modules if name.split(".")[0] in ("fiona", "pyogrio"))])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(("form", "children"), [("shp", 2), ("gpkg", 2), ("parquet", 1)])
def test_a_child_that_reads_loads_nothing_that_it_is_not_asked_for(
    tmp_path, monkeypatch, form, children
) -> None:
    """It would be more than half of the time of a small file."""
    beside = "; print(*{'pandas', 'pyproj', 'shapely'}.intersection(m for m in sys.modules"
    beside += " if sys.modules[m]), file=sys.stderr)"
    monkeypatch.setattr(process, "_PROGRAM", process._PROGRAM + beside)
    started, loaded = subprocess.run, []

    def run(*args, **kwargs):
        done = started(*args, **kwargs)
        loaded.append(done.stderr.decode().strip())
        return done

    monkeypatch.setattr(process.subprocess, "run", run)
    shapes = np.array([box(105, 35, 105.01, 35.01)], dtype=object)
    out = Outgoing("grids", pd.DataFrame({"code": ["G1"]}), shapes, "MultiPolygon")
    path = tmp_path / f"grids{FORMATS[form]}"
    write(out, path, form, verify=form != "parquet")
    if form == "parquet":
        loaded.clear()  # DuckDB takes rows by way of pandas
    assert len(read(path)) == 1
    assert loaded == [""] * children


def test_a_child_that_dies_is_a_sentence_and_leaks_nothing(monkeypatch, tmp_path) -> None:
    program = "import os, sys; print('secret'); sys.stdout.flush(); os.abort()"
    monkeypatch.setattr(process.sys, "executable", str(_script(tmp_path, program)))
    with pytest.raises(ChildFailed) as err:
        process.run({"task": "shp"}, tmp_path, file="homes.zip")
    assert str(err.value).startswith("homes.zip could not be worked on (the reading process ")
    assert err.value.facts["status"] == -6
    assert "secret" not in str(err.value)


def test_a_child_that_takes_too_long_is_given_up_on(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(process, "CHILD_WALL_SECONDS", 0.2)
    monkeypatch.setattr(
        process.sys, "executable", str(_script(tmp_path, "import time; time.sleep(60)"))
    )
    with pytest.raises(ChildFailed, match="longer than its size allows"):
        process.run({"task": "shp"}, tmp_path, file="homes.zip")


def test_a_small_file_that_keeps_the_reader_at_work_is_given_up_on_soon(
    monkeypatch, tmp_path
) -> None:
    monkeypatch.setattr(limits, "CHILD_LEAST_SECONDS", 1)
    endless = process._PROGRAM.replace("main(int", "main.__globals__['_give_up_rights'](int")
    monkeypatch.setattr(process, "_PROGRAM", f"{endless}\nwhile True: pass")
    with pytest.raises(ChildFailed, match="longer than its size allows"):
        process.run({"task": "gpkg"}, tmp_path, file="homes.gpkg", foreign=True)


def test_a_foreign_file_gets_the_time_of_its_size_and_ours_all_of_it(monkeypatch, tmp_path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    program = "import sys; open('../seen', 'w').write(sys.argv[-1]); print('{}')"
    monkeypatch.setattr(process.sys, "executable", str(_script(tmp_path, program)))
    (work / "data.gpkg").write_bytes(bytes(2_000_000))
    for foreign, seconds in ((True, "11"), (False, "90")):
        process.run({"task": "gpkg"}, work, file="homes.gpkg", foreign=foreign)
        assert (tmp_path / "seen").read_text() == seconds


def test_the_time_for_a_file_grows_with_its_size() -> None:
    sizes = (0, 1_000_000, 10_000_000, 1 << 30)
    assert [limits.child_seconds(size) for size in sizes] == [7, 9, 27, 90]


def _script(folder, program: str):
    path = folder / "reader"
    path.write_text(f"#!{sys.executable}\n{program}\n")
    path.chmod(0o755)
    return path


def test_the_child_sees_nothing_of_our_environment(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("GISGRID_SECRET_KEY", "hidden")
    program = "import json, os; open('seen', 'w').write(json.dumps(dict(os.environ))); print('{}')"
    monkeypatch.setattr(process.sys, "executable", str(_script(tmp_path, program)))
    process.run({"task": "shp"}, tmp_path, file="homes.zip")
    seen = json.loads((tmp_path / "seen").read_text())
    assert "GISGRID_SECRET_KEY" not in seen
    assert seen["GDAL_HTTP_PROXY"] == "http://127.0.0.1:9"
    assert seen["PROJ_NETWORK"] == "OFF"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits are of Unix")
def test_the_child_has_limits(monkeypatch, tmp_path) -> None:
    program = (
        "import json, resource, sys; sys.argv = ['x']; sys.path.insert(0, '');"
        "from gisgrid.exchange import child; child._give_up_rights(60);"
        "limits = [resource.getrlimit(getattr(resource, 'RLIMIT_' + n))[0]"
        " for n in ('AS', 'CPU', 'NOFILE', 'CORE')];"
        "open('seen', 'w').write(json.dumps(limits)); print('{}')"
    )
    monkeypatch.setattr(process.sys, "executable", str(_script(tmp_path, program)))
    process.run({"task": "shp"}, tmp_path, file="homes.zip")
    assert json.loads((tmp_path / "seen").read_text()) == [3 << 30, 60, 128, 0]


def test_reading_leaves_no_file_behind(shapefile, tmp_path) -> None:
    point = {"type": "Point", "coordinates": [105.1, 35.2]}
    path = shapefile([(point, {"id": "H1"})])
    before = sorted(tmp_path.iterdir())
    read(path)
    assert sorted(tmp_path.iterdir()) == before
