"""A draft back from QGIS: looked at, then taken over as edits that can be undone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gisgrid import redraw
from gisgrid.access import Action, Actor, require
from gisgrid.errors import EditRefused, FileBreaksPlan, FileClashes, StaleDraft
from gisgrid.operations.auditing import object_of
from gisgrid.operations.plans.drafts import by, opened
from gisgrid.operations.plans.faults import fault_json
from gisgrid.operations.plans.file_drawn import pictures
from gisgrid.operations.plans.file_in import read_returned
from gisgrid.operations.plans.file_merge import Merge, Wishes, merge
from gisgrid.operations.plans.shown import Effect, geometry
from gisgrid.operations.plans.telling import between, seen_of
from gisgrid.redraw.mending import GAP_M

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gisgrid.operations.plans.file_in import Returned
    from gisgrid.operations.workspace import Workspace
    from gisgrid.redraw import Fault

__all__ = ["GAP_M", "Wishes", "check_told", "look", "take_over"]


def look(
    ws: Workspace,
    actor: Actor,
    path: Path,
    *,
    name: str | None = None,
    draft: int | None = None,
    wishes: Wishes | None = None,
    drawn: bool = False,
) -> dict[str, Any]:
    """What taking a file over would do; nothing is stored.

    name: what its owner calls the file. draft: the one that is meant; None: the one that the file
    names. Returns draft, version (as it is now), made_of (version of the file), unsaved, unchanged,
    faults (with place and size), repair (None, or changed codes and the faults that would stay),
    places and words (name, state, was/file/now), asked (names to decide), grids and households as
    an edit's impact, and moved, the ground that changes hands; drawn: pictures as well. Raises
    NotAllowed, UnknownDraft, FileNotOfDraft, FileOfOtherDraft, and the errors of files.
    """
    require(actor, Action.EDIT_PLAN)
    wishes = wishes or Wishes()
    called = name or path.name
    file = read_returned(path, called)
    merged = merge(ws, actor, file, called, draft, wishes)
    told = _told(actor, file, merged, wishes)
    return {**told, "pictures": pictures(actor, merged)} if drawn else told


def take_over(
    ws: Workspace,
    actor: Actor,
    path: Path,
    *,
    seen: int | None,
    name: str | None = None,
    draft: int | None = None,
    wishes: Wishes | None = None,
) -> dict[str, Any]:
    """Take a file over into its draft, as edits of one transaction. Returns as `look`.

    seen: the version of the draft that was looked at (None: whichever). Raises also StaleDraft,
    DraftClosed; FileBreaksPlan with the places, unless the repair is wished for and mends all;
    FileClashes with the names that were not decided; EditRefused. Then nothing is stored.
    """
    require(actor, Action.EDIT_PLAN)
    wishes = wishes or Wishes()
    called = name or path.name
    file = read_returned(path, called)
    merged = merge(ws, actor, file, called, draft, wishes)
    row = merged.row
    opened(row)
    if seen is not None and seen != row.version:
        raise StaleDraft(draft=row.id, seen=seen, version=row.version)
    told = _told(actor, file, merged, wishes)
    check_told(told, called, wishes)
    if merged.steps:
        told["version"] = _store(ws, actor, merged, called)
    return told


def check_told(told: dict[str, Any], name: str, wishes: Wishes) -> None:
    """Raise what keeps a file from being taken over, by what `look` tells of it.

    name: what its owner calls it. Raises FileBreaksPlan, FileClashes, EditRefused.
    """
    faults, repair = told["faults"], told["repair"]
    if faults and not (repair["mends"] and wishes.repair):
        left = [fault["what"] for fault in repair["faults"]]
        why = "mends" if not left else "gaps" if "gap" in left else "leaves"
        raise FileBreaksPlan(
            file=name, count=len(faults), why=why, left=len(left), faults=faults, repair=repair
        )
    if told["asked"]:
        raise FileClashes(file=name, count=len(told["asked"]), names=told["asked"])
    for part in (*told["places"], *told["words"]):
        if part["faults"]:
            raise EditRefused(problem=part["faults"][0]["sentence"], faults=part["faults"])


def _store(ws: Workspace, actor: Actor, merged: Merge, name: str) -> int:
    """Keep the steps; the draft's new version."""
    row = merged.row
    head, step = row.head, row.step
    with ws.store.write() as w:
        for before, made in merged.steps:
            step += 1
            head = w.add_edit(row.id, head, step, by(actor), **made.row(before))
        version = w.change_draft(
            row.id, row.version, "file", by(actor), note=name[:200], head=head, tip=head
        )
        what = object_of("draft", [str(row.id)], version=version)
        w.audit(actor, "draft_file", what, len(merged.steps))
    ws.drawings.keep(row.base_revision, head, merged.after)
    return version


