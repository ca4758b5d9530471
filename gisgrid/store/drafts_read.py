"""What a Store tells about drafts and revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gisgrid.access import EVERYWHERE
from gisgrid.store import drafts as rows
from gisgrid.store.core import Core

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from gisgrid.access import Scope
    from gisgrid.store.drafts import Draft, EditRow, Revision


class DraftReads(Core):
    """Reads of plans in the making. A draft is seen where its area lies in the scope."""

    def drafts(self, *, scope: Scope) -> list[Draft]:
        """All drafts, the one changed last first."""
        with self.reading(scope) as connection:
            return rows.read(connection, rows.seen(scope))

    def draft(self, number: int, *, scope: Scope) -> Draft | None:
        """One draft; None where there is none that the scope sees."""
        # Drafts have no wall of their own: only where a scope looks at areas does it need a state.
        with self.looking() if scope.everything else self.reading(scope) as connection:
            return rows.numbered(self._dialect, connection, number, scope)

    def draft_version(self, draft: Draft, version: int) -> dict[str, Any] | None:
        """base_revision, head and tip of a draft at a version; None where it had none."""
        with self.reading() as connection:
            return rows.version_of(connection, draft.id, version)

    def draft_sent(self, draft: Draft, client: str) -> dict[str, Any] | None:
        """The change that was sent under an id: version, what, head, tip, …; None for none."""
        with self.reading() as connection:
            return rows.version_sent(connection, draft.id, client)

    def draft_log(self, draft: Draft) -> list[dict[str, Any]]:
        """Every change of a draft: version, what, note, by, person_id, at_console, at."""
        with self.reading() as connection:
            return rows.log(connection, draft.id)

    def edits(
        self, tip: int | None, *, images: bool = False, since: int | None = None
    ) -> list[EditRow]:
        """The edits from the first (or the one after `since`) to `tip`, of a draft that is seen."""
        with self.reading() as connection:
            return rows.chain(connection, tip, images=images, since=since)

    def edit(self, number: int) -> EditRow:
        """One edit of a draft that is seen, without its images."""
        with self.reading() as connection:
            return rows.one(connection, number)

    def edit_path(self, head: int | None) -> list[int]:
        """Ids of the edits up to `head`, the last first."""
        with self.reading() as connection:
            return rows.ancestors(connection, head)

    def published(self, number: int | None = None) -> list[Revision]:
        """All revisions with their certificates, the newest first, or the one named.

        Whole documents: what an actor may see of them is decided by who shows them.
        """
        with self.reading() as connection:
            return rows.published(connection, number)

    def lineage(
        self, codes: Sequence[str] | None = None, *, revision: int | None = None
    ) -> list[tuple[int, str, str]]:
        """(revision, code, came from) of grids drawn out of others, by revision."""
        with self.reading() as connection:
            return rows.lineage_rows(connection, self._dialect, codes, revision)

    def first_days(self) -> list[date]:
        """The first day of each plan that stands; none for one from the beginning."""
        with self.reading() as connection:
            return rows.first_days(connection)

    def codes_until(self, revision: int) -> set[str]:
        """Codes of all grids of the plans up to a revision; of the withdrawn ones none."""
        with self.reading(EVERYWHERE) as connection:
            return rows.codes_until(connection, revision)
