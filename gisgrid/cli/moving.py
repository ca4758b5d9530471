"""Taking a county from one store to another."""

from __future__ import annotations

import click

from gisgrid.access import CONSOLE
from gisgrid.cli.context import CliContext, pass_cli, store_option


@click.command()
@click.option("--to", "url", required=True, metavar="URL", help="Where the copy is made.")
@store_option
@pass_cli
def copy(cli: CliContext, url: str) -> None:
    """Copy the county to another store, of either kind, and prove that both hold the same."""
    from gisgrid.operations import moving

    done = moving.copy(cli.workspace(), CONSOLE, url)
    for table in done.tables:
        click.echo(f"{table.table}\t{table.rows}\t{table.hash[:16]}")
    rows = sum(table.rows for table in done.tables)
    click.echo(
        f"{rows:,} rows and {done.figures} tables of figures are the same in both stores; "
        "sessions were left behind.",
        err=True,
    )
