"""What only the owner of the tables does; another account serves and owns nothing."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from gisgrid.errors import StoreLacksLetters, StoreLacksPostgis, UnknownWord

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
ALL_ROWS = "SELECT, INSERT, UPDATE, DELETE"
OWNS = (
    "SELECT coalesce(bool_and(pg_has_role(relowner, 'USAGE')), true) FROM pg_class "
    "WHERE relnamespace = to_regnamespace('{schema}') AND relkind = 'r'"
)
"""Whether the account owns the tables of a schema, as itself or by a role that it is in."""


def named(text: str, kind: str) -> str:
    """A name that may stand in a statement as it is. Raises UnknownWord."""
    if not _NAME.fullmatch(text):
        raise UnknownWord(value=text, kind=kind, known="a-z, 0-9, _, starting with a letter")
    return text


def grant(connection: Connection, schema: str, app: str) -> None:
    """Let the account `app` serve: rows come and go, tables stay, the account of use only grows.

    Tables that later steps of the schema make are for it as well. connection: the owner's.
    """
    for statement in (
        f"GRANT USAGE ON SCHEMA {schema} TO {app}",
        f"GRANT {ALL_ROWS} ON ALL TABLES IN SCHEMA {schema} TO {app}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {app}",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {schema} TO {app}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT {ALL_ROWS} ON TABLES TO {app}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {app}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT EXECUTE ON FUNCTIONS TO {app}",
        f"REVOKE UPDATE, DELETE ON {schema}.audit FROM {app}",
        f"REVOKE DELETE ON {schema}.audit_head FROM {app}",
        f"REVOKE INSERT, UPDATE, DELETE ON {schema}.alembic_version FROM {app}",
    ):
        connection.exec_driver_sql(statement)


def require_all_letters(connection: Connection, url: str) -> None:
    """Raises StoreLacksLetters where the database keeps its texts in anything but UTF-8."""
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise StoreLacksLetters(url=url, problem=encoding)


def make_postgis(connection: Connection, url: str) -> None:
    """Raises StoreLacksPostgis where it is not installed, or the account may not."""
    try:
        connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public")
    except DBAPIError as err:
        problem = str(err.orig).strip().partition("\n")[0]
        raise StoreLacksPostgis(url=url, problem=problem) from err


def settle(owner: Engine, tables: list[str]) -> None:
    """Have the server look once at tables that were filled, and note what it need not do again.

    It would do so by itself, within minutes; who reads all visits before that waits five times as
    long. Advice: what is in its way is left to the server.
    """
    with (
        suppress(SQLAlchemyError),
        owner.connect() as connection,
    ):
        connection.exec_driver_sql(f"VACUUM (ANALYZE, SKIP_LOCKED) {', '.join(tables)}")
