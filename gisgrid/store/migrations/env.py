"""What Alembic runs: the steps, in the transaction that gisgrid.store.migrate hands over.

Never batch mode: it copies a table and loses what hangs on it. A step that adds or changes a layer
also keeps the gpkg_ tables right.
"""

from alembic import context

from gisgrid.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite can, when BEGIN is ours
    transaction_per_migration=False,
)
context.run_migrations()
