"""Export a layer or a result as a file: what the actor may see of an area, as of a day."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gisgrid.access import Action, Level, require
from gisgrid.access.fields import BY_HOUSEHOLD, is_personal, usual_level
from gisgrid.errors import (
    ApartNeverPublic,
    ColumnWithheld,
    FileIsStore,
    FormatUnknown,
    NeverPublic,
    ReasonNeeded,
    UnknownWord,
)
from gisgrid.exchange.chinese import ENGLISH, LANGUAGES
from gisgrid.exchange.crs import check_system, described, named_crs, naming_known
from gisgrid.exchange.outgoing import ENCODINGS, Form, Outgoing
from gisgrid.exchange.writers import FORMATS, write
from gisgrid.model import BY, LAYERS, WGS84
from gisgrid.operations.asked import day_of, one_of
from gisgrid.operations.auditing import looked, object_of
from gisgrid.operations.exporting_rows import (
    columns_of,
    figure_rows,
    gap_rows,
    layer_rows,
    of_category,
    with_coverage,
)
from gisgrid.operations.extent import middle
from gisgrid.operations.importing import is_store
from gisgrid.operations.lists import gap_list
from gisgrid.operations.sharing import shared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    import pandas as pd

    from gisgrid.access import Actor
    from gisgrid.operations.workspace import Workspace

__all__ = [
    "ENCODINGS",
    "FORMATS",
    "LANGUAGES",
    "REASON_LEAST",
    "WHAT",
    "ExportOptions",
    "ExportReport",
    "all_gaps",
    "check_asked",
    "columns_of",
    "export",
    "export_file",
    "file_name",
    "object_taken",
]

WHAT: tuple[str, ...] = (*LAYERS, "coverage", "gaps", "case-table")
"""What can be exported: the layers, and what is worked out from them."""

REASON_LEAST = 10
"""Shortest reason, in characters: long enough to say something."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What a person asks of an export.

    format: one of FORMATS. area: a code, None for all that the actor may see. as_of: of layers,
    what held on that day (None: all rows, the plan in force); of results, None is today. by: what
    coverage and case-table are summed by. category: only cases of it, in cases and case-table.
    encoding: of a shapefile, utf-8 or gb18030. crs: such as
    EPSG:4490; empty for EPSG:4326. datum: gcj02 or bd09 shift degrees as Chinese web maps do.
    columns: only these, in this order; empty for all. figures: put the coverage of each row beside
    it (grids and areas). twin: a GeoPackage of the same rows in the zip of a shapefile. verify:
    read the file again and compare it before it is handed out. language: of the headings and words
    of CSV and Excel, en (names and words of ours) or zh; other formats have their names always.
    level: one of access.Level; empty: full where a reason is given, else the usual one of what is
    exported: public for figures, case_work for others. reason: what the file is for; needed where
    it holds more than case work needs, and kept.
    """

    format: str
    area: str | None = None
    as_of: date | None = None
    by: str = "grid"
    category: str | None = None
    encoding: str = "utf-8"
    crs: str = ""
    datum: str = "wgs84"
    columns: tuple[str, ...] = ()
    figures: bool = False
    twin: bool = True
    verify: bool = True
    level: str = ""
    reason: str = ""
    language: str = ENGLISH

    def held(self, what: str) -> Level:
        """How much of the personal fields a file of `what` holds at most."""
        if self.level:
            return Level(self.level)
        return Level.FULL if self.reason.strip() else usual_level(what, figures=self.figures)

    @property
    def form(self) -> Form:
        """How the file is written."""
        encoding, crs, datum = self.encoding or "utf-8", self.crs or WGS84, self.datum or "wgs84"
        return Form(encoding, crs, datum, self.twin, self.language or ENGLISH)


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export holds. not_kept: {rule, sentence, facts} of what the format changed.

    checked: {rows, values, shapes} that were read again and found equal; None without verify.
    """

    path: Path
    what: str
    format: str
    rows: int
    crs: str
    checked: dict[str, int] | None
    not_kept: list[dict[str, Any]]

    def to_json(self) -> dict[str, Any]:
        """All of it but where it lies."""
        found = asdict(self)
        found["file"] = found.pop("path").name
        return found


def export(ws: Workspace, actor: Actor, what: str, path: Path, **wishes: Any) -> Path:
    """`export_file` with the fields of ExportOptions; the path of the file."""
    return export_file(ws, actor, what, path, ExportOptions(**wishes)).path


def check_asked(ws: Workspace, actor: Actor, what: str, options: ExportOptions) -> None:
    """Raise what `export_file` says of the question alone, before there is any work."""
    require(actor, Action.EXPORT)
    try:
        _check_words(what, options)
    except UnknownWord as err:
        lon = middle(ws, actor)
        raise err if lon is None else naming_known(err, lon) from err
    _check_level(actor, what, options)
    day_of(options.as_of, ws.today())


