"""Triggers that let the account of use only grow, in both databases.

Whoever owns the file or the database can drop them; the chain (see chain) is for that. They stop
slips and the errors of programs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

_STOPS = {
    "audit_no_update": ("audit", "UPDATE", None),
    "audit_no_delete": ("audit", "DELETE", None),
    "audit_head_onward": ("audit_head", "UPDATE", "NEW.seq <> OLD.seq + 1"),
    "audit_head_no_delete": ("audit_head", "DELETE", None),
}
"""Name -> table, what is stopped, and when (None: always)."""

NAMES = frozenset(_STOPS)

_WORDS = "the account of use only grows"

_FUNCTION = f"""CREATE OR REPLACE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{_WORDS}'; END $$"""


def statements(database: str) -> list[str]:
    """What makes the triggers. database: sqlite or postgresql."""
    made = [] if database == "sqlite" else [_FUNCTION]
    for name, (table, event, condition) in _STOPS.items():
        when = f" WHEN ({condition})" if condition else ""
        head = f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW{when}"
        if database == "sqlite":
            made.append(f"{head} BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END")
        else:
            made.append(f"{head} EXECUTE FUNCTION audit_only_grows()")
    if database != "sqlite":
        made.append(
            "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()"
        )
    return made


def missing(connection: Connection) -> list[str]:
    """Names of triggers that are not there or switched off, in order."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    else:
        rows = connection.exec_driver_sql(
            "SELECT tgname AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE t.tgenabled <> 'D' AND c.relnamespace = current_schema()::regnamespace"
        )
    return sorted(NAMES - {row.name for row in rows})
