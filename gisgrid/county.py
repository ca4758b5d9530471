"""The library: a county as GeoDataFrames, for notebooks and scripts.

The same functions as on the pages and on the command line, with the rights of the console: whoever
can read the store's file can read all of it.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from gisgrid import coverage
from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.closing import Closing
from gisgrid.model import LEVELS, WGS84
from gisgrid.operations import figures
from gisgrid.operations.days import parse_day
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.snapshot.cache import Cache

if TYPE_CHECKING:
    import pandas as pd

    from gisgrid.columns import Objects, Plan

Day = date | str | None
"""A day: datetime.date, "2026-11-22", or None for today in the programme's calendar."""


class County(Closing):
    """An open store for reading. Geometry is EPSG:4326; dates are datetime.date.

    Every question is answered from the store as it is at that moment. As a context manager the
    county closes its store. Errors are gisgrid.errors: BadDate for a day that is none, UnknownArea
    for an area that does not exist, UnknownWord for a level or status that does not.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._outlines: Cache[tuple[str, str], dict[str, Any]] = Cache(8)

    @classmethod
    def open(cls, url: str) -> County:
        """Open the store at `url`. Raises StoreMissing, StoreForeign, StoreNewer."""
        return cls(Workspace.open(Settings(store=url)))

    @property
    def today(self) -> date:
        """The calendar day in the programme's zone."""
        return self._workspace.today()

    def areas(self) -> gpd.GeoDataFrame:
        """All areas: code, name, level, parent_code; the polygon is the union of its grids today.

        An area without grids has no polygon (None).
        """
        frame = self._workspace.store.areas(scope=EVERYWHERE)
        outlines: dict[str, Any] = {}
        for level in LEVELS:
            outlines |= self._outline(level, self._plan(None, restate=False))
        return _with_geometry(frame, [outlines.get(code) for code in frame["code"]])

    def grids(self, as_of: Day = None) -> gpd.GeoDataFrame:
        """The grids in force on a day: code, name, area_code, member, visit_every_days, polygon."""
        plan = self._plan(as_of, restate=False)
        if plan.revision == 0:
            return self._workspace.store.grids(scope=EVERYWHERE).iloc[:0]
        return self._workspace.store.grids(scope=EVERYWHERE, revision=plan.revision)

    def households(self) -> gpd.GeoDataFrame:
        """All households, listed or not: the layer's columns and the point (None: unlocated).

        With `placed_in`, the code of the grid in force that holds it. Names and addresses are
        personal: leave them out of what you pass on.
        """
        return self._workspace.store.households(scope=EVERYWHERE)

    def coverage(
        self, as_of: Day = None, by: str = "grid", area: str | None = None, *, restate: bool = False
    ) -> gpd.GeoDataFrame:
        """Coverage by grid, village, township or county: figures.coverage_table with polygons.

        The last row, code "", holds what lies in none of them and has no polygon.
        """
        day = _day(as_of)
        frame = figures.coverage_table(
            self._workspace, CONSOLE, as_of=day, by=by, area=area, restate=restate
        )
        outline = self._outline(by, self._plan(day, restate=restate))
        return _with_geometry(frame, [outline.get(code) for code in frame["code"]])

    def gaps(
        self,
        as_of: Day = None,
        area: str | None = None,
        status: str | None = None,
        *,
        restate: bool = False,
    ) -> gpd.GeoDataFrame:
        """All visit gaps, the longest wait first: figures.gap_list with points."""
        frame, _ = figures.gap_list(
            self._workspace,
            CONSOLE,
            as_of=_day(as_of),
            area=area,
            status=status,
            restate=restate,
            limit=None,
        )
        return _with_points(frame)

    def cases(
        self,
        as_of: Day = None,
        area: str | None = None,
        category: str | None = None,
        status: str | None = None,
        *,
        restate: bool = False,
    ) -> gpd.GeoDataFrame:
        """All open cases, the one open longest first: figures.case_list with points.

        status: "overdue" or "closed" for those instead.
        """
        frame, _ = figures.case_list(
            self._workspace,
            CONSOLE,
            as_of=_day(as_of),
            area=area,
            category=category,
            status=status,
            restate=restate,
            limit=None,
        )
        return _with_points(frame)

    def totals(
        self, as_of: Day = None, area: str | None = None, *, restate: bool = False
    ) -> dict[str, Any]:
        """The figures of one area, or of everything: see figures.totals."""
        return figures.totals(
            self._workspace, CONSOLE, as_of=_day(as_of), area=area, restate=restate
        )

    def close(self) -> None:
        """Close the store."""
        self._workspace.close()

    def _plan(self, as_of: Day, *, restate: bool) -> Plan:
        day = self.today if restate or as_of is None else _day(as_of)
        return self._workspace.snapshot().plan_on(day or self.today)

    def _outline(self, by: str, plan: Plan) -> dict[str, Any]:
        """Code -> polygon of each grid, or of each area of a level."""
        if by == "grid":
            return dict(zip(plan.code, plan.geometry, strict=True))
        snapshot = self._workspace.snapshot()
        return self._outlines.get(
            (snapshot.version, f"{by} {plan.revision}"),
            lambda: _unions(
                snapshot.areas.code,
                coverage.groups(snapshot.areas, plan, by)[: len(plan.code)],
                plan,
            ),
        )


def _unions(codes: Objects, group: np.ndarray[Any, Any], plan: Plan) -> dict[str, Any]:
    """Code -> union of the grids of each group.

    The plan is a planar partition, which `coverage_union` joins along its shared edges, many times
    faster than a union that has to look for crossings.
    """
    return {
        codes[area]: shapely.coverage_union_all(plan.geometry[group == area])
        for area in np.unique(group[group >= 0])
    }


def _day(as_of: Day) -> date | None:
    return parse_day(as_of) if isinstance(as_of, str) else as_of


def _with_geometry(frame: pd.DataFrame, geometry: list[Any]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(geometry, index=frame.index, crs=WGS84))


def _with_points(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    """The frame with points in place of lon and lat; None where there is no position."""
    lon, lat = frame["lon"].to_numpy(), frame["lat"].to_numpy()
    located = ~np.isnan(lon)
    points = np.full(len(frame), None, dtype=object)
    points[located] = shapely.points(lon[located], lat[located])
    return _with_geometry(frame.drop(columns=["lon", "lat"]), list(points))


__all__ = ["County", "Day"]
