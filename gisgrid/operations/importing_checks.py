"""What a file's rows name must exist, and lie where the actor may change things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gisgrid.access import EVERYWHERE
from gisgrid.exchange.chinese import CASE_STATUSES, kept_or_ours
from gisgrid.exchange.reasons import Refusal
from gisgrid.exchange.words import CLOSED_WORDS
from gisgrid.model import LEVELS
from gisgrid.operations.importing_ground import grid_of
from gisgrid.operations.importing_report import WARNINGS
from gisgrid.store import CASE_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from gisgrid.columns import Objects, Plan
    from gisgrid.exchange.parse import Parsed
    from gisgrid.operations.importing_ground import Ground
    from gisgrid.store import Store


def check_areas(parsed: Parsed, ground: Ground) -> None:
    """Parents exist, lie above, and form no circle; roots are for those who serve all.

    Of a code that names an area and a grid the area is meant: a new one must not widen what
    somebody sees who was given the grid.
    """
    codes, levels = parsed.columns["code"], parsed.columns["level"]
    parents = parsed.columns.get("parent_code", np.full(len(parsed), None, dtype=object))
    tree = {code: (level, parent) for code, (level, parent) in ground.areas.items()}
    tree |= dict(zip(codes, zip(levels, parents, strict=True), strict=True))
    for index, (code, level, parent) in enumerate(zip(codes, levels, parents, strict=True)):
        if not ground.may_area(code) and not ground.may_area(parent):
            parsed.faults.add(index, "outside_scope")
        elif code in ground.scopes and code not in ground.areas:
            parsed.faults.add(index, "code_of_scope", value=code)
        elif parent is not None and parent not in tree:
            parsed.faults.add(index, "unknown_parent", value=parent)
        elif _in_circle(code, tree):
            parsed.faults.add(index, "parent_cycle")
        elif parent is not None and level is not None:
            above = tree[parent][0]
            if above is not None and LEVELS.index(above) >= LEVELS.index(level):
                parsed.faults.add(index, "parent_not_above", value=parent)


def _in_circle(code: str, tree: Mapping[str, tuple[Any, Any]]) -> bool:
    """Whether the way up from an area comes back to it."""
    seen = {code}
    at = tree[code][1]
    while at is not None and at in tree:
        if at == code:
            return True
        if at in seen:
            return False  # a circle further up, told of its own rows
        seen.add(at)
        at = tree[at][1]
    return False


def check_grids(parsed: Parsed, ground: Ground) -> None:
    """The area of each grid exists, where there are areas at all, and the actor serves it."""
    codes = parsed.columns["code"]
    areas = parsed.columns.get("area_code")
    known = set(ground.grids["code"])
    old = dict(zip(ground.grids["code"], ground.grids["area_code"], strict=True))
    for index, code in enumerate(codes):
        area = areas[index] if areas is not None else old.get(code)
        if ground.areas and area is None:
            parsed.faults.add(index, "no_area")
        elif areas is not None and ground.areas and area not in ground.areas:
            parsed.faults.add(index, "unknown_area", column="area_code", value=area)
        mine = ground.may_area(area) if code not in known else ground.may_grid(code)
        if not mine or not (ground.may_area(area) or ground.may_grid(code)):
            parsed.faults.add(index, "outside_scope")


def check_named_grid(parsed: Parsed, ground: Ground) -> None:
    """What an unlocated household names is a grid or an area, where there are any."""
    named = parsed.columns.get("grid_code")
    known = set(ground.grids["code"]) | set(ground.areas)
    if named is None or not known or parsed.positions is None:
        return
    unlocated = np.isnan(parsed.positions.lon)
    for index in np.flatnonzero(unlocated).tolist():
        if named[index] is not None and named[index] not in known:
            parsed.faults.add(index, "unknown_area", column="grid_code", value=named[index])


def list_new(parsed: Parsed, known: set[str], today: date) -> None:
    """Households that are new and do not say since when are listed from today."""
    days = parsed.columns.get("listed_on", np.full(len(parsed), None, dtype=object)).copy()
    for index, code in enumerate(parsed.columns["id"]):
        if days[index] is None and code not in known and index not in parsed.faults:
            days[index] = today
            parsed.listed_today += 1
    parsed.columns["listed_on"] = days


def check_household_ids(parsed: Parsed, known: frozenset[str] | set[str]) -> None:
    """Each household that a row names exists and is the actor's; one answer for both."""
    named = parsed.columns.get("household_id")
    if named is None:
        return
    for index, value in enumerate(named):
        if value is not None and value not in known:
            parsed.faults.add(index, "unknown_household", value=value)


