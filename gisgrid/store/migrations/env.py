"""What Alembic runs: the steps, in the transaction that gisgrid.store.migrate hands over.

Never batch mode: it copies a table and loses what hangs on it. A step that adds or changes a layer
also keeps the gpkg_ tables right.
"""

from alembic import context

from gisgrid.store.schema import metadata

connection = context.config.attributes["connection"]
if connection.dialect.name == "sqlite":
    # Alembic would declare VARCHAR(32), a type that GeoPackage does not know: GDAL warns of it.
    table = "CREATE TABLE {} (version_num TEXT NOT NULL CONSTRAINT {}_pkc PRIMARY KEY)"
    found = connection.exec_driver_sql("PRAGMA table_info(alembic_version)").fetchone()
    if found is None:
        connection.exec_driver_sql(table.format(*["alembic_version"] * 2))
    elif found[2] != "TEXT":  # nothing hangs on it
        connection.exec_driver_sql("ALTER TABLE alembic_version RENAME TO alembic_before")
        connection.exec_driver_sql(table.format(*["alembic_version"] * 2))
        connection.exec_driver_sql("INSERT INTO alembic_version SELECT * FROM alembic_before")
        connection.exec_driver_sql("DROP TABLE alembic_before")
context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table_schema=connection.get_execution_options().get("gisgrid_schema"),
    transactional_ddl=True,  # SQLite can, when BEGIN is ours
    transaction_per_migration=False,
)
context.run_migrations()
