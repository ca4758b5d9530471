"""`gisgrid import` and `gisgrid export`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from gisgrid.cli.context import CliContext, Day, format_option, pass_cli, printable, store_option
from gisgrid.errors import RowsRefused, UnknownWord
from gisgrid.model import BY, DATUMS, LAYERS

SHOWN_ROWS = 20
"""Refused rows that a table shows; the JSON report has all."""

_AT = {"writing": 0.3, "checking": 0.6}
"""Share of an export that is done when a step begins."""
_SUFFIXES = {".zip": "shp"}


@click.command("import")
@click.argument("layer", type=click.Choice(tuple(LAYERS)))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--layer", "layer_name", metavar="NAME", help="Sheet or layer of the file.")
@click.option("--field", "fields", metavar="OURS=THEIRS", multiple=True, help="Name a heading.")
@click.option("--crs", metavar="EPSG:N", help="Coordinate system, where the file does not say it.")
@click.option("--encoding", metavar="NAME", help="Encoding of the text, e.g. gbk.")
@click.option(
    "--datum",
    type=click.Choice(DATUMS),
    default="wgs84",
    show_default=True,
    help="Shift of the coordinates that is to be taken off.",
)
@click.option("--date-format", metavar="ORDER", help="YMD, DMY, MDY or a pattern such as %d/%m/%Y.")
@click.option("--valid-from", type=Day(), help="First day of a new plan (grids); default today.")
@click.option("--whole-plan", is_flag=True, help="Grids that the file does not name end.")
@click.option("--make-ids", is_flag=True, help="Work out ids where the file has none.")
@click.option("--skip-bad-rows", is_flag=True, help="Import the rest where rows are refused.")
@click.option("--salvage", is_flag=True, help="Take what is whole of a damaged shapefile.")
@click.option("--swap-axes", is_flag=True, help="Exchange longitude and latitude of all rows.")
@click.option(
    "--winner",
    "winners",
    nargs=2,
    multiple=True,
    metavar="CODE CODE",
    help="Two overlapping grids: whose the ground is, who gives it up.",
)
@click.option("--repair", is_flag=True, help="Give overlaps to the grid with the longest edge.")
@click.option(
    "--gaps", "gap_m", type=float, default=0.0, help="Fill holes between grids up to this width, m."
)
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@format_option("table", "json")
@store_option
@pass_cli
def import_(
    cli: CliContext,
    /,
    layer: str,
    file: Path,
    fields: tuple[str, ...],
    form: str,
    **options: Any,
) -> None:
    """Import FILE as LAYER: all of it, or nothing.

    CSV, Excel, WPS, GeoJSON, GeoPackage, FlatGeobuf, KML, GML, DXF and shapefile (zipped or not).
    The report goes to standard output; when rows are refused, nothing is imported and the exit
    code is 1.
    """
    from gisgrid.cli.serving import Bar
    from gisgrid.operations.importing import ImportOptions, run

    wishes = ImportOptions(fields=dict(_pair(field) for field in fields), **options)
    try:
        with Bar() as bar:
            report = run(cli.workspace(), _console(), layer, file, wishes, bar).to_json()
    except RowsRefused as err:
        click.echo(_shown(err.facts["report"], form), nl=False)
        raise
    click.echo(_shown(report, form), nl=False)
    if report["dry_run"] and report["refused"] and not wishes.skip_bad_rows:
        click.echo(
            f"{report['refused']} of {report['rows_read']} rows would be refused and nothing "
            "imported; mend them, or import the rest with --skip-bad-rows.",
            err=True,
        )
        click.get_current_context().exit(1)


def _pair(field: str) -> tuple[str, str]:
    """`ours=theirs` taken apart; their heading may hold an equals sign."""
    ours, equals, theirs = field.partition("=")
    if not (ours and equals and theirs):
        raise click.BadParameter(f"{field}: write OURS=THEIRS", param_hint="--field")
    return ours.strip(), theirs.strip()


def _console() -> Any:
    from gisgrid.access import CONSOLE

    return CONSOLE


def _shown(report: dict[str, Any], form: str) -> str:
    """The report as one JSON object, or for reading."""
    if form == "json":
        return json.dumps(report, ensure_ascii=False, indent=2) + "\n"
    lines = [f"{report['file']} → {report['layer']}" + (" (dry run)" if report["dry_run"] else "")]
    lines += [f"  {word:12}{report[name]}" for word, name in _counts(report)]
    for name in ("unlocated", "outside"):
        if report[name]:
            lines.append(f"  {name:12}{report[name]}")
    for name in ("encoding", "crs"):
        if report[name]:
            lines.append(f"  {name:12}{report[name]}")
    pairs = [f"{ours}={theirs}" for ours, theirs in report["fields"].items()]
    lines.append(f"  {'columns':12}{', '.join(pairs)}")
    if report["ignored"]:
        lines.append(f"  {'ignored':12}{', '.join(report['ignored'])}")
    for column, used in report["date_format"].items():
        lines.append(f"  {'dates':12}{column}: {used}")
    lines += [f"  note: {note}" for note in report["notes"]]
    for kind in ("new", "changed", "gone"):
        rows = [_change(row) for row in report["changes"] if row["kind"] == kind]
        lines += _listed(f"{kind}, the first", rows)
    lines += _listed("repaired", [_repair(repair) for repair in report["repaired"]])
    lines += _listed("gaps that stay", [_repair(gap | {"what": ""}) for gap in report["gaps"]])
    lines += _listed("warnings", [_row(row) for row in report["warnings"]])
    lines += _listed("refused", [_row(row) for row in report["refusals"]])
    return printable("\n".join(lines)) + "\n"


def _counts(report: dict[str, Any]) -> list[tuple[str, str]]:
    """What is counted, by what it is called: what was done, or what would be."""
    ends = [("rows read", "rows_read"), ("refused", "refused")]
    if not report["compared"]:
        return ends
    names = ("imported", "updated", "unchanged", "removed")
    words = ("new", "changed", "unchanged", "gone") if report["dry_run"] else names
    return [ends[0], *zip(words, names, strict=True), ends[1]]


def _change(row: dict[str, Any]) -> str:
    """One row of a diff: the key and what differs."""
    parts = []
    for column in row["columns"]:
        if row["kind"] == "new":
            parts.append(f"{column['name']} {column['after']}")
        elif row["kind"] == "changed":
            unit = " m²" if column["name"] == "shape" else ""
            was = "…" if column.get("hidden") else _cell(column["before"])
            moved = f" ({column['moved_m']} m)" if "moved_m" in column else ""
            parts.append(f"{column['name']} {was} → {_cell(column['after'])}{unit}{moved}")
    return f"{row['key']}: {'; '.join(parts)}" if parts else str(row["key"])


def _cell(value: Any) -> str:
    return "(empty)" if value is None else str(value)


def _listed(title: str, entries: list[str]) -> list[str]:
    """The first entries under a title, and how many more there are."""
    if not entries:
        return []
    more = len(entries) - SHOWN_ROWS
    rest = [f"    … and {more} more (--format json shows all)"] if more > 0 else []
    return [f"  {title}:", *(f"    {entry}" for entry in entries[:SHOWN_ROWS]), *rest]


def _row(row: dict[str, Any]) -> str:
    where = f"row {row['row']}: " if row["row"] else ""
    return f"{where}{row['reason']} {row['cure']}"


def _repair(repair: dict[str, Any]) -> str:
    codes = repair["codes"]
    named = ", ".join(codes[:4]) + (f" and {len(codes) - 4} more" if len(codes) > 4 else "")
    place = "" if repair["lon"] is None else f" near {repair['lon']}, {repair['lat']}"
    size = f" {repair['count']} rows" if "count" in repair else f" {repair['area_m2']} m²"
    return f"{repair['what']}{' ' + named if named else ''}:{size}{place}"


@click.command("export")
@click.argument("what")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    help="xlsx, csv, gpkg, shp, geojson, fgb, parquet, kml; else by the name.",
)
@click.option("--area", metavar="CODE", help="Only this area or grid.")
@click.option("--as-of", type=Day(), help="The day, year-month-day; default today.")
@click.option("--by", type=click.Choice(BY), default="grid", show_default=True)
@click.option("--encoding", default="utf-8", help="Of a shapefile: utf-8 or gb18030.")
@click.option("--crs", default="", metavar="EPSG:N", help="Coordinate system; default EPSG:4326.")
@click.option("--datum", default="wgs84", help="gcj02 or bd09 shift degrees as web maps do.")
@click.option("--language", default="en", help="Of headings and words in CSV and Excel: en or zh.")
@click.option("--columns", default="", metavar="A,B", help="Only these columns, in this order.")
@click.option("--figures", is_flag=True, help="Put its coverage beside each grid or area.")
@click.option("--twin/--no-twin", default=True, help="A GeoPackage in the zip of a shapefile.")
@click.option("--level", default="", help="full, case_work or public (usual for figures).")
@click.option("--category", help="Only cases of this category (cases, case-table).")
@click.option("--reason", default="", help="What a full export is for; the account keeps it.")
@click.option("--no-check", is_flag=True, help="Do not read the file again to compare it.")
@store_option
@pass_cli
def export(cli: CliContext, /, what: str, file: Path, form: str | None, **wishes: Any) -> None:
    """Export WHAT to FILE, or under a name of its own into the folder FILE.

    WHAT is a layer (areas, grids, households, visits, cases) or a result (coverage, gaps,
    case-table). A shapefile is a zip with all its parts. The path is printed; what the format could
    not keep, and what was compared, is said beside it.
    """
    from gisgrid.cli.serving import Bar
    from gisgrid.operations import exporting

    suffix = file.suffix.lower()
    endings = {ending: name for name, ending in exporting.FORMATS.items()} | _SUFFIXES
    if suffix == ".shp" and not file.is_dir():
        # A zip under this name opens nowhere.
        named = file.with_suffix(".zip").name
        raise click.BadParameter(
            f"a shapefile is written as a zip with all its parts: name it {named}",
            param_hint="FILE",
        )
    if form is None and suffix not in endings:
        known = ", ".join(exporting.FORMATS)
        raise UnknownWord(value=suffix or str(file), kind="format (--format)", known=known)
    columns = tuple(name.strip() for name in wishes.pop("columns").split(",") if name.strip())
    options = exporting.ExportOptions(
        format=form or endings[suffix], columns=columns, verify=not wishes.pop("no_check"), **wishes
    )
    with Bar() as bar:
        report = exporting.export_file(
            cli.workspace(), _console(), what, file, options, lambda step: bar(_AT[step], step)
        )
    click.echo(str(report.path))
    for line in _told(report):
        click.echo(line, err=True)


def _told(report: Any) -> list[str]:
    """What was compared, and what the format could not keep."""
    lines = []
    if report.checked is not None:
        counts = ", ".join(f"{count} {name}" for name, count in report.checked.items())
        lines.append(f"Read again and equal: {counts}.")
    return lines + [printable(each["sentence"]) for each in report.not_kept]
