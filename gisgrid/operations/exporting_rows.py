"""The rows of an export: what the actor may see of a layer or a result, as of a day."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gisgrid import coverage
from gisgrid.access import Action, Level, Scope, require
from gisgrid.access.fields import columns_taken, marks_taken
from gisgrid.exchange.outgoing import Outgoing, points
from gisgrid.model import BY, CASE_COLUMNS, COVERAGE_COLUMNS, GAP_COLUMNS, LAYERS
from gisgrid.operations.asked import category_number
from gisgrid.operations.figures import case_table, coverage_table, gap_list
from gisgrid.operations.record_items import countable
from gisgrid.operations.sharing import shared, shared_columns

if TYPE_CHECKING:
    from datetime import date

    from gisgrid.access import Actor
    from gisgrid.columns import Objects
    from gisgrid.operations.workspace import Workspace

_COUNTS = frozenset(COVERAGE_COLUMNS) - {"code", "name", "coverage"}
_SHAPES = {"none": None, "point": "Point", "polygon": "MultiPolygon"}


def layer_rows(
    ws: Workspace,
    actor: Actor,
    layer: str,
    area: str | None,
    as_of: date | None,
    level: Level = Level.FULL,
) -> Outgoing:
    """A layer's own columns, as the store reads them within scope and area."""
    if layer in {"households", "visits", "cases"}:
        require(actor, Action.SEE_HOUSEHOLDS)
    scope = _within(ws, actor, area, as_of)
    frame: Any
    if layer == "areas":
        frame = ws.store.areas(scope=scope)
    elif layer == "grids":
        revision = None if as_of is None else ws.snapshot().plan_on(as_of).revision
        frame = ws.store.grids(scope=scope, revision=revision)
    elif layer == "households":
        frame = _listed(ws.store.households(scope=scope), as_of)
    elif layer == "visits":
        frame = _until(ws.store.visits(scope=scope), "visited_on", as_of)
    else:
        frame = _cases(ws, scope, as_of)
    names = columns_taken(actor, layer, level)
    if layer == "visits":
        frame, names = _marked(ws, scope, frame), [*names, *marks_taken(actor, level)]
    shape = _SHAPES[LAYERS[layer].geometry]
    geometry = None if shape is None else np.asarray(frame.geometry.array, dtype=object)
    return Outgoing(layer, pd.DataFrame(frame[names]), geometry, shape)


def columns_of(actor: Actor, what: str, level: Level) -> tuple[str, ...]:
    """The columns that such an export holds, figures beside it left aside, in their order."""
    if what in LAYERS:
        marks = marks_taken(actor, level) if what == "visits" else []
        return (*columns_taken(actor, what, level), *marks)
    if what != "gaps" and level is Level.PUBLIC:
        return shared_columns(what)
    return {"gaps": GAP_COLUMNS, "coverage": COVERAGE_COLUMNS}.get(what, CASE_COLUMNS)


def _marked(ws: Workspace, scope: Scope, frame: pd.DataFrame) -> pd.DataFrame:
    """Visits with how each came in: see Store.visit_marks.

    One whose device's clock could not be right has the moment at which it came, and on whose day it
    counts: an import would have to refuse the other, and many programs could not read it.
    """
    marks = ws.store.visit_marks(scope=scope)
    frame = frame.merge(marks, on="id", how="left", validate="one_to_one")
    told = frame.loc[frame["flags"].notna() & frame["received_at"].notna()]
    pairs = zip(told["visited_at"], told["received_at"], strict=True)
    wrong = told.index[[not countable(at, received) for at, received in pairs]]
    frame.loc[wrong, "visited_at"] = frame.loc[wrong, "received_at"]
    return frame


def _within(ws: Workspace, actor: Actor, area: str | None, as_of: date | None) -> Scope:
    """The area as a scope, once it is known to lie in the actor's. Raises UnknownArea."""
    if area is None:
        return actor.scope
    ws.snapshot().view(actor.scope, area, as_of or ws.today())
    return Scope(area)


def _until(frame: Any, column: str, as_of: date | None) -> Any:
    """Rows of the day and before."""
    if as_of is None:
        return frame
    return frame[[day is not None and day <= as_of for day in frame[column]]]


def _listed(frame: Any, as_of: date | None) -> Any:
    """Households listed on the day."""
    if as_of is None:
        return frame
    pairs = zip(frame["listed_on"], frame["unlisted_on"], strict=True)
    return frame[[start <= as_of and (end is None or end > as_of) for start, end in pairs]]


