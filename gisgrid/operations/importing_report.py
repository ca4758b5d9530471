"""What a person asks of an import, and what the import answers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date


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
    salvage: take what is whole of a damaged shapefile.
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


@dataclass(slots=True)
class ImportReport:
    """What came of a file. All rows read were imported, updated, unchanged or refused.

    refusals: {row, code, reason, cure, facts}. warnings: the same form for rows that were taken
    all the same; at most WARNINGS of each code, `outside` and `unlocated` count all. repaired:
    {what, codes, area_m2, lon, lat}. fields: our column -> their heading. ignored: headings that
    became nothing. date_format: column -> order or pattern. removed: grids that ended. notes:
    sentences on the file as a whole. sample: the first rows as they would be stored.
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
    fields: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    encoding: str | None = None
    crs: str | None = None
    date_format: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    dry_run: bool = False
    sample: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """All of it, in JSON types."""
        return asdict(self)


WARNINGS = 100
SAMPLE_ROWS = 5
