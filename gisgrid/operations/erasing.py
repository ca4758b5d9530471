"""What is held about a household, and taking it out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from gisgrid.access import CONSOLE, Action, Actor, require
from gisgrid.errors import PersonReasonNeeded, StoreBusy, UnknownHousehold
from gisgrid.operations import auditing, waiting
from gisgrid.operations.auditing import object_of
from gisgrid.operations.exporting import REASON_LEAST
from gisgrid.store import erased_list, outside
from gisgrid.store.backup import kept_before, remove_copy

if TYPE_CHECKING:
    from gisgrid.operations.workspace import Workspace
    from gisgrid.store import AuditRow


@dataclass(frozen=True, slots=True)
class Erasure:
    """What became of it. swept: no trace is left in the files. rows: cleared rows."""

    household: str
    rows: int
    swept: bool


def counted(ws: Workspace, actor: Actor, household: str) -> dict[str, int]:
    """How many rows speak about a household, by table, and of the account. Raises as `held`."""
    _check_known(ws, actor, household)
    counts = {name: len(rows) for name, rows in ws.store.held(household).items()}
    return counts | {"account": len(auditing.naming(ws, household))}


def held(
    ws: Workspace, actor: Actor, household: str, *, reason: str | None = None
) -> dict[str, Any]:
    """All that the store holds about a household: JSON types only, by table.

    account: who looked, what was changed and why, as far as the household is named; roles, not
    persons, and the reason only where it was about this household alone.
    reason: why it is given out, kept in the account of use; None on the server's console, which
    asks for none. Raises NotAllowed without Action.ANSWER_FOR_DATA; UnknownHousehold, also out of
    scope; PersonReasonNeeded.
    """
    _check_known(ws, actor, household)
    if reason is not None:
        check_reason(reason)
    what = object_of("household", [household])
    auditing.looked(ws, actor, "show_person_data", what, 1, reason)
    # What was first written under another household may be of somebody out of the actor's sight.
    tables = ws.store.held(household, words=actor.scope.everything)
    return {
        "household": household,
        "as_of": ws.clock().isoformat(timespec="seconds"),
        "tables": {
            name: [{key: _plain(value) for key, value in row.items()} for row in found]
            for name, found in tables.items()
        },
        "account": [_use(row) for row in auditing.naming(ws, household)],
    }


def _use(row: AuditRow) -> dict[str, Any]:
    alone = row.object.startswith("household:")
    told = {"at": _plain(row.at), "role": row.role, "action": row.action}
    return told | {"reason": row.reason if alone else None}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def readable(found: dict[str, Any]) -> str:
    """What `held` gave, for people: a line for each thing that is said."""
    lines = [f"household {found['household']}, as held on {found['as_of']}"]
    for table, rows in (*found["tables"].items(), ("account", found["account"])):
        lines += ["", f"{table}: {len(rows)}"]
        for row in rows:
            said = [f"{name} {value}" for name, value in row.items() if value is not None]
            lines.append("  " + "; ".join(said))
    return "\n".join(lines)


def check_reason(reason: str) -> None:
    """Raise PersonReasonNeeded for one that says nothing."""
    if len(reason.strip()) < REASON_LEAST:
        raise PersonReasonNeeded(least=REASON_LEAST)


def _check_known(ws: Workspace, actor: Actor, household: str) -> None:
    require(actor, Action.ANSWER_FOR_DATA)
    if ws.store.households(scope=actor.scope, ids=[household]).empty:
        raise UnknownHousehold(household=household)


def erase(ws: Workspace, actor: Actor, household: str, *, reason: str | None = None) -> Erasure:
    """Take a person out: name, address, notes, titles and position; past figures stay.

    Copies that were kept before migrations and restores go too. reason: as for `held`. Raises as
    it does; StateUnwritable.
    """
    _check_known(ws, actor, household)
    if reason is not None:
        check_reason(reason)
    see_to_list(ws)
    with ws.store.write(today=ws.today()) as w:
        done = w.erase(household)
        w.audit(actor, "erase_household", object_of("household", [household]), done.rows, reason)
    return Erasure(household, done.rows, swept=finish(ws))


def erased(ws: Workspace, actor: Actor) -> list[str]:
    """Numbers of the households that were erased."""
    require(actor, Action.ANSWER_FOR_DATA)
    return ws.store.erased()


def replay(ws: Workspace, actor: Actor, ids: list[str]) -> list[str]:
    """Erase those of `ids` whom the store still knows: after another tool's restore."""
    require(actor, Action.ANSWER_FOR_DATA)
    with ws.store.write(today=ws.today()) as w:
        again = w.erase_again(ids)
        for household in again:
            w.audit(actor, "erase_again", object_of("household", [household]))
    finish(ws)
    return again


def finish(ws: Workspace, *, always: bool = False) -> bool:
    """Put the list beside the store and sweep its files; False when a reader has to end first.

    Whatever a crash left undone is done here, so call it at the start of a server too.
    """
    if always or ws.store.unswept():
        ws.forget_columns()
    waiting.purge(ws)
    keep_list(ws, always=ws.store.unswept())
    try:
        return ws.store.sweep(always=always)
    except StoreBusy:  # the erasure is done, whoever holds a table now
        return False


def keep_list(ws: Workspace, *, always: bool = False) -> None:
    """Put who was erased on the list outside the store, by whichever server it was done.

    Copies from before an erasure go. always: also where nobody is new on the list.
    """
    ids, place = ws.store.erased(), ws.outside
    # Copies first: where a crash comes between, the list says that they have to go yet.
    if always or set(ids) - set(erased_list.listed(place)):
        see_to_list(ws)
        for copy in kept_before(outside.dumps(place) if ws.in_database else place):
            remove_copy(copy)
        erased_list.keep_list(place, ids)


def recall(ws: Workspace) -> list[str]:
    """Erase again whom the list outside the store names: after another tool brought it back.

    Returns whom the store still knew.
    """
    missing = set(erased_list.listed(ws.outside)) - set(ws.store.erased())
    return replay(ws, CONSOLE, sorted(missing)) if missing else []


def see_to_list(ws: Workspace) -> None:
    """Raise StateUnwritable where the list of a database cannot be kept."""
    if ws.in_database:
        outside.make_ready(ws.outside.parent)
