"""The rules of the visiting programme: shown and set."""

from __future__ import annotations

from dataclasses import asdict

import click

from gisgrid.access import CONSOLE
from gisgrid.cli.context import CliContext, format_option, pass_cli, store_option


@click.group()
def programme() -> None:
    """The rules that change figures: interval, due soon, phone calls, time zone."""


@programme.command("show")
@format_option()
@store_option
@pass_cli
def show_programme(cli: CliContext, form: str) -> None:
    """Show the rules in force."""
    import pandas as pd

    from gisgrid.cli.printing import show

    rules = asdict(cli.workspace().store.programme())
    rows = [
        (name, str(value).lower() if isinstance(value, bool) else str(value))
        for name, value in rules.items()
    ]
    show(pd.DataFrame(rows, columns=["rule", "value"]), form)


@programme.command("set")
@click.option("--name", help="What the programme is called.")
@click.option("--visit-every-days", type=click.IntRange(1, 3650), help="Interval in days.")
@click.option("--soon-days", type=click.IntRange(1, 365), help="Days before due that are due soon.")
@click.option("--phone-counts/--phone-does-not-count", default=None, help="Is a call a visit?")
@click.option("--zone", metavar="NAME", help="Time zone of the calendar, e.g. Asia/Shanghai.")
@store_option
@pass_cli
def set_programme(cli: CliContext, /, **rules: object) -> None:
    """Change rules; all figures, also of past days, follow them from now on."""
    from gisgrid.operations import programme as operations

    operations.change(
        cli.workspace(),
        CONSOLE,
        **{name: value for name, value in rules.items() if value is not None},
    )
    click.echo("The rules are changed.", err=True)
