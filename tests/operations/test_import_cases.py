"""The table of cases: each file is taken exactly right, taken with what was mended, or refused."""

from __future__ import annotations

import contextlib
import resource
import socket
import threading
from itertools import pairwise
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
from shapely.geometry import box

from gisgrid import errors
from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.operations.importing import ImportOptions, preview
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store

from ..conftest import DATABASES, place_of
from .case_disguised import CASES
from .conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .case_files import Case

SAMPLE = [
    *[case for case in CASES if case.layer == "grids"][::5],
    *[case for case in CASES if case.layer == "households"][::24],
]
"""What a file is taken for is decided before a database is asked; these stand for the others."""


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    """A store with nine grids around the places of the cases."""
    with nine_grids(str(tmp_path_factory.mktemp("ground") / "county.gpkg")) as ws:
        yield ws


@pytest.fixture(scope="module")
def other_ground(request, tmp_path_factory):
    """The same in the other kind of database."""
    with nine_grids(place_of(request, tmp_path_factory.mktemp("ground"))) as ws:
        yield ws


@contextlib.contextmanager
def nine_grids(url: str) -> Iterator[Workspace]:
    """A workspace on a new store with nine grids."""
    edges = [105.0, 105.01, 105.02, 105.03], [35.7, 35.71, 35.72, 35.73]
    boxes = [box(w, s, e, n) for w, e in pairwise(edges[0]) for s, n in pairwise(edges[1])]
    with Store.create(url) as store, store.write() as writer:
        frame = {"code": [f"G{n}" for n in range(1, 10)]}
        writer.put_grids(gpd.GeoDataFrame(frame, geometry=boxes, crs=4326), valid_from=None)
    with Workspace.open(Settings(store=url), clock=lambda: NOW) as ws:
        yield ws


@pytest.fixture(scope="module")
def listener():
    """Notes whoever calls: no file may make gisgrid call anybody."""
    called: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        stop = threading.Event()

        def listen() -> None:
            while not stop.is_set():
                try:
                    connection, whence = server.accept()
                except TimeoutError:
                    continue
                called.append(whence)
                connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        yield server.getsockname()[1], called
        stop.set()
        thread.join()


def test_the_table_is_long_and_every_case_has_a_name_of_its_own() -> None:
    assert len(CASES) >= 150
    assert len({case.name for case in CASES}) == len(CASES)
    for case in CASES:
        assert case.error is None or hasattr(errors, case.error)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_file_is_silently_wrong(case: Case, ground, tmp_path) -> None:
    nothing_is_silent(case, ground, tmp_path)


@pytest.mark.parametrize("other_ground", [DATABASES[1]], indirect=True)
@pytest.mark.parametrize("case", SAMPLE, ids=lambda case: case.name)
def test_the_kind_of_database_makes_no_difference_to_a_file(
    case: Case, other_ground, tmp_path
) -> None:
    nothing_is_silent(case, other_ground, tmp_path)


def nothing_is_silent(case: Case, ground: Workspace, tmp_path: Path) -> None:
    before, seen = ground.store.changes(), resource.getrusage(resource.RUSAGE_CHILDREN)
    path = case.make(tmp_path)
    beside = sorted(each.name for each in tmp_path.iterdir())
    if case.error is not None:
        with pytest.raises(getattr(errors, case.error)) as err:
            preview(ground, CONSOLE, case.layer, path, ImportOptions(**case.options))
        assert type(err.value).__name__ == case.error
        assert case.says in str(err.value)
        assert str(tmp_path.parent) not in str(err.value)
        assert len(str(err.value)) < 600
    else:
        report = preview(ground, CONSOLE, case.layer, path, ImportOptions(**case.options))
        assert report.rows_read == case.rows
        assert {row["row"]: row["code"] for row in report.refusals} == case.refused
        notes = [told for told in report.notes if "without listed_on" not in told]
        assert len(notes) == len(case.notes), notes
        for told, beginning in zip(notes, case.notes, strict=True):
            assert told.lower().startswith(beginning.lower())
        assert tuple(repair["what"] for repair in report.repaired) == case.repaired
        # Of a plan only the grids of the file are shown.
        sample = report.sample
        for column, cells in case.values.items():
            assert [row.get(column) for row in sample] == cells
        if case.at is not None:
            assert len(report.sample) == len(case.at)
            for row, at in zip(report.sample, case.at, strict=True):
                if at is None:
                    assert "lon" not in row
                else:
                    assert (row["lon"], row["lat"]) == pytest.approx(at, abs=case.within)
    assert ground.store.changes() == before
    assert sorted(each.name for each in tmp_path.iterdir()) == beside
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert used.ru_utime - seen.ru_utime < 10
    assert ground.store.households(scope=EVERYWHERE).empty


CALLS = {
    "a.geojson": '{"type":"FeatureCollection","crs":{"type":"link","properties":{"href":'
    '"http://127.0.0.1:PORT/"}},"features":[{"type":"Feature","properties":{},"geometry":null}]}',
    "a.json": '{"type":"FeatureCollection","features":[],"links":"http://127.0.0.1:PORT/"}',
    "a.kml": '<kml xmlns="http://www.opengis.net/kml/2.2"><NetworkLink><Link><href>'
    "http://127.0.0.1:PORT/</href></Link></NetworkLink><Placemark><Point><coordinates>105,35"
    "</coordinates></Point></Placemark></kml>",
    "a.gml": '<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml" xmlns:xsi='
    '"http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://x '
    'http://127.0.0.1:PORT/a.xsd"><gml:featureMember><a xmlns="http://127.0.0.1:PORT/">'
    "<id>H1</id></a></gml:featureMember></gml:FeatureCollection>",
    "a.shp": "<OGRWFSDataSource><URL>http://127.0.0.1:PORT/</URL></OGRWFSDataSource>",
}


@pytest.mark.parametrize("name", CALLS)
def test_no_file_makes_gisgrid_call_anybody(name: str, ground, listener, tmp_path) -> None:
    port, called = listener
    (tmp_path / name).write_text(CALLS[name].replace("PORT", str(port)))
    with contextlib.suppress(errors.GisgridError):
        preview(ground, CONSOLE, "households", tmp_path / name, ImportOptions(make_ids=True))
    assert called == []
