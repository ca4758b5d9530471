"""Files that were damaged anyhow: refused in our words or taken whole, never a crash or a half.

Each file of the table of cases that gisgrid takes, and real ones, is mutated byte by byte and
imported: archives as they lie, where nearly every change breaks a checksum, or in one of their
files, which is then packed again. The parts of a shapefile lie in an archive. The long run
(`pytest -m long`) makes 20,000 of them (GISGRID_FUZZ=N for another number).
"""

from __future__ import annotations

import io
import json
import os
import random
import signal
import time
import zipfile
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
from shapely.geometry import box

from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.errors import ChildFailed, GisgridError
from gisgrid.exchange import child, limits, process
from gisgrid.operations.importing import ImportOptions, run
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store

from .case_disguised import CASES
from .conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SOME = 150
MANY = int(os.environ.get("GISGRID_FUZZ", "20000"))
MOST_SECONDS = 30
REAL = {
    "A_huining/huining_divisions_nbs.csv": ("areas", {"code": "code", "name": "name"}),
    "A_huining/baiyin_counties_cgcs2000.geojson": ("grids", {"code": "adcode"}),
    "C_cases/snow_1854_pumps.geojson": ("households", {}),
    "C_cases/snow_1854_subdistricts.geojson": ("grids", {"code": "sub_ID"}),
    "D_partitions/chicago_wards_2019.zip": ("grids", {"code": "ward"}),
}
NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
TEXTS = (
    b"NaN",
    b"1e308",
    b"-0",
    b"",
    b"null",
    b"[",
    b"}",
    b'"',
    b"\xff\xfe",
    b"\x00",
    "网".encode(),
)


def mutated(data: bytes, rng: random.Random) -> bytes:
    """`data` with one to six places changed, as disks, lines, editors and enemies do."""
    made = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        at = rng.randrange(len(made) + 1)
        what = rng.randrange(7)
        if what == 0 and made:
            made[at % len(made)] ^= 1 << rng.randrange(8)
        elif what == 1:
            width = rng.choice((1, 2, 4))
            number = rng.choice(NUMBERS) & (256**width - 1)
            made[at : at + width] = number.to_bytes(width, rng.choice(("little", "big")))
        elif what == 2:
            made[at : at + rng.randint(1, 200)] = b""
        elif what == 3:
            made[at:at] = made[at : at + rng.randint(1, 200)]
        elif what == 4:
            made[at : at + rng.randint(0, 8)] = rng.choice(TEXTS)
        elif what == 5:
            made[at : at + 16] = rng.randbytes(16)
        elif rng.random() < 0.3:
            del made[at:]
    return bytes(made)


def repacked(data: bytes, rng: random.Random) -> bytes:
    """An archive in which one file was changed, or left out."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = [(entry.filename, archive.read(entry)) for entry in archive.infolist()]
    at = rng.randrange(len(entries))
    name, content = entries.pop(at)
    if rng.random() < 0.95:
        entries.insert(at, (name, mutated(content, rng)))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return made.getvalue()


def _count_from_here() -> None:
    """What this process holds already, as a worker that ran other tests, is none of the child's."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    limits.CHILD_MEMORY_BYTES += pages * os.sysconf("SC_PAGE_SIZE")
    limits.CHILD_OPEN_FILES += len(list(Path("/proc/self/fd").iterdir()))


def in_a_fork(task: dict[str, Any], folder: Path, *, file: str, foreign: bool = False) -> None:
    """`process.run` without the start of a new interpreter: the same work under the same limits."""
    seconds = process.seconds_for(folder, foreign=foreign)
    pid = os.fork()
    if pid == 0:
        ended = 1
        try:
            os.chdir(folder)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            _count_from_here()
            child._give_up_rights(seconds)
            answer: dict[str, Any] = {}
            try:
                child._do(task | {"file": file})
            except GisgridError as err:
                answer = {"error": type(err).__name__, "facts": err.facts}
            except MemoryError:
                answer = {"error": "ChildFailed", "facts": {"file": file, "problem": "memory"}}
            Path("answer").write_text(json.dumps(answer))
            ended = 0
        finally:
            os._exit(ended)
    _, status = os.waitpid(pid, 0)
    if status != 0:
        assert not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGXCPU, "a hang"
        raise ChildFailed(file=file, problem=f"the reader ended with {status}")
    answer = json.loads((folder / "answer").read_text())
    if answer:
        raise process._ERRORS.get(answer["error"], ChildFailed)(**answer["facts"])


