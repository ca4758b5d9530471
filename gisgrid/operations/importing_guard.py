"""What is said of a file that reads well but may lie in the wrong place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid.access import EVERYWHERE
from gisgrid.errors import CrsChoice, CrsUnknown, UnknownWord
from gisgrid.exchange.crs import file_crs, named_crs, naming_known
from gisgrid.exchange.crs_guess import MOST, candidates, named, roughness, sample
from gisgrid.exchange.datum_guard import Shift, by_outline, by_places
from gisgrid.exchange.fields import LAT, LON, match
from gisgrid.exchange.notes import Note, note
from gisgrid.operations.importing_ground import grid_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisgrid.columns import Floats
    from gisgrid.exchange.crs_guess import Box
    from gisgrid.exchange.parse import Parsed
    from gisgrid.exchange.table import Table
    from gisgrid.operations.importing_ground import Ground
    from gisgrid.store import Store

_FAR_KM = 20.0
"""From where on data lie elsewhere; a county's own may lie a little outside its grids."""
_WORDS = {"gcj02": "GCJ-02", "bd09": "BD-09"}


def outline(ground: Ground) -> Box | None:
    """West, south, east, north of the grids on record; None where there are none."""
    if not len(ground.grids):
        return None
    west, south, east, north = shapely.total_bounds(ground.grids["geometry"].to_numpy()).tolist()
    return west, south, east, north


def with_candidates(
    err: CrsUnknown | UnknownWord, table: Table, layer: str, ground: Ground
) -> Exception:
    """The error with the systems under which the file would lie where it should."""
    box = outline(ground)
    if isinstance(err, UnknownWord):  # a person named one that there is not
        return err if box is None else naming_known(err, (box[0] + box[2]) / 2)
    x, y = _numbers(table, layer)
    found = candidates(x, y, box)
    if box is None and len(found) > MOST:
        return err  # nothing on record to choose by: half the zones of the country would do
    return _choice(table, layer, ground, found[:MOST]) if found else err


def elsewhere(
    parsed: Parsed, layer: str, ground: Ground, told: list[dict[str, Any]]
) -> CrsChoice | None:
    """The systems that a note names under which a file would lie here, to be drawn."""
    for each in told:
        if each["code"] == "crs_elsewhere":
            return _choice(parsed.table, layer, ground, each["facts"]["systems"])
    return None


def _choice(table: Table, layer: str, ground: Ground, found: list[str]) -> CrsChoice:
    x, y = _numbers(table, layer)
    choice = CrsChoice(file=table.file, candidates=named(found), systems=found)
    choice.known = ground.grids["geometry"].to_numpy()
    choice.points = {code: np.column_stack(sample(code, x, y)) for code in found}
    return choice


def _numbers(table: Table, layer: str) -> tuple[Floats, Floats]:
    """Coordinates as they stand: of shapes, else of the columns that hold positions."""
    if table.geometry is not None:
        points = shapely.get_coordinates(table.geometry)
        return points[:, 0], points[:, 1]
    fields = match(layer, list(table.columns), {}, file=table.file).fields
    if LON not in fields or LAT not in fields:
        return np.empty(0), np.empty(0)
    x, y = (_floats(table.columns[fields[name]]) for name in (LON, LAT))
    return x, y


def _floats(cells: Any) -> Floats:
    made = np.full(len(cells), np.nan)
    for index, cell in enumerate(cells):
        try:
            made[index] = float(cell)
        except (TypeError, ValueError):
            continue
    return made


