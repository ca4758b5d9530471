"""A draft becomes the plan: proved as a whole, in one transaction, with a certificate for good."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import geopandas as gpd

from gisgrid.access import Action, Actor, require
from gisgrid.errors import DayPassed, NothingToPublish, PlanMoved, WrongState
from gisgrid.model import WGS84
from gisgrid.operations.auditing import object_of
from gisgrid.operations.plans.areas import undone_by
from gisgrid.operations.plans.bench import bench
from gisgrid.operations.plans.certificate import FAULTS_MOST, certificate
from gisgrid.operations.plans.drafts import at, by, checked_note
from gisgrid.operations.plans.faults import fault_json
from gisgrid.operations.plans.lineage import lineage_of
from gisgrid.operations.plans.steps import clashes
from gisgrid.operations.plans.unserved import check_served
from gisgrid.redraw import Fault

if TYPE_CHECKING:
    from datetime import date

    from gisgrid.operations.plans.drawing import Drawing
    from gisgrid.operations.workspace import Workspace
    from gisgrid.redraw import Grid, Plan
    from gisgrid.store import Draft


def publish(
    ws: Workspace,
    actor: Actor,
    draft: int,
    *,
    seen: int,
    valid_from: date | None = None,
    remark: str | None = None,
    allow_unserved: bool = False,
) -> dict[str, Any]:
    """Publish an approved draft as the next plan, in force from `valid_from` (None: today).

    Returns {revision, certificate}. Visits, cases and the figures of days before stay as they are.
    allow_unserved: though open cases that had a member would have none.
    Raises NotAllowed, UnknownDraft, StaleDraft, WrongState; DayPassed; NothingToPublish; PlanBroken
    with the places; CasesUnserved with the grids and cases; PlanMoved where another plan was
    published since (the draft is kept); PlanTooEarly where a plan waits for a later day.
    """
    require(actor, Action.PUBLISH_PLAN)
    row = at(ws, actor, draft, seen)
    if row.state != "approved":
        raise WrongState(draft=draft, state=row.state, needed="approved")
    today = ws.today()
    starts = today if valid_from is None else valid_from
    if starts < today:
        raise DayPassed(day=starts.isoformat(), today=today.isoformat())
    drawing = ws.drawings.of(row)
    if not drawing.changed():
        raise NothingToPublish(draft=draft)
    undone = undone_by(ws, row)
    told = certificate(bench(ws), actor, row, drawing, ws.store.edits(row.head), undone)
    told |= {
        "open_cases_unserved": check_served(bench(ws), actor, drawing, allowed=allow_unserved),
        "valid_from": starts.isoformat(),
        "published_by": actor.name,
        "published_at": ws.clock().isoformat(timespec="milliseconds"),
        "published_at_console": actor.at_console,
        "note": checked_note(remark),
    }
    made = _in_one_step(ws, actor, row, drawing, told, starts)
    if made is None:
        raise moved(ws, actor, row, drawing)
    return made


def _in_one_step(
    ws: Workspace,
    actor: Actor,
    row: Draft,
    drawing: Drawing,
    told: dict[str, Any],
    starts: date,
) -> dict[str, Any] | None:
    """The one transaction. None where another plan was published since; nothing is changed then."""
    rows = frame(drawing.plan, drawing)
    with ws.store.write(today=ws.today()) as w:
        if w.latest_revision() != row.base_revision:
            return None
        w.put_grids(rows, valid_from=starts, note=told["note"])
        number = w.latest_revision()
        told = {"revision": number, **told}
        text = json.dumps(told, ensure_ascii=False, sort_keys=True, allow_nan=False)
        w.add_certificate(number, row.id, text, sha256(text.encode()).hexdigest())
        w.add_lineage(number, lineage_of(drawing))
        w.change_draft(
            row.id, row.version, "publish", by(actor), state="published", revision=number
        )
        w.audit(actor, "plan_publish", object_of("revision", [str(number)]))
    return {"revision": number, "certificate": told}


def frame(plan: Plan, drawing: Drawing) -> gpd.GeoDataFrame:
    """The whole plan as the store takes it."""
    grids = [plan[code] for code in plan.codes()]
    words = ("code", "name", "area_code", "member", "visit_every_days")
    columns: dict[str, list[Any]] = {w: [getattr(grid, w) for grid in grids] for w in words}
    columns["came_from"] = [came_from(drawing, code) for code in plan.codes()]
    shapes = gpd.GeoSeries([grid.polygon for grid in grids], crs=WGS84)
    return gpd.GeoDataFrame(columns, geometry=shapes)


def came_from(drawing: Drawing, code: str) -> str | None:
    """For a reader of the layer: the codes with commas; None where it came from itself alone."""
    origins = drawing.origins_of(code)
    return None if origins == (code,) else ",".join(origins)


def moved(ws: Workspace, actor: Actor, row: Draft, drawing: Drawing) -> PlanMoved:
    """The refusal that names both revisions and the grids that both have changed."""
    latest = max(r.revision for r in ws.store.published() if not r.withdrawn)
    last, sees = ws.drawings.base(latest), bench(ws).sees(actor, drawing)
    clash = {
        code: next(plan[code] for plan in (last, drawing.base) if code in plan and sees(plan[code]))
        for code in clashes(last, drawing, sees)
    }
    facts = {"base": row.base_revision, "current": latest}
    return PlanMoved(draft=row.id, **facts, codes=list(clash), faults=_places(clash))


def _places(grids: dict[str, Grid]) -> list[dict[str, Any]]:
    """Where the first of the grids lie that two plans changed."""
    told = list(grids.items())[:FAULTS_MOST]
    return [fault_json(Fault("both_changed", (c,), grid.place(), None, "")) for c, grid in told]
