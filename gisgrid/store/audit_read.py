"""What a Store tells of the account of use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gisgrid.store import audit
from gisgrid.store.core import Core

if TYPE_CHECKING:
    from gisgrid.store.audit import Verdict
    from gisgrid.store.chain import AuditRow, Head


class AuditReads(Core):
    """Reads of the account of use. It knows no scope: operations.auditing says who may look."""

    def audit_head(self) -> Head:
        """Number and hash of the last row, to be printed and kept elsewhere."""
        with self.reading() as connection:
            return audit.head(connection)

    def audit_rows(
        self,
        *,
        limit: int,
        before: int | None = None,
        person: int | None = None,
        action: str | None = None,
    ) -> list[AuditRow]:
        """Rows, the newest first. before: only those with a lower number."""
        with self.reading() as connection:
            return audit.newest(connection, limit, before, person, action)

    def audit_mentioning(self, *texts: str) -> list[AuditRow]:
        """Rows whose object has one of these texts somewhere, the oldest first."""
        with self.reading() as connection:
            return audit.mentioning(connection, *texts)

    def audit_verify(self, *printed: Head) -> Verdict:
        """Read the whole account and tell what is wrong with it. printed: earlier heads."""
        with self.reading() as connection:
            return audit.verify(connection, *printed)
