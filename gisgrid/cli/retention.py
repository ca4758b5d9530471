"""Keep no longer than needed."""

from __future__ import annotations

import click

from gisgrid.access import CONSOLE
from gisgrid.cli.context import CliContext, format_option, pass_cli, store_option
from gisgrid.cli.person_data import told_swept


@click.command()
@click.option("--apply", "for_good", is_flag=True, help="Take it away; without it nothing changes.")
@format_option()
@store_option
@pass_cli
def retention(cli: CliContext, form: str, *, for_good: bool) -> None:
    """Show what has been kept long enough, by class of data; with --apply take it away."""
    import pandas as pd

    from gisgrid.cli.printing import show
    from gisgrid.operations import retention as keeping

    ws = cli.workspace()
    if for_good:
        found, swept = keeping.apply(ws, CONSOLE)
    else:
        found, swept = keeping.due(ws, CONSOLE), True
    rows = [
        (one.name, one.months or None, one.before.date() if one.before else None, one.count)
        for one in found
    ]
    frame = pd.DataFrame(rows, columns=["class", "months", "before", "rows"])
    show(frame.astype({"months": "Int64"}), form)
    if for_good:
        told_swept(swept)
    elif any(one.count for one in found):
        click.echo("Nothing was changed; take it away with --apply.", err=True)
