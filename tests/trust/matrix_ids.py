"""The ids that the matrix asks for: of each kind one that is the actor's, and one of somebody else.

A draft, a published plan, a report, a file that waits, an export, a link: made here, before the
first question. What an actor may not have at all stands as what nobody has.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from gisgrid.access import ACTIONS, CONSOLE, Action, Role
from gisgrid.operations import people
from gisgrid.operations.exporting import ExportOptions
from gisgrid.operations.plans.file_out import export_draft

from .conftest import ACTORS, Who
from .test_after_a_redraw import ground, named, publish

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from gisgrid.operations.workspace import Workspace

Ids = dict[str, dict[str, str]]
"""Kind of name -> own, foreign, missing -> the name."""
OTHERS = {"T1": "supervisor of T2", "T2": "supervisor of T1"}
"""Township of an actor -> whose reports, exports and links are somebody else's."""
OTHER_OFFICER, OTHER_PLANNER = (Who(f"{r} of T2", r, "T2") for r in ("data_officer", "planner"))
NOBODYS = {
    "household": "HHxZZx",
    "code": "ZZ",
    "area": "ZZ",
    "case": "c-99",
    "grid": "ZZ",
    "draft": "987654",
    "revision": "987654",
    "moved": "ZZ",
    "report": "00000000-0000-4000-8000-000000000000",
    "upload": "x" * 32,
    "waiting": "x" * 32,
    "export": "x" * 32,
    "token": "x" * 43,
}
CHANGED = "id,name,listed_on,lon,lat\nHHxG2x,Somebody,2026-09-01,105.011,35.005\n"
"""A file whose preview says what the store holds in its place."""


def everybodys(ws: Workspace, app: Flask, browser: Any, folder: Path) -> dict[str, Ids]:
    """The ids of each actor by name, and of those whose files are somebody else's."""
    found = {who.name: dict[str, str]() for who in (*ACTORS, OTHER_OFFICER, OTHER_PLANNER)}
    present = [who for who in (*ACTORS, OTHER_OFFICER, OTHER_PLANNER) if who.state == "in"]
    come = {who.name: browser(who) for who in present}
    publish(ws, named(ws, "planner of T1"), "T1", "T1", ground("G2", "G3"))
    publish(ws, named(ws, OTHER_PLANNER.name), "T2", "T2", ground("G5", "G6"))
    for who in present:
        found[who.name] = things(ws, app, who, come[who.name], folder)
    spent = {name: find["token"] for name, find in found.items() if name in OTHERS.values()}
    for name, token in spent.items():
        people.use_link(ws, token)
        found[name] |= {"spent": token, "token": people.make_link(ws, CONSOLE, name)}
    return {who.name: ids_of(who, found) for who in ACTORS}


def may(who: Who, right: Action) -> bool:
    """Whether a role has a right, wherever."""
    return right in ACTIONS[Role(who.role)]


def things(ws: Workspace, app: Flask, who: Who, come: Any, folder: Path) -> dict[str, str]:
    """What a person has that others know no number of."""
    me, (client, csrf), made = named(ws, who.name), come, dict[str, str]()
    made["token"] = people.make_link(ws, CONSOLE, who.name)
    if may(who, Action.RECORD):
        item = {"client_id": str(uuid.uuid4()), "household": "HHxZZx", "outcome": "met"}
        sent = client.post("/api/v1/visits", json=item, headers={"X-CSRFToken": csrf})
        assert sent.status_code == 202, sent.text
        made["report"] = item["client_id"]
    uploads = app.extensions["gisgrid.imports"].uploads
    if may(who, Action.IMPORT):
        keep = uploads.keep(
            me.person, lambda p: p.write_text(CHANGED), "homes.csv", "households", {}
        )
        made["upload"] = keep.number
    if may(who, Action.EDIT_PLAN):
        file = export_draft(ws, me, 1 if who.own == "G1" else 2, folder / f"{who.scope}.gpkg")
        body = file.read_bytes()
        keep = uploads.keep(me.person, lambda p: p.write_bytes(body), "plan.gpkg", "draft", {})
        made["waiting"] = keep.number
    if may(who, Action.EXPORT):
        jobs = app.extensions["gisgrid.exports"]
        made["export"] = jobs.ask(me, "coverage", ExportOptions(format="csv")).number
        jobs.wait(made["export"], 60)
    return made


def ids_of(who: Who, made: dict[str, dict[str, str]]) -> Ids:
    """Each kind of name, as it is for one actor."""
    first = who.own == "G1"
    member = who.role == "member"
    pairs = {
        "household": ("HHxG1x", "HHxG4x"),
        "code": ("G1", "G4"),
        "grid": ("G1", "G4"),
        "area": ("G1" if member else "V1", "V3"),
        "case": ("c-0", "c-3"),
        "draft": ("1", "2"),
        "revision": ("2", "3"),
        "moved": ("G1" if member else "G2", "G5"),  # grids of those two plans
    }
    found: Ids = {}
    for kind, (one, two) in pairs.items():
        own, foreign = (one, two) if first else (two, one)
        found[kind] = {"own": own, "foreign": foreign, "missing": NOBODYS[kind]}
    other = OTHERS["T1" if first else "T2"]
    whose = {"upload": OTHER_OFFICER.name, "waiting": OTHER_PLANNER.name}
    for kind in ("report", "upload", "waiting", "export", "token"):
        own = made[who.name].get(kind, NOBODYS[kind])
        theirs = made[whose.get(kind, other)]["spent" if kind == "token" else kind]
        found[kind] = {"own": own, "foreign": theirs, "missing": NOBODYS[kind]}
    return found
