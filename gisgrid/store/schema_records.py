"""Tables of what people record: changes of cases, and reports that wait for a decision.

Rows of `case_changes` are only added. A report that cannot be taken as it came (the household is no
longer the reporter's, or nobody knows it) waits in `pending_reports`, whole, until somebody
decides; what is accepted becomes a row of `visits` or `cases` like any other.
"""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, Table, Text

from gisgrid.store.schema import metadata
from gisgrid.store.types import Instant, RowId

case_changes = Table(
    "case_changes",
    metadata,
    Column("fid", RowId, primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("client_id", Text, nullable=False),  # given by the device; one change, one row
    Column("kind", Text, nullable=False),  # opened | updated | closed | reopened
    Column("changed_at", Instant, nullable=False),  # by the clock of the device
    Column("changed_on", Date, nullable=False),  # the day from which figures know it
    Column("received_at", Instant, nullable=False),
    Column("zone", Text),
    Column("member", Text),
    Column("changes", Text, nullable=False),  # JSON: column -> [before, after]
    Column("was_category", Text),  # what figures of the days before are worked out from
    Column("was_due_on", Date),
    Column("was_closed_on", Date),
    Index("case_changes_case", "case_id"),
    Index("case_changes_client", "client_id", unique=True),
    sqlite_autoincrement=True,
)

pending_reports = Table(
    "pending_reports",
    metadata,
    Column("fid", RowId, primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("kind", Text, nullable=False),  # visit | case | case_change
    Column("household_id", Text),  # as it was reported; perhaps nobody's
    Column("case_id", Text),
    Column("payload", Text, nullable=False),  # JSON: the report as it was received
    Column("person_id", Integer),  # who reported; empty: the console
    Column("member", Text),
    Column("scope", Text, nullable=False),  # what the reporter served then
    Column("received_at", Instant, nullable=False),
    Column("state", Text, nullable=False),  # needs_decision | accepted | set_aside
    Column("decided_at", Instant),
    Column("decided_by", Text),
    Column("reason", Text),
    Index("pending_reports_client", "client_id", unique=True),
    Index("pending_reports_household", "household_id"),
    Index("pending_reports_person", "person_id"),
    sqlite_autoincrement=True,
)