def _cases(ws: Workspace, scope: Scope, as_of: date | None) -> Any:
    """Cases opened up to the day, as they stood then, without households outside the scope.

    A case closed after the day was open on it: neither the closing nor the status of today is told.
    """
    frame = _until(ws.store.cases(scope=scope), "opened_on", as_of).copy()
    if as_of is not None:
        later = [day is not None and day > as_of for day in frame["closed_on"]]
        frame.loc[later, ["closed_on", "status"]] = None
    if not scope.everything:
        inside = frame["household_id"].isin(set(ws.store.households(scope=scope)["id"]))
        frame.loc[~inside, "household_id"] = None
    return frame


def gap_rows(ws: Workspace, actor: Actor, area: str | None, as_of: date | None) -> Outgoing:
    """All households in a visit gap, with their points."""
    frame, _ = gap_list(ws, actor, as_of=as_of, area=area, limit=None)
    lon, lat = frame["lon"].to_numpy(), frame["lat"].to_numpy()
    return Outgoing("gaps", frame, points(lon, lat), "Point")


def of_category(ws: Workspace, actor: Actor, out: Outgoing, category: str) -> Outgoing:
    """The cases of one category among those of an export. Raises UnknownWord for another."""
    require(actor, Action.SEE_FIGURES)
    category_number(ws.snapshot(), category)
    rows = (out.frame["category"].fillna("") == category).to_numpy(dtype=bool)
    geometry = None if out.geometry is None else out.geometry[rows]
    return replace(out, frame=out.frame[rows], geometry=geometry)


def figure_rows(
    ws: Workspace,
    actor: Actor,
    what: str,
    area: str | None,
    as_of: date | None,
    by: str,
    *,
    category: str | None = None,
) -> Outgoing:
    """A table of figures with the shapes of its grids or areas."""
    if what == "coverage":
        frame = coverage_table(ws, actor, as_of=as_of, area=area, by=by)
    else:
        frame = case_table(ws, actor, as_of=as_of, area=area, by=by, category=category)
    shapes = area_shapes(ws, by, list(frame["code"]), as_of)
    # The columns of a CSV of figures are fixed: no shape among them.
    return Outgoing(what.replace("-", "_"), frame, shapes, "MultiPolygon", as_text=False)


def area_shapes(ws: Workspace, by: str, codes: list[str], as_of: date | None) -> Objects:
    """The polygon of each code: a grid's own, an area's the union of its grids; None without."""
    snapshot = ws.snapshot()
    plan = snapshot.plan_on(as_of or ws.today())
    shapes: dict[str, Any] = {}
    if by == "grid":
        shapes = dict(zip(plan.code, plan.geometry, strict=True))
    else:
        wanted = set(codes)
        for at in np.flatnonzero([code in wanted for code in snapshot.areas.code]).tolist():
            inside = np.append(coverage.subtree(snapshot.areas, at), False)[plan.area]
            if inside.any():
                union = shapely.coverage_union_all(plan.geometry[inside])
                shapes[snapshot.areas.code[at]] = union
    found = np.full(len(codes), None, dtype=object)
    found[:] = [shapes.get(code) for code in codes]
    return found


def with_coverage(
    ws: Workspace,
    actor: Actor,
    out: Outgoing,
    area: str | None,
    as_of: date | None,
    level: Level,
) -> Outgoing:
    """The figures of `gisgrid coverage` beside each grid or area; nothing where it has none.

    At the level public those that may be shared, as sharing.shared.
    """
    tables = []
    for by in ("grid",) if out.name == "grids" else _levels(ws, actor, area, as_of):
        table = coverage_table(ws, actor, as_of=as_of, area=area, by=by)
        if level is Level.PUBLIC:
            table = shared(ws, "coverage", table, by, as_of or ws.today())
        tables.append(table)
    figures = pd.concat(tables).drop(columns="name")
    known = figures[figures["code"] != ""].set_index("code")
    beside = known.reindex(out.frame["code"])
    added = {
        name: _whole_or_none(beside[name].to_numpy()) if name in _COUNTS else beside[name].array
        for name in known.columns
    }
    return replace(out, frame=out.frame.assign(**added))


def _levels(ws: Workspace, actor: Actor, area: str | None, as_of: date | None) -> tuple[str, ...]:
    """The levels at and below the area asked for."""
    day = as_of or ws.today()
    view = ws.snapshot().view(actor.scope, area, day)
    return BY[1 : BY.index(view.level or BY[-1]) + 1]


def _whole_or_none(values: Any) -> Objects:
    """Counts stay whole numbers where some rows have none."""
    made = np.full(len(values), None, dtype=object)
    there = ~pd.isna(values)
    made[there] = [int(value) for value in values[there]]
    return made
