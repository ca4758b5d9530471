"""What an import would change: how many rows of each kind, and the first of them side by side.

The rows are sorted by the store, with the functions that put them. What is stored is shown only as
far as the actor's pages show it, and only of rows within the scope.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pyproj

from gisgrid.access import EVERYWHERE
from gisgrid.access.fields import FIELD_OF, sees
from gisgrid.exchange.tables import is_nothing
from gisgrid.frames import square_metres
from gisgrid.model import LAYERS
from gisgrid.operations.auditing import looked, object_of

if TYPE_CHECKING:
    import pandas as pd

    from gisgrid.access import Actor
    from gisgrid.operations.importing_ground import Ground
    from gisgrid.operations.workspace import Workspace

SHOWN = 10
"""Rows of each kind that are shown side by side."""

_GEOD = pyproj.Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True)
class Diff:
    """Keys by kind, in the file's order; gone: of a plan that is replaced whole.

    rows: the first of each kind, {kind, key, columns: [{name, before, after}]}. `position` and
    `shape` stand among the columns: degrees and `moved_m`; areas in m². hidden: a value that the
    actor's pages do not show, so that only the change is told.
    """

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)


def diff(ws: Workspace, actor: Actor, layer: str, frame: Any, ground: Ground, own: int) -> Diff:
    """`frame`, as the store would take it, beside what is stored.

    own: how many rows from the first on are the file's; the rest of a plan is only its neighbours.
    Raises the errors of the account of use, which notes a look at named rows.
    """
    key = LAYERS[layer].key
    found = ws.store.compare(layer, frame, scope=EVERYWHERE)
    files = frame if own == len(frame) else frame.iloc[:own]
    mine = set(files[key]) if layer == "grids" else None
    changed = [each for each in found.changed if mine is None or each in mine]
    after = _by_key(files, key, [*found.new[:SHOWN], *changed[:SHOWN]])
    before = _stored(ws, actor, layer, ground, [*changed[:SHOWN], *found.gone[:SHOWN]])
    rows = [_row("new", each, None, after[each], layer, actor) for each in found.new[:SHOWN]]
    rows += [
        _row("changed", each, before[each], after[each], layer, actor)
        for each in changed[:SHOWN]
        if each in before
    ]
    rows += [
        _row("gone", each, before[each], None, layer, actor)
        for each in found.gone[:SHOWN]
        if each in before
    ]
    return Diff(found.new, changed, found.gone, rows)


def _by_key(frame: Any, key: str, wanted: list[str]) -> dict[str, dict[str, Any]]:
    """The rows of some keys; the key of a frame comes once."""
    chosen = frame[frame[key].isin(set(wanted))]
    shapes: Any = [None] * len(chosen)
    if isinstance(frame, gpd.GeoDataFrame):
        shapes = list(chosen.geometry)
        chosen = chosen.drop(columns=chosen.geometry.name)
    return {
        record[key]: record | {"": shape}
        for record, shape in zip(chosen.to_dict("records"), shapes, strict=True)
    }


def _stored(
    ws: Workspace, actor: Actor, layer: str, ground: Ground, keys: list[str]
) -> dict[str, dict[str, Any]]:
    """The stored rows of these keys, within the scope; a look at people is written down."""
    if not keys:
        return {}
    key = LAYERS[layer].key
    if layer == "grids":
        table: Any = ground.grids
        held = table[table[key].isin(set(keys))]
        return {row[key]: row | {"": row.pop("geometry")} for row in held.to_dict("records")}
    if layer == "areas":
        return _by_key(ws.store.areas(scope=actor.scope), key, keys)
    read = ws.store.households if layer == "households" else ws.store.cases
    rows: pd.DataFrame = read(scope=actor.scope, ids=keys)
    if len(rows):
        looked(ws, actor, "compare_import", object_of(layer, rows[key]), len(rows))
    return _by_key(rows, key, keys)


def _row(
    kind: str,
    key: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    layer: str,
    actor: Actor,
) -> dict[str, Any]:
    """One row with the columns that say something: all of a new one, else those that differ."""
    columns = []
    for column in LAYERS[layer].columns:
        name = column.name
        if name == LAYERS[layer].key or (after is not None and name not in after):
            continue  # what the file does not speak of stays
        was, now = (None if row is None else _plain(row.get(name)) for row in (before, after))
        if was == now or (now is None and (kind == "new" or name == "listed_on")):
            continue  # listed_on: an empty one stays as it is stored
        entry: dict[str, Any] = {"name": name, "before": was, "after": now}
        if column.personal and before is not None and not sees(actor, FIELD_OF[layer, name]):
            entry |= {"before": None, "hidden": True}
        columns.append(entry)
    columns += _geometry(before and before.get(""), after and after.get(""), after)
    return {"kind": kind, "key": key, "columns": columns}


def _plain(value: Any) -> Any:
    if is_nothing(value):
        return None
    return int(value) if isinstance(value, (int, np.integer)) else str(value)


def _geometry(was: Any, now: Any, after: dict[str, Any] | None) -> list[dict[str, Any]]:
    """A point as degrees and how far it moved, a shape as its area in m²; nothing if the same."""
    shape = was if was is not None else now
    if shape is None or (after is not None and "" not in after):
        return []
    if was is not None and now is not None and was.equals_exact(now, 0):
        return []
    if shape.geom_type == "Point":
        entry: dict[str, Any] = {
            "name": "position",
            "before": _degrees(was),
            "after": _degrees(now),
        }
        if was is not None and now is not None:
            *_, metres = _GEOD.inv(was.x, was.y, now.x, now.y)
            entry["moved_m"] = round(float(metres), 2)
        return [entry]
    return [{"name": "shape", "before": square_metres(was), "after": square_metres(now)}]


def _degrees(point: Any) -> str | None:
    return None if point is None else f"{point.x:.7f}, {point.y:.7f}"
