"""Proof that the plans hold: the one in force and every revision; and a draft that repairs it."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid import redraw
from gisgrid.access import EVERYWHERE, Action, Actor, require
from gisgrid.operations.auditing import object_of
from gisgrid.operations.plans.certificate import digest
from gisgrid.operations.plans.drafts import by
from gisgrid.operations.plans.drawing import Drawing
from gisgrid.operations.plans.editing import Made
from gisgrid.operations.plans.homeless import Homeless, homeless, in_two
from gisgrid.operations.plans.lineage import steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gisgrid.operations.workspace import Workspace
    from gisgrid.redraw import Grid
    from gisgrid.store import Revision

REPAIR = "repair"
GAP = "gap"
HOUSEHOLDS = "households"

SENTENCES: dict[str, str] = {
    "footprint": "The plan fills other ground than the one before, and no edit changed that.",
    "certificate": "The certificate is not what was written when the plan was published.",
    "plan_hash": "The plan is not the one that its certificate speaks of.",
    "no_successor": "The grid ended, and nothing says what became of it.",
    "shown": "The layer of grids does not show the plan in force.",
    "misplaced": "Households are kept in another grid than the one that holds them.",
    "two_grids": "Households lie in more than one grid.",
    "unassigned": "Households in a gap of the plan lie in no grid.",
    "outside": "Households lie outside the plan; they count beside it, in no grid.",
    "broken_draft": "The draft names edits that are not there.",
}
"""What can be wrong beside the geometry -> what it means."""


def check(ws: Workspace, actor: Actor, *, tell: Callable[[float], None] | None = None) -> list[Any]:
    """All that is wrong with the plans, as dicts: revision, what, sentence, codes, place, size.

    An empty list is the proof: for every revision that stands, no gap, no overlap, equal edges, the
    footprint kept where no edit changed it, each ended code with its successors, certificates as
    they were written; and for the plan in force the layer that shows it, and each household in one
    grid and kept there. tell: called with the share that is done. Raises NotAllowed.
    """
    return proved(ws, actor, tell=tell)[0]


def proved(
    ws: Workspace, actor: Actor, *, tell: Callable[[float], None] | None = None
) -> tuple[list[Any], list[Any]]:
    """What `check` finds, and what is to be told though it is no fault, in the same form.

    Raises NotAllowed.
    """
    require(actor, Action.CHANGE_FOOTPRINT)
    found: list[dict[str, Any]] = []
    rows = sorted((r for r in ws.store.published() if not r.withdrawn), key=lambda r: r.revision)
    before: Revision | None = None
    for done, row in enumerate(rows):
        grids = ws.drawings.grids(row.revision)
        found += [_finding(row.revision, f) for f in redraw.check_plan(grids, None)]
        found += list(_certified(row, grids))
        if before is not None:
            found += list(_follows(ws, before, row, grids))
        before = row
        if tell is not None:
            tell((done + 1) / len(rows))
    wrong, beside = _in_force(ws)
    return [*found, *wrong, *_drafts(ws)], beside


def _finding(revision: int, fault: redraw.Fault) -> dict[str, Any]:
    return {
        "revision": revision,
        "what": fault.what,
        "sentence": fault.sentence,
        "codes": list(fault.codes),
        "place": None if fault.place is None else list(fault.place),
        "size": fault.size,
        "unit": fault.unit,
    }


def _told(revision: int, what: str, codes: Any = (), size: int | None = None) -> dict[str, Any]:
    return {
        "revision": revision,
        "what": what,
        "sentence": SENTENCES[what],
        "codes": [str(code) for code in codes],
        "place": None,
        "size": size,
        "unit": "",
    }


def _certified(row: Revision, grids: list[Grid]) -> Iterator[dict[str, Any]]:
    if row.document is None:
        return
    told = json.loads(row.document)
    if sha256(row.document.encode()).hexdigest() != row.sha256 or told["revision"] != row.revision:
        yield _told(row.revision, "certificate")
    if told.get("plan_sha256") != digest(grids):
        yield _told(row.revision, "plan_hash")


def _follows(
    ws: Workspace, before: Revision, row: Revision, grids: list[Grid]
) -> Iterator[dict[str, Any]]:
    """What a plan must keep of the one before."""
    old = ws.drawings.grids(before.revision)
    kept, widened = row.document is not None, False
    if row.document is not None:
        widened = bool(json.loads(row.document).get("footprint_changed"))
    if kept and not widened and not redraw.footprint(old).equals(redraw.footprint(grids)):
        yield _told(row.revision, "footprint")
    there = {grid.code for grid in grids}
    followed = {origin for _, origin in steps(ws, row.revision)}
    ended = sorted({grid.code for grid in old} - there - followed)
    if ended and kept and not widened:
        yield _told(row.revision, "no_successor", ended)


def _in_force(ws: Workspace) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The layer `grids`, and where each household lies and is kept; and what lies outside."""
    snapshot = ws.snapshot()
    plan = snapshot.plan_on(ws.today())
    if plan.revision == 0:
        return [], []
    found: list[dict[str, Any]] = []
    wanted = {grid.code: grid for grid in ws.drawings.grids(plan.revision)}
    shown = {grid.code: grid for grid in ws.drawings.shown()}
    if redraw.differing(wanted, shown):
        found.append(_told(plan.revision, "shown", sorted(redraw.differing(wanted, shown))[:20]))
    homes = snapshot.households
    codes = np.append(plan.code, "")[snapshot.placement(plan)]
    now = dict(zip(homes.id, codes, strict=True))
    kept = ws.store.households(scope=EVERYWHERE)
    wrong = [
        str(i)
        for i, code in zip(kept["id"], kept["placed_in"], strict=True)
        if (code if isinstance(code, str) else "") != now.get(i, "")
    ]
    if wrong:
        found.append(_told(plan.revision, "misplaced", wrong[:20], len(wrong)))
    twice = in_two(ws, wanted)
    if twice:
        found.append(_told(plan.revision, "two_grids", twice[:20], len(twice)))
    gaps = any(fault.what == GAP for fault in redraw.check_plan(wanted.values(), None))
    lost, beyond = homeless(ws, wanted.values(), gaps=gaps)
    found += _placed(plan.revision, "unassigned", lost)
    return found, _placed(plan.revision, "outside", beyond)


