"""Accounts on the command line; whoever may open the store may do this."""

from __future__ import annotations

import click

from gisgrid.access import CONSOLE, ROLES
from gisgrid.cli.context import CliContext, format_option, pass_cli, store_option


@click.group()
def user() -> None:
    """People who may sign in."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice([r.value for r in ROLES]), required=True)
@click.option(
    "--scope",
    metavar="CODE",
    default="*",
    show_default=True,
    help="Area or grid below which the person may see and act; * for all.",
)
@store_option
@pass_cli
def add(cli: CliContext, name: str, role: str, scope: str) -> None:
    """Add a person and print a one-time link by which they come in."""
    from gisgrid.operations import people

    people.add(cli.workspace(), CONSOLE, name, role=role, scope=scope)
    _print_link(cli, name.strip())


@user.command("passwd")
@click.argument("name")
@click.option("--link", is_flag=True, help="Print a one-time link instead of asking.")
@store_option
@pass_cli
def passwd(cli: CliContext, name: str, *, link: bool) -> None:
    """Set the password of a person, or print a one-time link."""
    from gisgrid.operations import people

    if link:
        _print_link(cli, name)
        return
    password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    people.set_password(cli.workspace(), CONSOLE, name, password)
    click.echo(f"{name} has a new password.", err=True)


@user.command("list")
@format_option()
@store_option
@pass_cli
def list_people(cli: CliContext, form: str) -> None:
    """List who may sign in, with role and scope."""
    import pandas as pd

    from gisgrid.cli.printing import show
    from gisgrid.operations import people

    columns = ["name", "role", "scope", "has_password", "disabled"]
    found = people.accounts(cli.workspace(), CONSOLE)
    rows = [[getattr(account, column) for column in columns] for account in found]
    show(pd.DataFrame(rows, columns=columns), form)


@user.command("disable")
@click.argument("name")
@store_option
@pass_cli
def disable(cli: CliContext, name: str) -> None:
    """Shut a person out; open sessions end with their next request."""
    from gisgrid.operations import people

    people.disable(cli.workspace(), CONSOLE, name)
    click.echo(f"{name} is shut out.", err=True)


@user.command("let-in")
@click.argument("name")
@store_option
@pass_cli
def let_in(cli: CliContext, name: str) -> None:
    """Let a person in again who was shut out, by a new link; the old password is gone."""
    from gisgrid.operations import people

    people.let_in(cli.workspace(), CONSOLE, name)
    _print_link(cli, name)


def _print_link(cli: CliContext, name: str) -> None:
    from gisgrid.operations import people

    token = people.make_link(cli.workspace(), CONSOLE, name)
    click.echo(f"/enter/{token}")
    minutes = int(people.LINK_LASTS.total_seconds() // 60)
    click.echo(f"Works once, within {minutes} minutes, below the server's address.", err=True)
