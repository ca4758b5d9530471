"""Figures: coverage, gaps, cases. The same functions as the pages, the API and the exports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gisgrid.access import CONSOLE, Level
from gisgrid.cli.context import CliContext, Day, format_option, pass_cli, store_option
from gisgrid.errors import NeverPublic
from gisgrid.model import BY

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

as_of_option = click.option(
    "--as-of", type=Day(), metavar="YYYY-MM-DD", help="Day to work out for; today by default."
)
area_option = click.option("--area", metavar="CODE", help="Only this area or grid.")
by_option = click.option(
    "--by", type=click.Choice(BY), default="grid", show_default=True, help="What to sum by."
)
level_option = click.option(
    "--level",
    type=click.Choice(("case_work", "public")),
    default="case_work",
    show_default=True,
    help="public hides small counts, for what is passed on.",
)
restate_option = click.option(
    "--restate", is_flag=True, help="Restate the past on the grids in force today."
)


def question(command: Callable[..., Any]) -> Callable[..., Any]:
    """What every question about figures can be limited by."""
    for option in (format_option(), area_option, as_of_option, store_option, pass_cli):
        command = option(command)
    return command


@click.command()
@by_option
@restate_option
@level_option
@question
def coverage(cli: CliContext, form: str, level: str, **asked: Any) -> None:
    """How well households are visited, by area."""
    from gisgrid.cli.printing import show
    from gisgrid.operations import figures, sharing

    ws = cli.workspace()
    frame = figures.coverage_table(ws, CONSOLE, **asked)
    show(sharing.told(ws, "coverage", frame, Level(level), asked), form)


@click.command()
@click.option("--status", type=click.Choice(("overdue", "never")), help="Only these gaps.")
@click.option("--limit", type=click.IntRange(min=1), help="Rows at most.")
@restate_option
@question
def gaps(
    cli: CliContext,
    as_of: date | None,
    area: str | None,
    form: str,
    status: str | None,
    limit: int | None,
    *,
    restate: bool,
) -> None:
    """Households in a visit gap, longest wait first."""
    from gisgrid.cli.printing import show
    from gisgrid.operations import figures

    asked: dict[str, Any] = {"as_of": as_of, "area": area, "status": status, "restate": restate}
    frame, total = figures.gap_list(cli.workspace(), CONSOLE, **asked, limit=limit)
    show(frame, form)
    if len(frame) < total:
        click.echo(f"{total - len(frame)} more; see them with a higher --limit.", err=True)


@click.command()
@by_option
@click.option("--category", help="Only cases of this category.")
@click.option("--list", "single", is_flag=True, help="Single open cases instead of counts.")
@restate_option
@level_option
@question
def cases(
    cli: CliContext,
    by: str,
    level: str,
    as_of: date | None,
    area: str | None,
    form: str,
    category: str | None,
    *,
    single: bool,
    restate: bool,
) -> None:
    """Open and overdue cases, by area or one by one."""
    from gisgrid.cli.printing import show
    from gisgrid.operations import figures, sharing

    asked: dict[str, Any] = {
        "as_of": as_of,
        "area": area,
        "category": category,
        "restate": restate,
    }
    if single:
        if level == "public":
            raise NeverPublic(what="cases --list")
        frame, _ = figures.case_list(cli.workspace(), CONSOLE, **asked, limit=None)
    else:
        ws, asked = cli.workspace(), {**asked, "by": by}
        frame = figures.case_table(ws, CONSOLE, **asked)
        frame = sharing.told(ws, "case-table", frame, Level(level), asked)
    show(frame, form)
