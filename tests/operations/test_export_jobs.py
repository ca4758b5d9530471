"""Export jobs: they survive a restart, end after an hour, and are their owner's alone."""

from __future__ import annotations

import json
import os
import time

import geopandas as gpd
import pytest
from shapely.geometry import Point, box

from gisgrid.access import Actor
from gisgrid.errors import DownloadGone, ReasonNeeded
from gisgrid.operations import people
from gisgrid.operations.beside import folder_of
from gisgrid.operations.export_jobs import ExportJobs
from gisgrid.operations.exporting import ExportOptions

CSV = ExportOptions(format="csv")


@pytest.fixture
def ws(empty_workspace):
    ws = empty_workspace()
    with ws.store.write() as w:
        shape = box(105, 35, 105.1, 35.1)
        w.put_grids(gpd.GeoDataFrame({"code": ["G1"]}, geometry=[shape], crs=4326))
        homes = {"id": ["H1", "H2"], "name": ["王芳", "李娜"]}
        at = [Point(105.01, 35.01), Point(105.02, 35.02)]
        w.put_households(gpd.GeoDataFrame(homes, geometry=at, crs=4326))
        w.add_person("wang", "supervisor", "*")
        w.add_person("li", "supervisor", "*")
    return ws


def who(ws, name: str) -> Actor:
    return people.actor_of(ws.store.person(name))


def made(jobs: ExportJobs, actor: Actor, options: ExportOptions = CSV, what: str = "households"):
    job = jobs.ask(actor, what, options)
    jobs.wait(job.number, 30)
    return jobs.get(actor, job.number)


def test_a_job_is_done_looked_at_and_fetched_and_each_step_is_in_the_account(ws) -> None:
    jobs, wang = ExportJobs(ws), who(ws, "wang")
    job = made(jobs, wang, ExportOptions(format="shp", reason="the yearly count"))
    assert job.state == "done"
    assert job.report["checked"] == {"rows": 2, "values": 6, "shapes": 2}
    assert {loss["rule"] for loss in job.report["not_kept"]} >= {"name_short"}
    path = jobs.fetch(wang, job.number)
    assert path.name == "gisgrid_households_all_20261122.zip"
    assert path.stat().st_size == job.report["bytes"]
    rows = ws.store.audit_rows(limit=2)
    assert [row.action for row in rows] == ["fetch_export", "export"]
    assert rows[0].object == rows[1].object
    assert {row.reason for row in rows} == {"the yearly count"}


def test_only_who_asked_may_look_fetch_or_discard(ws) -> None:
    jobs, wang, li = ExportJobs(ws), who(ws, "wang"), who(ws, "li")
    job = made(jobs, wang)
    for door in (jobs.get, jobs.fetch, jobs.drop):
        for number in (job.number, "x" * 32, "../../etc", ""):
            with pytest.raises(DownloadGone):
                door(li, number)
    assert jobs.of(li) == []
    assert jobs.fetch(wang, job.number).exists()
    if os.name == "posix":
        folder = folder_of(ws.store, "exports")
        assert [each.stat().st_mode & 0o077 for each in (folder, folder / job.number)] == [0, 0]
    jobs.drop(wang, job.number)
    assert not (folder_of(ws.store, "exports") / job.number).exists()


def test_rights_are_read_again_at_the_fetch(ws) -> None:
    jobs, wang = ExportJobs(ws), who(ws, "wang")
    job = made(jobs, wang)
    with ws.store.write() as w:
        w.change_rights("wang", "supervisor", "G1")
    with pytest.raises(DownloadGone):
        jobs.fetch(who(ws, "wang"), job.number)
    assert not (folder_of(ws.store, "exports") / job.number).exists()


def test_a_job_whose_person_was_shut_out_meanwhile_makes_no_file(ws) -> None:
    jobs, wang = ExportJobs(ws), who(ws, "wang")
    with ws.store.write() as w:
        w.disable_person("wang")
    job = made(jobs, wang)
    assert job.state == "failed"
    assert not list((folder_of(ws.store, "exports") / job.number).glob("gisgrid_*"))


def test_what_a_killed_server_left_is_begun_again(ws) -> None:
    first, wang = ExportJobs(ws), who(ws, "wang")
    job = made(first, wang)
    folder = folder_of(ws.store, "exports") / job.number
    told = json.loads((folder / "job.json").read_text("utf-8"))
    (folder / job.report["file"]).unlink()
    left = told | {"state": "working", "step": "writing", "report": {}}
    (folder / "job.json").write_text(json.dumps(left), "utf-8")
    os.utime(folder / "alive", (0, time.time() - 60))
    second = ExportJobs(ws)
    second.resume()
    second.wait(job.number, 30)
    assert second.get(wang, job.number).state == "done"
    assert second.fetch(wang, job.number).exists()


def test_a_job_that_another_server_works_on_is_left_to_it(ws) -> None:
    first, wang = ExportJobs(ws), who(ws, "wang")
    job = made(first, wang)
    folder = folder_of(ws.store, "exports") / job.number
    told = json.loads((folder / "job.json").read_text("utf-8"))
    (folder / "job.json").write_text(json.dumps(told | {"state": "working"}), "utf-8")
    (folder / "alive").touch()
    second = ExportJobs(ws)
    second.resume()
    second.wait(job.number, 0.1)
    assert second.get(wang, job.number).state == "working"


def test_a_job_goes_after_an_hour_and_a_person_has_five(ws) -> None:
    now = [time.time()]
    jobs, wang = ExportJobs(ws, clock=lambda: now[0]), who(ws, "wang")
    first = made(jobs, wang)
    for _ in range(5):
        now[0] += 1
        made(jobs, wang)
    assert len(jobs.of(wang)) == 5
    assert first.number not in {job.number for job in jobs.of(wang)}
    now[0] += 3601
    with pytest.raises(DownloadGone):
        jobs.get(wang, jobs.of(wang)[0].number)
    assert list(folder_of(ws.store, "exports").iterdir()) == []


def test_what_is_wrong_with_the_question_is_said_at_once(ws) -> None:
    jobs, wang = ExportJobs(ws), who(ws, "wang")
    with pytest.raises(ReasonNeeded):
        jobs.ask(wang, "households", ExportOptions(format="csv", level="full"))
    assert jobs.of(wang) == []
