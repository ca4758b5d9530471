"""The account of use on the command line: listed and proved."""

from __future__ import annotations

from typing import TextIO

import click

from gisgrid.access import CONSOLE
from gisgrid.cli.context import CliContext, format_option, pass_cli, store_option


@click.group()
def audit() -> None:
    """Who looked at, changed or took along what."""


@audit.command("list")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@click.option("--before", type=click.IntRange(1), help="Only rows with a lower number.")
@click.option("--person", type=click.IntRange(1), help="Only what the person of this number did.")
@click.option("--action", help="Only rows of this action.")
@format_option()
@store_option
@pass_cli
def list_rows(
    cli: CliContext,
    limit: int,
    before: int | None,
    person: int | None,
    action: str | None,
    form: str,
) -> None:
    """List rows, the newest first."""
    import pandas as pd

    from gisgrid.cli.printing import show
    from gisgrid.operations import auditing
    from gisgrid.store.types import instant_text

    columns = ["seq", "at", "person", "role", "action", "object", "count", "reason"]
    found = auditing.page(
        cli.workspace(), CONSOLE, before=before, person=person, action=action, limit=limit
    )
    rows = [
        (
            row.seq,
            instant_text(row.at),
            "" if row.person_id is None else str(row.person_id),
            row.role,
            row.action,
            row.object,
            row.count,
            row.reason or "",
        )
        for row in found
    ]
    show(pd.DataFrame(rows, columns=columns), form)


@audit.command("verify")
@click.option("--head", metavar="NUMBER:HASH", help="A head that was printed and kept earlier.")
@click.option(
    "--log",
    type=click.File("r", encoding="utf-8", errors="replace"),
    help="A log of the server, in which it writes the head every hour; - for standard input.",
)
@store_option
@pass_cli
def verify(cli: CliContext, head: str | None, log: TextIO | None) -> None:
    """Prove that no row was changed, taken away or added; print the head, to be kept elsewhere."""
    from gisgrid.errors import AuditTampered
    from gisgrid.operations import auditing

    printed = [auditing.parse_head(head)] if head else []
    if log is not None:
        printed += auditing.heads_in(log)
    found = auditing.verify(cli.workspace(), CONSOLE, *printed)
    for fault in found.faults:
        click.echo(f"{fault.problem} at row {fault.seq}")
    if found.faults:
        first = found.faults[0]
        faults = [{"problem": f.problem, "seq": f.seq} for f in found.faults]
        raise AuditTampered(problem=first.problem, seq=first.seq, count=len(faults), faults=faults)
    click.echo(str(found.head))
    beside = f" They fit {len(printed)} heads of before." if log is not None else ""
    told = f"{found.rows} rows, all as they were written; keep the line above.{beside}"
    click.echo(told, err=True)
