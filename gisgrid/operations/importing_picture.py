"""Where the rows of a file lie and what they would change there: shapes and points to draw."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from gisgrid.columns import Floats, Objects
    from gisgrid.errors import CrsChoice
    from gisgrid.exchange.parse import Parsed
    from gisgrid.operations.importing_diff import Diff
    from gisgrid.operations.importing_ground import Ground

MOST_OVERLAPS = 60
"""Overlaps that are drawn one by one; the report lists all."""


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """Two grids that claim the same ground. shared: that ground; one, two: all of theirs."""

    a: str
    b: str
    area_m2: float
    one: Any
    two: Any
    shared: Any


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """known: grids on record. shapes, points: (kind, what), kind: new | changed | gone | file.

    holes: of the plan that stay. repaired: where something was. choice: the systems under which a
    file would lie here that lies elsewhere as it stands.
    """

    known: Objects
    shapes: list[tuple[str, Objects]] = field(default_factory=list)
    points: list[tuple[str, Floats]] = field(default_factory=list)
    overlaps: list[Overlap] = field(default_factory=list)
    holes: Any = ()
    repaired: list[tuple[float, float]] = field(default_factory=list)
    choice: CrsChoice | None = None


def picture(
    parsed: Parsed, ground: Ground, frame: Any, found: Diff | None, overlaps: list[dict[str, Any]]
) -> Picture:
    """What to draw of a file that was looked at. EPSG:4326 throughout."""
    known: Objects = ground.grids["geometry"].to_numpy()
    if overlaps:
        given = zip(parsed.columns["code"], parsed.shapes, strict=True)  # type: ignore[arg-type]
        # A grid without a shape in the file is the one on record, as it was for the check.
        own = {code: shape for code, shape in given if shape is not None}
        shapes = dict(zip(ground.grids["code"], known, strict=True)) | own
        drawn = [_overlap(each, shapes) for each in overlaps[:MOST_OVERLAPS]]
        return Picture(known, [("file", _objects(own.values()))], [], drawn)
    if found is not None and parsed.shapes is not None:
        now = dict(zip(frame["code"], frame.geometry, strict=True))
        was = dict(zip(ground.grids["code"], known, strict=True))
        kinds = [
            ("gone", _objects(was[code] for code in found.gone)),
            ("changed", _objects(now[code] for code in found.changed)),
            ("new", _objects(now[code] for code in found.new)),
        ]
        return Picture(known, [(kind, shapes) for kind, shapes in kinds if len(shapes)])
    if found is not None and parsed.positions is not None and parsed.positions.given:
        return Picture(known, [], _points(parsed, found))
    return Picture(known)


def _overlap(facts: dict[str, Any], shapes: dict[str, Any]) -> Overlap:
    one, two = shapes[facts["a"]], shapes[facts["b"]]
    shared = shapely.intersection(one, two, grid_size=1e-9)
    return Overlap(facts["a"], facts["b"], facts["area_m2"], one, two, shared)


def _points(parsed: Parsed, found: Diff) -> list[tuple[str, Floats]]:
    """Positions of the rows, those that stay as they are below the others."""
    assert parsed.positions is not None  # noqa: S101 - asked by the caller
    at = np.column_stack([parsed.positions.lon, parsed.positions.lat])
    new, changed = set(found.new), set(found.changed)
    kind = np.array(
        [2 if key in new else 1 if key in changed else 0 for key in parsed.columns["id"]], dtype=int
    )
    kind[parsed.faults.indexes] = -1
    here = np.isfinite(at).all(axis=1)
    named = ((0, "file"), (1, "changed"), (2, "new"))
    found_points = [(word, at[here & (kind == number)]) for number, word in named]
    return [(word, points) for word, points in found_points if len(points)]


def _objects(shapes: Any) -> Objects:
    listed = list(shapes)
    made: Objects = np.array([*listed, None], dtype=object)[:-1]
    return made
