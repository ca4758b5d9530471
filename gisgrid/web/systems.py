"""What a coordinate system is called on a page, in the reader's language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask_babel import gettext, lazy_gettext

from gisgrid.exchange.crs import described

if TYPE_CHECKING:
    import pyproj

_DATUMS = {
    "China Geodetic Coordinate System 2000": "CGCS2000",
    "Xian 1980": lazy_gettext("Xi'an 1980"),
    "Beijing 1954": lazy_gettext("Beijing 1954"),
}
_ZONE = re.compile(r"Gauss-Kruger zone (\d+)$")
_MERIDIAN = re.compile(r"Gauss-Kruger CM (\d+)E$")
_UTM = re.compile(r"UTM zone (\d+[NS])$")


def named(crs: pyproj.CRS) -> str:
    """A system of degrees, a zone of Gauss-Krüger or of UTM in words; else as EPSG names it."""
    code = crs.to_epsg(min_confidence=70)
    base = crs.geodetic_crs
    datum = str(_DATUMS.get(base.name, base.name)) if base else ""
    words = _words(crs.name, datum) if base else None
    if crs.is_geographic and base:
        words = gettext("%(datum)s, degrees", datum=datum)
    return f"EPSG:{code} · {words}" if code and words else described(crs)


def _words(name: str, datum: str) -> str | None:
    if found := _ZONE.search(name):
        return str(gettext("%(datum)s, Gauss-Krüger zone %(zone)s", datum=datum, zone=found[1]))
    if found := _MERIDIAN.search(name):
        text = gettext(
            "%(datum)s, Gauss-Krüger, central meridian %(lon)s° E, without zone number",
            datum=datum,
            lon=found[1],
        )
        return str(text)
    if found := _UTM.search(name):
        return str(gettext("%(datum)s, UTM zone %(zone)s", datum=datum, zone=found[1]))
    return None
