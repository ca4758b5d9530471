"""The steps make what gisgrid.store.schema shows, on both databases."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from gisgrid.access import EVERYWHERE
from gisgrid.store import Store, migrate
from gisgrid.store.schema import COUNTED, LAYER_TABLES, PRIVATE_TABLES, metadata

# SQLAlchemy reflects PostGIS columns without knowing their type; the tests look at the rest.
pytestmark = pytest.mark.filterwarnings("ignore:Did not recognize type 'geometry'")


def ours(name: str | None, kind: str, _parents: Any) -> bool:
    return kind != "table" or name in metadata.tables


def test_the_steps_and_the_schema_agree(store: Store) -> None:
    with store.reading() as connection:
        schema = connection.get_execution_options().get("gisgrid_schema")
        context = MigrationContext.configure(
            connection,
            opts={
                "include_name": ours,
                "compare_type": False,
                "version_table_schema": schema,
            },
        )
        assert compare_metadata(context, metadata) == []


def test_every_column_has_its_type(store: Store) -> None:
    """Alembic does not know our types; their names in the database are compared instead."""
    with store.reading() as connection:
        schema = connection.get_execution_options().get("gisgrid_schema")
        look = inspect(connection)
        for table in metadata.tables.values():
            for column in look.get_columns(table.name, schema=schema):
                expected = table.c[column["name"]]
                assert column["nullable"] == bool(expected.nullable), (table.name, column["name"])
                if store.url.endswith(".gpkg"):
                    kind = expected.type.compile(connection.dialect)
                    assert _declared(connection, table.name, column["name"]) == kind


def _declared(connection: Any, table: str, column: str) -> str:
    rows = connection.exec_driver_sql(f"PRAGMA table_info({table})")
    return next(row.type for row in rows if row.name == column)  # type: ignore[no-any-return]


def test_the_known_head_is_the_last_step() -> None:
    assert max(migrate.known_steps()) == migrate.HEAD


def test_a_store_of_the_first_step_is_brought_up_and_keeps_its_rows(
    store: Store, store_url: str
) -> None:
    with store.write() as w:
        w.put_households(pd.DataFrame({"id": ["H1"], "listed_on": [date(2026, 1, 1)]}))
    with store._dialect.owning() as connection:
        if connection.dialect.name == "postgresql":
            _without_walls(connection)
        for table in (
            "touched",
            "factors",
            "recovery_codes",
            "tokens",
            "tries",
            "erasures",
            "case_changes",
            "pending_reports",
            "lineage",
            "certificates",
            "draft_versions",
            "edits",
            "drafts",
            "audit",
            "audit_head",
        ):
            connection.execute(text(f"DROP TABLE {table}"))
        for column in ("withdrawn", "ended"):
            connection.execute(text(f"ALTER TABLE revisions DROP COLUMN {column}"))
        connection.execute(text("ALTER TABLE sessions DROP COLUMN device"))
        connection.execute(text("DROP INDEX visits_corrects"))
        for column in ("received_at", "zone", "flags", "corrects"):
            connection.execute(text(f"ALTER TABLE visits DROP COLUMN {column}"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    store.close()
    with Store.open(store_url) as newer:
        with newer.reading() as connection:
            assert migrate.version(connection) == migrate.HEAD
            schema = connection.get_execution_options().get("gisgrid_schema")
            assert set(metadata.tables) <= set(inspect(connection).get_table_names(schema=schema))
        assert newer.households(scope=EVERYWHERE)["id"].tolist() == ["H1"]


def _without_walls(connection: Any) -> None:
    walled = ("areas", "grids", "grids_history", "households", "visits", "cases", "case_changes")
    for table in walled:
        connection.execute(text(f"DROP POLICY within_scope ON {table}"))
        connection.execute(text(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"))
    for name in ("scope_areas", "scope_grids"):
        connection.execute(text(f"DROP FUNCTION {name}()"))


def test_all_layers_and_counters_are_there(store: Store) -> None:
    assert set(store.changes().__slots__) == set(COUNTED)
    assert {*LAYER_TABLES, *PRIVATE_TABLES} < set(metadata.tables)
