"""What a Writer does with drafts and revisions, within its one transaction."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, select, update

from gisgrid.errors import StaleDraft
from gisgrid.store import put_plan
from gisgrid.store.prepared import Prepared
from gisgrid.store.schema import revisions
from gisgrid.store.schema_drafts import certificates, draft_versions, drafts, edits, lineage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import CursorResult
    from sqlalchemy.sql import ClauseElement

    from gisgrid.store.dialects.base import Dialect
    from gisgrid.store.drafts import By
    from gisgrid.store.transaction import Transaction

_PLACE = ("base_revision", "head", "tip")
_EDIT = "edit"
"""What the log of a draft calls a stroke."""
_NOTE = Prepared(
    lambda _: insert(draft_versions).values({c.name: bindparam(c.name) for c in draft_versions.c})
)
_ADD_EDIT = Prepared(
    lambda _: (
        insert(edits)
        .values({c.name: bindparam(c.name) for c in edits.c if c.name != "id"})
        .returning(edits.c.id)
    )
)


def _drawn(_: Dialect) -> ClauseElement:
    """An edit, the row of its draft and the version of that, where the draft stands at `seen`."""
    columns: dict[str, Any] = {c.name: bindparam(c.name) for c in edits.c if c.name != "id"}
    made = insert(edits).values(columns).returning(edits.c.id).cte("made")
    head = select(made.c.id).scalar_subquery()
    moved = (
        update(drafts)
        .where(drafts.c.id == bindparam("draft_id"), drafts.c.version == bindparam("seen"))
        .values(version=drafts.c.version + 1, changed_at=bindparam("made_at"), head=head, tip=head)
        .returning(drafts.c.version, drafts.c.base_revision, drafts.c.head, drafts.c.tip)
        .cte("moved")
    )
    whose = ("draft_id", "what", "note", "person_id", "at_console", "client_id")
    noted = {c: bindparam(c, type_=draft_versions.c[c].type).label(c) for c in whose}
    noted["at"] = bindparam("made_at", type_=draft_versions.c["at"].type).label("at")
    noted |= {c.name: c for c in moved.c}
    return (
        insert(draft_versions)
        .from_select(list(noted), select(*noted.values()))
        .returning(draft_versions.c.head, draft_versions.c.version)
    )


_DRAW = Prepared(_drawn)


@cache
def _changing(names: tuple[str, ...]) -> Prepared:
    """Sets these columns of the row that stands at the version `seen`; gives _PLACE of it."""
    return Prepared(
        lambda _: (
            update(drafts)
            .where(drafts.c.id == bindparam("draft"), drafts.c.version == bindparam("seen"))
            .values({name: bindparam(name) for name in names})
            .returning(*(drafts.c[name] for name in _PLACE))
        )
    )


def _key(made: CursorResult[Any]) -> int:
    """The number of the row that was inserted."""
    key = made.inserted_primary_key
    assert key is not None  # noqa: S101 - one row was inserted
    return int(key[0])


class DraftVerbs:
    """Changes of plans in the making."""

    _tx: Transaction

    def add_draft(self, name: str, area: str | None, by: By, **values: Any) -> int:
        """A new, open draft; its number. values: base_revision, and head, tip, … of its row."""
        now = self._tx.now
        made = self._tx.connection.execute(
            insert(drafts).values(
                name=name,
                area_code=area,
                person_id=by.person,
                at_console=by.at_console,
                version=1,
                state="open",
                created_at=now,
                changed_at=now,
                **values,
            )
        )
        number = _key(made)
        place = {key: values.get(key) for key in _PLACE}
        self._note(number, 1, "new", by, place)
        return number

    def change_draft(
        self,
        draft: int,
        seen: int,
        what: str,
        by: By,
        *,
        note: str | None = None,
        client: str | None = None,
        **values: Any,
    ) -> int:
        """Change the row of a draft that stands at version `seen`; its new version.

        The update itself decides, so that of two at once one is refused. client: the id under which
        the change was sent. Raises StaleDraft.
        """
        given = {"version": seen + 1, "changed_at": self._tx.now, **values}
        changed = _changing(tuple(given)).rows(
            self._tx.dialect, self._tx.connection, draft=draft, seen=seen, **given
        )
        if not changed:
            raise self._stale(draft, seen)
        place = dict(zip(_PLACE, changed[0], strict=True))
        self._note(draft, seen + 1, what, by, {**place, "note": note, "client_id": client})
        return seen + 1

    def _note(self, draft: int, version: int, what: str, by: By, values: dict[str, Any]) -> None:
        _NOTE.run(
            self._tx.dialect,
            self._tx.connection,
            draft_id=draft,
            version=version,
            what=what,
            person_id=by.person,
            at_console=by.at_console,
            at=self._tx.now,
            **values,
        )

    def add_edit(self, draft: int, parent: int | None, step: int, by: By, **values: Any) -> int:
        """An edit after `parent`; its number. values: op, arguments and the other columns."""
        row = self._row(draft, parent, step, by, values)
        ((number,),) = _ADD_EDIT.rows(self._tx.dialect, self._tx.connection, **row)
        return int(number)

    def _row(
        self, draft: int, parent: int | None, step: int, by: By, values: dict[str, Any]
    ) -> dict[str, Any]:
        """The columns of an edit."""
        return {
            "draft_id": draft,
            "parent_id": parent,
            "step": step,
            "person_id": by.person,
            "at_console": by.at_console,
            "made_at": self._tx.now,
            **values,
        }

    def draw(
        self,
        draft: int,
        seen: int,
        parent: int | None,
        step: int,
        by: By,
        *,
        client: str | None = None,
        **values: Any,
    ) -> tuple[int, int]:
        """`add_edit`, and the draft then shows it: the edit's number, the draft's new version.

        In one statement where the database can: it is done at every stroke, and each statement
        goes there and back. Raises StaleDraft.
        """
        if not self._tx.dialect.chains_changes:
            made = self.add_edit(draft, parent, step, by, **values)
            return made, self.change_draft(
                draft, seen, _EDIT, by, client=client, head=made, tip=made
            )
        drawn = _DRAW.rows(
            self._tx.dialect,
            self._tx.connection,
            **self._row(draft, parent, step, by, values),
            seen=seen,
            what=_EDIT,
            note=None,
            client_id=client,
        )
        if not drawn:
            raise self._stale(draft, seen)
        number, version = drawn[0]
        return number, version

    def _stale(self, draft: int, seen: int) -> StaleDraft:
        stands = select(drafts.c.version).where(drafts.c.id == draft)
        version = self._tx.connection.execute(stands).scalar_one()
        return StaleDraft(draft=draft, seen=seen, version=version)

    def latest_revision(self) -> int:
        """The last revision that was not withdrawn; 0 where there is none."""
        stands = revisions.c.withdrawn.is_(False)
        found = self._tx.connection.scalar(select(func.max(revisions.c.revision)).where(stands))
        return found or 0

    def add_certificate(self, revision: int, draft: int, document: str, sha256: str) -> None:
        """What is said of a revision for good."""
        self._tx.connection.execute(
            insert(certificates).values(
                revision=revision, draft_id=draft, document=document, sha256=sha256
            )
        )

    def add_lineage(self, revision: int, pairs: Iterable[tuple[str, str]]) -> None:
        """(code, came from): which grids of a revision were drawn out of which before."""
        rows = [{"revision": revision, "code": c, "came_from": f} for c, f in pairs]
        if rows:
            self._tx.connection.execute(insert(lineage), rows)

    def withdraw_revision(self, number: int) -> None:
        """Take back a revision whose day has not come. Raises RevisionStands."""
        put_plan.withdraw(self._tx, number)
