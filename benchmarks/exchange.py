"""Files in and out: gisgrid beside ogr2ogr and geopandas with fiona and with pyogrio.

`python -m benchmarks.exchange [--households 150000] [--rounds 3] [--without fiona]`: households
with Chinese names and addresses, days and points. Each program writes a shapefile and a GeoPackage
in a process of its own, turn by turn; medians, and the most memory of each. gisgrid is measured
without its read-back (as the others have none) and with it; its shapefile is zipped, those of the
others are not. ogr2ogr converts a GeoPackage that lies ready, so it reads as well. Then each reads
both files: gisgrid with all its checks and its child process, the others with none. At last both
files go into a new store by `gisgrid import` (checked, compared with what is stored, written with
its history and indexes), beside a copy into a GeoPackage, which is the nearest that the others do.

Seconds are those of the processor, the child's too, so that a machine that has other work to do
gives the same ratio; those of the clock stand beside them. The ratio that counts (LIMIT) is
gisgrid's export without the read-back to the fastest of the others; reading and importing have no
limit, since nobody else does that work.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

LIMIT = 1.3
SURNAMES, GIVEN = "张李王赵陈杨黄吴刘周", "伟芳英秀敏静丽强磊军"


def rows(count: int) -> tuple[pd.DataFrame, Any]:
    """Households with what the layer holds, and their points."""
    rng = np.random.default_rng(7)
    pick = rng.integers(0, 10, (count, 3))
    days = [date(2024, 1, 1) + timedelta(days=int(n)) for n in rng.integers(0, 900, 900)]
    frame = pd.DataFrame(
        {
            "id": [f"62042210000{n:07d}" for n in range(count)],
            "name": [SURNAMES[a] + GIVEN[b] + GIVEN[c] for a, b, c in pick.tolist()],
            "address": [f"会师镇东关村{n % 400}组{n % 97}号" for n in range(count)],
            "visit_every_days": np.where(pick[:, 0] < 9, 7, 14),
            "listed_on": pd.Series([days[n % 900] for n in range(count)], dtype=object),
        }
    )
    lon, lat = rng.uniform(104.5, 105.5, count), rng.uniform(35.4, 36.4, count)
    return frame, shapely.points(lon.round(7), lat.round(7))


def work(what: str, count: int, folder: Path) -> tuple[float, float]:
    """Do one task of one program; seconds without the making of the rows, see `_measured`."""
    program, verb, form = what.split(" ")
    source = folder / f"source.{form}"
    if verb == "import":
        IMPORTERS[program](source.with_stem("small"), folder / "new_small")
        return _measured(lambda: IMPORTERS[program](source, folder / "new_whole"))
    if verb == "read":
        READERS[program](source.with_stem("small"))  # what is loaded once is no part of it
        return _measured(lambda: READERS[program](source))
    if program == "ogr2ogr":
        driver = {"gpkg": "GPKG", "shp": "ESRI Shapefile"}[form]
        target = folder / f"ogr.{form}"
        encoding = ["-lco", "ENCODING=UTF-8"] if form == "shp" else []
        command = ["ogr2ogr", "-overwrite", "-f", driver, target, folder / "source.gpkg", *encoding]
        return _measured(lambda: subprocess.run(command, check=True, capture_output=True))
    WRITERS[program](*rows(10), folder, form)
    frame, shapes = rows(count)
    return _measured(lambda: WRITERS[program](frame, shapes, folder, form))


def _measured(task: Any) -> tuple[float, float]:
    """Seconds of the processor (ours and our children's) and of the clock."""
    started, before = time.perf_counter(), os.times()
    task()
    after = os.times()
    return sum(after[:4]) - sum(before[:4]), time.perf_counter() - started


def by_gisgrid(frame: Any, shapes: Any, folder: Path, form: str, *, verify: bool = False) -> None:
    from gisgrid.exchange.outgoing import Outgoing
    from gisgrid.exchange.writers import FORMATS, write

    out = Outgoing("households", frame, shapes, "Point")
    write(out, folder / f"ours{FORMATS[form]}", form, verify=verify)


def by_geopandas(engine: str, **options: Any) -> Any:
    def write_it(frame: Any, shapes: Any, folder: Path, form: str) -> None:
        import geopandas as gpd

        made = gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4326")
        names = {"visit_every_days": "everydays"} if form == "shp" else {}
        driver = {"gpkg": "GPKG", "shp": "ESRI Shapefile"}[form]
        path = folder / f"{engine}.{form}"
        made.rename(columns=names).to_file(
            path, driver=driver, engine=engine, encoding="UTF-8", **options
        )

    return write_it


def read_gisgrid(path: Path) -> None:
    from gisgrid.exchange.readers import read

    read(path)


def read_geopandas(engine: str) -> Any:
    def read_it(path: Path) -> None:
        import geopandas as gpd

        gpd.read_file(path, engine=engine)

    return read_it


def import_gisgrid(path: Path, folder: Path) -> None:
    from gisgrid.access import CONSOLE
    from gisgrid.operations import importing
    from gisgrid.operations.workspace import Workspace
    from gisgrid.settings import Settings
    from gisgrid.store import Store

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    url = str(folder / "store.gpkg")
    Store.create(url).close()
    fields = {"visit_every_days": "everydays"} if path.suffix == ".shp" else {}
    with Workspace.open(Settings(store=url)) as ws:
        options = importing.ImportOptions(fields=fields)
        report = importing.run(ws, CONSOLE, "households", path, options)
    assert report.imported == report.rows_read


def import_pyogrio(path: Path, folder: Path) -> None:
    import geopandas as gpd

    gpd.read_file(path, engine="pyogrio").to_file(
        folder.with_suffix(".gpkg"), driver="GPKG", layer="households", engine="pyogrio"
    )


def import_ogr2ogr(path: Path, folder: Path) -> None:
    target = folder.with_suffix(".gpkg")
    target.unlink(missing_ok=True)
    command = ["ogr2ogr", "-f", "GPKG", target, path, "-nln", "households"]
    subprocess.run(command, check=True, capture_output=True)


WRITERS = {
    "gisgrid": by_gisgrid,
    "gisgrid+check": lambda *given: by_gisgrid(*given, verify=True),
    "fiona": by_geopandas("fiona"),
    "pyogrio": by_geopandas("pyogrio"),
}
READERS = {
    "gisgrid": read_gisgrid,
    "fiona": read_geopandas("fiona"),
    "pyogrio": read_geopandas("pyogrio"),
}
IMPORTERS = {"gisgrid": import_gisgrid, "pyogrio": import_pyogrio, "ogr2ogr": import_ogr2ogr}
VERBS = (("write", (*WRITERS, "ogr2ogr")), ("read", READERS), ("import", IMPORTERS))
TASKS = [
    f"{program} {verb} {form}"
    for verb, programs in VERBS
    for form in ("shp", "gpkg")
    for program in programs
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, default=150_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without", action="append", default=[], help="leave a program out")
    parser.add_argument("--task", help="one task, in this process (what the run starts)")
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    if asked.task:
        seconds, clock = work(asked.task, asked.households, asked.folder)
        ours, theirs = (
            resource.getrusage(who).ru_maxrss
            for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        print(
            json.dumps(
                {"seconds": seconds, "clock": clock, "mb": ours / 1024, "child_mb": theirs / 1024}
            )
        )
        return 0
    with tempfile.TemporaryDirectory(prefix="gisgrid-bench-") as name:
        return _run(asked.households, asked.rounds, Path(name), set(asked.without))


def _run(count: int, rounds: int, folder: Path, without: set[str]) -> int:
    import pyogrio

    for stem, size in (("source", count), ("small", 10)):
        for form in ("gpkg", "shp"):
            by_geopandas("pyogrio")(*rows(size), folder, form)
            for path in folder.glob("pyogrio.*"):
                path.rename(path.with_stem(stem))
    print(f"{count} households; pyogrio {pyogrio.__version__}, {rounds} rounds, medians")
    tasks = [task for task in TASKS if task.split(" ")[0] not in without]
    found: dict[str, list[dict[str, float]]] = {task: [] for task in tasks}
    for _ in range(rounds):
        for task in tasks:
            command = [sys.executable, "-m", "benchmarks.exchange", "--task", task]
            command += ["--households", str(count), "--folder", str(folder)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            found[task].append(json.loads(done.stdout.splitlines()[-1]))
    worst = 0.0
    for verb, programs in VERBS:
        for form in ("shp", "gpkg"):
            left = [program for program in programs if program not in without]
            worst = max(worst, _table(found, verb, form, left))
    print(f"worst ratio of gisgrid's export to the fastest other: {worst:.2f} (limit {LIMIT})")
    return int(worst > LIMIT)


def _table(found: Any, verb: str, form: str, programs: Any) -> float:
    """Print one table; the ratio of an export to the fastest of the others, 0 for the rest."""
    medians = {
        program: statistics.median(run["seconds"] for run in found[f"{program} {verb} {form}"])
        for program in programs
    }
    others = min(each for program, each in medians.items() if not program.startswith("gisgrid"))
    print(f"\n{verb} {form}".ljust(24) + "seconds  ratio   clock    MB  child MB")
    for program, seconds in sorted(medians.items(), key=lambda pair: pair[1]):
        runs = found[f"{program} {verb} {form}"]
        most, child = (max(run[key] for run in runs) for key in ("mb", "child_mb"))
        ratio = seconds / others
        clock = statistics.median(run["clock"] for run in runs)
        print(f"  {program:20} {seconds:8.2f} {ratio:6.2f} {clock:7.2f} {most:5.0f} {child:8.0f}")
    return medians["gisgrid"] / others if verb == "write" else 0.0


if __name__ == "__main__":
    sys.exit(main())