@pytest.fixture
def seeds(tmp_path, request) -> list[tuple[str, bytes, str, dict[str, Any]]]:
    """Name, bytes, layer and options of every whole file, shapefiles as one archive."""
    found = []
    for number, case in enumerate(CASES):
        folder = tmp_path / f"case{number}"
        if case.error is None:
            folder.mkdir()
            path = case.make(folder)
            if path.suffix == ".shp":
                path = packed_parts(path)
            if path.stat().st_size < 300_000:
                found.append((path.name, path.read_bytes(), case.layer, case.options))
    real_file = request.getfixturevalue("real_file")
    for name, (layer, fields) in REAL.items():
        path = real_file(name)
        found.append((path.name, path.read_bytes(), layer, {"fields": fields, "make_ids": True}))
    return found


def packed_parts(path: Path) -> Path:
    """The parts of a shapefile in one archive beside them."""
    parts = sorted(path.parent.iterdir())
    made = path.with_suffix(".zip")
    with zipfile.ZipFile(made, "w") as archive:
        for part in parts:
            archive.write(part, part.name)
    return made


def fresh(url: str) -> Workspace:
    """A store with nine grids, to import into."""
    edges = [105.0, 105.01, 105.02, 105.03], [35.7, 35.71, 35.72, 35.73]
    boxes = [box(w, s, e, n) for w, e in pairwise(edges[0]) for s, n in pairwise(edges[1])]
    with Store.create(url) as store, store.write() as writer:
        frame = {"code": [f"G{n}" for n in range(1, 10)]}
        writer.put_grids(gpd.GeoDataFrame(frame, geometry=boxes, crs=4326))
    return Workspace.open(Settings(store=url), clock=lambda: NOW)


def rows_of(ws: Workspace, layer: str) -> int:
    read = ws.store.grids if layer == "grids" else getattr(ws.store, layer)
    return len(read(scope=EVERYWHERE))


def damaged(
    seeds: list[tuple[str, bytes, str, dict[str, Any]]], rng: random.Random, count: int
) -> Iterator[tuple[str, bytes, str, dict[str, Any]]]:
    for _ in range(count):
        name, data, layer, options = rng.choice(seeds)
        more = {"skip_bad_rows": rng.random() < 0.7, "salvage": rng.random() < 0.3}
        change = repacked if data.startswith(b"PK") and rng.random() < 0.8 else mutated
        yield name, change(data, rng), layer, options | more


def fuzz(
    seeds: Any, folder: Path, new_url: Callable[[], str], count: int, seed: int
) -> tuple[Counter[str], set[str]]:
    """What came of each, and of which ending some were taken.

    Raises at a crash, a hang or a half-import, the file still in `folder`.
    """
    came, endings = Counter[str](), set[str]()
    rng, ws, slowest = random.Random(seed), None, 0.0  # noqa: S311 - mutations, no secrets
    try:
        for number, (name, data, layer, options) in enumerate(damaged(seeds, rng, count)):
            if number % 250 == 0:
                if ws is not None:
                    ws.close()
                ws = fresh(new_url())
            assert ws is not None
            path = folder / name
            path.write_bytes(data)
            before, had, started = ws.store.changes(), rows_of(ws, layer), time.process_time()
            try:
                taken = run(ws, CONSOLE, layer, path, ImportOptions(**options))
            except GisgridError as err:
                came[type(err).__name__] += 1
                refused = str(err)
                taken = None
            else:
                refused = ""
                came["taken"] += 1
                endings.add(path.suffix)
            assert len(refused) < 1000
            if taken is None:
                assert ws.store.changes() == before
            else:
                assert rows_of(ws, layer) == had + taken.imported - taken.removed
                done = taken.imported + taken.updated + taken.unchanged + taken.refused
                assert done == taken.rows_read
            slowest = max(slowest, time.process_time() - started)
            assert slowest < MOST_SECONDS
            path.unlink()
    finally:
        if ws is not None:
            ws.close()
    return came, endings


def test_a_damaged_file_is_refused_or_taken_whole(
    seeds, tmp_path, new_store_url, monkeypatch
) -> None:
    monkeypatch.setattr(process, "run", in_a_fork)
    came, endings = fuzz(seeds, tmp_path, new_store_url, SOME, 1)
    assert came["taken"] > SOME / 10
    assert sum(came.values()) == SOME
    # Those that a process of its own reads are among them: it did not fail for another reason.
    assert endings >= {".csv", ".geojson", ".zip", ".xls", ".xlsx"}


@pytest.mark.long
@pytest.mark.alone
def test_twenty_thousand_damaged_files_are_refused_or_taken_whole(
    seeds, tmp_path, new_store_url, monkeypatch
) -> None:
    monkeypatch.setattr(process, "run", in_a_fork)
    came, _ = fuzz(seeds, tmp_path, new_store_url, MANY, 2)
    assert sum(came.values()) == MANY