# What is told -------------------------------------------------------------------------------------


def _told(actor: Actor, file: Returned, merged: Merge, wishes: Wishes) -> dict[str, Any]:
    row = merged.row
    return {
        "draft": row.id,
        "name": row.name,
        "version": row.version,
        "made_of": file.version,
        "unsaved": file.unsaved,
        "unchanged": not (merged.faults or merged.groups or merged.words),
        "steps": len(merged.steps),
        "faults": _faults(merged, merged.faults),
        "repair": _repair(merged) if merged.faults else None,
        "places": [
            {
                "name": group.name,
                "grids": list(group.drawn or sorted({*group.before, *group.after})),
                "state": "refused" if group.name in merged.refused else group.state,
                "goes": wishes.of(group.name) if group.state == "clash" else "",
                "faults": merged.refused.get(group.name, []),
            }
            for group in merged.groups
        ],
        "words": [
            {
                "name": word.name,
                "grid": word.grid,
                "word": word.word,
                "was": word.was,
                "file": word.file,
                "now": word.now,
                "state": "refused" if word.name in merged.refused else word.state,
                "goes": wishes.of(word.name) if word.state == "clash" else "",
                "faults": merged.refused.get(word.name, []),
            }
            for word in merged.words
        ],
        "asked": merged.asked(wishes),
        **_effect(actor, merged),
    }


def _faults(merged: Merge, faults: Iterable[Fault]) -> list[dict[str, Any]]:
    seen = {*merged.mine, *merged.raw.grids}
    told = []
    for fault in faults:
        what = "draft_border" if fault.what == "footprint" else fault.what
        codes = tuple(code for code in fault.codes if code in seen)
        told.append(fault_json(replace(fault, what=what, codes=codes)))
    return told


def _repair(merged: Merge) -> dict[str, Any]:
    """Which grids mending would change beyond what the file says, and what would stay wrong."""
    raw, made = merged.raw.grids, merged.made.grids
    changed = {c for c in made if not redraw.unchanged(raw.get(c), made[c])}
    return {
        "changed": sorted(changed),
        "removed": sorted(code for code in raw if code not in made),
        "faults": _faults(merged, merged.left),
        "mends": not merged.left,
    }


def _effect(actor: Actor, merged: Merge) -> dict[str, Any]:
    """Figures before and after, who changes hands, and the ground that does."""
    before, after, desk = merged.now, merged.after, merged.desk
    sees = (desk.sees(actor, before), desk.sees(actor, after))
    codes = between(before, after)
    touched = seen_of(codes, (before, after), sees)
    effect = Effect(desk, before, after, codes, sees)
    moved = redraw.compare(before.plan, after.plan, codes)
    return {
        **effect.to_json(),
        "moved": {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "geometry": geometry(shape),
                    "properties": {
                        "from": old or None,
                        "to": new or None,
                        "area_km2": round(desk.areas.km2_of(shape), 6),
                    },
                }
                for old, new, shape in moved
                if {old, new} & touched
            ],
        },
    }