def warn_outside(parsed: Parsed, placed: Objects, plan: Plan) -> tuple[int, list[Refusal]]:
    """How many located households or cases lie in no grid, and the first of them.

    Where exchanging longitude and latitude would bring one into a grid, that is said.
    """
    assert parsed.positions is not None  # noqa: S101 - both layers have positions
    lon, lat = parsed.positions.lon, parsed.positions.lat
    if not len(plan.code):
        return 0, []  # before the first plan nothing lies in a grid
    outside = np.flatnonzero(
        ~np.isnan(lon) & np.array([code is None for code in placed], dtype=bool)
    )
    outside = np.array([at for at in outside if int(at) not in parsed.faults], dtype=np.intp)
    first = outside[:WARNINGS]
    swapped = grid_of(lat[first], lon[first], plan)
    told = [
        Refusal(
            int(parsed.table.rows[index]),
            "outside_every_grid" if exchanged is None else "outside_if_swapped",
            {"value": str(parsed.columns["id"][index])},
        )
        for index, exchanged in zip(first.tolist(), swapped, strict=True)
    ]
    return len(outside), told


def check_erased(parsed: Parsed, gone: set[str]) -> None:
    """Refuse households that were erased: no file brings them back."""
    for index, value in enumerate(parsed.columns["id"]):
        if value in gone:
            parsed.faults.add(index, "erased", value=value)


def warn_erased(parsed: Parsed, gone: set[str]) -> list[Refusal]:
    """Visits and cases of erased households that bring words or a position, which are left out."""
    homes = parsed.columns.get("household_id")
    if homes is None or not gone:
        return []
    empty = np.full(len(parsed), None, dtype=object)
    said = [parsed.columns.get(name, empty) for name in CASE_WORDS]
    told = []
    for index in np.flatnonzero(np.isin(homes.astype(str), list(gone))).tolist():
        at = parsed.positions is not None and not np.isnan(parsed.positions.lon[index])
        if index not in parsed.faults and (at or any(word[index] is not None for word in said)):
            facts = {"value": str(parsed.columns.get("id", homes)[index] or homes[index])}
            told.append(Refusal(int(parsed.table.rows[index]), "of_erased", facts))
    return told[:WARNINGS]


def warn_closed(parsed: Parsed) -> list[Refusal]:
    """Cases whose status says that they are over while no day of closing is given."""
    status = parsed.columns.get("status")
    closed = parsed.columns.get("closed_on")
    if status is None:
        return []
    told = []
    for index, word in enumerate(status):
        over = word is not None and word.lower().startswith(CLOSED_WORDS)
        if over and (closed is None or closed[index] is None) and index not in parsed.faults:
            facts = {"value": str(parsed.columns["id"][index]), "status": word}
            told.append(Refusal(int(parsed.table.rows[index]), "closed_without_day", facts))
    return told[:WARNINGS]


def case_statuses(store: Store, parsed: Parsed) -> list[Refusal]:
    """Take the Chinese words of an export back to ours, where a case has not just these.

    And tell of those that say that a case is over while no day of closing is given.
    """
    warned = warn_closed(parsed)
    told = parsed.columns.get("status", np.empty(0, dtype=object))
    there = np.flatnonzero([word in CASE_STATUSES.values() for word in told])
    if not len(there):
        return warned
    ids = parsed.columns["id"][there]
    known = store.cases(scope=EVERYWHERE, ids=[key for key in ids if key is not None])
    held = dict(zip(known["id"], known["status"], strict=True))
    told[there] = kept_or_ours(told[there], [held.get(key) for key in ids], CASE_STATUSES)
    return warned


def check_household_scope(
    parsed: Parsed,
    ground: Ground,
    placed: Objects,
    foreign: set[str],
    mine: set[str],
) -> None:
    """Refuse rows outside the actor's scope.

    A household of someone else's may not be changed (foreign: their ids); one's own may not be
    moved out, a new one may not be put elsewhere.
    """
    assert parsed.positions is not None  # noqa: S101 - households have positions
    named = parsed.columns.get("grid_code", np.full(len(parsed), None, dtype=object))
    for index, value in enumerate(parsed.columns["id"]):
        if value in foreign:
            parsed.faults.add(index, "outside_scope")
        elif not np.isnan(parsed.positions.lon[index]):
            if not ground.may_grid(placed[index]):
                parsed.faults.add(index, "outside_scope")
        elif parsed.positions.given or value not in mine:
            code = named[index]
            if code is None or not (ground.may_area(code) or ground.may_grid(code)):
                parsed.faults.add(index, "outside_scope")


def check_case_scope(parsed: Parsed, ground: Ground, placed: Objects) -> None:
    """Refuse cases outside the actor's scope: by their own point, else by their household."""
    if ground.mine_grids is None or parsed.positions is None:
        return
    homes = parsed.columns.get("household_id", np.full(len(parsed), None, dtype=object))
    for index, (grid, home) in enumerate(zip(placed, homes, strict=True)):
        located = not np.isnan(parsed.positions.lon[index])
        if (located and not ground.may_grid(grid)) or (not located and home is None):
            parsed.faults.add(index, "outside_scope")
