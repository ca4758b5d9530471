"""Polygons and lines -> one layer of a tile; the loop runs over features, not over coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisgrid.tiles import wire
from gisgrid.tiles.tags import Tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisgrid.columns import Bools, Ints, Objects
    from gisgrid.tiles.address import Address

_MOVE_TO, _LINE_TO, _CLOSE = 1 << 3 | 1, 2, 1 << 3 | 7
_POLYGON, _LINE = 3, 1
"""Numbers of shapely's geometry types."""


@dataclass(frozen=True, slots=True, eq=False)
class _Paths:
    """Rings or lines in units of the tile: one point after the other.

    x, y: int64. path: ascending number of each point's path. feature: of each path, ascending.
    """

    x: Ints
    y: Ints
    path: Ints
    feature: Ints

    def kept(self, points: Bools) -> _Paths:
        """Without some of the points; paths keep their numbers."""
        return _Paths(self.x[points], self.y[points], self.path[points], self.feature)

    def numbered(self, paths: Bools) -> _Paths:
        """Without some of the paths, and with new numbers."""
        points = paths[self.path]
        number = np.cumsum(paths) - 1
        return _Paths(
            self.x[points], self.y[points], number[self.path[points]], self.feature[paths]
        )


def encode_polygons(
    name: str,
    address: Address,
    shapes: Objects,
    numbers: Mapping[str, Ints],
    texts: Mapping[str, Objects],
) -> bytes:
    """The layer `name` with a feature for each polygon that the tile holds; b"" for none.

    shapes: shapely (Multi)Polygons in the unit square (None is skipped); clipped here to the tile
    and its buffer. Outer rings run clockwise on the screen, holes the other way; a ring that
    rounding to units leaves without area is left out. numbers, texts: attributes of each shape.
    """
    near, clipped = _clip(address, shapes)
    part, owner = shapely.get_parts(clipped, return_index=True)
    areal = shapely.get_type_id(part) == _POLYGON
    # y points down in a tile: what turns left in the numbers turns right on the screen.
    part, owner = shapely.orient_polygons(part[areal], exterior_cw=False), owner[areal]
    ring, of_part = shapely.get_rings(part, return_index=True)
    paths = _paths(address, ring, owner[of_part])
    outer = np.append(True, of_part[1:] != of_part[:-1])[: len(ring)]
    return _layer(name, _sound_rings(paths, outer, of_part), near, (numbers, texts), wire.POLYGON)


def encode_lines(
    name: str,
    address: Address,
    shapes: Objects,
    numbers: Mapping[str, Ints],
    texts: Mapping[str, Objects],
) -> bytes:
    """The layer `name` with a feature for each (Multi)LineString; as encode_polygons."""
    near, clipped = _clip(address, shapes)
    part, owner = shapely.get_parts(clipped, return_index=True)
    linear = shapely.get_type_id(part) == _LINE
    paths = _paths(address, part[linear], owner[linear])
    same = _same_as_next(paths)
    paths = paths.kept(~same)
    enough = np.bincount(paths.path, minlength=len(paths.feature)) >= 2
    return _layer(name, paths.numbered(enough), near, (numbers, texts), wire.LINE)


def _clip(address: Address, shapes: Objects) -> tuple[Ints, Objects]:
    """Which shapes touch the tile with its buffer, and what of them lies in there."""
    left, top, right, bottom = address.box()
    low_x, low_y, high_x, high_y = shapely.bounds(shapes).T
    near = np.flatnonzero((low_x < right) & (high_x > left) & (low_y < bottom) & (high_y > top))
    inside = (
        (low_x[near] >= left)
        & (high_x[near] <= right)
        & (low_y[near] >= top)
        & (high_y[near] <= bottom)
    )
    clipped = shapes[near]
    clipped[~inside] = shapely.clip_by_rect(clipped[~inside], left, top, right, bottom)
    return near, clipped


def _paths(address: Address, lines: Objects, feature: Ints) -> _Paths:
    where, path = shapely.get_coordinates(lines, return_index=True)
    x, y = address.units(where[:, 0], where[:, 1])
    return _Paths(x, y, path, feature)


