"""A file's rows in our own words: headings matched, cells read, what is wrong with a row said.

Nothing here knows the store: whether a household exists, or who may change it, comes later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.columns import objects
from gisgrid.errors import CrsUnknown
from gisgrid.exchange.crs import check_system, described, file_crs, named_crs, shapes_to_degrees
from gisgrid.exchange.dates import as_days, as_moments, read_dates
from gisgrid.exchange.fields import WKT, Match, match, require
from gisgrid.exchange.ids import fill_ids
from gisgrid.exchange.mending import mend_shapes
from gisgrid.exchange.partition import Repair
from gisgrid.exchange.positions import Positions, read_positions, shown
from gisgrid.exchange.reasons import Faults
from gisgrid.exchange.swapped import exchanged
from gisgrid.exchange.values import (
    fixed_words,
    refuse_duplicates,
    refuse_missing,
    refuse_unaddressable,
    texts,
    whole_numbers,
)
from gisgrid.exchange.words import KNOWN
from gisgrid.model import EARLIEST, LAYERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    import pyproj

    from gisgrid.columns import Objects
    from gisgrid.exchange.table import Table

_NOT_IN_FUTURE = frozenset({"visited_at", "opened_on", "closed_on", "listed_on"})
_ORDERED = (("listed_on", "unlisted_on"), ("opened_on", "closed_on"))
VISITED_ON = "visited_on"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person says about a file. None: let the file say it.

    fields: our column -> their heading. datum: one of datum.DATUMS. date_format: YMD, DMY, MDY or
    a strptime pattern. make_ids: whether households and cases without a column for their id get
    ids worked out from their content. swap_axes: what stands as longitude is latitude.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    crs: str | None = None
    datum: str = "wgs84"
    date_format: str | None = None
    make_ids: bool = False
    swap_axes: bool = False


@dataclass(eq=False)
class Parsed:
    """Rows of a layer as read from a file; refused ones are still in place.

    columns: our column -> values, only of columns that the file has: text, int, date, datetime in
    UTC or None; for visits also `visited_on`. shapes: EPSG:4326, of grids. positions: of
    households and cases. formats: column -> date order or pattern used. made_ids: how many rows
    got an id from their content. listed_today: how many are listed from today for want of a day.
    """

    table: Table
    match: Match
    columns: dict[str, Objects]
    faults: Faults
    positions: Positions | None = None
    shapes: Objects | None = None
    repairs: list[Repair] = field(default_factory=list)
    formats: dict[str, str] = field(default_factory=dict)
    crs: str | None = None
    made_ids: int = 0
    listed_today: int = 0

    def __len__(self) -> int:
        return len(self.table)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The programme's zone and its present day."""

    zone: ZoneInfo
    today: date


def parse(
    table: Table, layer: str, wishes: Wishes, calendar: Calendar, *, limit_m2: float
) -> Parsed:
    """Read all rows of `table` as rows of `layer`.

    limit_m2: up to which change a grid's invalid boundary is mended by itself. Raises UnknownWord,
    ColumnMissing, CrsUnknown, DateFormatAmbiguous for what concerns the file as a whole; what
    concerns a row is in `faults`.
    """
    found = match(layer, list(table.columns), wishes.fields, file=table.file)
    if wishes.swap_axes:
        table = exchanged(table, found)
    faults = Faults()
    for index, problem in table.broken.items():
        faults.add(index, "unreadable", problem=problem)
    parsed = Parsed(table, found, {}, faults)
    made = "id" if wishes.make_ids and LAYERS[layer].key == "id" else ""
    require(layer, found, list(table.columns), file=table.file, made=made)
    _read_columns(parsed, layer, wishes, calendar)
    _place(parsed, layer, wishes, limit_m2)
    fill_ids(parsed, layer)
    for column in LAYERS[layer].columns:
        if column.required and column.name in parsed.columns:
            refuse_missing(parsed.columns[column.name], column.name, faults)
    _check_days(parsed, calendar)
    _check_order(parsed)
    key = LAYERS[layer].key
    if layer != "visits":  # they have no page of their own
        refuse_unaddressable(parsed.columns[key], key, faults)
    refuse_duplicates(parsed.columns[key], key, table.rows, faults)
    return parsed


def _read_columns(parsed: Parsed, layer: str, wishes: Wishes, calendar: Calendar) -> None:
    """Each column by its kind."""
    kinds = {column.name: column.kind for column in LAYERS[layer].columns}
    for ours, theirs in parsed.match.fields.items():
        if ours not in kinds:
            continue  # a position
        cells, kind = parsed.table.columns[theirs], kinds[ours]
        if kind == "int":
            parsed.columns[ours] = whole_numbers(cells, ours, parsed.faults)
        elif kind in KNOWN:
            parsed.columns[ours] = fixed_words(cells, ours, kind, parsed.faults)
        elif kind in {"date", "datetime"}:
            _read_days(parsed, ours, cells, kind, wishes, calendar)
        else:
            parsed.columns[ours] = texts(cells, ours, parsed.faults)


