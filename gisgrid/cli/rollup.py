"""Many counties: publish one, count all."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from gisgrid.access import CONSOLE
from gisgrid.cli.context import CliContext, Day, format_option, pass_cli, store_option

if TYPE_CHECKING:
    from datetime import date

SENTENCES = {
    "missing": "County %s is not counted: %s is missing or cut short; publish it again.",
    "absent": "County %s is not counted: it has not been published here.",
    "unreadable": "County %s is not counted: its files cannot be read; publish it again.",
    "late": "County %s is counted as it was: its publication ends on %s.",
    "doubled": "County %s is not counted: it lies there twice (%s); remove one.",
    "version": "County %s is not counted: %s is of another version of gisgrid; publish it again.",
    "unlisted": "County %s: %s belongs to no publication and is left out.",
}


place_argument = click.argument("place", metavar="[DIR|URL]", default="")


def place_of(cli: CliContext, given: str) -> str:
    """Where counties lie: what is given, or the setting, in which a password is not seen."""
    place = given or cli.settings.rollup_folder
    if not place:
        raise click.UsageError("name a DIR or URL, or set rollup_folder")
    return place


@click.group()
def rollup() -> None:
    """Figures over many counties, from Parquet files (extra: rollup)."""


@rollup.command()
@place_argument
@store_option
@pass_cli
def publish(cli: CliContext, place: str) -> None:
    """Write this county's columns: row numbers, days, codes; no names, no notes.

    URL: s3://bucket/folder (its account from AWS_… variables), or https://server/folder (WebDAV).
    Without either the setting rollup_folder says where.
    """
    from gisgrid.operations import rolling

    done = rolling.publish(cli.workspace(), CONSOLE, place_of(cli, place))
    size = sum(facts["bytes"] for facts in done.files.values())
    click.echo(
        f"{done.name} ({done.county}) through {done.through}: "
        f"{len(done.files)} files, {size / 1e6:.1f} MB.",
        err=True,
    )


@rollup.command()
@place_argument
@click.option("--as-of", type=Day(), required=True, metavar="YYYY-MM-DD", help="Day to count for.")
@click.option(
    "--by", type=click.Choice(("county", "township")), default="county", show_default=True
)
@click.option("--expect", multiple=True, metavar="CODE", help="County to be there; once for each.")
@click.option("--engine", type=click.Choice(("duckdb", "dask")), default="duckdb")
@click.option("--scheduler", metavar="ADDRESS", help="Of the Dask cluster, as tcp://host:8786.")
@format_option()
@pass_cli
def coverage(
    cli: CliContext,
    place: str,
    as_of: date,
    by: str,
    expect: tuple[str, ...],
    engine: str,
    scheduler: str | None,
    form: str,
) -> None:
    """How well households are visited, over all counties below DIR or URL.

    Exit code 1 where a county could not be counted; the figures are those of the others.
    """
    from gisgrid.cli.printing import show
    from gisgrid.operations import rolling

    if (engine == "dask") != (scheduler is not None):
        raise click.UsageError("--engine dask goes with --scheduler ADDRESS")
    asked: dict[str, Any] = {"as_of": as_of, "by": by, "expected": expect, "scheduler": scheduler}
    where, cache = place_of(cli, place), cli.settings.rollup_cache
    found = rolling.coverage_over(where, **asked, cache=cache)
    for fault in found.faults:
        facts = (fault.county, fault.where)[: SENTENCES[fault.what].count("%s")]
        click.echo(SENTENCES[fault.what] % facts, err=True)
    show(found.table, form)
    if not all(fault.counted for fault in found.faults):
        sys.exit(1)  # whoever asks by a timer learns that something is left out
