"""`gisgrid plan export` and `gisgrid plan import`: a draft to QGIS and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gisgrid.cli.context import format_option, printable
from gisgrid.cli.plans import DRAFT, acting, told, verb
from gisgrid.cli.published import plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gisgrid.cli.context import CliContext

__all__ = ["plan"]

SHOWN_ROWS, SHOWN_CODES = 20, 4
"""Rows of each kind, and codes of each list, that people are shown; the JSON has all."""


@verb("export", DRAFT, click.argument("file", type=click.Path(path_type=Path), default="."))
def export_draft(cli: CliContext, draft: int, file: Path, person: str | None) -> None:
    """Write a draft as a GeoPackage for QGIS to FILE (or a folder); its name is printed."""
    from gisgrid.operations.plans import file_out

    click.echo(file_out.export_draft(cli.workspace(), acting(cli, person), draft, file))


@verb(
    "import",
    click.argument("file", type=click.Path(path_type=Path)),
    click.option("--dry-run", is_flag=True, help="Only say what would happen."),
    click.option("--repair", is_flag=True, help="Take it as it is mended."),
    click.option(
        "--gaps",
        "gap_m",
        type=click.FloatRange(0, 10_000),
        metavar="METRES",
        help="Mend gaps narrower than this; 50.",
    ),
    click.option("--take", multiple=True, metavar="NAME", help="Clash that the file wins; * all."),
    click.option("--keep", multiple=True, metavar="NAME", help="Clash that the draft wins; * all."),
    format_option("table", "json"),
)
def import_draft(
    cli: CliContext,
    file: Path,
    person: str | None,
    take: tuple[str, ...],
    keep: tuple[str, ...],
    gap_m: float | None,
    form: str,
    *,
    dry_run: bool,
    repair: bool,
) -> None:
    """Take a draft back that QGIS changed, as edits that can be undone.

    What it does goes to standard output. Where the file breaks the plan or meets other changes,
    the places and names are printed, nothing is stored, and the exit code is 1; with --dry-run
    too.
    """
    from gisgrid.errors import EditRefused, FileBreaksPlan, FileClashes
    from gisgrid.operations.plans import file_take

    more = {} if gap_m is None else {"gap_m": gap_m}
    wishes = file_take.Wishes(repair, file=frozenset(take), draft=frozenset(keep), **more)
    workspace, actor = cli.workspace(), acting(cli, person)
    if dry_run:
        found = file_take.look(workspace, actor, file, wishes=wishes)
        _say(found, form)
        file_take.check_told(found, file.name, wishes)
        return
    try:
        _say(file_take.take_over(workspace, actor, file, seen=None, wishes=wishes), form)
    except (FileBreaksPlan, FileClashes, EditRefused) as err:
        beside = ("count", "file", "why", "left", "problem")
        _say({k: v for k, v in err.facts.items() if k not in beside}, form)
        raise


# For reading --------------------------------------------------------------------------------------


def _say(found: dict[str, Any], form: str) -> None:
    """What a file does, or what keeps it from being taken: JSON, or tables with their titles."""
    if form == "json":
        told(found)
        return
    lines = [*_head(found), *_faults("what is broken", found.get("faults") or [])]
    repair = found.get("repair")
    if repair:
        for title in ("changed", "removed"):
            lines += [f"{title} by the repair: {_few(repair[title])}"] * bool(repair[title])
        lines += _faults("still wrong after the repair", repair["faults"])
    lines += _listed("to decide (--take NAME or --keep NAME)", ("name",), _names(found))
    places = [[p["name"], p["state"], _few(p["grids"])] for p in found.get("places", ())]
    lines += _listed("redrawn places", ("name", "state", "grids"), places)
    words = [
        [word["name"], word["state"], *(_cell(word[side]) for side in ("was", "file", "now"))]
        for word in found.get("words", ())
    ]
    lines += _listed("changed words", ("name", "state", "as it went", "in the file", "now"), words)
    for part in (*found.get("places", ()), *found.get("words", ())):
        lines += _faults(f"{part['name']} cannot be taken", part["faults"])
    figures = [_figures(row) for row in found.get("grids", ())]
    columns = ("grid", "households before", "after", "visits due before", "after")
    lines += _listed("figures", columns, figures, {1, 2, 3, 4})
    click.echo("\n".join(lines))


def _head(found: dict[str, Any]) -> list[str]:
    """Which draft it is, and the sum of what changes."""
    if "draft" not in found:
        return []
    lines = [
        f"draft {found['draft']} {printable(found['name'])}",
        f"  made of version {found['made_of']}, now {found['version']}",
        f"  steps {found['steps']}",
        f"  households that change hands {found['households']['count']}",
        f"  open cases that change hands {found['cases']['count']}",
    ]
    if found["unsaved"]:
        lines.append("  a program seems to hold the file open; what it has not saved is missing")
    return [*lines, *(["  the file is as it went; it changes nothing"] * found["unchanged"])]


def _names(found: dict[str, Any]) -> list[list[str]]:
    return [[name] for name in found.get("asked") or found.get("names") or ()]


def _figures(row: dict[str, Any]) -> list[str]:
    sides = (row["before"] or {}, row["after"] or {})
    numbers = [_cell(side.get(w)) for w in ("households", "visits_due") for side in sides]
    return [row["code"], *numbers]


def _faults(title: str, faults: list[dict[str, Any]]) -> list[str]:
    """Each fault with its size and its place (latitude, longitude)."""
    rows = [
        [
            fault["what"],
            _few(fault["codes"]),
            "" if fault["size"] is None else f"{round(fault['size'], 1):,} {fault['unit']}",
            "" if fault["place"] is None else "{1:.6f}, {0:.6f}".format(*fault["place"]),
        ]
        for fault in faults
    ]
    return _listed(title, ("what", "grids", "size", "lat, lon"), rows, {2})


def _few(codes: list[str]) -> str:
    """The first codes of a list, and how many more there are."""
    more = len(codes) - SHOWN_CODES
    return printable(", ".join(codes[:SHOWN_CODES])) + (f" and {more} more" if more > 0 else "")


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def _listed(
    title: str,
    columns: Sequence[str],
    rows: list[list[str]],
    numbers: frozenset[int] | set[int] = frozenset(),
) -> list[str]:
    """The first rows as a table under a title, and how many more there are."""
    from gisgrid.cli.printing import aligned

    if not rows:
        return []
    cells = [[printable(cell).replace("\n", " ") for cell in row] for row in rows[:SHOWN_ROWS]]
    table = aligned(columns, cells, set(numbers)).splitlines()
    more = len(rows) - SHOWN_ROWS
    rest = [f"    … and {more} more (--format json shows all)"] if more > 0 else []
    return [f"{title}:", *(f"    {line}" for line in table), *rest]
