"""Handover lists: what a plan moved out of or into a grid, or left in it with another member."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gisgrid import coverage
from gisgrid.access import Action, Actor, may, require
from gisgrid.columns import FAR_DAY, dates_of
from gisgrid.errors import UnknownArea
from gisgrid.model import STATUS_WORDS, CaseStatus, Status
from gisgrid.operations.auditing import looked, object_of
from gisgrid.operations.plans.lineage import seen_codes
from gisgrid.operations.plans.revisions import parent_of, standing

if TYPE_CHECKING:
    from gisgrid.columns import Ints, Objects, Plan
    from gisgrid.operations.workspace import Workspace

COLUMNS = ("what", "direction", "id", "household", "name", "address", "status", "due_on", "other")
"""Of the table: household or case, its way, its number, whose it is, and the other grid."""

WAYS = ("in", "out", "stay")
"""Into the grid, out of it, or staying in it while another member comes to serve it."""

_HANDED = tuple[tuple[int, str], ...]
"""(row, the other grid), by id; no other grid for what stays."""


def grids(ws: Workspace, actor: Actor, revision: int) -> list[dict[str, Any]]:
    """The grids of the scope in which something is handed over by a plan, by code.

    Each: code, name, area_code, area, member (of the new plan, or of the old where the grid is
    gone), member_before, counts of households and cases in, out, and staying with another member.
    Raises NotAllowed, UnknownRevision.
    """
    require(actor, Action.SEE_HOUSEHOLDS)
    sides = _Sides(ws, revision)
    found = []
    for code in sorted(sides.codes() & seen_codes(ws, actor)):
        homes, cases = sides.homes(code), sides.cases(code)
        found.append(
            {
                **sides.heading(code),
                **{f"households_{way}": len(homes[way]) for way in WAYS},
                **{f"cases_{way}": len(cases[way]) for way in WAYS},
            }
        )
    return found


PAGE_ROWS = 100


def handover(
    ws: Workspace, actor: Actor, revision: int, code: str, page: int | None = None
) -> dict[str, Any]:
    """The list of one grid: revision, valid_from, what `grids` says of it, total, pages, rows.

    page: of a hundred rows; None for all of them, as a table that is taken along, for who may
    export. rows: a frame of
    COLUMNS, households first, in the order of WAYS, by id. Only listed households and open cases,
    as of today. name and address with Action.SEE_NAMES, of households within the scope; that look
    is put on record. Raises NotAllowed; UnknownRevision; UnknownArea for a grid that neither plan
    had, or that lies outside the scope.
    """
    require(actor, Action.SEE_HOUSEHOLDS)
    if page is None:
        require(actor, Action.EXPORT)
    sides = _Sides(ws, revision)
    if code not in seen_codes(ws, actor) or not sides.has(code):
        raise UnknownArea(area=code)
    homes, cases = sides.homes(code), sides.cases(code)
    rows = [
        *(sides.home_row(i, way, other) for way in WAYS for i, other in homes[way]),
        *(sides.case_row(i, way, other) for way in WAYS for i, other in cases[way]),
    ]
    total = len(rows)
    if page is not None:
        rows = rows[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype(object)
    if may(actor, Action.SEE_NAMES) and len(table):
        _name(ws, actor, table, object_of("handover", [code], revision=revision, page=page))
    return {
        "revision": revision,
        "valid_from": None
        if sides.after.valid_from is None
        else sides.after.valid_from.isoformat(),
        **sides.heading(code),
        "total": total,
        "pages": max(1, -(-total // PAGE_ROWS)),
        "rows": table,
    }


def _name(ws: Workspace, actor: Actor, table: pd.DataFrame, what: str) -> None:
    """Fill in names and addresses of the households that the actor serves, and record the look."""
    ids = sorted({str(i) for i in table["household"] if i})
    known = ws.store.households(scope=actor.scope, ids=ids).set_index("id")
    if len(known) == 0:
        return
    looked(ws, actor, "list_handover", what, len(known))
    for column in ("name", "address"):
        words = {key: value for key, value in known[column].items() if isinstance(value, str)}
        table[column] = [words.get(i) for i in table["household"]]


class _Sides:
    """Everything listed and open today, in the plan before a revision and in the revision."""

    def __init__(self, ws: Workspace, revision: int) -> None:
        standing(ws, revision)
        self._snapshot = snapshot = ws.snapshot()
        parent = parent_of(ws, revision)
        by_number = {plan.revision: plan for plan in snapshot.plans}
        self.after = by_number[revision]
        self.before = by_number.get(parent or 0, self.after)
        day = ws.today()
        self._state = snapshot.state(day)
        self._case_status = snapshot.case_state(day).status
        old, new = (snapshot.placement(plan) for plan in self._plans)
        self._homes = self._pairs(old, new, self._state.listed)
        old, new = (snapshot.case_placement(plan) for plan in self._plans)
        self._cases = self._pairs(old, new, coverage.is_open(self._case_status))

    @property
    def _plans(self) -> tuple[Plan, Plan]:
        return self.before, self.after

    def _pairs(self, old: Ints, new: Ints, counted: Any) -> tuple[Ints, Objects, Objects]:
        """(rows, codes before, codes after) of what moved, or stays with another member."""
        was, now = self._of("code", old, new)
        left, serves = self._of("member", old, new)
        rows = np.flatnonzero(((was != now) | (left != serves)) & counted)
        return rows, was[rows], now[rows]

    def _of(self, column: str, old: Ints, new: Ints) -> tuple[Objects, Objects]:
        """A word of the grid that something lies in, before and after; "" outside and for none."""
        words = [np.append([w or "" for w in getattr(p, column)], "") for p in self._plans]
        return words[0][old], words[1][new]

    def codes(self) -> set[str]:
        """Codes of all grids in which something is handed over."""
        return {c for part in (self._homes, self._cases) for side in part[1:] for c in side} - {""}

    def has(self, code: str) -> bool:
        """Whether one of the two plans had the grid."""
        return any(code in plan.code for plan in self._plans)

    def heading(self, code: str) -> dict[str, Any]:
        """code, name, area_code, area (its name), member, and the member of before."""
        was, now = (
            next(
                ((p.name[i], p.member[i], p.area[i]) for i in np.flatnonzero(p.code == code)), None
            )
            for p in self._plans
        )
        name, member, area = now or was or (None, None, -1)
        before = was[1] if was else None
        areas = self._snapshot.areas
        return {
            "code": code,
            "name": name or None,
            "area_code": areas.code[area] if area >= 0 else None,
            "area": (areas.name[area] or None) if area >= 0 else None,
            "member": member or None,
            "member_before": before or None,
        }

    def homes(self, code: str) -> dict[str, _HANDED]:
        """Way -> households."""
        return self._ways(self._homes, code, self._snapshot.households.id)

    def cases(self, code: str) -> dict[str, _HANDED]:
        """Way -> open cases."""
        return self._ways(self._cases, code, self._snapshot.cases.id)

    def _ways(
        self, moved: tuple[Ints, Objects, Objects], code: str, ids: Objects
    ) -> dict[str, _HANDED]:
        rows, was, now = moved
        here, there = was == code, now == code
        order = np.argsort(ids[rows].astype(str), kind="stable")
        found = {}
        for way, these, other in (
            ("in", there & ~here, was),
            ("out", here & ~there, now),
            ("stay", here & there, np.full(len(rows), "")),
        ):
            kept = order[these[order]]
            found[way] = tuple(zip(rows[kept].tolist(), map(str, other[kept]), strict=True))
        return found

    def home_row(self, i: int, way: str, other: str) -> list[Any]:
        """COLUMNS of a household."""
        key = self._snapshot.households.id[i]
        word = STATUS_WORDS[Status(int(self._state.status[i]))]
        due = dates_of(self._state.due[i : i + 1])[0]
        return ["household", way, key, key, None, None, word, due, other or None]

    def case_row(self, i: int, way: str, other: str) -> list[Any]:
        """COLUMNS of a case."""
        cases = self._snapshot.cases
        home = int(cases.household[i])
        key = self._snapshot.households.id[home] if home >= 0 else None
        word = CaseStatus(int(self._case_status[i])).name.lower()
        due = None if cases.due[i] == FAR_DAY else dates_of(cases.due[i : i + 1])[0]
        return ["case", way, cases.id[i], key, None, None, word, due, other or None]
