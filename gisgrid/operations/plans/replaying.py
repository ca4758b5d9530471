"""The edits of a draft made again on a newer plan, each on the very grids that it was made on.

A code says little: another draft may have been given the same one. So the draft is looked at as it
was and as it becomes, side by side: grids that its own steps made are followed to the codes that
they get now, and grids of the plan are known by their ground.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid import redraw
from gisgrid.access import CONSOLE, Actor
from gisgrid.errors import EditRefused, GisgridError
from gisgrid.operations.plans.drawing import Drawing, replayed
from gisgrid.operations.plans.editing import tried
from gisgrid.operations.plans.faults import fault_json, named_in, refusal
from gisgrid.operations.plans.file_merge import FILE, again
from gisgrid.operations.plans.images import unpacked
from gisgrid.operations.plans.repairs import REPAIR, repaired
from gisgrid.operations.plans.reversing import REVERSE, reversed_edit
from gisgrid.redraw import Fault, unchanged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisgrid.operations.plans.bench import Bench
    from gisgrid.operations.plans.making import Made
    from gisgrid.operations.workspace import Workspace
    from gisgrid.redraw import Grid
    from gisgrid.store import Draft, EditRow

Images = tuple["dict[str, Grid]", "dict[str, Grid]"]
"""The grids that an edit found and left, by code."""
NAMING = ("code", "into", "to")
"""Arguments that name one grid; `codes` names several."""


class Replay:
    """old, new: the draft as it was and as it becomes, after the same steps.

    steps: the edits that hold, each with the drawing before it; lost: those that do not.
    """

    def __init__(self, ws: Workspace, desk: Bench, actor: Actor, row: Draft, latest: int) -> None:
        self._ws, self._desk, self._actor, self._row = ws, desk, actor, row
        self.old = Drawing.begun(ws.drawings.base(row.base_revision), row.base_revision)
        self.new = Drawing.begun(ws.drawings.base(latest), latest)
        self.steps: list[tuple[Drawing, Made, EditRow]] = []
        self.lost: list[dict[str, Any]] = []
        # Codes of grids that steps drew, as they were -> as they are; None where a lost one did.
        self._names: dict[str, str | None] = {}
        self._known: dict[str, bool] = {}

    def step(self, edit: EditRow) -> None:
        """Make the next edit again, or tell why not."""
        images = unpacked(edit.before), unpacked(edit.after)
        arguments = json.loads(edit.arguments)
        try:
            made = self._made(edit, arguments, images)
            names = self._matched(edit, arguments, images, made)
        except GisgridError as err:
            self.lost.append(_lost(edit, arguments, images, err))
            self._names |= dict.fromkeys(_drawn(images))
        else:
            self.steps.append((self.new, made, edit))
            self.new = made.drawing
            self._names |= names
        self.old = replayed(self.old, edit)

    def _made(self, edit: EditRow, arguments: dict[str, Any], images: Images) -> Made:
        """The edit on the newer plan. Raises EditRefused and what else an edit raises."""
        if edit.op == REVERSE:
            return reversed_edit(self._ws, None, self.new, int(arguments["revision"]))
        if edit.op == REPAIR:
            return _mended(self.new, images)
        if edit.op == FILE:
            # What came with it speaks of the codes of then.
            other = [code for code in sorted(images[0]) if self._now(code) != code]
            refusal(Fault("other_grid", (code,), self._place(code)) for code in other)
            made = again(self._ws, self._desk, CONSOLE, self._row, self.new, edit)
            ended = sorted(made.changed.keys() & self.new.plan.ended)
            refusal(Fault("code_ended", (code,)) for code in ended)
        else:
            wish = redraw.edit_from_json(self._followed(arguments))
            made = tried(self._desk, self._actor, self._row, self.new, wish, veil=False)
        self._check_ground(images, made)
        return made

    # Which grid a code of then is -------------------------------------------------------------

    def _followed(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Arguments with the codes that their grids have now. Raises EditRefused."""
        found = dict(arguments)
        for word in NAMING:
            if isinstance(found.get(word), str):
                found[word] = self._now(found[word])
        if "codes" in found:
            found["codes"] = [self._now(code) for code in found["codes"]]
        return found

    def _now(self, code: str) -> str:
        """The code now of a grid of the draft as it was. Raises EditRefused."""
        now = self._names.get(code, code)
        if now is None:
            refusal([Fault("of_lost_step", (code,), self._place(code))])
        elif code not in self._names and code in self.new.plan and not self._same(code):
            refusal([Fault("other_grid", (code,), self._place(code))])
        return now or code  # of one that is gone the edit itself says so

    def _same(self, code: str) -> bool:
        """Whether the newer plan has the grid of a code that the older one has: by its ground.

        Half of the smaller of the two must be in both: whatever was drawn of it in between.
        """
        if code not in self._known:
            one, other = (drawing.base.get(code) for drawing in (self.old, self.new))
            self._known[code] = one is not None and other is not None and _meet(one, other)
        return self._known[code]

    def _place(self, code: str) -> tuple[float, float] | None:
        """Where a grid lay in the draft as it was."""
        grid = self.old.plan.get(code)
        return None if grid is None else grid.place()

    def _check_ground(self, images: Images, made: Made) -> None:
        """Refuse an edit that changes grids which it did not change when it was made."""
        found, left = images
        touched = {code for code in found if not unchanged(found[code], left.get(code))}
        mine = {self._names.get(code, code) for code in touched if self._is_mine(code)}
        plan = self.new.plan
        others = [
            code
            for code in sorted({*made.changed, *made.removed} - mine)
            if code in plan and not unchanged(plan[code], made.changed.get(code))
        ]
        refusal(Fault("other_ground", (code,), plan[code].place()) for code in others)

    def _is_mine(self, code: str) -> bool:
        return code in self._names or self._same(code)

    def _matched(
        self, edit: EditRow, arguments: dict[str, Any], images: Images, made: Made
    ) -> dict[str, str | None]:
        """Codes of the grids that an edit made, as they were -> as they are. Raises EditRefused."""
        if edit.op in (REVERSE, REPAIR):
            return {code: code for code in made.changed}
        found, left = images
        then = {code: left[code] for code in left if code not in found}
        now = {code: made.changed[code] for code in made.changed if code not in self.new.plan}
        if edit.op == "split":  # the part that keeps the code may be another one now
            kept = str(arguments["code"])
            then[kept], code = left[kept], self._now(kept)
            now[code] = made.changed[code]
        pairs = _paired(then, now)
        if pairs is None:
            codes = tuple(sorted(found))
            refusal([Fault("other_parts", codes[:1], found[codes[0]].place())])
        return dict(pairs or {})


