"""Drafts of the plan as the store keeps them: rows out, and the condition of a scope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, and_, bindparam, func, or_, select, true

from gisgrid.access import EVERYWHERE, Scope
from gisgrid.store.prepared import Prepared
from gisgrid.store.schema import grids, grids_history, people, revisions
from gisgrid.store.schema_drafts import certificates, draft_versions, drafts, edits, lineage
from gisgrid.store.scoping import Sight

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import BindParameter, ColumnElement, Connection, Select

    from gisgrid.store.dialects.base import Dialect

CONSOLE = "console"
"""What stands in place of a person's name where the command line acted for itself."""


@dataclass(frozen=True, slots=True)
class By:
    """Who changes something. person: None for the console itself; at_console: acting there."""

    person: int | None
    at_console: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as it stands. head: the edit that it shows, tip: the last that redo leads to.

    step, steps: how many edits count, and how many there are up to the tip.
    """

    id: int
    name: str
    area_code: str | None
    state: str
    version: int
    base_revision: int
    head: int | None
    tip: int | None
    step: int
    steps: int
    person_id: int | None
    at_console: bool
    author: str
    approved_by: int | None
    approver: str | None
    approved_at: datetime | None
    approved_at_console: bool | None
    created_at: datetime
    changed_at: datetime
    revision: int | None
    reverses: int | None
    copied_from: int | None
    left_out: str | None


@dataclass(frozen=True, slots=True)
class EditRow:
    """One edit. before, after: images of the grids that it changed (b"" where not asked for)."""

    id: int
    parent_id: int | None
    step: int
    op: str
    arguments: str
    before: bytes
    after: bytes
    came_from: str
    notes: str | None
    person_id: int | None
    at_console: bool
    by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Revision:
    """A published plan. draft_id, document, sha256: of its certificate, None where it has none."""

    revision: int
    valid_from: date | None
    published_at: datetime
    note: str | None
    withdrawn: bool
    draft_id: int | None
    document: str | None
    sha256: str | None


def seen(scope: Scope, code: BindParameter[str] | None = None) -> ColumnElement[bool]:
    """Condition on `drafts`: those whose area lies in the scope. code: as in Sight."""
    if scope.everything:
        return true()
    sight = Sight(scope, code)
    return or_(
        drafts.c.area_code.in_(sight.tree()),
        drafts.c.area_code.in_(select(grids.c.code).where(sight.grids())),
    )


_AUTHOR, _APPROVER = people.alias("author"), people.alias("approver")
_HEAD, _TIP = edits.alias("head_edit"), edits.alias("tip_edit")
_JOINED = {"step", "steps", "author", "approver"}
# Made once: to put the statement together takes longer than to run it.
_DRAFTS = (
    select(
        *(drafts.c[name] for name in Draft.__dataclass_fields__ if name not in _JOINED),
        _HEAD.c.step.label("step"),
        _TIP.c.step.label("steps"),
        _AUTHOR.c.name.label("author"),
        _APPROVER.c.name.label("approver"),
    )
    .outerjoin(_AUTHOR, _AUTHOR.c.id == drafts.c.person_id)
    .outerjoin(_APPROVER, _APPROVER.c.id == drafts.c.approved_by)
    .outerjoin(_HEAD, _HEAD.c.id == drafts.c.head)
    .outerjoin(_TIP, _TIP.c.id == drafts.c.tip)
    .order_by(drafts.c.changed_at.desc(), drafts.c.id.desc())
)


def read(connection: Connection, *conditions: ColumnElement[bool]) -> list[Draft]:
    """Drafts that meet the conditions, the one changed last first."""
    return [_draft(row._mapping) for row in connection.execute(_DRAFTS.where(*conditions))]


def _numbered(scope: Scope) -> Prepared:
    condition = seen(scope, bindparam("scope", type_=Text))
    one = _DRAFTS.where(drafts.c.id == bindparam("number"), condition)
    return Prepared(lambda _: one)


_NUMBERED_ALL, _NUMBERED = _numbered(EVERYWHERE), _numbered(Scope("(one)"))


def numbered(dialect: Dialect, connection: Connection, number: int, scope: Scope) -> Draft | None:
    """One draft; None where there is none that the scope sees. Asked for at every stroke."""
    if scope.everything:
        found = _NUMBERED_ALL.rows(dialect, connection, number=number)
    else:
        found = _NUMBERED.rows(dialect, connection, number=number, scope=scope.code)
    names = _DRAFTS.selected_columns.keys()
    return _draft(dict(zip(names, found[0], strict=True))) if found else None


def _draft(row: Any) -> Draft:
    values = dict(row)
    values["step"], values["steps"] = row["step"] or 0, row["steps"] or 0
    values["author"] = row["author"] or CONSOLE
    if row["approved_at"] is not None and row["approver"] is None:
        values["approver"] = CONSOLE
    return Draft(**values)


_MADE = people.c.id == edits.c.person_id
_PLAIN = (
    *(edits.c[n] for n in EditRow.__dataclass_fields__ if n not in ("by", "before", "after")),
    func.coalesce(people.c.name, CONSOLE).label("by"),
)


def chain(
    connection: Connection, tip: int | None, *, images: bool = False, since: int | None = None
) -> list[EditRow]:
    """The edits up to `tip`, the first first; only those after the edit `since`."""
    if tip is None or tip == since:
        return []
    path = select(edits.c.id, edits.c.parent_id).where(edits.c.id == tip)
    walk = path.cte("walk", recursive=True)
    before = select(edits.c.id, edits.c.parent_id).where(edits.c.id == walk.c.parent_id)
    if since is not None:
        before = before.where(edits.c.id != since)
    walk = walk.union_all(before)
    wanted = (*_PLAIN, edits.c.before, edits.c.after) if images else _PLAIN
    statement: Select[Any] = (
        select(*wanted)
        .outerjoin(people, _MADE)
        .where(edits.c.id.in_(select(walk.c.id)))
        .order_by(edits.c.step)
    )
    blank = {"before": b"", "after": b""}
    return [EditRow(**{**blank, **row._mapping}) for row in connection.execute(statement)]


def one(connection: Connection, edit: int) -> EditRow:
    """One edit, without its images; it is there."""
    row = connection.execute(select(*_PLAIN).outerjoin(people, _MADE).where(edits.c.id == edit))
    return EditRow(**{"before": b"", "after": b"", **row.one()._mapping})


def ancestors(connection: Connection, head: int | None) -> list[int]:
    """Ids of the edits up to `head`, the last first."""
    if head is None:
        return []
    walk = (
        select(edits.c.id, edits.c.parent_id).where(edits.c.id == head).cte("walk", recursive=True)
    )
    walk = walk.union_all(
        select(edits.c.id, edits.c.parent_id).where(edits.c.id == walk.c.parent_id)
    )
    return sorted(connection.scalars(select(walk.c.id)), reverse=True)


def version_of(connection: Connection, draft: int, version: int) -> dict[str, Any] | None:
    """base_revision, head and tip of a draft as it was at a version; None where it had none."""
    row = connection.execute(
        select(draft_versions).where(
            draft_versions.c.draft_id == draft, draft_versions.c.version == version
        )
    ).first()
    return None if row is None else dict(row._mapping)


def version_sent(connection: Connection, draft: int, client: str) -> dict[str, Any] | None:
    """The change of a draft that somebody sent under an id: the row; None where there is none."""
    row = connection.execute(
        select(draft_versions).where(
            draft_versions.c.draft_id == draft, draft_versions.c.client_id == client
        )
    ).first()
    return None if row is None else dict(row._mapping)


def log(connection: Connection, draft: int) -> list[dict[str, Any]]:
    """What became of a draft: version, what, note, by, at_console, at; the first first."""
    table = draft_versions
    statement = (
        select(table.c.version, table.c.what, table.c.note, table.c.at_console, table.c.at)
        .add_columns(table.c.person_id, people.c.name.label("by"))
        .outerjoin(people, people.c.id == table.c.person_id)
        .where(table.c.draft_id == draft)
        .order_by(table.c.version)
    )
    return [{**row._mapping, "by": row.by or CONSOLE} for row in connection.execute(statement)]


def published(connection: Connection, number: int | None = None) -> list[Revision]:
    """Revisions with their certificates, the newest first; only one where it is named."""
    table = certificates
    statement = (
        select(*(revisions.c[name] for name in _REVISION))
        .add_columns(table.c.draft_id, table.c.document, table.c.sha256)
        .outerjoin(table, table.c.revision == revisions.c.revision)
        .order_by(revisions.c.revision.desc())
    )
    if number is not None:
        statement = statement.where(revisions.c.revision == number)
    return [Revision(**row._mapping) for row in connection.execute(statement)]


_REVISION = ("revision", "valid_from", "published_at", "note", "withdrawn")


def lineage_rows(
    connection: Connection, dialect: Dialect, codes: Sequence[str] | None, revision: int | None
) -> list[tuple[int, str, str]]:
    """(revision, code, came from) of grids that were drawn out of others, by revision.

    codes: only where one of them is either; revision: only of this one.
    """
    conditions: list[ColumnElement[bool]] = [revisions.c.withdrawn.is_(False)]
    if codes is not None:
        either = (dialect.among(lineage.c[side], codes) for side in ("code", "came_from"))
        conditions.append(or_(*either))
    if revision is not None:
        conditions.append(lineage.c.revision == revision)
    statement = (
        select(lineage.c.revision, lineage.c.code, lineage.c.came_from)
        .join(revisions, revisions.c.revision == lineage.c.revision)
        .where(and_(*conditions))
        .order_by(lineage.c.revision, lineage.c.code, lineage.c.came_from)
    )
    return [(row.revision, row.code, row.came_from) for row in connection.execute(statement)]


def codes_until(connection: Connection, revision: int) -> set[str]:
    """Codes of all grids of the plans up to a revision; of the withdrawn ones none."""
    stands = and_(revisions.c.revision <= revision, revisions.c.withdrawn.is_(False))
    began = select(grids_history.c.code).join(
        revisions, revisions.c.revision == grids_history.c.revision
    )
    return set(connection.scalars(began.where(stands).distinct()))


def first_days(connection: Connection) -> list[date]:
    """The first day of each plan that stands; none for one from the beginning."""
    stands = and_(revisions.c.withdrawn.is_(False), revisions.c.valid_from.is_not(None))
    return list(connection.scalars(select(revisions.c.valid_from).where(stands)))
