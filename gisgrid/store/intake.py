"""Frames that come in -> columns of stored values, checked at the door.

A column that the frame lacks is not in the answer: what the store knows of it stays. A column that
is there and empty makes it empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from gisgrid.errors import FrameError
from gisgrid.model import LAYERS, LEVELS, WGS84, Outcome
from gisgrid.store import geometry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt

    from gisgrid.columns import Floats, Objects

_DERIVED = {"placed_in", "visited_on", "fid"}
"""What reads give besides the layer's columns, and the store works out itself."""

_CRS = pyproj.CRS(WGS84)


def check_columns(frame: pd.DataFrame, layer: str, also: Iterable[str] = ()) -> None:
    """Raise FrameError for a required column that lacks, or a column that the layer lacks."""
    known = LAYERS[layer].columns
    for column in known:
        if column.required and column.name not in frame.columns:
            raise FrameError(what=layer, problem=f"the column {column.name} is missing")
    names = {column.name for column in known} | _DERIVED | set(also)
    if isinstance(frame, gpd.GeoDataFrame):
        names.add(str(frame.geometry.name))
    unknown = sorted(str(name) for name in frame.columns if name not in names)
    if unknown:
        raise FrameError(what=layer, problem=f"there is no column {unknown[0]} in this layer")


def texts(frame: pd.DataFrame, layer: str, name: str, *, required: bool = False) -> list[Any]:
    """Text, None where missing or empty. Raises FrameError for anything that is not text."""
    values = _objects(frame[name])
    found = [value or None for value in values.tolist()]
    present = [value for value in found if value is not None]
    try:
        joined = "".join(present)
        joined.encode()
    except (TypeError, UnicodeEncodeError) as err:
        raise FrameError(what=layer, problem=f"the column {name} must hold text only") from err
    if "\0" in joined:
        raise FrameError(what=layer, problem=f"the column {name} holds a character that is no text")
    if required and len(present) < len(found):
        row = found.index(None)
        raise FrameError(what=layer, problem=f"row {row} has no {name}")
    return found


def keys(frame: pd.DataFrame, layer: str) -> list[str]:
    """The layer's key of each row. Raises FrameError where it is missing or comes twice."""
    name = LAYERS[layer].key
    found = texts(frame, layer, name, required=True)
    twice = pd.Index(found, dtype=object).duplicated()
    if twice.any():
        again = found[int(np.argmax(twice))]
        raise FrameError(what=layer, problem=f"the {name} {again} comes twice")
    return found


def intervals(frame: pd.DataFrame, layer: str, name: str = "visit_every_days") -> list[Any]:
    """Whole days of at least 1, None where missing."""
    values = [None if value is pd.NA else value for value in _objects(frame[name]).tolist()]
    try:
        found = [None if value is None else int(value) for value in values]
    except (TypeError, ValueError, OverflowError) as err:
        raise FrameError(what=layer, problem=f"the column {name} must hold whole numbers") from err
    for row, (number, value) in enumerate(zip(found, values, strict=True)):
        if number is not None and (number != value or not 1 <= number < 2**31):
            raise FrameError(what=layer, problem=f"row {row} has {name} {value}, not 1 or more")
    return found


def days(
    frame: pd.DataFrame, layer: str, name: str, *, required: bool = False
) -> npt.NDArray[np.datetime64]:
    """Calendar days (datetime64[D]), NaT where missing."""
    column = frame[name]
    try:
        if pd.api.types.is_datetime64_dtype(column.dtype):
            found = column.to_numpy().astype("datetime64[D]")
        else:
            # Through microseconds: numpy takes no datetime with hours as a day.
            fine = np.array(_objects(column).tolist(), dtype="datetime64[us]")
            found = fine.astype("datetime64[D]")
    except (TypeError, ValueError) as err:
        raise FrameError(what=layer, problem=f"the column {name} must hold dates only") from err
    if required and np.isnat(found).any():
        row = int(np.argmax(np.isnat(found)))
        raise FrameError(what=layer, problem=f"row {row} has no {name}")
    return found


