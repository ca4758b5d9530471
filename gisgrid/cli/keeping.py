"""Save the store and bring it back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gisgrid.cli.context import CliContext, format_option, pass_cli, printable, store_option

if TYPE_CHECKING:
    from gisgrid.store.restoring import Kept

file_type = click.Path(path_type=Path)


@click.command()
@click.argument("file", type=file_type)
@click.option(
    "--keep",
    type=click.IntRange(1),
    help="FILE is a folder, made if need be: how many backups stay in it.",
)
@store_option
@pass_cli
def backup(cli: CliContext, file: Path, keep: int | None) -> None:
    """Save the whole store to FILE while others work; FILE may be a folder.

    Before the copy gets its name it is brought back once beside it: every page and reference is
    looked at, and the rows are counted against the store. FILE.sha256 comes with it. It holds
    accounts and names: keep it where only you can read it.
    """
    from gisgrid.operations import backup as saving

    path, state = saving.save(cli.workspace(), file, keep or 0)
    click.echo(str(path))
    click.echo(f"Saved and checked: {_told(state.counts)}.", err=True)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--replace", is_flag=True, help="Put it over the store that is there.")
@click.option(
    "--erased",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A newer list of erased households (STORE.erased).",
)
@store_option
@pass_cli
def restore(cli: CliContext, file: Path, erased: Path | None, *, replace: bool) -> None:
    """Bring the backup FILE back as the store: whole, or not at all.

    Never over a store that is open. Households that were erased after the backup are erased again;
    everybody signs in anew.
    """
    from gisgrid.operations import backup as saving
    from gisgrid.store.erased_list import numbers

    more = numbers(erased) if erased else []
    done = saving.bring_back(file, cli.settings.store, replace=replace, erased=more)
    if not done.summed:
        click.echo("There is no checksum beside the backup; its pages are sound.", err=True)
    for line in _told_before(done.before):
        click.echo(printable(line), err=True)
    if done.erased_again:
        click.echo(f"Erased again: {len(done.erased_again):,} households.", err=True)
    click.echo(f"{cli.settings.store} is back: {_told(done.state.counts)}.", err=True)
    click.echo("Accounts are as they were then: look through `gisgrid user list`.", err=True)


@click.command()
@format_option("table", "json")
@store_option
@pass_cli
def status(cli: CliContext, form: str) -> None:
    """Show how the store stands: its size, its disk, its rows. Exit code 1 when it is not fit."""
    import json

    from gisgrid.operations import safety

    found = safety.status(cli.workspace())
    if form == "json":
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        for name, value in found.items():
            click.echo(
                f"{name:<18} {printable(f'{value:,}' if type(value) is int else str(value))}"
            )
    if not (found["store_ready"] and found["disk_ready"]):
        click.get_current_context().exit(1)


def _told_before(before: Kept) -> list[str]:
    """What became of that which was there."""
    if not before.files:
        return [f"The store that was there is kept as {before.path}."] if before.path else []
    names = ", ".join(str(file) for file in before.files)
    told = (
        f"There was no store, only what lay beside one. It is kept as {names}: its entries are not "
        f"in the store now; with the file of that store beside it, as {before.path}, they are read."
    )
    if before.damage:
        told = (
            f"No sound copy could be made of what was there ({before.damage}). It is kept as it "
            f"was, as {names}: what can be read of it and is newer than the backup is nowhere else."
        )
    if not before.unmended:
        return [told]
    return [told, "Somebody who is erased by now may be in it: remove it as soon as you can."]


def _told(counts: dict[str, int]) -> str:
    names = ("households", "visits", "cases", "people")
    return ", ".join(f"{counts.get(name, 0):,} {name}" for name in names)
