"""`gisgrid plan …`: comparing, publishing, and what was published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gisgrid.cli.context import CliContext, Day, format_option
from gisgrid.cli.plans import DRAFT, NOTE, acting, plan, table, told, verb, version

if TYPE_CHECKING:
    from datetime import date

    from gisgrid.access import Actor

__all__ = ["plan"]

REVISION = click.argument("revision", type=int)


class Side(click.ParamType["int | str"]):
    """What a draft is compared with: a word of comparing.SIDES, or the number of a draft."""

    name = "side"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        """The word, or the number."""
        from gisgrid.operations.plans.comparing import SIDES

        if isinstance(value, int) or value in SIDES:
            side: int | str = value
            return side
        if value.isascii() and value.isdigit() and len(value) < 10:
            return int(value)
        return self.fail(f"{value!r} is no draft and none of {', '.join(SIDES)}.", param, ctx)


STANDS = {
    "in_force": "in force",
    "waiting": "which waits for its day",
    "past": "no longer in force",
    "withdrawn": "withdrawn",
}


def against(cli: CliContext, actor: Actor, draft: int, plan: dict[str, Any]) -> str:
    """With which plan a draft is compared, and whether it builds on another one."""
    from gisgrid.operations.plans import drafts

    day = "" if plan["valid_from"] is None else f", from {plan['valid_from']}"
    line = f"Compared with plan {plan['revision']} ({STANDS[plan['state']]}{day})."
    base = drafts.found(cli.workspace(), actor, draft).base_revision
    return line if base == plan["revision"] else f"{line} The draft builds on plan {base}."


@verb(
    "compare",
    DRAFT,
    click.option(
        "--with",
        "other",
        type=Side(),
        default="plan",
        metavar="DRAFT|WORD",
        help="Another draft, or plan: in force today (so unless told otherwise), last: published "
        "last, though it may wait for its day, base: on which it builds, step: before its last "
        "step.",
    ),
    format_option(),
)
def compare(cli: CliContext, draft: int, other: int | str, form: str, person: str | None) -> None:
    """Compare a draft with a plan or another draft: figures; as JSON all there is."""
    from gisgrid.operations.plans import comparing

    actor = acting(cli, person)
    found = comparing.compare(cli.workspace(), actor, draft, other, most=None)
    if found["plan"] is not None:
        click.echo(against(cli, actor, draft, found["plan"]), err=True)
    if form == "json":
        told(found)
        return
    words = ("households", "visits_due", "open", "overdue", "area_km2")
    rows = [
        {
            "code": row["code"],
            **{f"{word}_before": (row["before"] or {}).get(word) for word in words},
            **{f"{word}_after": (row["after"] or {}).get(word) for word in words},
        }
        for row in found["grids"]
    ]
    sides = [f"{word}_{side}" for word in words for side in ("before", "after")]
    table(rows, ("code", *sides), form)
    hands = ", ".join(f"{found[what]['count']} {what}" for what in ("households", "cases"))
    click.echo(f"{hands} change hands.", err=True)


@verb(
    "publish",
    DRAFT,
    click.option("--valid-from", type=Day(), metavar="YYYY-MM-DD", help="First day; today."),
    NOTE,
    click.option("--allow-unserved", is_flag=True, help="Though open cases lose their member."),
)
def publish(
    cli: CliContext,
    draft: int,
    valid_from: date | None,
    remark: str | None,
    person: str | None,
    *,
    allow_unserved: bool,
) -> None:
    """Publish an approved draft; its certificate goes to standard output (JSON)."""
    from gisgrid.errors import CasesUnserved
    from gisgrid.operations.plans import publishing

    actor = acting(cli, person)
    seen = version(cli, actor, draft)
    try:
        made = publishing.publish(
            cli.workspace(),
            actor,
            draft,
            seen=seen,
            valid_from=valid_from,
            remark=remark,
            allow_unserved=allow_unserved,
        )
    except CasesUnserved as err:
        told({"faults": err.facts["faults"], "cases": err.facts["cases"]})
        raise
    told(made["certificate"])
    click.echo(f"Published as plan {made['revision']}.", err=True)


@verb("history", click.argument("revision", type=int, required=False), format_option())
def history(cli: CliContext, revision: int | None, form: str, person: str | None) -> None:
    """List all published plans, or show one with its certificate (JSON)."""
    from gisgrid.operations.plans import revisions

    actor = acting(cli, person)
    if revision is not None:
        told(revisions.shown(cli.workspace(), actor, revision))
        return
    columns = ("revision", "valid_from", "state", "name", "note", "published_at", "certified")
    table(revisions.listing(cli.workspace(), actor), columns, form)


@verb("withdraw", REVISION)
def withdraw(cli: CliContext, revision: int, person: str | None) -> None:
    """Take back a published plan whose day has not come."""
    from gisgrid.operations.plans import revisions

    revisions.withdraw(cli.workspace(), acting(cli, person), revision)
    click.echo(f"Plan {revision} is withdrawn; its draft is approved again.", err=True)


@verb("reverse", REVISION, click.option("--name", help="Of the draft."))
def reverse(cli: CliContext, revision: int, name: str | None, person: str | None) -> None:
    """Begin a draft that undoes a published plan; its number goes to standard output."""
    from gisgrid.operations.plans import reversing

    actor = acting(cli, person)
    click.echo(reversing.reverse(cli.workspace(), actor, revision, name=name))


@verb("lineage", click.argument("code"))
def lineage(cli: CliContext, code: str, person: str | None) -> None:
    """What a grid came from and became (JSON)."""
    from gisgrid.operations.plans import lineage as operations

    told(operations.lineage(cli.workspace(), acting(cli, person), code))


@verb("handover", REVISION, click.argument("code", required=False), format_option())
def handover(
    cli: CliContext, revision: int, code: str | None, form: str, person: str | None
) -> None:
    """The households and open cases that a plan hands over: by grid, or the list of one grid."""
    from gisgrid.cli.printing import show
    from gisgrid.operations.plans import handover as operations

    actor = acting(cli, person)
    if code is None:
        counts = [f"{what}_{way}" for what in ("households", "cases") for way in operations.WAYS]
        rows = operations.grids(cli.workspace(), actor, revision)
        table(rows, ("code", "name", "area", "member", "member_before", *counts), form)
        return
    show(operations.handover(cli.workspace(), actor, revision, code)["rows"], form)