def _read_days(
    parsed: Parsed, ours: str, cells: Objects, kind: str, wishes: Wishes, calendar: Calendar
) -> None:
    values, used = read_dates(
        cells,
        ours,
        said=wishes.date_format,
        numbers_are_days=parsed.table.kind == "excel",
        faults=parsed.faults,
    )
    if used:
        parsed.formats[ours] = used
    if kind == "date":
        parsed.columns[ours] = as_days(values, calendar.zone)
        return
    parsed.columns[ours] = as_moments(values, calendar.zone)
    # The local day beside the moment: it must not move when a zone does.
    parsed.columns[VISITED_ON] = as_days(parsed.columns[ours], calendar.zone)


def _place(parsed: Parsed, layer: str, wishes: Wishes, limit_m2: float) -> None:
    """Positions of point layers, shapes of grids."""
    geometry = LAYERS[layer].geometry
    if geometry == "point":
        parsed.positions = read_positions(
            parsed.table, parsed.match, crs=wishes.crs, datum=wishes.datum, faults=parsed.faults
        )
        parsed.crs = parsed.positions.crs
        parsed.repairs += [
            Repair("sentinel position", (), 0.0, lon, lat, len(rows))
            for lon, lat, rows in parsed.positions.sentinels
        ]
    elif geometry == "polygon":
        shapes, system = _shapes(parsed, wishes)
        check_system(wishes.datum, system)
        parsed.crs = described(system)
        degrees = shapes_to_degrees(shapes, system, wishes.datum)
        _refuse_off_earth(parsed, shapes, degrees)
        codes = parsed.columns["code"]
        parsed.shapes, repairs = mend_shapes(codes, degrees, limit_m2, parsed.faults)
        parsed.repairs += repairs


def _shapes(parsed: Parsed, wishes: Wishes) -> tuple[Objects, pyproj.CRS]:
    """Shapes of the file, or of its column of WKT, and their CRS."""
    table = parsed.table
    shapes = table.geometry
    if shapes is None:
        cells = objects([None] * len(table))
        if WKT in parsed.match.fields:
            cells = table.columns[parsed.match.fields[WKT]]
        shapes = shapely.from_wkt(cells, on_invalid="ignore")
        given = np.array([cell is not None for cell in cells], dtype=bool)
        for index in np.flatnonzero(given & shapely.is_missing(shapes)).tolist():
            parsed.faults.add(index, "unreadable", problem="has a shape that cannot be read")
    system = named_crs(wishes.crs) if wishes.crs else file_crs(table.crs, file=table.file)
    if system is None:
        if table.kind not in {"csv", "excel", "html", "geojson"}:
            raise CrsUnknown(file=table.file)
        # RFC 7946 says so of GeoJSON; our own CSV export does the same.
        system = named_crs("EPSG:4326")
    return shapely.force_2d(shapes), system


def _refuse_off_earth(parsed: Parsed, shapes: Objects, degrees: Objects) -> None:
    """Refuse grids with a corner that does not lie on Earth; their shape is taken out."""
    points, owners = shapely.get_coordinates(degrees, return_index=True)
    with np.errstate(invalid="ignore"):
        on_earth = (np.abs(points[:, 0]) <= 180) & (np.abs(points[:, 1]) <= 90)
    for index in np.unique(owners[~on_earth]).tolist():
        x, y = shapely.get_coordinates(shapes[index])[0]
        facts: dict[str, Any] = {"x": shown(x), "y": shown(y)}
        swapped = abs(x) <= 90 < abs(y) <= 180
        if swapped:
            parsed.faults.add(index, "swapped_position", **facts)
        else:
            parsed.faults.add(index, "position_out_of_range", crs=parsed.crs, **facts)
        degrees[index] = None


def _check_days(parsed: Parsed, calendar: Calendar) -> None:
    """Refuse days before 1900, and days to come where there can be none."""
    earliest = date.fromisoformat(EARLIEST)
    for column, values in parsed.columns.items():
        days = parsed.columns[VISITED_ON] if column == "visited_at" else values
        if column == VISITED_ON or not any(isinstance(day, date) for day in days):
            continue
        for index, day in enumerate(days):
            if day is None:
                continue
            if day < earliest:
                facts = {"column": column, "value": str(day), "earliest": EARLIEST}
                parsed.faults.add(index, "date_too_early", **facts)
            elif column in _NOT_IN_FUTURE and day > calendar.today:
                parsed.faults.add(index, "date_in_future", column=column, value=str(day))


def _check_order(parsed: Parsed) -> None:
    """Refuse ends before beginnings."""
    for earlier, later in _ORDERED:
        if earlier in parsed.columns and later in parsed.columns:
            pairs = zip(parsed.columns[earlier], parsed.columns[later], strict=True)
            for index, (a, b) in enumerate(pairs):
                if a is not None and b is not None and b < a:
                    facts = {"earlier": earlier, "later": later, "a": str(a), "b": str(b)}
                    parsed.faults.add(index, "dates_reversed", **facts)
