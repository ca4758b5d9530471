"""The account of use: who looked at, changed or took along what, when, how many and why.

A change writes its row in its own transaction (Writer.audit). A look at named data, and an export,
write theirs here before the answer goes out: no row, no answer. Objects are ids and codes, never
names; what somebody searched for is not kept, only whom they found.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from gisgrid.access import Action, require
from gisgrid.errors import UnknownWord
from gisgrid.store import Head

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gisgrid.access import Actor
    from gisgrid.operations.workspace import Workspace
    from gisgrid.store import AuditRow, Verdict

__all__ = ["Heads", "heads_in", "looked", "naming", "object_of", "page", "parse_head", "verify"]

LOG = logging.getLogger(__name__)
PAGE_ROWS = 100
HEAD_SIGN = "head of the account of use: "
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


def naming(ws: Workspace, household: str) -> list[AuditRow]:
    """The rows that name a household, the oldest first: looks at it, lists that it was shown in.

    An export or a page that names an area only is not among them. The caller asks for the right.
    """
    said = quote(household, safe="-")
    rows = ws.store.audit_mentioning(said, quote(said, safe="-"))
    return [row for row in rows if household in _households_in(row.object)]


def _households_in(object: str) -> list[str]:  # noqa: A002 - the column's name
    """The households that an object names.

    >>> _households_in("households?area=620422&page=2:H1,H%2C2")
    ['H1', 'H,2']
    >>> _households_in("reports?households=H1%2CH%25202:5f0c")
    ['H1', 'H 2']
    >>> _households_in("person:3")
    []
    """
    about, _, ids = object.partition(":")
    kind, _, filters = about.partition("?")
    if kind in ("household", "households"):
        return [unquote(one) for one in ids.split(",")]
    listed = dict(pair.partition("=")[::2] for pair in filters.split("&"))
    ids = unquote(listed.get("households", "")) if kind == "reports" else ""
    return [unquote(one) for one in ids.split(",") if one]


def verify(ws: Workspace, actor: Actor, *printed: Head) -> Verdict:
    """Read the whole account and tell what is wrong with it.

    printed: heads (see `parse_head`, `heads_in`) that were written down earlier; they show an end
    that was cut off with its head, and a chain that somebody wrote anew. Raises NotAllowed.
    """
    require(actor, Action.SEE_AUDIT)
    return ws.store.audit_verify(*printed)


def parse_head(text: str) -> Head:
    """`number:hash` as `gisgrid audit verify` prints it. Raises UnknownWord.

    >>> parse_head("12:" + "0" * 64).seq
    12
    """
    found = _HEAD.fullmatch(text.strip())
    if found is None:
        raise UnknownWord(value=text, kind="head", known="number:hash, as `audit verify` prints it")
    return Head(int(found[1]), found[2])


class Heads:
    """Writes the head into the log when it has moved: a place that whoever owns the store may not.

    An end that was cut off together with its head, or a whole new chain, fits in itself; only what
    was written down elsewhere tells.
    """

    def __init__(self) -> None:
        self._told = Head()

    def tell(self, ws: Workspace) -> None:
        """Log the head unless it was the last one that was logged."""
        head = ws.store.audit_head()
        if head.seq and head != self._told:
            LOG.info("%s%s", HEAD_SIGN, head)
            self._told = head


def heads_in(lines: Iterable[str]) -> list[Head]:
    """The heads in a log of the server, plain or JSON, each once.

    >>> [head.seq for head in heads_in([f"INFO {HEAD_SIGN}12:{'0' * 64}", "INFO ready"])]
    [12]
    """
    found = (re.search(re.escape(HEAD_SIGN) + _HEAD.pattern, line) for line in lines)
    return list(dict.fromkeys(Head(int(each[1]), each[2]) for each in found if each))
