"""What is held about a household: shown, erased, kept for a while only."""

from __future__ import annotations

from pathlib import Path

import click

from gisgrid.access import CONSOLE
from gisgrid.cli.context import CliContext, format_option, pass_cli, printable, store_option

reason_option = click.option(
    "--reason", metavar="TEXT", help="Why; kept in the account of use. No names, please."
)


@click.group("person-data")
def person_data() -> None:
    """What is held about a household: show it, erase it."""


@person_data.command("show")
@click.argument("household")
@format_option("table", "json")
@reason_option
@store_option
@pass_cli
def show(cli: CliContext, household: str, form: str, reason: str | None) -> None:
    """Print everything that is held about HOUSEHOLD."""
    import json

    from gisgrid.operations import erasing

    found = erasing.held(cli.workspace(), CONSOLE, household, reason=reason)
    if form == "json":
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    click.echo(printable(erasing.readable(found)))


@person_data.command("erase")
@click.argument("household")
@click.option("--yes", is_flag=True, help="Do not ask.")
@reason_option
@store_option
@pass_cli
def erase(cli: CliContext, household: str, *, yes: bool, reason: str | None) -> None:
    """Erase name, address, notes, titles and position of HOUSEHOLD for good.

    Figures of past days stay as they were. Backups still hold the person: after a restore the
    household is erased again, and old backups should not be kept for longer than needed.
    """
    from gisgrid.operations import erasing

    ws = cli.workspace()
    found = erasing.held(ws, CONSOLE, household, reason=reason)
    tables = {name: rows for name, rows in found["tables"].items() if name != "erasures"}
    told = ", ".join(f"{len(rows)} {name}" for name, rows in tables.items())
    if not yes:
        click.confirm(f"Erase {printable(household)} ({told}) for good?", abort=True, err=True)
    done = erasing.erase(ws, CONSOLE, household, reason=reason)
    click.echo(f"Erased: {done.rows:,} rows cleared, figures of past days stay.", err=True)
    told_swept(done.swept)


@person_data.command("sweep")
@store_option
@pass_cli
def sweep(cli: CliContext) -> None:
    """Remove what an erasure may have left in free pages while somebody was reading."""
    from gisgrid.operations import erasing

    told_swept(erasing.finish(cli.workspace()))


@person_data.command("erased")
@store_option
@pass_cli
def erased(cli: CliContext) -> None:
    """Print the numbers of erased households, a line each."""
    from gisgrid.operations import erasing

    for household in erasing.erased(cli.workspace(), CONSOLE):
        click.echo(printable(household))


@person_data.command("replay")
@click.argument(
    "file", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@store_option
@pass_cli
def replay(cli: CliContext, file: Path | None) -> None:
    """Erase again who was erased since: after a restore by pg_restore.

    By the list that is kept outside the store, and by FILE (from `person-data erased`), if any.
    """
    from gisgrid.operations import erasing
    from gisgrid.store.erased_list import numbers

    ws = cli.workspace()
    again = erasing.recall(ws)
    if file is not None:
        again += erasing.replay(ws, CONSOLE, numbers(file))
    click.echo(f"Erased again: {len(again):,} households.", err=True)


def told_swept(swept: bool) -> None:
    """Say whether a trace is left."""
    if swept:
        click.echo("No trace is left in the store's files.", err=True)
    else:
        click.echo(
            "Traces may lie in free pages while somebody reads; say `gisgrid person-data sweep` "
            "in a quiet moment, or restart the server.",
            err=True,
        )
