"""The true part of the demo county: its outline, names, codes and published counts (layers/)."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import shape

from gisgrid.errors import UnknownArea
from gisgrid.resources import folder

if TYPE_CHECKING:
    from shapely import Polygon

COUNTY = "620422000000"


@dataclass(frozen=True, slots=True)
class Village:
    """code: 12 digits. name: as people say it, without the committee's title."""

    code: str
    name: str

    @property
    def urban(self) -> bool:
        """Whether it is a residents' community of a town (codes 001 to 199)."""
        return self.code[9] == "0"


@dataclass(frozen=True, slots=True)
class Township:
    """area_km2 and households are as published; seat: EPSG:4326, None where it is not known."""

    code: str
    name: str
    area_km2: float
    households: int
    seat: tuple[float, float] | None
    villages: tuple[Village, ...]


@dataclass(frozen=True, slots=True)
class County:
    """outline: EPSG:4490, which is EPSG:4326 to a centimetre."""

    code: str
    name: str
    outline: Polygon
    townships: tuple[Township, ...]

    def township(self, code: str) -> Township:
        """The township of a 9- or 12-digit code. Raises UnknownArea for another."""
        for township in self.townships:
            if code in (township.code, township.code[:9]):
                return township
        raise UnknownArea(area=code)


def read() -> County:
    """Read layers/huining_*."""
    rows = _rows("huining_divisions_nbs.csv", "code12")
    stats = _rows("huining_township_official_stats.csv", "code9")
    seats = _rows("huining_seats.csv", "code9")
    townships = []
    for code, row in rows.items():
        if row["level"] != "township":
            continue
        villages = [v for v in rows.values() if v["parent12"] == code]
        known, seat = stats[code[:9]], seats.get(code[:9])
        townships.append(
            Township(
                code,
                row["name"],
                float(known["area_km2_published"]),
                int(known["households_published"]),
                (float(seat["lon"]), float(seat["lat"])) if seat else None,
                tuple(Village(v["code12"], short_name(v["name"])) for v in villages),
            )
        )
    text = (folder("layers") / "huining_outline.geojson").read_text("utf-8")
    whole = shape(json.loads(text)["features"][0]["geometry"])
    outline = max(shapely.get_parts(whole), key=shapely.area)
    return County(COUNTY, rows[COUNTY]["name"], outline, tuple(townships))


def scaled(county: County, households: int) -> County:
    """The county with so many households in all, each township its share (largest remainders).

    households: at least one for each township. Only counts change; they are no longer the
    published ones.
    """
    known = np.array([township.households for township in county.townships], dtype=np.float64)
    exact = known * households / known.sum()
    counts = np.floor(exact).astype(int)
    counts[np.argsort(counts - exact, kind="stable")[: households - counts.sum()]] += 1
    townships = zip(county.townships, counts.tolist(), strict=True)
    return replace(county, townships=tuple(replace(t, households=n) for t, n in townships))


def short_name(name: str) -> str:
    """A village's name without its committee: 红堡子村民委员会 -> 红堡子村.

    >>> short_name("文昌社区居民委员会")
    '文昌社区'
    """
    return re.sub(r"(?<=村)民委员会$|(?<=社区)居民委员会$", "", name)


def _rows(file: str, key: str) -> dict[str, dict[str, str]]:
    with (folder("layers") / file).open(encoding="utf-8", newline="") as lines:
        return {row[key]: row for row in csv.DictReader(lines)}
