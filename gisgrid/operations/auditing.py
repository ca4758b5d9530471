"""The account of use: who looked at, changed or took along what, when, how many and why.

A change writes its row in its own transaction (Writer.audit). A look at named data, and an export,
write theirs here before the answer goes out: no row, no answer. Objects are ids and codes, never
names; what somebody searched for is not kept, only whom they found.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from gisgrid.access import Action, require
from gisgrid.errors import UnknownWord
from gisgrid.store import Head

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gisgrid.access import Actor
    from gisgrid.operations.workspace import Workspace
    from gisgrid.store import AuditRow, Verdict

__all__ = ["looked", "object_of", "page", "parse_head", "verify"]

PAGE_ROWS = 100
_HEAD = re.compile(r"([1-9][0-9]{0,9}):([0-9a-f]{64})")


def looked(
    ws: Workspace,
    actor: Actor,
    action: str,
    object: str,  # noqa: A002 - the column's name
    count: int,
    reason: str | None = None,
) -> None:
    """Write down a look at named data, or an export, before its answer goes out.

    action: "look_household", "list_households", "search", "export" …. object: see `object_of`.
    count: households (or rows) that the answer holds. reason: why, where it was asked for.
    Not to be called within a transaction of the store: a change calls Writer.audit there.

    Raises StoreBusy, StoreFull, StoreFailed when it cannot be written: then there is no answer.
    """
    ws.store.write_together(lambda w: w.audit(actor, action, object, count, reason))


def object_of(kind: str, ids: Iterable[object] = (), **filters: object) -> str:
    """What a row is about: kind, the filters that are set, ids; no sign of theirs can be ours.

    >>> object_of("household", ["H 7"])
    'household:H%207'
    >>> object_of("households", ["H1", "H2"], area="620422", status=None, page=2)
    'households?area=620422&page=2:H1,H2'
    """
    pairs = [
        f"{name}={quote(str(value), safe='-')}"
        for name, value in filters.items()
        if value is not None
    ]
    query = f"?{'&'.join(pairs)}" if pairs else ""
    listed = ",".join(quote(str(value), safe="-") for value in ids)
    return f"{kind}{query}" + (f":{listed}" if listed else "")


def page(
    ws: Workspace,
    actor: Actor,
    *,
    before: int | None = None,
    person: int | None = None,
    action: str | None = None,
    limit: int = PAGE_ROWS,
) -> list[AuditRow]:
    """Rows of the account, the newest first. before: only those with a lower number.

    This look is written down too. Raises NotAllowed: the account knows no areas, so only whoever
    looks after all of it may see it.
    """
    require(actor, Action.SEE_AUDIT)
    rows = ws.store.audit_rows(limit=limit, before=before, person=person, action=action)
    what = object_of("audit", before=before, person=person, action=action)
    looked(ws, actor, "look_audit", what, len(rows))
    return rows


def verify(ws: Workspace, actor: Actor, printed: Head | None = None) -> Verdict:
    """Read the whole account and tell what is wrong with it.

    printed: a head (see `parse_head`) that was written down earlier; it shows a chain that somebody
    wrote anew. Raises NotAllowed.
    """
    require(actor, Action.SEE_AUDIT)
    return ws.store.audit_verify(printed)


def parse_head(text: str) -> Head:
    """`number:hash` as `gisgrid audit verify` prints it. Raises UnknownWord.

    >>> parse_head("12:" + "0" * 64).seq
    12
    """
    found = _HEAD.fullmatch(text.strip())
    if found is None:
        raise UnknownWord(value=text, kind="head", known="number:hash, as `audit verify` prints it")
    return Head(int(found[1]), found[2])
