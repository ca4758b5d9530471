"""What is written beside the plans, held against them: certificates, days, drafts, lineage."""

from __future__ import annotations

import json
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import shapely

from gisgrid import redraw
from gisgrid.access import EVERYWHERE
from gisgrid.errors import EditUnreadable
from gisgrid.operations.plans.certificate import digest, lineage_digest
from gisgrid.operations.plans.drawing import Drawing, replayed
from gisgrid.operations.plans.findings import NAMED_MOST, told
from gisgrid.operations.plans.lineage import SHARE, lineage_of
from gisgrid.operations.plans.widening import strayed
from gisgrid.redraw.lattice import array_of, made_valid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gisgrid.operations.workspace import Workspace
    from gisgrid.redraw import Grid
    from gisgrid.store import Draft, Revision
    from gisgrid.store.proving import Kept

Plans = tuple["list[Grid]", "list[Grid]"]


def document(row: Revision) -> dict[str, Any] | None:
    """A certificate; None where there is none that can be read."""
    try:
        found = json.loads(row.document or "null")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def certified(row: Revision) -> Iterator[dict[str, Any]]:
    """The certificate is as it was written, and says of the plan what the list of plans says."""
    if row.document is None:
        return
    said = document(row)
    if said is None or sha256(row.document.encode()).hexdigest() != row.sha256:
        yield told(row.revision, "certificate")
    if said is None:
        return
    day = None if row.valid_from is None else row.valid_from.isoformat()
    is_so = {
        "revision": row.revision,
        "valid_from": day,
        "draft": row.draft_id,
        "note": row.note,
    }
    other = [word for word, value in is_so.items() if said.get(word) != value]
    if other:
        yield told(row.revision, "certificate_differs", other)


def hashed(row: Revision, grids: list[Grid]) -> Iterator[dict[str, Any]]:
    """The plan is the one that its certificate speaks of."""
    said = document(row)
    if said is not None and said.get("plan_sha256") != digest(grids):
        yield told(row.revision, "plan_hash")


def days(rows: Sequence[Revision]) -> Iterator[dict[str, Any]]:
    """Each plan that stands starts no earlier than the one before; only the first always did."""
    for before, row in pairwise(rows):
        first, then = before.valid_from, row.valid_from
        if then is None or (first is not None and then < first):
            yield told(row.revision, "days_order")


def history(kept: Sequence[Kept], rows: Sequence[Revision]) -> Iterator[dict[str, Any]]:
    """Each row of grids_history begins and ends with plans that stand, on their days.

    A plan that was withdrawn left its own rows without a day, and ended none.
    """
    plans = {row.revision: row for row in rows}
    wrong: dict[int, list[str]] = {}
    for row in kept:
        began = plans.get(row.revision)
        fits = began is not None and row.valid_from == began.valid_from
        if began is not None and began.withdrawn:
            fits = fits and (row.until_revision, row.valid_to) == (row.revision, row.valid_from)
        elif row.until_revision is None:
            fits = fits and row.valid_to is None
        else:
            ended = plans.get(row.until_revision)
            fits = fits and ended is not None and not ended.withdrawn
            fits = fits and row.until_revision > row.revision
            fits = fits and ended is not None and row.valid_to == ended.valid_from
        if not fits:
            wrong.setdefault(row.revision, []).append(row.code)
    for number, codes in sorted(wrong.items()):
        yield told(number, "history", sorted(codes)[:NAMED_MOST], len(codes))


def drafts(rows: Sequence[Revision], drawn: Sequence[Draft]) -> Iterator[dict[str, Any]]:
    """Each published draft has its plan, which stands, and its certificate; and the reverse."""
    plans = {row.revision: row for row in rows}
    named = set()
    for draft in drawn:
        if draft.state != "published":
            continue
        number = draft.revision or 0
        row = plans.get(number)
        named.add((number, draft.id))
        if row is not None and row.document is None:
            yield told(number, "certificate_missing", [f"draft {draft.id}"])
        elif row is None or row.withdrawn or row.draft_id != draft.id:
            yield told(number, "published_draft", [f"draft {draft.id}"])
    for row in rows:
        stands = row.document is not None and not row.withdrawn
        if stands and (row.revision, row.draft_id) not in named:
            yield told(row.revision, "published_draft", [f"draft {row.draft_id}"])


