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

    Gaps, overlaps, footprint, households, cases, lineage, days, drafts and certificates. Exit code
    1, with the places, when something is wrong. Households outside the plan, and ground that grids
    surround and none holds, are named, and no fault.
    """
    from gisgrid.cli.printing import as_json
    from gisgrid.cli.serving import Bar
    from gisgrid.operations.plans import checking, repairs

    workspace = cli.workspace()
    with Bar() as bar:
        found, beside = checking.proved(workspace, CONSOLE, tell=bar)
    if form == "json":
        click.echo(as_json(found))
    else:
        for finding in found:
            told(finding)
    for finding in beside:
        told(finding, err=True)
    plans = sum(not row.withdrawn for row in workspace.store.published())
    if not found:
        click.echo("The one plan holds." if plans == 1 else f"All {plans} plans hold.", err=True)
        return
    click.echo(f"{counted(len(found), 'fault')} in {counted(plans, 'plan')}.", err=True)
    if mend:
        draft, left = repairs.repair(workspace, CONSOLE, "repair")
        if draft is None:
            why = "The shapes of the last plan cannot be mended so." if left else NO_NEED
            click.echo(why, err=True)
        else:
            rest = f"{counted(len(left), 'fault')} will be left" + (":" if left else ".")
            click.echo(f"Draft {draft} mends what can be mended; {rest}", err=True)
            for finding in left:
                click.echo(printable(line(finding)), err=True)
            click.echo(draft)
    sys.exit(1)


NO_NEED = "The shapes of the last plan need no repair."


def counted(number: int, word: str) -> str:
    """1 plan, 2 plans."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


NAMED_MOST = 20
"""Households and holes that are printed one by one; `--format json` has more of a fault's."""


def told(finding: dict[str, Any], *, err: bool = False) -> None:
    """Print a finding, and the households or holes that it names, each with its place."""
    click.echo(printable(line(finding)), err=err)
    named = finding.get("households") or finding.get("holes") or ()
    for one in named[:NAMED_MOST]:
        lon, lat = one["place"]
        words = one.get("id") or f"{one['size']:,.0f} m²"
        around = f", between {', '.join(one['codes'])}" if "codes" in one else ""
        click.echo(printable(f"  {words} at {lon:.6f}, {lat:.6f}{around}"), err=err)
    if named and finding["size"] > NAMED_MOST:
        click.echo(f"  and {finding['size'] - NAMED_MOST:,} more", err=err)


def line(finding: dict[str, Any]) -> str:
    """A finding in one line."""
    # Households and holes follow one by one, each with its place.
    follow = "households" in finding or "holes" in finding
    ids, place = ([], None) if follow else (finding["codes"], finding["place"])
    codes = ", ".join(ids[:5]) + (" …" if len(ids) > 5 else "")
    where = "" if place is None else f" at {place[0]:.6f}, {place[1]:.6f}"
    size, unit = finding["size"], finding["unit"]
    if size == 1:
        unit = unit.removesuffix("s")
    much = "" if size is None else f" ({f'{size:g} {unit}'.rstrip()})"
    named = f" {codes}:" if codes else ""
    return f"plan {finding['revision']}:{named} {finding['sentence']}{where}{much}"