def _placed(revision: int, what: str, told: Homeless) -> list[dict[str, Any]]:
    """A finding of households by id and place; none for no household."""
    if not told.count:
        return []
    first = told.households
    codes = [one["id"] for one in first[:20]]
    finding = _told(revision, what, codes, told.count)
    return [{**finding, "place": first[0]["place"], "unit": HOUSEHOLDS, "households": first}]


def _drafts(ws: Workspace) -> Iterator[dict[str, Any]]:
    """Each draft reaches all its edits."""
    for row in ws.store.drafts(scope=EVERYWHERE):
        edits = ws.store.edits(row.tip)
        whole = [edit.step for edit in edits] == list(range(1, row.steps + 1))
        if not whole or (row.head is not None and row.head not in {edit.id for edit in edits}):
            yield {**_told(row.base_revision, "broken_draft"), "codes": [f"draft {row.id}"]}


def repair(ws: Workspace, actor: Actor, name: str) -> tuple[int | None, list[dict[str, Any]]]:
    """A draft that mends the last plan, and what is still wrong with it then.

    Overlaps go to one of their grids, narrow gaps to a neighbour, edges are matched. Whose ground a
    wide gap is nobody can know: it is left and told. None where nothing can be mended. Raises
    NotAllowed.
    """
    require(actor, Action.CHANGE_FOOTPRINT)
    require(actor, Action.EDIT_PLAN)
    snapshot = ws.snapshot()
    if not snapshot.plans:
        return None, []
    latest = snapshot.plans[-1].revision
    grids = ws.drawings.grids(latest)
    wrong = redraw.check_plan(grids, None)
    if not wrong:
        return None, []
    mended = redraw.repair(grids)
    changed, removed = mended.changed, mended.removed
    left = [_finding(latest, fault) for fault in (*mended.faults, *_still_open(wrong, mended))]
    if not changed and not removed:
        return None, [_finding(latest, fault) for fault in wrong]
    plan = redraw.Plan.of(grids)
    before = Drawing.begun(plan, latest)
    came_from: dict[str, tuple[str, ...]] = {code: (code,) for code in changed}
    drawing = before.after(plan.replaced(changed, removed), list(changed), removed, came_from)
    arguments = {"op": REPAIR, "footprint": True}
    made = Made(REPAIR, arguments, drawing, changed, removed, came_from, [])
    with ws.store.write() as w:
        draft = w.add_draft(name, None, by(actor), base_revision=latest)
        head = w.add_edit(draft, None, 1, by(actor), **made.row(before))
        w.change_draft(draft, 1, "edit", by(actor), head=head, tip=head)
        w.audit(actor, "draft_new", object_of("draft", [str(draft)]))
    return draft, left


def _still_open(wrong: Iterable[redraw.Fault], mended: redraw.Proposal) -> list[redraw.Fault]:
    """Gaps that no repaired grid fills: with matching edges round it a gap looks like a hole."""
    told = {fault.place for fault in mended.faults if fault.what == GAP}
    gaps = [f for f in wrong if f.what == GAP and f.place not in told]
    if not gaps:
        return []
    inside = [shapely.Point(f.place or ()) for f in gaps]
    tree = shapely.STRtree([grid.polygon for grid in mended.changed.values()])
    filled = set(tree.query(inside, predicate="intersects")[0].tolist())
    return [fault for i, fault in enumerate(gaps) if i not in filled]
