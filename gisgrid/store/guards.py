"""Triggers that keep what is not to be changed any more, in both databases.

The account of use only grows; a plan that was published stays as it was, whoever edits its layer in
a GIS. Whoever owns the file or the database can drop them; the chain (see chain), and the hashes
that `gisgrid check` compares, are for that. They stop slips and the errors of programs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection


class _Stop(NamedTuple):
    """What is stopped on a table; when None: always."""

    table: str
    event: str
    when: str | None = None


class Guard(NamedTuple):
    """Triggers by name, which raise `words`; in PostgreSQL through a function of their own."""

    function: str
    words: str
    stops: Mapping[str, _Stop]

    def names(self, database: str) -> list[str]:
        """The triggers that a database has of it: SQLite knows no TRUNCATE."""
        return [
            name
            for name, stop in self.stops.items()
            if database != "sqlite" or stop.event != "TRUNCATE"
        ]

    def statements(self, database: str) -> list[str]:
        """What makes the triggers. database: sqlite or postgresql."""
        made = []
        raises = f"BEGIN SELECT RAISE(ABORT, '{self.words}'); END"
        if database != "sqlite":
            raises = f"EXECUTE FUNCTION {self.function}()"
            made.append(
                f"CREATE OR REPLACE FUNCTION {self.function}() RETURNS trigger LANGUAGE plpgsql "
                f"AS $$ BEGIN RAISE EXCEPTION '{self.words}'; END $$"
            )
        for name, (table, event, when) in self.stops.items():
            if event != "TRUNCATE":
                only = f" WHEN ({when})" if when else ""
                each = f"FOR EACH ROW{only}"
            elif database == "sqlite":
                continue
            else:
                each = "FOR EACH STATEMENT"
            made.append(f"CREATE TRIGGER {name} BEFORE {event} ON {table} {each} {raises}")
        return made


ACCOUNT = Guard(
    "audit_only_grows",
    "the account of use only grows",
    {
        "audit_no_update": _Stop("audit", "UPDATE"),
        "audit_no_delete": _Stop("audit", "DELETE"),
        "audit_head_onward": _Stop("audit_head", "UPDATE", "NEW.seq <> OLD.seq + 1"),
        "audit_head_no_delete": _Stop("audit_head", "DELETE"),
        "audit_no_truncate": _Stop("audit", "TRUNCATE"),
    },
)
_DRAWN = (
    "fid, geom, code, name, area_code, member, visit_every_days, came_from, revision, valid_from"
)
PLANS = Guard(
    "plans_stay",
    "a published plan stays as it was: draw another one",
    {
        # Another plan ends a grid, and one that is withdrawn ends its own: these columns may move.
        "plans_no_update": _Stop("grids_history", f"UPDATE OF {_DRAWN}"),
        "plans_no_delete": _Stop("grids_history", "DELETE"),
        "plans_no_truncate": _Stop("grids_history", "TRUNCATE"),
        "revisions_no_update": _Stop(
            "revisions", "UPDATE OF revision, valid_from, published_at, note"
        ),
        "revisions_no_delete": _Stop("revisions", "DELETE"),
        "certificates_no_update": _Stop("certificates", "UPDATE"),
        "certificates_no_delete": _Stop("certificates", "DELETE"),
        "lineage_no_update": _Stop("lineage", "UPDATE"),
        "lineage_no_delete": _Stop("lineage", "DELETE"),
    },
)
ALL = (ACCOUNT, PLANS)


def missing(connection: Connection, guard: Guard = ACCOUNT) -> list[str]:
    """Names of triggers that are not there or switched off, in order."""
    database = connection.dialect.name
    if database == "sqlite":
        rows = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    else:
        rows = connection.exec_driver_sql(
            "SELECT tgname AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE t.tgenabled <> 'D' AND c.relnamespace = current_schema()::regnamespace"
        )
    return sorted({*guard.names(database)} - {row.name for row in rows})