def _meet(one: Grid, other: Grid) -> bool:
    """Whether two grids have half of the smaller one's ground in common."""
    common = one.polygon.intersection(other.polygon).area
    return bool(2 * common >= min(one.polygon.area, other.polygon.area))


def _drawn(images: Images) -> list[str]:
    """Codes of the grids that an edit made, or gave other ground."""
    found, left = images
    return [
        code
        for code, grid in left.items()
        if code not in found or not redraw.same_ground(found[code].polygon, grid.polygon)
    ]


def _paired(then: Mapping[str, Grid], now: Mapping[str, Grid]) -> dict[str, str] | None:
    """Each grid of then with the one that has most of its ground now; None where none has it."""
    if len(then) != len(now):
        return None
    codes = list(now)
    shapes = np.array([now[code].polygon for code in codes], dtype=object)
    pairs = {}
    for code, grid in then.items():
        common = shapely.area(shapely.intersection(shapes, grid.polygon))
        if common.max() <= 0:
            return None
        pairs[code] = codes[int(np.argmax(common))]
    return pairs if len(set(pairs.values())) == len(pairs) else None


def _mended(drawing: Drawing, images: Images) -> Made:
    """The plan repaired anew. Raises EditRefused, with what cannot be mended."""
    grids = [drawing.plan[code] for code in drawing.plan.codes()]
    wrong = redraw.check_plan(grids, None)
    made = repaired(drawing, redraw.repair(grids)) if wrong else None
    if made is not None:
        return made
    found, _ = images
    told = wrong or [Fault("repair", (code,), found[code].place()) for code in sorted(found)]
    refusals = [fault_json(fault) for fault in told]
    raise EditRefused(problem=refusals[0]["sentence"], faults=refusals)


# What does not hold any more ----------------------------------------------------------------------


def _lost(
    edit: EditRow, arguments: dict[str, Any], images: Images, err: GisgridError
) -> dict[str, Any]:
    faults = err.facts.get("faults")
    if faults is None:
        what = {"what": err.code, "sentence": str(err), "codes": err.facts.get("codes", [])}
        faults = [{**what, "place": None, "size": None, "unit": ""}]
    return {
        "step": edit.step,
        "op": edit.op,
        "by": edit.by,
        "arguments": arguments,
        "place": _place(arguments, images),
        "faults": faults,
    }


def _place(arguments: dict[str, Any], images: Images) -> list[float] | None:
    """Where the first grid lay that an edit names, else that it changed; it may be no more.

    Of the draft's own area, so that whoever may see the draft may see it.
    """
    found, left = images
    named = named_in(arguments) & found.keys()
    touched = [code for code in found if not unchanged(found[code], left.get(code))]
    for code in sorted(named or touched):
        return list(found[code].place())
    return None
