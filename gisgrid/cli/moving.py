"""Taking a county from one store to another, and a database into service."""

from __future__ import annotations

import click

from gisgrid.access import CONSOLE
from gisgrid.cli.context import CliContext, override, pass_cli, store_option


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


@click.command()
@click.argument("app")
@click.option(
    "--dump-made",
    is_flag=True,
    default=None,
    callback=override,
    expose_value=False,
    help="You made a dump: bring an older store up without a copy of our own.",
)
@store_option
@pass_cli
def roles(cli: CliContext, app: str) -> None:
    """Let the database account APP serve the store; run by who owns its tables.

    APP reads and writes rows, within the walls of row-level security, and owns no table. Brings
    the store up to this gisgrid first, and keeps it as it was as a dump. See docs/postgis.md.
    """
    from gisgrid.operations import moving

    moving.let_serve(cli.workspace(), CONSOLE, app)
    click.echo(f"{app} may serve this store; it owns nothing of it.", err=True)
