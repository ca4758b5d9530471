"""What Alembic runs: the steps, in the transaction that gisgrid.store.migrate hands over.

Never batch mode: it copies a table and loses what hangs on it. A step that adds or changes a layer
also keeps the gpkg_ tables right.
"""

from alembic import context

from gisgrid.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table_schema=connection.get_execution_options().get("gisgrid_schema"),
    transactional_ddl=True,  # SQLite can, when BEGIN is ours
    transaction_per_migration=False,
)
context.run_migrations()
