"""Edits of a draft: made, undone, redone, each stored at once; and its grids as they stand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gisgrid import redraw
from gisgrid.access import CONSOLE, Action, Actor, require
from gisgrid.errors import EditRefused, GisgridError, NoStep, UnknownWord
from gisgrid.operations.auditing import object_of
from gisgrid.operations.plans import once, widening
from gisgrid.operations.plans.bench import Bench, bench
from gisgrid.operations.plans.drafts import (
    at,
    by,
    found,
    leave,
    left,
    opened,
)
from gisgrid.operations.plans.drawing import Drawing
from gisgrid.operations.plans.faults import refusal, strangers, veiled
from gisgrid.operations.plans.images import written
from gisgrid.operations.plans.making import Made, settled
from gisgrid.operations.plans.telling import answer, editable, on_map

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisgrid.operations.workspace import Workspace
    from gisgrid.store import Draft

GRIDS_MOST = 1000


def edit(
    ws: Workspace,
    actor: Actor,
    draft: int,
    wish: Mapping[str, Any],
    *,
    seen: int | None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Make one edit and store it; `wish` is its JSON (docs/plans.md).

    seen: the version that it was drawn on (None only with dry_run, which stores nothing). Under a
    `client_id` (a UUID in the wish) it is made once, however often it is sent. Returns version,
    step, steps, can_undo, can_redo, op, changed (features), removed (codes), impact and notes.
    Raises NotAllowed, UnknownDraft, StaleDraft, DraftClosed, RecordDiffers, BadEdit where the JSON
    is not an edit, EditRefused with the faults where it cannot be made: the draft is then as it
    was.
    """
    require(actor, Action.EDIT_PLAN)
    wish, client = once.client_of(wish)
    asked = redraw.edit_from_json(wish)
    if dry_run:
        row = at(ws, actor, draft, seen)
        opened(row)
        before = ws.drawings.of(row)
        made = tried(bench(ws), actor, row, before, asked)
        return answer(bench(ws), actor, row, made.op, before, made.drawing, made.notes)
    told = None if client is None else written(redraw.edit_to_json(asked))
    sent = once.Sent("edit", client, told)
    return once.made(ws, actor, draft, sent, lambda: _edit(ws, actor, draft, asked, seen, sent))


def _edit(
    ws: Workspace, actor: Actor, draft: int, asked: redraw.Edit, seen: int | None, sent: once.Sent
) -> dict[str, Any]:
    kept = left(ws, actor, draft, seen)
    row = at(ws, actor, draft, seen) if kept is None else kept
    opened(row)
    desk = bench(ws)
    before = ws.drawings.of(row)
    try:
        made = tried(desk, actor, row, before, asked)
    except GisgridError:
        at(ws, actor, draft, seen)  # where it has moved on, that is what is told
        raise
    who, step = by(actor), row.step + 1
    with ws.store.write() as w:
        head, version = w.draw(
            row.id, row.version, row.head, step, who, client=sent.client, **made.row(before)
        )
        w.audit(actor, "draft_edit", object_of("draft", [row.id], op=made.op, step=step))
    ws.drawings.keep(row.base_revision, head, made.drawing)
    row = replace(row, version=version, head=head, tip=head, step=step, steps=step)
    leave(ws, actor, row)
    return answer(desk, actor, row, made.op, before, made.drawing, made.notes)


def tried(
    desk: Bench, actor: Actor, row: Draft, before: Drawing, wish: redraw.Edit, *, veil: bool = True
) -> Made:
    """The edit made on a drawing. Raises EditRefused, NotAllowed.

    veil: leave out of the refusal what lies outside the actor's scope.
    """
    arguments = redraw.edit_to_json(wish)
    op = str(arguments["op"])
    if op in widening.OPS:
        require(actor, Action.CHANGE_FOOTPRINT)
    mine = editable(desk, row, before)
    refusal(strangers(arguments, before.plan, mine))
    outcome = redraw.apply(before.plan, wish, desk.ground.homes)
    sees = desk.sees(actor if veil else CONSOLE, before)
    refusal(veiled(outcome.faults, before.plan, sees, arguments))
    return settled(desk, actor, row, before, outcome, arguments, sees=sees)


# Steps --------------------------------------------------------------------------------------------


def undo(
    ws: Workspace, actor: Actor, draft: int, *, seen: int, client: str | None = None
) -> dict[str, Any]:
    """Take back the last edit that counts. Returns as `edit`. Raises NoStep where there is none.

    client: an id (a UUID) under which it is done once, however often it is sent.
    """
    return _once(ws, actor, draft, once.Sent("undo", client), seen)