def _same_as_next(paths: _Paths) -> Bools:
    """Points at the place of the next point of their path."""
    x, y, path = paths.x, paths.y, paths.path
    same = (x[1:] == x[:-1]) & (y[1:] == y[:-1]) & (path[1:] == path[:-1])
    return np.append(same, False)[: len(x)]


def _sound_rings(paths: _Paths, outer: Bools, part: Ints) -> _Paths:
    """Rings without their closing point, and only those that still have an area.

    outer: whether each ring is the outer one of its polygon. part: the polygon of each ring,
    numbered from 0; a polygon that loses its outer ring loses its holes.
    """
    last = np.append(paths.path[1:] != paths.path[:-1], True)[: len(paths.path)]
    paths = paths.kept(~(_same_as_next(paths) | last))
    rings = len(paths.feature)
    count = np.bincount(paths.path, minlength=rings)
    first = np.cumsum(count) - count
    following = np.arange(len(paths.path)) + 1
    ends = (first + count)[count > 0] - 1
    following[ends] = first[count > 0]
    cross = paths.x * paths.y[following] - paths.x[following] * paths.y
    area = np.bincount(paths.path, weights=cross, minlength=rings)
    sound = (count >= 3) & np.where(outer, area > 0, area < 0)
    whole = np.zeros(int(part.max(initial=-1)) + 1, dtype=bool)
    whole[part[outer]] = sound[outer]
    return paths.numbered(sound & whole[part])


def _layer(
    name: str,
    paths: _Paths,
    near: Ints,
    attributes: tuple[Mapping[str, Ints], Mapping[str, Objects]],
    kind: int,
) -> bytes:
    if len(paths.feature) == 0:
        return b""
    number, geometry = _geometries(paths, closed=kind == wire.POLYGON)
    rows = near[number]
    numbers, texts = attributes
    tags = Tags.of({k: v[rows] for k, v in numbers.items()}, {k: v[rows] for k, v in texts.items()})
    features = []
    for i, body in enumerate(geometry):
        words = b"".join(bytes((k,)) + wire.number(int(v[i])) for k, v in enumerate(tags.index))
        features.append(
            wire.sized(
                wire.LAYER_FEATURE,
                wire.sized(wire.FEATURE_TAGS, words)
                + bytes((wire.FEATURE_TYPE, kind))
                + wire.sized(wire.FEATURE_GEOMETRY, body),
            )
        )
    return wire.layer(name, b"".join(features), tags.keys, tags.values)


def _geometries(paths: _Paths, *, closed: bool) -> tuple[Ints, list[bytes]]:
    """The distinct features, and the commands of each as bytes.

    A path is: move to its first point, line to the others, and for a ring: close. Steps count from
    the point before, over all paths of a feature.
    """
    count = np.bincount(paths.path, minlength=len(paths.feature))
    size = 2 * count + (3 if closed else 2)
    at = np.cumsum(size) - size
    point = np.cumsum(count) - count
    k = np.arange(len(paths.path)) - point[paths.path]
    place = at[paths.path] + 2 * k + np.where(k == 0, 1, 2)
    stream = np.empty(int(size.sum()), dtype=np.uint32)
    stream[at] = _MOVE_TO
    stream[at + 3] = (count - 1) << 3 | _LINE_TO
    if closed:
        stream[at + size - 1] = _CLOSE
    of_point = paths.feature[paths.path]
    new = np.append(True, of_point[1:] != of_point[:-1])
    for offset, axis in enumerate((paths.x, paths.y)):
        before = np.where(new, 0, np.append(0, axis[:-1]))
        stream[place + offset] = wire.zigzag(axis - before)
    coded, length = wire.varints(stream)
    first = np.flatnonzero(np.append(True, paths.feature[1:] != paths.feature[:-1]))
    cuts = np.append(0, np.cumsum(np.add.reduceat(length, at[first], dtype=np.int64)))
    raw = coded.tobytes()
    return paths.feature[first], [raw[a:b] for a, b in pairwise(cuts)]