def follows(ws: Workspace, before: Revision, row: Revision, plans: Plans) -> Iterator[Any]:
    """What a plan must keep of the one before."""
    old, grids = plans
    said = document(row)
    widened = said is None or bool(said.get("footprint_changed"))
    if not widened and not redraw.footprint(old).equals(redraw.footprint(grids)):
        yield told(row.revision, "footprint")
    if widened:
        for fault in _strayed(ws, row, before, plans):
            yield {**told(row.revision, "footprint"), "place": fault.place}
    pairs = [(code, origin) for _, code, origin in ws.store.lineage(revision=row.revision)]
    there, was = {grid.code for grid in grids}, {grid.code for grid in old}
    strange = {code for code, _ in pairs} - there | {origin for _, origin in pairs} - was
    if strange:
        yield told(row.revision, "lineage_unknown", sorted(strange)[:NAMED_MOST], len(strange))
    if said is None:
        return
    ended = was - there - {origin for _, origin in pairs}
    if widened:  # what was given up has no successor; ground that is still held has
        ended = _held(ended, old, grids)
    if ended:
        yield told(row.revision, "no_successor", sorted(ended)[:NAMED_MOST], len(ended))
    wrote = said.get("lineage_sha256")
    drawn = _drawn(ws, row, before, old) if wrote is None else None
    if wrote is not None and wrote != lineage_digest(pairs):
        yield told(row.revision, "lineage")
    elif drawn is not None and sorted(drawn) != sorted(pairs):
        yield told(row.revision, "lineage", sorted({c for c, _ in set(drawn) ^ set(pairs)}))


def _strayed(ws: Workspace, row: Revision, before: Revision, plans: Plans) -> list[redraw.Fault]:
    """Ground that changed beyond what the draft of a plan drew; none where that is not known."""
    draft = _draft_of(ws, row, before)
    if draft is None:
        return []
    try:
        was, now = (redraw.footprint(grids) for grids in plans)
        return strayed(was, now, ws.store.edits(draft.head))
    except (KeyError, TypeError, ValueError, shapely.GEOSException):  # named as unreadable_draft
        return []


def _held(codes: set[str], old: list[Grid], grids: list[Grid]) -> set[str]:
    """Those of some codes whose ground grids still hold, beyond the hair of a redrawn line."""
    gone = [grid for grid in old if grid.code in codes]
    shapes = made_valid(array_of(grid.polygon for grid in gone))
    filled = redraw.footprint(grids)
    return {
        grid.code
        for grid, shape in zip(gone, shapes, strict=True)
        if shape.intersection(filled).area > SHARE * shape.area
    }


def _drawn(
    ws: Workspace, row: Revision, before: Revision, old: list[Grid]
) -> list[tuple[str, str]] | None:
    """The lineage that a published draft had; None where that is not known any more.

    Certificates of before name no hash of it, but the steps of every draft are kept.
    """
    draft = _draft_of(ws, row, before)
    if draft is None:
        return None
    drawing = Drawing.begun(redraw.Plan.of(old), before.revision)
    try:
        for edit in ws.store.edits(draft.head, images=True):
            drawing = replayed(drawing, edit)
    except EditUnreadable:
        return None
    return lineage_of(drawing)


def _draft_of(ws: Workspace, row: Revision, before: Revision) -> Draft | None:
    """The draft of a plan, where it was drawn on the plan before."""
    draft = None if row.draft_id is None else ws.store.draft(row.draft_id, scope=EVERYWHERE)
    return None if draft is None or draft.base_revision != before.revision else draft


def told_of_rows(row: Revision, kept: Sequence[Kept], pairs: Any) -> Iterator[dict[str, Any]]:
    """What a GIS shows of where a grid came from is what the lineage says."""
    origins: dict[str, list[str]] = {}
    for _, code, origin in pairs:
        origins.setdefault(code, []).append(origin)
    wrong = [
        one.code
        for one in kept
        if one.revision == row.revision
        and (one.came_from or None) != (",".join(sorted(origins.get(one.code, []))) or None)
    ]
    if row.document is not None and wrong:
        yield told(row.revision, "lineage", sorted(wrong)[:NAMED_MOST], len(wrong))
