"""`gisgrid check`: the proof that all plans hold."""

from __future__ import annotations

import sys
from typing import Any

import click

from gisgrid.access import CONSOLE
from gisgrid.cli.context import CliContext, format_option, pass_cli, printable, store_option


@click.command()
@click.option("--repair", "mend", is_flag=True, help="Make a draft that mends the last plan.")
@format_option("table", "json")
@store_option
@pass_cli
def check(cli: CliContext, form: str, *, mend: bool) -> None:
    """Prove the plan in force and every published one.

    Gaps, overlaps, footprint, households, lineage and certificates. Exit code 1, with the places,
    when something is wrong.
    """
    from gisgrid.cli.printing import as_json
    from gisgrid.cli.serving import Bar
    from gisgrid.operations.plans import checking

    workspace = cli.workspace()
    with Bar() as bar:
        found = checking.check(workspace, CONSOLE, tell=bar)
    if form == "json":
        click.echo(as_json(found))
    else:
        for finding in found:
            click.echo(printable(line(finding)))
    plans = sum(not row.withdrawn for row in workspace.store.published())
    if not found:
        click.echo(f"All {plans} plans hold.", err=True)
        return
    click.echo(f"{len(found)} faults in {plans} plans.", err=True)
    if mend:
        draft, left = checking.repair(workspace, CONSOLE, "repair")
        if draft is None:
            click.echo("The shapes of the last plan need no repair.", err=True)
        else:
            click.echo(f"Draft {draft} mends it; {len(left)} faults are left.", err=True)
            click.echo(draft)
    sys.exit(1)


def line(finding: dict[str, Any]) -> str:
    """A finding in one line."""
    codes = ", ".join(finding["codes"][:5]) + (" …" if len(finding["codes"]) > 5 else "")
    place = finding["place"]
    where = "" if place is None else f" at {place[0]:.6f}, {place[1]:.6f}"
    size = "" if finding["size"] is None else f" ({finding['size']:g} {finding['unit']})".rstrip()
    named = f" {codes}:" if codes else ""
    return f"plan {finding['revision']}:{named} {finding['sentence']}{where}{size}"
