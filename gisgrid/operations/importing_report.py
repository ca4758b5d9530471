"""What a person asks of an import, and what the import answers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gisgrid.exchange.notes import note
from gisgrid.exchange.tables import is_nothing
from gisgrid.frames import square_metres

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    import pandas as pd

    from gisgrid.exchange.notes import Note
    from gisgrid.exchange.parse import Parsed
    from gisgrid.exchange.reasons import Refusal
    from gisgrid.operations.importing_diff import Diff


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What a person says about a file; None or "": let the file say it.

    layer_name: layer of the file (sheet, GeoPackage layer, shapefile in a zip). fields: our column
    -> their heading. datum: wgs84 | gcj02 | bd09, the shift that is to be taken off. date_format:
    YMD, DMY, MDY or a strptime pattern. dry_run: report only. skip_bad_rows: import the rest.
    valid_from: first day of a new plan (None: today; the first plan holds from the beginning).
    whole_plan: grids that the file does not name end; otherwise they stay as they are.
    make_ids: households and cases without a column for their id get ids from their content.
    name: what the owner calls the file, where it lies under another name.
    salvage: take what is whole of a damaged shapefile. swap_axes: what stands as longitude is
    latitude. winners, repair, gap_m: overlaps of grids
    above the limit, and holes between them, as partition.Settled takes them.
    """

    layer_name: str | None = None
    fields: dict[str, str] = field(default_factory=dict)
    crs: str | None = None
    encoding: str | None = None
    datum: str = "wgs84"
    date_format: str | None = None
    dry_run: bool = False
    skip_bad_rows: bool = False
    valid_from: date | None = None
    whole_plan: bool = False
    make_ids: bool = False
    name: str | None = None
    salvage: bool = False
    swap_axes: bool = False
    winners: tuple[tuple[str, str], ...] = ()
    repair: bool = False
    gap_m: float = 0.0


@dataclass(slots=True)
class ImportReport:
    """What came of a file. All rows read were imported, updated, unchanged or refused.

    Of a dry run the counts say what would be, and `changes` shows the first rows of each kind side
    by side (see importing_diff.Diff); compared: False where overlaps leave no plan to compare.
    refusals: {row, code, reason, cure, facts}. warnings: the same form for rows that were taken
    all the same; at most WARNINGS of each code, `outside` and `unlocated` count all. repaired:
    {what, codes, area_m2, lon, lat}; gaps: the same of holes that stay, at most WARNINGS. fields:
    our column -> their heading. ignored: headings that became nothing. date_format: column -> order
    or pattern. removed: grids that ended. notes: sentences on the file as a whole; told: the same
    as {code, facts}, to be said in another language. sample: the first rows as they would be
    stored.
    """

    layer: str
    file: str
    rows_read: int = 0
    imported: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    removed: int = 0
    outside: int = 0
    unlocated: int = 0
    refusals: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    repaired: list[dict[str, Any]] = field(default_factory=list)
    gaps: list[dict[str, Any]] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    encoding: str | None = None
    crs: str | None = None
    date_format: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    dry_run: bool = False
    sample: list[dict[str, Any]] = field(default_factory=list)
    compared: bool = True
    changes: list[dict[str, Any]] = field(default_factory=list)

    def count(self, imported: int, updated: int) -> None:
        """Rows that are new and changed; what is not refused besides is unchanged."""
        self.imported, self.updated = imported, updated
        self.unchanged = self.rows_read - self.refused - imported - updated

    @property
    def unmoved(self) -> bool:
        """Whether every row is as it is stored already."""
        touched = self.imported + self.updated + self.removed + self.refused
        return self.compared and touched == 0

    def take(self, found: Diff) -> None:
        """What a dry run found."""
        self.count(len(found.new), len(found.changed))
        self.changes = found.rows

    def tell(self, notes: Iterable[Note]) -> None:
        """Say something of the file as a whole."""
        for each in notes:
            self.notes.append(each.sentence)
            self.told.append({"code": each.code, "facts": each.facts})

    def to_json(self) -> dict[str, Any]:
        """All of it, in JSON types."""
        return asdict(self)


WARNINGS = 100
SAMPLE_ROWS = 5


def report_of(
    layer: str,
    parsed: Parsed,
    warnings: list[Refusal],
    outside: int,
    options: ImportOptions,
    today: date,
) -> ImportReport:
    """The report of a file that was read and checked, before anything is stored."""
    refusals = parsed.faults.refusals(parsed.table.rows)
    report = ImportReport(
        layer=layer,
        file=parsed.table.file,
        rows_read=len(parsed),
        refused=len(refusals),
        outside=outside,
        refusals=[refusal.to_json() for refusal in refusals],
        warnings=[warning.to_json() for warning in warnings],
        fields=parsed.match.fields,
        ignored=list(parsed.match.ignored),
        encoding=parsed.table.encoding,
        crs=parsed.crs,
        date_format=parsed.formats,
        dry_run=options.dry_run,
    )
    if parsed.positions is not None and parsed.positions.given:
        empty = np.isnan(parsed.positions.lon)
        report.unlocated = sum(at not in parsed.faults for at in np.flatnonzero(empty).tolist())
    if options.swap_axes:
        report.tell([note("axes_exchanged")])
    if parsed.listed_today:
        facts = {"count": parsed.listed_today, "day": today.isoformat()}
        report.tell([note("listed_today", **facts)])
    if parsed.made_ids:
        report.tell([note("made_ids", count=parsed.made_ids)])
    return report


def sample_of(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows in JSON types; a position as lon and lat, a shape as its area in m²."""
    sample: list[dict[str, Any]] = []
    for row in rows.to_dict("records"):
        shape = row.pop("geometry", None)
        shown: dict[str, Any] = {
            str(name): None
            if is_nothing(value)
            else value
            if isinstance(value, int)
            else str(value)
            for name, value in row.items()
        }
        if shape is not None and shape.geom_type == "Point":
            shown |= {"lon": shape.x, "lat": shape.y}
        elif shape is not None:
            shown["shape"] = square_metres(shape)
        sample.append(shown)
    return sample
