"""Systems, boxes and days as OGC API Features writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gisgrid.errors import UnknownWord
from gisgrid.exchange.crs import named_crs, to_degrees
from gisgrid.exchange.crs import offered as usual
from gisgrid.operations import features
from gisgrid.operations.days import parse_day

if TYPE_CHECKING:
    from datetime import date

    from gisgrid.access import Actor
    from gisgrid.operations.features import Box
    from gisgrid.operations.workspace import Workspace

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
_FORM = re.compile(r"http://www\.opengis\.net/def/crs/EPSG/[\d.]+/(\d{4,6})")
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(T[0-9:.]+(Z|[+-]\d\d:?\d\d)?)?")


@dataclass(frozen=True, slots=True)
class System:
    """A system to write in. name: as named_crs takes it. north_first: by its authority's order."""

    uri: str
    name: str
    north_first: bool
    digits: int

    @classmethod
    def of(cls, uri: str | None, word: str, ws: Workspace, actor: Actor) -> System:
        """By its address; CRS84 for None. Raises UnknownWord for one that is not offered."""
        known = offered(ws, actor)
        if uri is None or uri == CRS84:
            return cls(CRS84, "EPSG:4326", north_first=False, digits=7)
        if uri not in known:
            raise UnknownWord(value=uri, kind=f"coordinate system ({word})", known=", ".join(known))
        match = _FORM.fullmatch(uri)
        assert match  # noqa: S101 - all that are offered but CRS84 are of this form
        system = named_crs(match[1])
        north = system.axis_info[0].direction.lower() == "north"
        return cls(uri, f"EPSG:{match[1]}", north, 7 if system.is_geographic else 3)


def offered(ws: Workspace, actor: Actor) -> list[str]:
    """Addresses of the systems, CRS84 first: QGIS takes the first one."""
    box = features.bounds(ws, actor, "grids")
    codes = usual((box[0] + box[2]) / 2) if box else ("EPSG:4326",)
    return [CRS84, *(_EPSG + code.removeprefix("EPSG:") for code in codes), _EPSG + "3857"]


def box(text: str | None, uri: str | None, ws: Workspace, actor: Actor) -> Box | None:
    """`bbox` in degrees of EPSG:4326, east first. Raises UnknownWord for what is none."""
    system = System.of(uri, "bbox-crs", ws, actor)
    if text is None:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 6:  # with heights, which nothing here has
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != 4 or not np.isfinite(numbers).all():
        raise UnknownWord(value=text[:80], kind="bbox", known="west,south,east,north")
    if system.north_first:
        numbers = [numbers[1], numbers[0], numbers[3], numbers[2]]
    west, south, east, north = numbers
    if south > north:
        raise UnknownWord(value=text[:80], kind="bbox", known="west,south,east,north")
    if system.uri == CRS84:
        return west, south, east, north
    # The edges of a box in metres are bent in degrees: many points of each say where.
    x, y = np.linspace(west, east, 21), np.linspace(south, north, 21)
    edge_x = np.concatenate([x, x, np.full(21, west), np.full(21, east)])
    edge_y = np.concatenate([np.full(21, south), np.full(21, north), y, y])
    lon, lat = to_degrees(edge_x, edge_y, named_crs(system.name), "wgs84")
    good = np.isfinite(lon) & np.isfinite(lat)
    if not good.any():
        raise UnknownWord(value=text[:80], kind="bbox", known="a box within the system's area")
    lon, lat = lon[good], lat[good]
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def as_of(text: str | None, ws: Workspace) -> date | None:
    """The day that `datetime` means, of a span its end; None for today.

    A span that ends in the future ends today. Raises UnknownWord for what is no day or span.
    """
    if text is None:
        return None
    start, slash, end = text.partition("/")
    parts = [start, end] if slash else [start]
    days = [None if slash and part in {"", ".."} else _day(part, text) for part in parts]
    known = [day for day in days if day is not None]
    if not known or known != sorted(known):
        raise UnknownWord(value=text[:60], kind="datetime", known="2026-11-22, ../2026-11-22")
    last = days[-1] or ws.today()
    return min(last, ws.today()) if slash else last


def _day(part: str, text: str) -> date:
    match = _DAY.fullmatch(part)
    if match is None:
        raise UnknownWord(value=text[:60], kind="datetime", known="2026-11-22, ../2026-11-22")
    return parse_day(match[1])
