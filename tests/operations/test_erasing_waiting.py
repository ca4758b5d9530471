"""No file that waits outlives an erasure or its hour, whoever is working on it."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import geopandas as gpd
import pytest
from shapely.geometry import Point, box

from benchmarks.postgis import APP
from gisgrid.access import CONSOLE, Actor
from gisgrid.errors import DownloadErased, StoreAway, UploadErased
from gisgrid.operations import (
    beside,
    erasing,
    export_jobs,
    exporting,
    import_jobs,
    importing,
    people,
    waiting,
)
from gisgrid.operations.export_jobs import ExportJobs
from gisgrid.operations.import_jobs import ImportJobs
from gisgrid.operations.workspace import Workspace
from gisgrid.web import wsgi

from .conftest import NOW

FULL = exporting.ExportOptions(format="csv", reason="the yearly count")
SECRETS = ("王芳".encode(), "井巷一号".encode(), b"105.0123456")
HOMES = "户号,户主,住址,经度,纬度\nH1,王芳,井巷一号,105.0123456,35.01\n"


@pytest.fixture
def ws(empty_workspace):
    ws = empty_workspace()
    with ws.store.write() as w:
        shape = box(105, 35, 105.1, 35.1)
        w.put_grids(gpd.GeoDataFrame({"code": ["G1"]}, geometry=[shape], crs=4326))
        homes = {"id": ["H1", "H2"], "name": ["王芳", "李娜"], "address": ["井巷一号", None]}
        at = [Point(105.0123456, 35.01), Point(105.02, 35.02)]
        w.put_households(gpd.GeoDataFrame(homes, geometry=at, crs=4326))
        w.add_person("wang", "data_officer", "*")
    return ws


@pytest.fixture
def wang(ws) -> Actor:
    return people.actor_of(ws.store.person("wang"))


def exported(ws, actor: Actor, what: str = "households"):
    jobs = ExportJobs(ws)
    job = jobs.ask(actor, what, FULL)
    jobs.wait(job.number, 30)
    return jobs.get(actor, job.number)


def imports(ws) -> ImportJobs:
    return ImportJobs(ws, draw=lambda _: {"held": HOMES}, choose=lambda _: {})


def uploaded(jobs: ImportJobs, actor: Actor):
    named = "王芳.csv"
    return jobs.uploads.keep(
        actor.person, lambda path: path.write_text(HOMES, "utf-8"), named, "households", {}
    )


def left(ws) -> list[bytes]:
    """Secrets that stand in any file that waits."""
    folders = [beside.folder_of(ws.store, what) for what in ("exports", "uploads")]
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    every = b"".join(str(path).encode() + path.read_bytes() for path in paths)
    every += every.decode("utf-8", "replace").encode("ascii", "backslashreplace")
    told = [s.decode().encode("ascii", "backslashreplace") for s in SECRETS]  # as JSON has them
    return [s for s, t in zip(SECRETS, told, strict=True) if s in every or t in every]


def test_files_that_wait_go_with_the_erasure_and_their_pages_say_why(ws, wang) -> None:
    job, figures, jobs = exported(ws, wang), exported(ws, wang, "coverage"), imports(ws)
    kept = uploaded(jobs, wang)
    jobs.look(wang, kept)
    jobs.wait(kept, 30)
    assert jobs.uploads.get(wang.person, kept.number).state == "done"
    assert left(ws) == list(SECRETS)
    erasing.erase(ws, CONSOLE, "H1")
    assert left(ws) == []
    now = ExportJobs(ws).get(wang, job.number)
    assert (now.state, type(now.problem), now.report) == ("failed", DownloadErased, {})
    with pytest.raises(DownloadErased):
        ExportJobs(ws).fetch(wang, job.number)
    with pytest.raises(UploadErased):
        jobs.uploads.get(wang.person, kept.number)
    assert jobs.uploads.of(wang.person) == []
    assert ExportJobs(ws).fetch(wang, figures.number).exists()  # nobody stands in it
    again = exported(ws, wang)
    assert ExportJobs(ws).fetch(wang, again.number).exists()
    erasing.erase(ws, CONSOLE, "H1")  # what was added since the first time
    with pytest.raises(DownloadErased):
        ExportJobs(ws).fetch(wang, again.number)


def test_an_erasure_from_elsewhere_counts_as_well(ws, wang) -> None:
    """By whoever owns the tables, with another address of the database, and no sweep at hand."""
    job, jobs = exported(ws, wang), imports(ws)
    kept = uploaded(jobs, wang)
    url = ws.settings.store.replace(f"&app={APP}", "").replace("127.0.0.1", "localhost")
    with Workspace.open(replace(ws.settings, store=url), lambda: NOW) as owner:
        assert beside.folder_of(owner.store, "exports") == beside.folder_of(ws.store, "exports")
        with owner.store.write() as w:
            w.erase("H1")
    with pytest.raises(DownloadErased):
        ExportJobs(ws).fetch(wang, job.number)
    with pytest.raises(UploadErased):
        jobs.uploads.get(wang.person, kept.number)
    assert left(ws) == []


@pytest.mark.parametrize("step", ["writing", "checking", "after"])
def test_an_export_that_is_being_made_does_not_bring_anybody_back(
    ws, wang, monkeypatch, step
) -> None:
    def export_file(*given, tell, **named):
        def told(each: str) -> None:
            tell(each)
            if each == step:
                erase(ws)

        report = exporting.export_file(*given, tell=told, **named)
        if step == "after":
            erase(ws)
        return report

    monkeypatch.setattr(export_jobs, "export_file", export_file)
    jobs = ExportJobs(ws)
    job = jobs.ask(wang, "households", FULL)
    jobs.wait(job.number, 30)
    assert left(ws) == []  # before anybody looks
    job = jobs.get(wang, job.number)
    assert (job.state, type(job.problem)) == ("failed", DownloadErased)


def erase(ws) -> None:
    """In a thread of its own, as another request does."""
    other = threading.Thread(target=erasing.erase, args=(ws, CONSOLE, "H1"))
    other.start()
    other.join()


@pytest.mark.parametrize("task", ["look", "store"])
@pytest.mark.parametrize("late", [False, True])
def test_an_import_that_is_being_worked_on_does_not_either(
    ws, wang, monkeypatch, task, late
) -> None:
    name = {"look": "drawn", "store": "run"}[task]
    work = getattr(importing, name)

    def worked(*given):
        if not late:
            erase(ws)
        try:
            return work(*given)
        finally:
            if late:
                erase(ws)

    monkeypatch.setattr(import_jobs.importing, name, worked)
    jobs = imports(ws)
    kept = uploaded(jobs, wang)
    getattr(jobs, task)(wang, kept)
    jobs.wait(kept, 30)
    assert left(ws) == []  # before anybody looks
    with pytest.raises(UploadErased):
        jobs.uploads.get(wang.person, kept.number)
    rows = ws.store.households(scope=wang.scope, ids=["H1"])
    assert rows["name"].isna().all()


def test_the_hour_is_kept_without_anybody_asking(ws, wang) -> None:
    exported(ws, wang)
    uploaded(imports(ws), wang)
    folders = [beside.folder_of(ws.store, what) for what in ("exports", "uploads")]
    for folder in folders:
        (beside.new_folder(folder) / "file").touch()  # left by somebody who was killed
        assert len(beside.numbers(folder)) == 2
    waiting.purge(ws)
    assert [len(beside.numbers(folder)) for folder in folders] == [2, 2]
    waiting.purge(ws, lambda: time.time() + 3601)
    assert [beside.numbers(folder) for folder in folders] == [[], []]


def test_a_server_looks_for_them_for_as_long_as_it_stands(ws, monkeypatch) -> None:
    looked = []

    def purge(workspace) -> None:
        looked.append(workspace)
        if len(looked) == 1:
            raise StoreAway(url="", problem="")

    class Ended(Exception):
        pass

    def sleep(seconds: float) -> None:
        assert seconds == wsgi.TIDY_EVERY_S < beside.LASTS_SECONDS / 10
        if len(looked) == 2:
            raise Ended

    monkeypatch.setattr(waiting, "purge", purge)
    monkeypatch.setattr(wsgi, "time", SimpleNamespace(sleep=sleep))
    with pytest.raises(Ended):
        wsgi.tidy(ws)
    assert looked == [ws, ws]


def test_a_server_that_stays_begins_to_look(ws, monkeypatch) -> None:
    begun = threading.Event()
    monkeypatch.setattr(wsgi, "warm", lambda _: None)
    monkeypatch.setattr(wsgi, "tidy", lambda _: begun.set())
    monkeypatch.setattr(wsgi.collector, "keep", lambda: None)
    wsgi.staying(replace(ws.settings, secret_key=os.urandom(32).hex()), ws, behind_proxy=False)
    assert begun.wait(30)
