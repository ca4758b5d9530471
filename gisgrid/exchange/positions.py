"""Where households and cases lie: from columns or points of a file to checked degrees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely

from gisgrid.errors import ColumnMissing, CrsUnknown
from gisgrid.exchange.crs import check_system, described, file_crs, named_crs, to_degrees
from gisgrid.exchange.degrees import degrees
from gisgrid.exchange.fields import DEGREES, LAT, LON, POSITION, plain
from gisgrid.exchange.tables import DEGREE_DIGITS
from gisgrid.model import WGS84

if TYPE_CHECKING:
    from gisgrid.columns import Bools, Floats, Ints
    from gisgrid.exchange.fields import Match
    from gisgrid.exchange.reasons import Faults
    from gisgrid.exchange.table import Table

EMPTY_WORDS = frozenset({"", "-", "--", "nan", "null", "none", "n/a", "na", "#n/a", "无"})
SENTINEL_STACK = 3
"""From how many rows on exactly one whole-degree point it stands for "position not known"."""


@dataclass(frozen=True, slots=True, eq=False)
class Positions:
    """lon, lat: EPSG:4326 on the lattice of 1e-7 degrees, NaN where unlocated.

    crs: of the file, described; None where the file has no positions at all (`given` is False).
    sentinels: (lon, lat, rows) of each point that was taken for "not known".
    """

    lon: Floats
    lat: Floats
    given: bool
    crs: str | None
    sentinels: list[tuple[float, float, Ints]]


def read_positions(
    table: Table, found: Match, *, crs: str | None, datum: str, faults: Faults
) -> Positions:
    """Positions of all rows; rows whose position is wrong are refused in `faults`.

    A point of the file counts before its columns lon and lat. crs: as a person named it. Raises
    ColumnMissing for one of the two without the other, and CrsUnknown where neither file nor person
    says it and the numbers are not plainly degrees.
    """
    if table.geometry is not None:
        x, y = _from_points(table, faults)
    elif LON in found.fields and LAT in found.fields:
        x = _numbers(table, found.fields[LON], LON, faults)
        y = _numbers(table, found.fields[LAT], LAT, faults)
    else:
        _refuse_half(table, found)
        empty = np.full(len(table), np.nan)
        return Positions(empty, empty.copy(), given=False, crs=None, sentinels=[])
    for index in np.flatnonzero(np.isnan(x) != np.isnan(y)).tolist():
        faults.add(index, "half_position")
    system = _system(table, found, crs, x, y)
    check_system(datum, system)
    sentinels = _take_sentinels(x, y, system)
    lon, lat = to_degrees(x, y, system, datum)
    _check(x, y, lon, lat, system, faults)
    with np.errstate(over="ignore"):  # of rows that are refused
        lon, lat = np.round(lon, DEGREE_DIGITS), np.round(lat, DEGREE_DIGITS)
    return Positions(lon, lat, given=True, crs=described(system), sentinels=sentinels)


def _refuse_half(table: Table, found: Match) -> None:
    """Raise ColumnMissing where there is a column of one half of the positions only."""
    for here, missing in ((LON, LAT), (LAT, LON)):
        if here in found.fields and plain(found.fields[here]) in POSITION:
            raise ColumnMissing(file=table.file, column=missing, found=", ".join(table.columns))


def _from_points(table: Table, faults: Faults) -> tuple[Floats, Floats]:
    """X and y of each row's point; a multipoint of one is a point; other shapes are refused."""
    shapes = table.geometry
    assert shapes is not None  # noqa: S101 - the caller asked
    lone = (shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOINT) & (
        shapely.get_num_geometries(shapes) == 1
    )
    points = shapes.copy()
    points[lone] = shapely.get_geometry(shapes[lone], 0)
    other = ~shapely.is_missing(points) & (
        shapely.get_type_id(points) != shapely.GeometryType.POINT
    )
    for index in np.flatnonzero(other).tolist():
        faults.add(index, "wrong_shape", found=points[index].geom_type, needed="Point")
    points[other] = None
    return shapely.get_x(points), shapely.get_y(points)


