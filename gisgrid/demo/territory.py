"""The demo's lines: county, townships, villages and grids, one nested partition."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gisgrid.demo import linework, settlement
from gisgrid.demo.field import Relief
from gisgrid.demo.split import balanced, evened, mended, scattered
from gisgrid.tiles import Boundaries

if TYPE_CHECKING:
    from gisgrid.columns import Bools, Floats, Ints, Objects
    from gisgrid.demo.sources import County

GRID_SIZE = 80
"""Households of a grid, about."""
_LOOSE, _DENSE = 9_000, 7
"""Cells spread over the land, and households for one cell among them."""


@dataclass(frozen=True, slots=True, eq=False)
class Territory:
    """Grids by code, and the households in them.

    polygon: EPSG:4326, lattice of 1e-7 degrees, a valid partition. village: index into `codes`
    (village codes) of each grid. lon, lat: of each household, inside its grid. grid: of each
    household. block: the building that it shares, -1. remote: far from the valleys.
    """

    polygon: Objects
    grid_code: Objects
    grid_name: Objects
    village: Ints
    codes: Objects
    lon: Floats
    lat: Floats
    grid: Ints
    hamlet: Ints
    block: Ints
    remote: Bools


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """The mesh: a place in each cell, its area and households, common borders, its township."""

    place: Floats
    area: Floats
    homes: Ints
    edges: Boundaries
    township: Ints

    def borders(self) -> tuple[Ints, Ints, Floats]:
        inner = self.edges.other >= 0
        span = np.hypot(*(self.edges.end - self.edges.start)[inner].T)
        return self.edges.one[inner], self.edges.other[inner], span


class Plane:
    """Metres around the middle of the county, to and from EPSG:4326, to a hundredth.

    A plain stretch of the degrees: what is straight in one is straight in the other, so that the
    outline stays what it is. Good enough to invent with; nothing is measured here.
    """

    def __init__(self, bounds: tuple[float, float, float, float]) -> None:
        west, south, east, north = bounds
        self._middle = np.array([(west + east) / 2, (south + north) / 2])
        degree = 6_371_000 * np.pi / 180
        self._metres = degree * np.array([np.cos(np.radians(self._middle[1])), 1.0])

    def metres(self, degrees: Floats) -> Floats:
        """(n, 2) longitude and latitude -> metres."""
        found: Floats = (degrees - self._middle) * self._metres
        return found

    def degrees(self, metres: Floats) -> Floats:
        """(n, 2) metres -> longitude and latitude."""
        found: Floats = metres / self._metres + self._middle
        return found


def invent(county: County, seed: int, township: int | None = None) -> Territory:
    """The whole county, or one township of it (index) with the same households.

    The generator's streams are apart, so that a change to one part leaves the others.
    """
    rngs = [np.random.default_rng([seed, part]) for part in range(6)]
    plane = Plane(county.outline.bounds)
    outline = shapely.transform(county.outline, plane.metres)
    seats = np.array([t.seat or (np.nan, np.nan) for t in county.townships], dtype=float)
    relief = Relief.random(rngs[0])
    where = settlement.regions(rngs[1], county, outline, relief, plane.metres(seats))
    homes = settlement.settle(rngs[2], county, outline, where)
    cells, cell = _cells(rngs[3], outline, where, homes, township)
    if township is not None:
        kept = homes.township == township
        homes = settlement.Households(
            *(getattr(homes, f)[kept] for f in ("xy", "township", "hamlet", "block", "remote"))
        )
        cell = cell[kept]
    return _divide(rngs[4], county, cells, (homes, cell), plane, where)


def _cells(
    rng: np.random.Generator,
    outline: shapely.Polygon,
    where: settlement.Regions,
    homes: settlement.Households,
    only: int | None,
) -> tuple[_Cells, Ints]:
    """The mesh, finer where people live, and the cell of each household.

    only: a township; the mesh is that township then.
    """
    dense = rng.choice(len(homes.xy), len(homes.xy) // _DENSE, replace=False)
    sites = np.concatenate(
        [
            settlement.within(rng, outline, _LOOSE),
            homes.xy[dense] + rng.normal(size=(len(dense), 2)) * 40,
        ]
    )
    sites = sites[shapely.contains_xy(outline, *sites.T)]
    polygon, site = linework.mesh(np.round(sites, 2), outline)
    place = shapely.get_coordinates(shapely.point_on_surface(polygon))
    whole = np.bincount(site, minlength=len(sites))[site] == 1
    place[whole] = sites[site[whole]]
    township = where.of(place)
    none = np.zeros((3, len(polygon)), dtype=np.int32)
    edges = Boundaries.of(polygon, none)
    cells = _Cells(place, shapely.area(polygon), np.zeros(len(polygon), int), edges, township)
    township = mended(cells.borders(), township, np.zeros(len(place), int), cells.area)
    cell = _house(rng, polygon, township, homes)
    counted = np.bincount(cell, minlength=len(polygon))
    cells = replace(cells, township=township, homes=counted)
    return (cells, cell) if only is None else _only(cells, polygon, cell, only)


def _only(cells: _Cells, polygon: Objects, cell: Ints, township: int) -> tuple[_Cells, Ints]:
    kept = cells.township == township
    number = np.cumsum(kept) - 1
    edges = Boundaries.of(polygon[kept], np.zeros((3, int(kept.sum())), dtype=np.int32))
    own = _Cells(
        cells.place[kept], cells.area[kept], cells.homes[kept], edges, cells.township[kept]
    )
    return own, np.where(kept[cell], number[cell], -1)


def _house(
    rng: np.random.Generator, polygon: Objects, township: Ints, homes: settlement.Households
) -> Ints:
    """The cell of each household, in its own township; those across a border move to kin."""
    point, found = shapely.STRtree(polygon).query(shapely.points(homes.xy), predicate="intersects")
    cell = np.full(len(homes.xy), -1)
    cell[point] = found
    astray = (cell < 0) | (township[cell] != homes.township)
    for i in np.unique(homes.township[astray]):
        kin = np.flatnonzero(~astray & (homes.township == i) & (homes.block < 0))
        lost = np.flatnonzero(astray & (homes.township == i))
        host = rng.choice(kin, len(lost))
        cell[lost], homes.hamlet[lost], homes.block[lost] = cell[host], homes.hamlet[host], -1
        homes.xy[lost] = homes.xy[host] + rng.normal(size=(len(lost), 2)) * 25
    return cell


def _divide(
    rng: np.random.Generator,
    county: County,
    cells: _Cells,
    housed: tuple[settlement.Households, Ints],
    plane: Plane,
    where: settlement.Regions,
) -> Territory:
    """Villages of each township, grids of each village, and their polygons."""
    homes, cell = housed
    bent = where.relief.bent(cells.place)
    village = np.full(len(cells.place), -1)
    codes: list[str] = []
    for i in np.unique(cells.township):
        own = np.flatnonzero(cells.township == i)
        known = county.townships[i].villages
        mass = 0.8 * cells.homes[own] / cells.homes[own].sum()
        mass = mass + 0.2 * cells.area[own] / cells.area[own].sum()
        wanted = rng.uniform(0.65, 1.35, len(known))
        first = scattered(rng, bent[own], mass, len(known))
        group, middle, _ = balanced(bent[own], mass, wanted, first)
        # Communities are what lies nearest to the seat.
        near = ((middle - where.relief.bent(where.seat[i : i + 1])) ** 2).sum(axis=1).argsort()
        village[own] = near.argsort()[group] + len(codes)
        codes += [v.code for v in sorted(known, key=lambda v: (not v.urban, v.code))]
    borders = cells.borders()
    weight = cells.homes.astype(np.float64) + 0.01
    village = mended(borders, village, cells.township, weight)
    grid, of_village, wanted = _grids(rng, bent, cells, village)
    grid = mended(borders, grid, village, weight)
    grid = evened(borders[:2], grid, village, cells.homes, wanted)
    return _draw(cells, (grid, of_village), np.array(codes, dtype=object), (homes, cell), plane)


def _grids(
    rng: np.random.Generator, bent: Floats, cells: _Cells, village: Ints
) -> tuple[Ints, Ints, Floats]:
    """The grid of each cell, numbered by village; of each grid, its village and wanted size."""
    grid = np.full(len(bent), -1)
    of_village: list[int] = []
    sizes: list[float] = []
    order = np.argsort(village, kind="stable")
    for own in np.split(order, np.flatnonzero(np.diff(village[order])) + 1):
        homes = cells.homes[own]
        count = int(np.clip(round(homes.sum() / GRID_SIZE), 1, len(own)))
        mass = homes + 0.02 * GRID_SIZE * cells.area[own] / cells.area[own].mean()
        first = scattered(rng, bent[own], mass, count)
        wanted = rng.uniform(0.6, 1.4, count)
        group = balanced(bent[own], mass, wanted, first)[0]
        used, group = np.unique(group, return_inverse=True)
        grid[own] = group + len(of_village)
        of_village += [int(village[own[0]])] * len(used)
        sizes += list(wanted[used] / wanted[used].sum() * homes.sum())
    return grid, np.array(of_village), np.array(sizes)


def _draw(
    cells: _Cells,
    plan: tuple[Ints, Ints],
    codes: Objects,
    housed: tuple[settlement.Households, Ints],
    plane: Plane,
) -> Territory:
    grid, of_village = plan
    homes, cell = housed
    polygon = linework.polygons(cells.edges, grid, cells.place, plane.degrees)
    # Grids of a village are numbered from the north-west, as people read.
    middle = shapely.get_coordinates(shapely.centroid(polygon))
    rank = np.lexsort((middle[:, 0] - 2 * middle[:, 1], of_village))
    code_order = np.argsort(codes[of_village[rank]], kind="stable")
    rank = rank[code_order]
    number = np.empty(len(rank), int)
    number[rank] = np.arange(len(rank))
    village = of_village[rank]
    first = np.append(0, np.flatnonzero(np.diff(village)) + 1)
    within = np.arange(len(rank)) - np.repeat(first, np.diff(np.append(first, len(rank)))) + 1
    name = np.array([f"第{k}网格" for k in within], dtype=object)
    code = np.array(
        [f"{codes[v]}{k:03d}" for v, k in zip(village, within, strict=True)], dtype=object
    )
    of_home = number[grid[cell]]
    polygon = polygon[rank]
    lon, lat = _indoors(homes.xy, cells.place[cell], polygon[of_home], plane)
    return Territory(
        polygon,
        code,
        name,
        village,
        codes,
        lon,
        lat,
        of_home,
        homes.hamlet,
        homes.block,
        homes.remote,
    )


def _indoors(xy: Floats, site: Floats, polygon: Objects, plane: Plane) -> tuple[Floats, Floats]:
    """Positions inside their grids: those that a smoothed line left outside move to their cell."""
    shapely.prepare(polygon)
    found = np.round(plane.degrees(xy), 7)
    for share in (0.4, 0.7, 0.95):
        out = ~shapely.contains_xy(polygon, *found.T)
        moved = plane.degrees(xy[out] + share * (site[out] - xy[out]))
        found[out] = np.round(moved, 7)
    out = ~shapely.contains_xy(polygon, *found.T)
    inside = shapely.get_coordinates(shapely.point_on_surface(polygon[out]))
    found[out] = np.round(inside, 7)
    return found[:, 0], found[:, 1]