def export_file(
    ws: Workspace,
    actor: Actor,
    what: str,
    path: Path,
    options: ExportOptions,
    tell: Callable[[str], None] = lambda step: None,  # noqa: ARG005
) -> ExportReport:
    """Write `what` (one of WHAT) to `path`.

    path: a file, or a folder, in which the file gets the name of `file_name`. It holds the whole
    export or is as it was. Names, addresses and notes only where role and level allow them, see
    access.fields. What is taken along, and why, is in the account of use before there is a file.
    tell: is called with the step that begins, writing and checking.
    Raises NotAllowed, UnknownWord, UnknownArea, FormatUnknown, FileIsStore, FileUnwritable,
    ExportDiffers, ReasonNeeded, NeverPublic, ApartNeverPublic, ColumnWithheld.
    """
    check_asked(ws, actor, what, options)
    level = options.held(what)
    path = Path(path)
    if path.is_dir():
        path /= file_name(what, options.area, options.as_of or ws.today(), options.format)
    if is_store(ws, path):
        raise FileIsStore(file=path.name)
    if what in LAYERS:
        out = layer_rows(ws, actor, what, options.area, options.as_of, level)
        if options.category is not None:
            out = of_category(ws, actor, out, options.category)
    elif what == "gaps":
        out = gap_rows(ws, actor, options.area, options.as_of)
    else:
        out = figure_rows(
            ws, actor, what, options.area, options.as_of, options.by, category=options.category
        )
        if level is Level.PUBLIC:
            day = options.as_of or ws.today()
            out = replace(out, frame=shared(ws, what, out.frame, options.by, day))
    own = tuple(map(str, out.frame.columns))
    if options.figures:
        out = with_coverage(ws, actor, out, options.area, options.as_of, level)
    beside = tuple(name for name in map(str, out.frame.columns) if name not in own)
    _check_columns(actor, what, options, map(str, out.frame.columns))
    out = replace(_chosen(out, options.columns, beside), said=_said(ws, options))
    looked(ws, actor, "export", object_taken(what, options), len(out.frame), options.reason or None)
    written = write(out, path, options.format, options.form, verify=options.verify, tell=tell)
    return ExportReport(
        path,
        what,
        options.format,
        len(out.frame),
        described(named_crs(options.form.crs)),
        None if written.checked is None else asdict(written.checked),
        [each.to_json() for each in written.losses],
    )


def all_gaps(ws: Workspace, actor: Actor, **asked: Any) -> pd.DataFrame:
    """Every visit gap for a file of the API, without names; see lists.gap_list.

    Raises NotAllowed for who may see them on a page only, and what gap_list raises.
    """
    require(actor, Action.EXPORT)
    frame, total = gap_list(ws, actor, **asked, limit=None)
    level = Level.CASE_WORK.value
    looked(ws, actor, "export", object_of("gaps", **asked, format="csv", level=level), total)
    return frame


def _check_words(what: str, options: ExportOptions) -> None:
    """Raise UnknownWord or FormatUnknown for a word outside its list."""
    one_of("layer or result", what, WHAT)
    one_of("level", options.by, BY)
    one_of("level of an export", options.level or None, tuple(Level))
    one_of("encoding of a shapefile", options.encoding or None, ENCODINGS)
    one_of("language of headings", options.language or None, LANGUAGES)
    if options.format not in FORMATS:
        raise FormatUnknown(format=options.format, known=", ".join(FORMATS))
    if options.category is not None and what not in {"cases", "case-table"}:
        raise UnknownWord(value=what, kind="export by category", known="cases, case-table")
    if options.figures and what not in {"grids", "areas"}:
        raise UnknownWord(value=what, kind="layer with figures beside it", known="grids, areas")
    check_system(options.form.datum, named_crs(options.form.crs))


def _check_level(actor: Actor, what: str, options: ExportOptions) -> None:
    """Raise NeverPublic or ReasonNeeded where the level does not go with what is asked for."""
    level, reason = options.held(what), options.reason.strip()
    if level is Level.PUBLIC and what in BY_HOUSEHOLD:
        raise NeverPublic(what=what)
    if level is Level.PUBLIC and options.category is not None:
        raise ApartNeverPublic
    if len(reason) < REASON_LEAST and is_personal(actor, what, level):
        raise ReasonNeeded(what=what, least=REASON_LEAST)


def _check_columns(actor: Actor, what: str, options: ExportOptions, held: Iterable[str]) -> None:
    """Raise ColumnWithheld or UnknownWord for a column asked for that is not held."""
    known = tuple(held)
    for column in options.columns:
        if column not in known and column in columns_of(actor, what, Level.FULL):
            raise ColumnWithheld(column=column, level=options.held(what).value)
        one_of("column", column, known)


def object_taken(what: str, options: ExportOptions) -> str:
    """What was taken along, in words of ours and codes."""
    return object_of(
        what,
        area=options.area,
        as_of=options.as_of,
        category=options.category,
        by=options.by if what in {"coverage", "case-table"} else None,
        format=options.format,
        level=options.held(what).value,
        columns=",".join(options.columns) or None,
    )


def _chosen(out: Outgoing, columns: tuple[str, ...], figures: tuple[str, ...] = ()) -> Outgoing:
    """Only some columns, in the order asked for. figures: those beside, all where none is named."""
    if not columns:
        return out
    beside = () if set(columns) & set(figures) else figures
    return replace(out, frame=out.frame[list(dict.fromkeys((*columns, *beside)))])


def _said(ws: Workspace, options: ExportOptions) -> str:
    """Area and day, for the note beside the data."""
    day = options.as_of or ws.today()
    return f"Area {options.area or 'all'}, as of {day}. 区域 {options.area or '全部'}，截至 {day}。"


def file_name(what: str, area: str | None, day: date, format: str) -> str:  # noqa: A002
    """`gisgrid_<what>_<area>_<YYYYMMDD>.<ending>`, plain ASCII; `all` for no area, a long code cut.

    >>> from datetime import date
    >>> file_name("gaps", "620422100", date(2026, 11, 22), "shp")
    'gisgrid_gaps_620422100_20261122.zip'
    """
    place = re.sub(r"[^A-Za-z0-9-]", "-", area)[:80] if area else "all"
    return f"gisgrid_{what}_{place}_{day:%Y%m%d}{FORMATS[format]}"