def redo(
    ws: Workspace, actor: Actor, draft: int, *, seen: int, client: str | None = None
) -> dict[str, Any]:
    """Make the next edit count again. Returns as `edit`, client as `undo`. Raises NoStep."""
    return _once(ws, actor, draft, once.Sent("redo", client), seen)


def _once(ws: Workspace, actor: Actor, draft: int, sent: once.Sent, seen: int) -> dict[str, Any]:
    require(actor, Action.EDIT_PLAN)
    if sent.client is not None:
        sent = replace(sent, client=once.checked(sent.client))
    step = _undo if sent.what == "undo" else _redo
    return once.made(ws, actor, draft, sent, lambda: step(ws, actor, draft, sent, seen))


def _undo(ws: Workspace, actor: Actor, draft: int, sent: once.Sent, seen: int) -> dict[str, Any]:
    row = _ready(ws, actor, draft, seen)
    if row.head is None:
        raise NoStep(draft=draft, what="undo")
    last = ws.store.edit(row.head)
    return _go(ws, actor, replace(row, step=row.step - 1), sent, last.parent_id, last.op)


def _redo(ws: Workspace, actor: Actor, draft: int, sent: once.Sent, seen: int) -> dict[str, Any]:
    row = _ready(ws, actor, draft, seen)
    path = ws.store.edits(row.tip, since=row.head)
    if not path:
        raise NoStep(draft=draft, what="redo")
    return _go(ws, actor, replace(row, step=row.step + 1), sent, path[0].id, path[0].op)


def _ready(ws: Workspace, actor: Actor, draft: int, seen: int) -> Draft:
    row = at(ws, actor, draft, seen)
    opened(row)
    return row


def _go(
    ws: Workspace, actor: Actor, row: Draft, sent: once.Sent, head: int | None, op: str
) -> dict[str, Any]:
    """Let the draft show another of its edits.

    row: with the step that it is to have. op: of the edit that counts no more, or again.
    """
    before = ws.drawings.of(row)
    with ws.store.write() as w:
        version = w.change_draft(
            row.id, row.version, sent.what, by(actor), client=sent.client, head=head
        )
        w.audit(actor, f"draft_{sent.what}", object_of("draft", [row.id], op=op, step=row.step))
    after = ws.drawings.at(row.base_revision, head)
    row = replace(row, version=version, head=head)
    # What was taken back has no effect any more: told is what the draft does as it stands.
    whole = sent.what == "undo"
    return answer(bench(ws), actor, row, op, before, after, [], whole=whole)


# Grids --------------------------------------------------------------------------------------------


def grids(
    ws: Workspace,
    actor: Actor,
    draft: int,
    *,
    bbox: tuple[float, float, float, float] | None = None,
    codes: list[str] | None = None,
    base: bool = False,
) -> dict[str, Any]:
    """The grids of a draft near a view as a GeoJSON FeatureCollection, by code.

    bbox: west, south, east, north; codes: these grids instead, or also. Of more than a thousand
    the first thousand by code, and truncated is true. base: as they are in the plan that the draft
    builds on. Only what lies within the actor's scope. Raises NotAllowed, UnknownDraft.
    """
    row = found(ws, actor, draft)
    desk = bench(ws)
    drawing = ws.drawings.of(row)
    plan = drawing.base if base else drawing.plan
    named = [code for code in codes or [] if code in plan]
    near = plan.near(bbox) if bbox is not None else []
    wanted = sorted({*named, *near}) if bbox or codes is not None else plan.codes()
    sees = desk.sees(actor, drawing)
    seen = [plan[code] for code in wanted if sees(plan[code])]
    shown = seen[:GRIDS_MOST]
    shown_of = Drawing.begun(drawing.base, drawing.revision) if base else drawing
    counts = desk.counts(shown_of, [grid.code for grid in shown])
    return {
        "type": "FeatureCollection",
        "version": row.version,
        "truncated": len(seen) > len(shown),
        "features": on_map(desk, row, drawing, shown, counts),
    }


def read_box(text: str) -> tuple[float, float, float, float]:
    """west,south,east,north in degrees. Raises UnknownWord."""
    known = "west,south,east,north in degrees"
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as err:
        raise UnknownWord(value=text[:80], kind="bbox", known=known) from err
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise UnknownWord(value=text[:80], kind="bbox", known=known)
    return west, south, east, north


__all__ = ["EditRefused", "Made", "edit", "grids", "read_box", "redo", "undo"]