def _numbers(table: Table, heading: str, column: str, faults: Faults) -> Floats:
    """A column as floats, NaN where empty."""
    made = np.full(len(table), np.nan)
    for index, cell in enumerate(table.columns[heading]):
        if cell is None or (isinstance(cell, str) and cell.strip().lower() in EMPTY_WORDS):
            continue
        try:
            made[index] = degrees(cell, column) if isinstance(cell, str) else float(cell)
        except (TypeError, ValueError):
            faults.add(index, "bad_position", column=column, value=str(cell)[:80])
            continue
        if not np.isfinite(made[index]):
            faults.add(index, "bad_position", column=column, value=str(cell)[:80])
    return made


def _system(table: Table, found: Match, said: str | None, x: Floats, y: Floats) -> pyproj.CRS:
    """The CRS of a file: as a person says, as the file says, or degrees where that is plain."""
    if said is not None:
        return named_crs(said)
    system = file_crs(table.crs, file=table.file)
    if system is not None:
        return system
    if table.kind == "geojson":
        return pyproj.CRS.from_user_input(WGS84)
    if table.geometry is None:
        plainly = plain(found.fields[LON]) in DEGREES
        in_range = _most((np.abs(x) <= 180) & (np.abs(y) <= 180), ~np.isnan(x + y))
        if plainly or in_range:
            return pyproj.CRS.from_user_input(WGS84)
    raise CrsUnknown(file=table.file)


def _most(true: Bools, given: Bools) -> bool:
    """Whether it holds for more than half of the rows that have a position."""
    return bool(np.count_nonzero(true & given) * 2 > np.count_nonzero(given))


def _take_sentinels(x: Floats, y: Floats, system: pyproj.CRS) -> list[tuple[float, float, Ints]]:
    """Set to NaN, in place, rows on whole degrees, where a stack of them shows what they mean.

    Some sources write such a point for "not known" (39, -77 for Baltimore). Once SENTINEL_STACK
    rows lie on one, every row of the file on a whole degree is taken for it; without a stack a row
    may truly lie there and stays. (0, 0) is no such point: it is refused row by row.
    """
    whole = (x == np.rint(x)) & (y == np.rint(y)) & ((x != 0) | (y != 0))
    if not system.is_geographic or not whole.any():
        return []
    rows = np.flatnonzero(whole)
    points, inverse, counts = np.unique(
        np.column_stack([x[rows], y[rows]]), axis=0, return_inverse=True, return_counts=True
    )
    taken: list[tuple[float, float, Ints]] = []
    if counts.max() < SENTINEL_STACK:
        return taken
    for number in range(len(points)):
        members = rows[inverse.reshape(-1) == number]
        taken.append((float(points[number, 0]), float(points[number, 1]), members))
        x[members] = y[members] = np.nan
    return taken


def _check(
    x: Floats, y: Floats, lon: Floats, lat: Floats, system: pyproj.CRS, faults: Faults
) -> None:
    """Refuse (0, 0), exchanged axes and what does not lie on Earth."""
    given = ~np.isnan(x) & ~np.isnan(y)
    for index in np.flatnonzero(given & (x == 0) & (y == 0)).tolist():
        faults.add(index, "zero_position")
    with np.errstate(invalid="ignore"):
        on_earth = (np.abs(lon) <= 180) & (np.abs(lat) <= 90) & np.isfinite(lon) & np.isfinite(lat)
        swapped = system.is_geographic & (np.abs(x) <= 90) & (np.abs(y) > 90) & (np.abs(y) <= 180)
    for index in np.flatnonzero(given & ~on_earth).tolist():
        facts: dict[str, Any] = {"x": shown(x[index]), "y": shown(y[index])}
        if swapped[index]:
            faults.add(index, "swapped_position", **facts)
        else:
            faults.add(index, "position_out_of_range", crs=described(system), **facts)


def shown(value: float) -> str:
    """A coordinate as a person reads it: in full, and without an exponent below 1e9."""
    return f"{value:.9g}"
