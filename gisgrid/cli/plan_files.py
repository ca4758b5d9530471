"""`gisgrid plan export` and `gisgrid plan import`: a draft to QGIS and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gisgrid.cli.plans import DRAFT, acting, told, verb
from gisgrid.cli.published import plan

if TYPE_CHECKING:
    from gisgrid.cli.context import CliContext

__all__ = ["plan"]


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
)
def import_draft(
    cli: CliContext,
    file: Path,
    person: str | None,
    take: tuple[str, ...],
    keep: tuple[str, ...],
    gap_m: float | None,
    *,
    dry_run: bool,
    repair: bool,
) -> None:
    """Take a draft back that QGIS changed, as edits that can be undone.

    What it does goes to standard output (JSON). Where the file breaks the plan or meets other
    changes, the places and names are printed, nothing is stored, and the exit code is 1.
    """
    from gisgrid.errors import EditRefused, FileBreaksPlan, FileClashes
    from gisgrid.operations.plans import file_take

    more = {} if gap_m is None else {"gap_m": gap_m}
    wishes = file_take.Wishes(repair, file=frozenset(take), draft=frozenset(keep), **more)
    workspace, actor = cli.workspace(), acting(cli, person)
    try:
        if dry_run:
            told(file_take.look(workspace, actor, file, wishes=wishes))
        else:
            told(file_take.take_over(workspace, actor, file, seen=None, wishes=wishes))
    except (FileBreaksPlan, FileClashes, EditRefused) as err:
        shown: dict[str, Any] = {k: v for k, v in err.facts.items() if k not in ("count", "file")}
        told(shown)
        raise
