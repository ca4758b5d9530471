"""Taking a county to another store, and proving that nothing changed on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from gisgrid.access import EVERYWHERE, Action, Actor, require
from gisgrid.errors import NoAccounts, StoreDiffers
from gisgrid.operations import figures
from gisgrid.operations.auditing import looked
from gisgrid.operations.workspace import Workspace

if TYPE_CHECKING:
    from gisgrid.store.moving import Carried

_DAYS_BACK = (0, 1, 7, 30, 90)


@dataclass(frozen=True, slots=True)
class Moved:
    """tables: what both hold alike, row by row. figures: how many tables of figures are equal."""

    tables: list[Carried]
    figures: int


def copy(ws: Workspace, actor: Actor, url: str) -> Moved:
    """Copy the county into a new store at `url`: rows, geometry, history, accounts, audit.

    Then both stores are asked for coverage and cases by grid as of several days, and must agree.
    Raises NotAllowed, StoreExists, StoreDiffers.
    """
    require(actor, Action.EXPORT)
    if actor.scope != EVERYWHERE:
        require(actor, Action.MANAGE_PEOPLE)
    today = ws.today()
    looked(ws, actor, "copy_store", "store", len(ws.snapshot().ids))
    tables = ws.store.copy_to(url)
    checked = 0
    with Workspace.open(replace(ws.settings, store=url), ws.clock) as other:
        for back in _DAYS_BACK:
            day = today - timedelta(days=back)
            for table in (figures.coverage_table, figures.case_table):
                ours, theirs = (table(w, actor, as_of=day) for w in (ws, other))
                if not ours.equals(theirs):
                    raise StoreDiffers(
                        table=f"figures of {day}", rows=len(ours), copied=len(theirs)
                    )
                checked += 1
    return Moved(tables, checked)


def let_serve(ws: Workspace, actor: Actor, account: str) -> None:
    """Let an account of the database serve the store without owning anything of it.

    Raises NotAllowed; StoreDenied where the actor's own account does not own the tables;
    NoAccounts for a store in a file.
    """
    require(actor, Action.MANAGE_PEOPLE)
    looked(ws, actor, "let_serve", "store", 1)
    if not ws.store.let_serve(account):
        raise NoAccounts(url=ws.settings.store)
