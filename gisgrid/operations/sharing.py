"""Figures that leave the house: few columns, and small counts hidden so that no sum tells them.

What is hidden follows from the whole county on that day, whoever asks and by whatever level: all
tables of a day that anybody shares fit together and cannot be taken apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gisgrid import coverage
from gisgrid.access import Level
from gisgrid.coverage.disclosure import hidden
from gisgrid.errors import ApartNeverPublic
from gisgrid.model import BY
from gisgrid.operations import figures

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

    from gisgrid.access import Actor
    from gisgrid.columns import Bools, Ints
    from gisgrid.operations.workspace import Workspace

COLUMNS: dict[str, tuple[str, str]] = {
    "coverage": ("households", "gap"),
    "case-table": ("open", "overdue"),
}
"""What is shared of each table: a count, and the part of it that needs attention."""

LEAST_POSSIBLE = 5
"""The settings can ask for more to be hidden, never for less than counts below this."""

CERTIFIED = (
    "households_moved",
    "households_to_other_member",
    "households_to_other_area",
    "households_outside",
    "households_outside_before",
    "households_located_outside",
    "households_located_outside_before",
    "households_located_fallen_out",
    "cases_moved",
    "open_cases",
    "open_cases_with_one_member",
)
"""Counts of a certificate that are small where few are concerned."""

LEFT_OVER: dict[str, tuple[str, ...]] = {
    "households_in_one_grid": ("households_listed",),
    "households_located": ("households_listed",),
    "households_located_in_one_grid": ("households_located", "households_in_one_grid"),
    "households_located_outside": ("households_outside", "households_located_outside_before"),
    "households_located_outside_before": ("households_outside_before",),
    "households_located_fallen_out": ("households_located_outside",),
    "households_outside": ("households_outside_before",),
    "households_to_other_area": ("households_moved",),
    "households_to_other_member": ("households_moved",),
    "open_cases_with_one_member": ("open_cases",),
}
"""Count of a certificate -> the counts beside it that tell how many are left over."""

OLDER = {"households_in_one_grid": "households_located"}
"""The same, of certificates that do not say how many households are listed."""


def shared(ws: Workspace, what: str, frame: pd.DataFrame, by: str, day: date) -> pd.DataFrame:
    """The rows of a table of figures as they may be shared; None for what is hidden.

    Columns: code, name, the two of COLUMNS, coverage where both are shown, and `hidden`, the names
    of the columns that are hidden in the row. What lies in no grid is never told.
    """
    whole, part = COLUMNS[what]
    known = _hidden(ws, what, day)
    hide = {
        name: np.array([known[by, code][i] if code else True for code in frame["code"]])
        for i, name in enumerate((whole, part))
    }
    made = frame[["code", "name"]].copy()
    for name in (whole, part):
        cells = np.full(len(frame), None, dtype=object)
        cells[~hide[name]] = [int(n) for n in frame[name].to_numpy()[~hide[name]]]
        made[name] = cells
    if "coverage" in frame:
        either = hide[whole] | hide[part]
        made["coverage"] = frame["coverage"].where(~either)
    made["hidden"] = [
        ", ".join(name for name in (whole, part) if hide[name][row]) or None
        for row in range(len(frame))
    ]
    return made


def told(
    ws: Workspace, what: str, frame: pd.DataFrame, level: Level, given: dict[str, Any]
) -> pd.DataFrame:
    """A table of figures as the level has it: at public as `shared`, else as it is.

    given: what was asked for, of as_of, by, category and restate. Raises ApartNeverPublic for what
    could be subtracted from the tables that are shared.
    """
    if level is not Level.PUBLIC:
        return frame
    if given.get("category") is not None or given.get("restate"):
        raise ApartNeverPublic
    return shared(ws, what, frame, given.get("by", "grid"), given.get("as_of") or ws.today())


def paper(
    ws: Workspace,
    actor: Actor,
    of: str,
    *,
    area: str | None = None,
    as_of: date | None = None,
    by: str | None = None,
) -> dict[str, Any]:
    """What a printed map says of an area and those one level down: as `shared`.

    of: coverage or case-table. by: instead of these, all of that level in the area. Returns as_of,
    columns (the two of COLUMNS), rows (dicts: code, name, the two columns, None where hidden, and
    own: whether it is the area itself).
    Raises NotAllowed, UnknownArea, DayToCome.
    """
    seen = figures.overview(ws, actor, area=area, as_of=as_of)
    day = as_of or ws.today()
    levels = ((seen["area"]["level"], True), (seen["child_level"], False))
    rows: list[dict[str, Any]] = []
    for level, own in levels if by is None else ((by, False),):
        if level not in BY:
            continue
        frame = figures.coverage_table(ws, actor, as_of=as_of, by=level, area=area)
        if of != "coverage":
            frame = figures.case_table(ws, actor, as_of=as_of, by=level, area=area)
        rows_of = shared(ws, of, frame[frame["code"] != ""].reset_index(drop=True), level, day)
        wanted = rows_of["code"] == seen["area"]["code"] if own and area else rows_of["code"] != ""
        rows += [
            {"code": row["code"], "name": row["name"], "own": own}
            | {name: row[name] for name in COLUMNS[of]}
            for row in rows_of[wanted].to_dict("records")
        ]
    return {"as_of": day.isoformat(), "columns": list(COLUMNS[of]), "rows": rows}


def hidden_on_paper(ws: Workspace, certificate: dict[str, Any]) -> frozenset[str]:
    """The counts of a certificate that paper does not tell: below the least, or telling such a one.

    What a count leaves of another is a count as well: whoever reads that all listed households
    but three lie in a grid has read the three.
    """
    least = max(LEAST_POSSIBLE, ws.settings.small_counts_below)
    told = {name: n for name, n in certificate.items() if isinstance(n, int)}
    hide = {name for name in CERTIFIED if name in told and told[name] < least}
    for name, others in LEFT_OVER.items():
        beside = [told[other] for other in others if other in told]
        if not beside and OLDER.get(name) in told:
            beside = [told[OLDER[name]]]
        if name in told and any(0 < abs(known - told[name]) < least for known in beside):
            hide.add(name)
    if "households_located" in hide and "households_located_in_one_grid" in told:
        hide.add("households_located_in_one_grid")  # with those outside it tells how many there are
    return frozenset(hide)


def shared_columns(what: str) -> tuple[str, ...]:
    """The columns of `shared`."""
    share = ("coverage",) if what == "coverage" else ()
    return ("code", "name", *COLUMNS[what], *share, "hidden")


def _hidden(ws: Workspace, what: str, day: date) -> dict[tuple[str, str], tuple[bool, bool]]:
    """(by, code) -> whether the two counts of that grid or area are hidden, over the county."""
    snapshot = ws.snapshot()
    plan, areas = snapshot.plan_on(day), snapshot.areas
    names = coverage.HOUSEHOLD_COUNTS if what == "coverage" else coverage.CASE_COUNTS
    tally = snapshot.tally(day, plan) if what == "coverage" else snapshot.case_tally(day, plan)
    grids, count = len(plan.code), len(areas.code)
    order = np.argsort(_depth(areas.parent), kind="stable")  # an area before those below it
    place = np.empty(count, dtype=np.int64)
    place[order] = np.arange(count)
    above = [areas.parent[order], plan.area]
    parent = np.concatenate([np.where(up >= 0, place[up], -1) for up in above]).astype(np.int64)
    own = np.concatenate([grids + order, np.arange(grids)])
    columns = [tally[own, names.index(name)].astype(np.int64) for name in COLUMNS[what]]
    for values in columns:
        for node in range(len(parent) - 1, -1, -1):
            if parent[node] >= 0:
                values[parent[node]] += values[node]
    least = max(LEAST_POSSIBLE, ws.settings.small_counts_below)
    labels = [*((_level(int(areas.level[i])), areas.code[i]) for i in order)]
    labels += [("grid", code) for code in plan.code]
    codes = [code for _, code in labels]
    first = hidden(columns[0], parent, codes=codes, least=least)
    most = np.where(first, 10**12, columns[0])
    # What a part leaves of its whole counts too: 17 homes with 10 in a gap tell of 7 that are not.
    tells = first | (columns[0] - columns[1] < least)
    second: Bools = hidden(columns[1], parent, codes=codes, least=least, most=most, also=tells)
    pairs = zip(first.tolist(), second.tolist(), strict=True)
    return dict(zip(labels, pairs, strict=True))


def _depth(parent: Ints) -> Ints:
    depth = np.zeros(len(parent), dtype=np.int64)
    for _ in range(len(parent)):
        deeper = np.where(parent >= 0, depth[parent] + 1, 0)
        if (deeper == depth).all():
            break
        depth = deeper
    return depth


def _level(level: int) -> str:
    from gisgrid.model import LEVELS  # noqa: PLC0415 - only here

    return LEVELS[level]
