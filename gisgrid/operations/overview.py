"""What the coverage page shows of one area: where it lies, what it is made of, and its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gisgrid import coverage
from gisgrid.model import LEVELS

if TYPE_CHECKING:
    from gisgrid.columns import Ints
    from gisgrid.operations.asked import Asked

Label = dict[str, str]


def heading(asked: Asked) -> list[Label]:
    """The path to the area: code, name and level, from the top of the scope; the last is the area.

    For everything (scope "*", no area) the code is ""; it bears the name of the one county there
    is, else of the programme.
    """
    path = [{"code": c, "name": n, "level": v} for c, n, v in asked.view.path]
    if not asked.scope.everything:
        return path or [{"code": asked.scope.code, "name": "", "level": ""}]
    tree, root = asked.snapshot.areas, _only_root(asked)
    if root < 0:
        return [{"code": "", "name": asked.snapshot.programme.name, "level": ""}, *path]
    if len(path) == 1 and path[0]["code"] == tree.code[root]:
        return path
    top = {"code": "", "name": tree.name[root], "level": LEVELS[tree.level[root]]}
    # A grid that lies in no area hangs at the top by itself.
    return [top, *(step for step in path if step["code"] != tree.code[root])]


def overview_of(asked: Asked) -> dict[str, Any]:
    """The overview without totals and trend; see figures.overview."""
    path = heading(asked)
    level, group, parts = _parts(asked)
    bounds = asked.snapshot.bounds(asked.plan)
    sums = coverage.sum_groups(asked.tally(), group, parts)
    cases = coverage.sum_groups(asked.case_tally(), group, parts)
    table = asked.plan if level == "grid" else asked.snapshot.areas
    first = 0 if level == "grid" else len(asked.plan.code)
    rows = [
        {
            "code": table.code[part],
            "name": table.name[part] or "",
            **_counts(sums[i], cases[i]),
            "bounds": box(bounds[[first + part]]),
        }
        for i, part in enumerate(parts)
    ]
    return {
        "as_of": asked.day.isoformat(),
        "today": asked.today.isoformat(),
        "area": path[-1],
        "path": path,
        "child_level": level,
        "rows": rows,
        "rest": _counts(sums[-1], cases[-1]),
        "bounds": box(bounds[asked.view.places[:-1]]),
        "revision": asked.plan.revision,
        "revision_then": asked.snapshot.plan_on(asked.day).revision,
        "revision_today": asked.snapshot.plan_on(asked.today).revision,
        "version": asked.snapshot.version,
        "demo": asked.snapshot.programme.demo,
    }


def count_households(sums: Ints) -> dict[str, Any]:
    """One row of a tally by name, with its coverage (None where no household is listed)."""
    counts: dict[str, Any] = dict(zip(coverage.HOUSEHOLD_COUNTS, map(int, sums), strict=True))
    listed = counts["households"]
    counts["coverage"] = (listed - counts["gap"]) / listed if listed else None
    return counts


def count_cases(sums: Ints) -> dict[str, int]:
    """One row of a tally of cases by name."""
    return dict(zip(coverage.CASE_COUNTS, map(int, sums), strict=True))


def box(bounds: np.ndarray[Any, Any]) -> list[float] | None:
    """[west, south, east, north] around several; None where none has a polygon."""
    known = bounds[~np.isnan(bounds[:, 0])]
    if len(known) == 0:
        return None
    low, high = known[:, :2].min(axis=0), known[:, 2:].max(axis=0)
    return [*map(float, low), *map(float, high)]


def _counts(households: Ints, cases: Ints) -> dict[str, Any]:
    of_cases = count_cases(cases)
    return {
        **count_households(households),
        "open": of_cases["open"],
        "overdue_cases": of_cases["overdue"],
    }


def _only_root(asked: Asked) -> int:
    roots = np.flatnonzero(asked.snapshot.areas.parent < 0)
    return int(roots[0]) if len(roots) == 1 else -1


def _parts(asked: Asked) -> tuple[str, Ints, Ints]:
    """The level below the area, the part in which each place lies, and the parts (indices)."""
    tree, plan, view = asked.snapshot.areas, asked.plan, asked.view
    children = _children(asked)
    if view.level == "grid":
        nothing = np.full(len(view.places), -1, dtype=np.int32)
        return "household", nothing, np.empty(0, dtype=np.int64)
    if len(children) == 0:
        return "grid", coverage.groups(tree, plan, "grid"), np.flatnonzero(view.grids)
    # Children may be of different levels (a village right under the county), so each names its own.
    part = np.full(len(tree.code) + 1, -1, dtype=np.int32)
    for child in children:
        part[:-1][coverage.subtree(tree, child)] = child
    level = LEVELS[int(tree.level[children].min())]
    return level, np.concatenate([part[plan.area], part]), children


def _children(asked: Asked) -> Ints:
    tree, path = asked.snapshot.areas, asked.view.path
    if path:
        code, _, level = path[-1]
        parent = int(np.flatnonzero(tree.code == code)[0]) if level in LEVELS else -2
    else:
        parent = _only_root(asked)
    return np.flatnonzero((tree.parent == parent) & asked.view.areas)
