"""Cells and their groups -> polygons with winding lines that share every vertex."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisgrid.columns import Floats, Ints, Objects
    from gisgrid.tiles import Boundaries


_FINE = 2.0
"""Metres by which a rounded line may differ from its smooth form, to save two thirds of it."""


def mesh(sites: Floats, outline: shapely.Polygon) -> tuple[Objects, Ints]:
    """The Voronoi cells of `sites` within the outline, and the site of each.

    A cell that the outline cuts in pieces is several cells. Corners lie on whole millimetres, so
    that neighbours, cut one by one, agree on them.
    """
    whole = shapely.voronoi_polygons(
        shapely.multipoints(sites), extend_to=outline.envelope, ordered=True
    )
    cells = np.array(shapely.get_parts(whole), dtype=object)
    shapely.prepare(outline)
    cut = ~shapely.contains_properly(outline, cells)
    cells[cut] = shapely.intersection(cells[cut], outline)
    part, site = shapely.get_parts(cells, return_index=True)
    kept = (shapely.get_type_id(part) == 3) & (shapely.area(part) > 0)
    part, site = part[kept], site[kept]
    where = np.round(shapely.get_coordinates(part), 3)
    return shapely.set_coordinates(part, where), site


def polygons(
    edges: Boundaries, group: Ints, sites: Floats, to_degrees: Callable[[Floats], Floats]
) -> Objects:
    """One polygon for each group, EPSG:4326 on a lattice of 1e-7 degrees.

    edges: the cells' borders, metres. group: of each cell, from 0 on, each hanging together.
    sites: a place within each cell. Lines between groups are rounded off; where that would make
    two of them cross, they stay as they were.
    """
    inner = edges.other >= 0
    between = inner & (group[edges.one] != group[np.where(inner, edges.other, 0)])
    raw = _chains(edges, between)
    rim = _lines(np.stack([edges.start, edges.end], axis=1)[~inner])
    rim, soft = (_on_lattice(lines, to_degrees) for lines in (rim, _smooth(raw)))
    straight = _on_lattice(raw, to_degrees)
    place = np.asarray(shapely.points(to_degrees(sites)), dtype=object)
    for _ in range(8):
        lines = np.concatenate([soft, rim])
        faces = shapely.get_parts(shapely.polygonize(lines))
        best, torn = _faces_of(faces, group, place)
        if len(torn) == 0 and shapely.coverage_is_valid(faces):
            break
        wrong = shapely.STRtree(lines).query(lines, predicate="crosses").ravel()
        ends = np.isin(group[edges.one], torn) | (inner & np.isin(group[edges.other], torn))
        middle = shapely.points((edges.start + edges.end)[ends & between] / 2)
        wrong = np.concatenate([wrong, shapely.STRtree(raw).nearest(middle)])
        wrong = np.unique(wrong[wrong < len(soft)])
        soft[wrong] = straight[wrong]
    found: Objects = np.asarray(faces, dtype=object)[best]
    return found


def _faces_of(faces: Objects, group: Ints, place: Objects) -> tuple[Ints, Ints]:
    """The face of each group, and the groups that have none to themselves.

    It is the face that holds most of the group's places.
    """
    face, cell = shapely.STRtree(place).query(faces, predicate="contains")
    groups = int(group.max()) + 1
    votes = np.bincount(group[cell] * len(faces) + face, minlength=groups * len(faces))
    table = votes.reshape(groups, len(faces))
    best = table.argmax(axis=1)
    shared = np.bincount(best, minlength=len(faces))[best] > 1
    return best, np.flatnonzero(shared | (table.max(axis=1) == 0))


def _chains(edges: Boundaries, kept: Ints) -> Objects:
    pairs = np.stack([edges.start, edges.end], axis=1)[kept]
    merged = shapely.line_merge(shapely.MultiLineString(list(pairs)))
    return np.array(shapely.get_parts(merged), dtype=object)


def _lines(pairs: Floats) -> Objects:
    return np.asarray(shapely.linestrings(pairs), dtype=object)


def _on_lattice(lines: Objects, to_degrees: Callable[[Floats], Floats]) -> Objects:
    where = np.round(to_degrees(shapely.get_coordinates(lines)), 7)
    found: Objects = shapely.set_coordinates(lines.copy(), where)
    return found


def _smooth(lines: Objects) -> Objects:
    """Lines with the same ends: their corners pulled in, then cut twice (Chaikin's algorithm)."""
    where, line = shapely.get_coordinates(lines, return_index=True)
    of: Ints = line
    for _ in range(2):
        inner = np.flatnonzero((of[1:-1] == of[:-2]) & (of[1:-1] == of[2:])) + 1
        pulled = where.copy()
        pulled[inner] = (where[inner - 1] + 2 * where[inner] + where[inner + 1]) / 4
        where = pulled
    for _ in range(2):
        where, of = _cut_corners(where, of)
    found = shapely.simplify(shapely.linestrings(where, indices=of), _FINE)
    return np.asarray(found, dtype=object)


def _cut_corners(where: Floats, of: Ints) -> tuple[Floats, Ints]:
    step = np.flatnonzero(of[1:] == of[:-1])
    a, b = where[step], where[step + 1]
    pair = np.stack([0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b], axis=1)
    line = of[step]
    first = np.append(True, line[1:] != line[:-1])
    last = np.append(line[1:] != line[:-1], True)
    pair[first, 0] = a[first]
    pair[last, 1] = b[last]
    return pair.reshape(-1, 2), np.repeat(line, 2)
