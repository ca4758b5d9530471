"""`gisgrid plan …`: drafts and published plans, by the same verbs as the page and the API."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from gisgrid.cli.context import (
    CliContext,
    RefusingGroup,
    format_option,
    pass_cli,
    printable,
    store_option,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisgrid.access import Actor
    from gisgrid.errors import GisgridError


FAULTS_MOST = 20
"""Faults that are printed one by one."""

NAMING = ("plan_moved", "plan_broken", "reverse_clashes")
"""Refusals that name grids and places, and of which the command itself prints none."""


class PlanGroup(RefusingGroup):
    """Says under the sentence of a refusal which grids it is about, and where."""

    def refused(self, err: GisgridError) -> None:
        """Say why, and where."""
        super().refused(err)
        if err.code not in NAMING:
            return
        faults = err.facts["faults"]
        for fault in faults[:FAULTS_MOST]:
            click.echo(printable(f"  {line(fault)}"), err=True)
        more = max(len(faults), err.facts.get("count", 0), len(err.facts.get("codes", ())))
        if more > FAULTS_MOST:
            click.echo(f"  and {more - FAULTS_MOST:,} more", err=True)


def line(fault: dict[str, Any]) -> str:
    """A fault in one line: which grids, what is wrong, where, how much."""
    codes = ", ".join(fault["codes"])
    place, size = fault["place"], fault["size"]
    where = "" if place is None else f" at {place[0]:.6f}, {place[1]:.6f}"
    much = "" if size is None else f" ({size:g} {fault['unit']})"
    return f"{codes}{': ' if codes else ''}{fault['sentence'].rstrip('.')}{where}{much}."


@click.group(cls=PlanGroup)
def plan() -> None:
    """Redraw the plan: drafts, review, publishing, and what was published."""


def acting(cli: CliContext, name: str | None) -> Actor:
    """Whoever the console acts for: itself, or a person (whom the record then says it acted for).

    Raises UnknownPerson.
    """
    from dataclasses import replace

    from gisgrid.access import CONSOLE
    from gisgrid.errors import UnknownPerson
    from gisgrid.operations.people import actor_of

    if name is None:
        return CONSOLE
    person = cli.workspace().store.person(name)
    if person is None or person.disabled:
        raise UnknownPerson(name=name)
    return replace(actor_of(person), at_console=True)


def verb(name: str, *parameters: Callable[[Any], Any]) -> Callable[[Any], click.Command]:
    """A command of `gisgrid plan` with its parameters, `--as`, `--store`."""

    def made(function: Any) -> click.Command:
        person = click.option("--as", "person", metavar="NAME", help="Act for this person.")
        for parameter in reversed((*parameters, person, store_option)):
            function = parameter(function)
        command: click.Command = plan.command(name)(pass_cli(function))
        return command

    return made


DRAFT = click.argument("draft", type=int)
NOTE = click.option("--note", "remark", metavar="TEXT", help="A remark, kept with the step.")


def told(value: Any) -> None:
    """A result as JSON."""
    from gisgrid.cli.printing import as_json

    click.echo(as_json(value))


def table(rows: list[dict[str, Any]], columns: tuple[str, ...], form: str) -> None:
    """Rows as a table, CSV or JSON."""
    import pandas as pd

    from gisgrid.cli.printing import show

    cells = [[row.get(column) for column in columns] for row in rows]
    show(pd.DataFrame(cells, columns=list(columns)).astype(object), form)


@verb("list", format_option())
def list_drafts(cli: CliContext, form: str, person: str | None) -> None:
    """List all drafts, the one changed last first."""
    from gisgrid.operations.plans import drafts

    columns = ("id", "name", "area", "state", "step", "base_revision", "author", "changed_at")
    table(drafts.listing(cli.workspace(), acting(cli, person)), columns, form)


@verb("new", click.argument("name"), click.option("--area", metavar="CODE", help="Only there."))
def new(cli: CliContext, name: str, area: str | None, person: str | None) -> None:
    """Open a draft on the last plan; its number goes to standard output."""
    from gisgrid.operations.plans import drafts

    click.echo(drafts.open_draft(cli.workspace(), acting(cli, person), name=name, area=area))


@verb("show", DRAFT)
def show_draft(cli: CliContext, draft: int, person: str | None) -> None:
    """Show a draft with its edits and what happened to it (JSON)."""
    from gisgrid.operations.plans import drafts

    told(drafts.shown(cli.workspace(), acting(cli, person), draft))


@verb(
    "edit",
    DRAFT,
    click.argument("file", type=click.File("r", encoding="utf-8"), default="-"),
    click.option("--dry-run", is_flag=True, help="Only say what would happen."),
)
def edit(cli: CliContext, draft: int, file: Any, person: str | None, *, dry_run: bool) -> None:
    """Make the edit, or the list of edits one after the other, that FILE holds as JSON.

    The first that is refused ends it; those before it are kept.
    """
    from gisgrid.errors import BadEdit, EditRefused
    from gisgrid.operations.plans import editing

    try:
        wishes = json.load(file)
    except ValueError as err:
        raise BadEdit("no_json", error=str(err)) from err
    except RecursionError as err:
        raise BadEdit("too_deep") from err
    actor = acting(cli, person)
    for wish in wishes if isinstance(wishes, list) else [wishes]:
        try:
            seen = version(cli, actor, draft)
            found = editing.edit(cli.workspace(), actor, draft, wish, seen=seen, dry_run=dry_run)
        except EditRefused as err:
            told(err.facts["faults"])
            raise
        told(found)


def version(cli: CliContext, actor: Actor, draft: int) -> int:
    """The version of a draft at this moment. Raises UnknownDraft."""
    from gisgrid.operations.plans import drafts

    return drafts.found(cli.workspace(), actor, draft).version


def _step(cli: CliContext, person: str | None, draft: int, what: str, **more: Any) -> None:
    """A step that only needs the draft."""
    from gisgrid.operations.plans import drafts, editing, reviewing

    steps: dict[str, Any] = {
        "undo": editing.undo,
        "redo": editing.redo,
        "submit": reviewing.submit,
        "approve": reviewing.approve,
        "return": reviewing.give_back,
        "discard": reviewing.discard,
        "take-back": reviewing.withdraw,
    }
    actor = acting(cli, person)
    seen = version(cli, actor, draft)
    steps[what](cli.workspace(), actor, draft, seen=seen, **more)
    state = drafts.found(cli.workspace(), actor, draft)
    text = f"Draft {draft}: {state.state}, step {state.step} of {state.steps}."
    click.echo(text, err=True)


@verb("undo", DRAFT)
def undo(cli: CliContext, draft: int, person: str | None) -> None:
    """Take back the last edit."""
    _step(cli, person, draft, "undo")


@verb("redo", DRAFT)
def redo(cli: CliContext, draft: int, person: str | None) -> None:
    """Make it count again."""
    _step(cli, person, draft, "redo")


@verb("submit", DRAFT, NOTE)
def submit(cli: CliContext, draft: int, remark: str | None, person: str | None) -> None:
    """Hand a draft in for approval."""
    _step(cli, person, draft, "submit", remark=remark)


@verb("take-back", DRAFT)
def take_back(cli: CliContext, draft: int, person: str | None) -> None:
    """Take back what was handed in, to draw on."""
    _step(cli, person, draft, "take-back")


@verb("approve", DRAFT, NOTE)
def approve(cli: CliContext, draft: int, person: str | None, remark: str | None) -> None:
    """Approve a draft, as another person than who drew it."""
    _step(cli, person, draft, "approve", remark=remark)


@verb("return", DRAFT, NOTE)
def give_back(cli: CliContext, draft: int, person: str | None, remark: str | None) -> None:
    """Give a draft back to its author."""
    _step(cli, person, draft, "return", remark=remark)


@verb("discard", DRAFT)
def discard(cli: CliContext, draft: int, person: str | None) -> None:
    """Lay a draft aside."""
    _step(cli, person, draft, "discard")


@verb(
    "copy",
    DRAFT,
    click.option("--name", help="Of the new draft; by default the same."),
    click.option("--version", "number", type=int, help="As it was at this version."),
)
def copy(
    cli: CliContext, draft: int, name: str | None, number: int | None, person: str | None
) -> None:
    """Begin a new draft as another one is, or was; its number goes to standard output."""
    from gisgrid.operations.plans import drafts

    actor = acting(cli, person)
    click.echo(drafts.copy(cli.workspace(), actor, draft, name=name, version=number))


@verb("rebase", DRAFT)
def rebase(cli: CliContext, draft: int, person: str | None) -> None:
    """Build a draft on the last plan; edits that no longer hold are printed (JSON), exit code 1."""
    from gisgrid.operations.plans import rebasing

    actor = acting(cli, person)
    seen = version(cli, actor, draft)
    lost = rebasing.rebase(cli.workspace(), actor, draft, seen=seen)
    if lost:
        told(lost)
        click.echo(f"{len(lost)} edits do not hold any more; they are kept beside it.", err=True)
        sys.exit(1)
    click.echo(f"Draft {draft} builds on the last plan, all its edits hold.", err=True)
