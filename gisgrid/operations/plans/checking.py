"""Proof that the plans hold: the one in force and every revision."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid import coverage, redraw
from gisgrid.access import EVERYWHERE, Action, Actor, require
from gisgrid.operations.plans import papers
from gisgrid.operations.plans.findings import NAMED_MOST, finding, holes, placed, told, unread
from gisgrid.operations.plans.homeless import homeless, in_two
from gisgrid.operations.plans.images import DAMAGE, unpacked

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from gisgrid.columns import Plan
    from gisgrid.operations.workspace import Workspace
    from gisgrid.redraw import Grid
    from gisgrid.store import Draft, EditRow, Revision
    from gisgrid.store.proving import Kept


def check(ws: Workspace, actor: Actor, *, tell: Callable[[float], None] | None = None) -> list[Any]:
    """All that is wrong with the plans, as dicts: revision, what, sentence, codes, place, size.

    An empty list is the proof: for every revision that stands, no gap, no overlap, equal edges, the
    footprint kept where no edit changed it, each ended code with its successors, lineage,
    certificates, days and drafts as they were written, and each household of its days in one grid;
    and for the plan in force the layer that shows it, and each household and case kept there. What
    cannot be read is named, and what hangs on it is not proved. tell: called with the share that is
    done. Raises NotAllowed.
    """
    return proved(ws, actor, tell=tell)[0]


def proved(
    ws: Workspace, actor: Actor, *, tell: Callable[[float], None] | None = None
) -> tuple[list[Any], list[Any]]:
    """What `check` finds, and what is to be told though it is no fault, in the same form.

    Raises NotAllowed.
    """
    require(actor, Action.CHANGE_FOOTPRINT)
    rows = sorted(ws.store.published(), key=lambda r: r.revision)
    standing = [row for row in rows if not row.withdrawn]
    kept, drawn = ws.store.history(), ws.store.drafts(scope=EVERYWHERE)
    damaged = ws.store.unreadable()
    bad = {row.fid for row in damaged if row.layer == "grids_history"}
    broken = [row for row in kept if row.fid in bad]
    found = unread(damaged, kept)
    found += papers.days(standing)
    found += papers.history(kept, rows)
    found += papers.drafts(rows, drawn)
    for row in rows:
        found += papers.certified(row)
    found += _plans(ws, standing, kept, broken, tell)
    beside: list[Any] = []
    if not damaged:
        found += _in_force(ws)
        wrong, beside = _households(ws)
        found += wrong
    return [*found, *_drafts(ws, drawn)], beside


def _plans(
    ws: Workspace,
    rows: list[Revision],
    kept: list[Kept],
    broken: list[Kept],
    tell: Callable[[float], None] | None,
) -> Iterator[dict[str, Any]]:
    """Each plan, and what it keeps of the one before; but those with a shape that is unreadable."""
    before: tuple[Revision, list[Grid]] | None = None
    for done, row in enumerate(rows):
        if any(one.stands_in(row.revision) for one in broken):
            before = None
        else:
            grids = ws.drawings.grids(row.revision)
            yield from (finding(row.revision, f) for f in redraw.check_plan(grids, None))
            yield from papers.hashed(row, grids)
            if before is not None:
                yield from papers.follows(ws, before[0], row, (before[1], grids))
            before = row, grids
        yield from papers.told_of_rows(row, kept, ws.store.lineage(revision=row.revision))
        if tell is not None:
            tell((done + 1) / len(rows))


def _in_force(ws: Workspace) -> Iterator[dict[str, Any]]:
    """The layer `grids`, and where each household and case is kept."""
    snapshot = ws.snapshot()
    plan = snapshot.plan_on(ws.today())
    if plan.revision == 0:
        return
    wanted = {grid.code: grid for grid in ws.drawings.grids(plan.revision)}
    shown = {grid.code: grid for grid in ws.drawings.shown()}
    if redraw.differing(wanted, shown):
        differing = sorted(redraw.differing(wanted, shown))
        yield told(plan.revision, "shown", differing[:NAMED_MOST])
    homes = snapshot.households
    codes = np.append(plan.code, "")[snapshot.placement(plan)]
    stored = ws.store.households(scope=EVERYWHERE)
    kept = dict(zip(stored["id"], stored["placed_in"], strict=True))
    yield from _kept(plan.revision, "misplaced", kept, dict(zip(homes.id, codes, strict=True)))
    yield from _kept(plan.revision, "misplaced_cases", ws.store.case_places(), _cases(ws, plan))


def _households(ws: Workspace) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Each plan that stands holds each household in one grid, but for those that lie outside.

    Returns what is wrong and, of the plan in force and of those that wait for their day, what is
    to be told beside it: households outside, and ground that grids surround.
    """
    snapshot = ws.snapshot()
    in_force = snapshot.plan_on(ws.today()).revision
    found: list[dict[str, Any]] = []
    beside: list[dict[str, Any]] = []
    for plan in snapshot.plans:
        grids = ws.drawings.grids(plan.revision)
        twice = in_two(ws, grids)
        if twice:
            found.append(told(plan.revision, "two_grids", twice[:NAMED_MOST], len(twice)))
        gaps, surrounded = redraw.bare_ground(grids)
        lost, beyond = homeless(ws, plan, gaps)
        found += placed(plan.revision, "unassigned", lost)
        if plan.revision >= in_force:
            beside += placed(plan.revision, "outside", beyond)
            beside += holes(plan.revision, surrounded)
    return found, beside


def _kept(
    revision: int, what: str, kept: dict[Any, Any], now: dict[Any, Any]
) -> Iterator[dict[str, Any]]:
    """What is kept in another grid than the one that holds it."""
    wrong = sorted(
        str(i)
        for i, code in kept.items()
        if (code if isinstance(code, str) else "") != now.get(i, "")
    )
    if wrong:
        yield told(revision, what, wrong[:NAMED_MOST], len(wrong))


def _cases(ws: Workspace, plan: Plan) -> dict[str, str]:
    """Id of each case -> the grid that holds its own point; "" without one."""
    table = ws.store.cases(scope=EVERYWHERE)
    points = table.geometry.to_numpy()
    place = coverage.place(shapely.get_x(points), shapely.get_y(points), plan)
    codes = np.append(plan.code, "")[place]
    return dict(zip(table["id"], codes, strict=True))


def _drafts(ws: Workspace, drawn: Collection[Draft]) -> Iterator[dict[str, Any]]:
    """Each draft reaches all its edits, and each of them can be read."""
    for row in drawn:
        edits = ws.store.edits(row.tip, images=True)
        whole = [edit.step for edit in edits] == list(range(1, row.steps + 1))
        if not whole or (row.head is not None and row.head not in {edit.id for edit in edits}):
            yield told(row.base_revision, "broken_draft", [f"draft {row.id}"])
        for edit in edits:
            if not _reads(edit):
                words = [f"draft {row.id}", f"step {edit.step}"]
                yield told(row.base_revision, "unreadable_draft", words)


def _reads(edit: EditRow) -> bool:
    """Whether an edit can be read: its images, what was asked, and what was told of it."""
    try:
        unpacked(edit.before)
        unpacked(edit.after)
        for text in (edit.arguments, edit.came_from, edit.notes or "null"):
            json.loads(text)
    except DAMAGE:
        return False
    return True
