"""Bringing a store to the schema of this gisgrid, all or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from gisgrid.errors import StoreForeign, StoreNewer, StoreOlder
from gisgrid.store import outside
from gisgrid.store.schema import OUR_TABLES

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

    from gisgrid.store.dialects.base import Dialect

HEAD = "0013"
"""The newest step; known here, so that opening a store of today need not load Alembic."""


def lay_out(connection: Connection) -> None:
    """All tables in an empty database, in the transaction of `connection`."""
    _upgrade(connection)


def bring_up(dialect: Dialect, *, keep: bool = True, state_folder: str = "") -> Path | None:
    """Run the steps that the store lacks; none is the usual case.

    Returns the copy of the state before, which is made first. state_folder: where a database's
    copy lies (outside.folder).

    Raises StoreUndumped where there can be no such copy, StoreForeign where our tables are not
    there, StoreNewer where the store has taken a step that this gisgrid does not know, StoreOlder
    where the account may not change tables.
    """
    with dialect.reading() as connection:
        found = version(connection)
    if found is None:
        raise StoreForeign(url=dialect.url, problem="it lacks gisgrid's tables")
    if found == HEAD:
        return None
    if found not in known_steps():
        raise StoreNewer(url=dialect.url, found=found)
    if not dialect.may_change_tables:
        raise StoreOlder(url=dialect.url, found=found)
    with dialect.owning() as connection:
        if version(connection) == HEAD:  # another process was quicker
            return None
        kept = None
        if keep:
            token = connection.scalar(text("SELECT token FROM programme")) or ""
            kept = dialect.keep_before(HEAD, outside.place(token, state_folder))
        _upgrade(connection)
    return kept


def version(connection: Connection) -> str | None:
    """The last step that the store has taken; None where it is not one of ours."""
    schema = connection.get_execution_options().get("gisgrid_schema")
    if not set(inspect(connection).get_table_names(schema=schema)) >= OUR_TABLES:
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def known_steps() -> set[str]:
    """Names of all steps."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - a third of a second

    return {step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions()}


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - a third of a second

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    from alembic.config import Config  # noqa: PLC0415 - a third of a second

    config = Config()
    config.set_main_option("path_separator", "os")
    place = str(Path(__file__).with_name("migrations"))
    config.set_main_option("script_location", place.replace("%", "%%"))
    return config
