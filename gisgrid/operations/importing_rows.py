"""The rows of a file that are not refused, as the store takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from gisgrid.access import EVERYWHERE
from gisgrid.errors import GridsOverlap
from gisgrid.exchange.outgoing import points
from gisgrid.exchange.partition import Settled
from gisgrid.exchange.reasons import Refusal
from gisgrid.model import LAYERS, WGS84
from gisgrid.operations.importing_plan import merge
from gisgrid.operations.importing_report import SAMPLE_ROWS, WARNINGS, sample_of

if TYPE_CHECKING:
    from gisgrid.exchange.parse import Parsed
    from gisgrid.operations.importing_ground import Ground
    from gisgrid.operations.importing_report import ImportOptions, ImportReport
    from gisgrid.operations.workspace import Workspace


def refuse_differing(ws: Workspace, parsed: Parsed) -> None:
    """Refuse visits whose id, or whose device's, stands for another visit already."""
    keep = kept(parsed)
    frame = rows_of("visits", parsed, keep)
    for index, value in ws.store.compare("visits", frame, scope=EVERYWHERE).differ:
        parsed.faults.add(int(keep[index]), "visit_differs", value=value)


def kept(parsed: Parsed) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Indexes of the rows that are not refused."""
    keep = np.ones(len(parsed), dtype=bool)
    keep[parsed.faults.indexes] = False
    return np.flatnonzero(keep)


def rows_of(layer: str, parsed: Parsed, keep: np.ndarray[Any, np.dtype[np.intp]]) -> Any:
    """The kept rows as the store takes them: only columns that the file has."""
    names = [column.name for column in LAYERS[layer].columns if column.name in parsed.columns]
    data = {name: pd.Series(parsed.columns[name][keep], dtype=object) for name in names}
    if parsed.positions is None or not parsed.positions.given:
        return pd.DataFrame(data)
    lon, lat = parsed.positions.lon[keep], parsed.positions.lat[keep]
    return gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(points(lon, lat), crs=WGS84), crs=WGS84)


def sample_of_file(made: Planned, parsed: Parsed, report: ImportReport) -> list[dict[str, Any]]:
    """The first rows of the file as they would be stored, without refused ones.

    A plan holds other grids too, and grids that claim the same ground are refused together.
    """
    frame = made.frame
    if report.layer == "grids":
        both = [each["facts"] for each in report.refusals if each["code"] == "overlap"]
        claimed = {code for facts in both for code in (facts["a"], facts["b"])}
        taken = set(parsed.columns["code"][kept(parsed)]) - claimed
        frame = frame[frame["code"].isin(taken)]
    return sample_of(frame.iloc[:SAMPLE_ROWS])


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """A plan. beside: how many grids change that are not the file's. holes: that stay in it."""

    frame: Any
    beside: int = 0
    holes: Any = ()


def plan_of(
    parsed: Parsed,
    ground: Ground,
    keep: np.ndarray[Any, np.dtype[np.intp]],
    options: ImportOptions,
    limit: float,
    report: ImportReport,
) -> Planned:
    """The whole plan with the file's grids in it; how many end stands in the report.

    Overlaps above the limit are raised, or told in the report where it is a dry run.
    """
    try:
        merged = merge(
            parsed,
            ground,
            keep,
            limit_m2=limit,
            whole=options.whole_plan,
            settled=Settled(options.winners, options.repair, options.gap_m),
        )
    except GridsOverlap as err:
        if not options.dry_run:
            raise
        for facts in err.facts["overlaps"]:
            report.refusals.append(Refusal(0, "overlap", facts).to_json())
        report.refused += len(err.facts["overlaps"])
        report.compared = False
        return Planned(rows_of("grids", parsed, keep))
    parsed.repairs += merged.repairs
    report.gaps = [gap.to_json() for gap in merged.gaps[:WARNINGS]]
    report.removed = merged.removed
    return Planned(merged.frame, merged.beside, merged.holes)