def place_notes(
    store: Store, layer: str, parsed: Parsed, ground: Ground, *, datum: str
) -> list[Note]:
    """Datum that cannot be brought over well; data far away; data that look shifted."""
    notes: list[Note] = []
    code = (parsed.crs or "").split(" ")[0]
    system = _system(parsed, code)
    metres = None if system is None else roughness(system)
    if metres:
        notes.append(note("crs_rough", crs=parsed.crs, metres=metres))
    lon, lat = _degrees(parsed)
    box = outline(ground)
    if box is None or not len(lon):
        turned = parsed.faults.count("swapped_position")
        return [*notes, note("axes_reversed", count=turned)] if turned else notes
    if not np.isfinite(lon + lat).any() or _far_km(lon, lat, box) > _FAR_KM:
        return [*notes, *_elsewhere(parsed, layer, code, box)]
    if datum == "wgs84":
        shift = _shift(store, layer, parsed, ground, lon, lat)
        if shift is not None:
            notes.append(
                note(
                    "datum_shifted",
                    share=round(100 * shift.share),
                    datum=_WORDS[shift.datum],
                    metres=round(shift.metres),
                    word=shift.datum,
                )
            )
    return notes


def _system(parsed: Parsed, code: str) -> Any:
    """The system that a file was read in; None where it has no positions."""
    if parsed.crs is None:
        return None
    if code.startswith("EPSG:"):
        return named_crs(code)
    return file_crs(parsed.table.crs, file=parsed.table.file)


def _elsewhere(parsed: Parsed, layer: str, code: str, box: Box) -> list[Note]:
    """Under what the numbers of a file that lies far away would lie here, if anything."""
    x, y = _numbers(parsed.table, layer)
    if {"EPSG:4326", code}.intersection(candidates(y, x, box)):
        return [note("axes_swapped")]
    found = [each for each in candidates(x, y, box) if each != code][:MOST]
    if not found:
        return []
    return [note("crs_elsewhere", crs=parsed.crs, candidates=named(found), systems=found)]


def _degrees(parsed: Parsed) -> tuple[Floats, Floats]:
    """One place for each row: its point, or the middle of its shape's bounds."""
    if parsed.positions is not None:
        return parsed.positions.lon, parsed.positions.lat
    if parsed.shapes is None:
        return np.empty(0), np.empty(0)
    return _middles(parsed.shapes)


def _middles(shapes: Any) -> tuple[Floats, Floats]:
    boxes = shapely.bounds(shapes)
    return (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2


def _far_km(lon: Floats, lat: Floats, box: Box) -> float:
    """How far the middle of the data lies from the outline, in km; 0 within.

    Some row has a place; what is no place on the globe at all is far, however far.
    """
    some = np.isfinite(lon) & np.isfinite(lat)
    x, y = (float(np.median(np.clip(of[some], -1e6, 1e6))) for of in (lon, lat))
    east = max(box[0] - x, 0.0, x - box[2]) * np.cos(np.radians(y))
    north = max(box[1] - y, 0.0, y - box[3])
    return float(np.hypot(east, north) * 111.32)


def _shift(
    store: Store, layer: str, parsed: Parsed, ground: Ground, lon: Floats, lat: Floats
) -> Shift | None:
    """By places that are known under the same number, else by the edge of the grids."""
    if layer == "grids":
        known = dict(zip(ground.grids["code"], zip(*_known(ground), strict=True), strict=True))
        keys = parsed.columns["code"]
    elif layer == "households":
        columns = store.household_columns(scope=EVERYWHERE)
        pairs = zip(columns["lon"].tolist(), columns["lat"].tolist(), strict=True)
        known, keys = dict(zip(columns["id"], pairs, strict=True)), parsed.columns["id"]
    else:
        known, keys = {}, np.empty(0, dtype=object)
    if len(keys):
        nowhere = (np.nan, np.nan)
        places = np.array([known.get(key, nowhere) for key in keys], dtype=np.float64)
        shift = by_places(lon, lat, places[:, 0], places[:, 1])
        if shift is not None or np.isfinite(places).all(axis=1).any():
            return shift
    return by_outline(lon, lat, _inside(ground)) if layer != "grids" else None


def _known(ground: Ground) -> tuple[list[float], list[float]]:
    lon, lat = _middles(ground.grids["geometry"].to_numpy())
    return lon.tolist(), lat.tolist()


def _inside(ground: Ground) -> Callable[[Floats, Floats], Any]:
    plan = ground.plan()
    return lambda lon, lat: np.array([code is not None for code in grid_of(lon, lat, plan)])