def instants(frame: pd.DataFrame, layer: str, name: str) -> pd.DatetimeIndex:
    """Moments in UTC, to the millisecond. Raises FrameError for one that is missing or naive."""
    try:
        found = pd.DatetimeIndex(pd.to_datetime(frame[name], utc=False))
    except (TypeError, ValueError) as err:
        raise FrameError(
            what=layer, problem=f"the column {name} must hold moments of one time zone"
        ) from err
    if found.hasnans:
        raise FrameError(what=layer, problem=f"row {int(np.argmax(found.isna()))} has no {name}")
    if len(found) and found.tz is None:
        raise FrameError(what=layer, problem=f"the column {name} lacks the offset from UTC")
    if found.tz is None:  # no row at all
        found = found.tz_localize("UTC")
    return found.tz_convert("UTC").as_unit("ms")


def words(frame: pd.DataFrame, layer: str, name: str) -> list[str]:
    """A column of a fixed list (outcome or level)."""
    known = set(Outcome) if name == "outcome" else set(LEVELS)
    found = texts(frame, layer, name, required=True)
    for word in set(found) - {str(k) for k in known}:
        raise FrameError(what=layer, problem=f"“{word}” is not a known {name}")
    return [str(word) for word in found]


def points(frame: gpd.GeoDataFrame, layer: str) -> tuple[Floats, Floats]:
    """lon, lat in EPSG:4326, NaN where missing or empty."""
    geometries = _geometries(frame, layer, {shapely.GeometryType.POINT}, "points")
    lon, lat = geometry.lonlat(geometries)
    _check_degrees(layer, lon, lat)
    return lon, lat


def polygons(frame: gpd.GeoDataFrame, layer: str) -> Objects:
    """MultiPolygons in EPSG:4326; none may be missing or empty."""
    kinds = {shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON}
    geometries = _geometries(frame, layer, kinds, "polygons")
    missing = shapely.is_missing(geometries) | shapely.is_empty(geometries)
    if missing.any():
        raise FrameError(what=layer, problem=f"row {int(np.argmax(missing))} has no polygon")
    bounds = shapely.bounds(geometries)
    _check_degrees(layer, bounds[:, [0, 2]].ravel(), bounds[:, [1, 3]].ravel())
    return geometry.multi(geometries)


def has_geometry(frame: pd.DataFrame) -> bool:
    """Whether the frame says anything about positions."""
    return isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None


def _geometries(
    frame: pd.DataFrame, layer: str, kinds: set[shapely.GeometryType], called: str
) -> Objects:
    if not has_geometry(frame):
        raise FrameError(what=layer, problem="the geometry is missing")
    if frame.crs is None or pyproj.CRS(frame.crs) != _CRS:
        named = "no CRS" if frame.crs is None else frame.crs.to_string()
        raise FrameError(what=layer, problem=f"the geometry must be in {WGS84}, not in {named}")
    geometries: Objects = np.asarray(frame.geometry.array, dtype=object)
    wrong = ~np.isin(shapely.get_type_id(geometries), [-1, *kinds])
    if wrong.any():
        raise FrameError(what=layer, problem=f"row {int(np.argmax(wrong))} must hold {called} only")
    return geometries


def _check_degrees(layer: str, lon: Floats, lat: Floats) -> None:
    outside = (np.abs(lon) > 180) | (np.abs(lat) > 90) | np.isinf(lon) | np.isinf(lat)
    if outside.any():
        raise FrameError(
            what=layer, problem="a position lies outside ±180 and ±90 degrees (swapped, or metres?)"
        )


def _objects(column: pd.Series[Any]) -> Objects:
    """Values as objects, None for every way that pandas has to write what is missing."""
    values: Objects = column.to_numpy(dtype=object, copy=True)
    values[pd.isna(values)] = None
    return values


def fill(
    frame: pd.DataFrame, layer: str, names: Iterable[str], encode: Callable[..., list[Any]] = texts
) -> dict[str, list[Any]]:
    """Those of the named columns that the frame has."""
    return {name: encode(frame, layer, name) for name in names if name in frame.columns}
