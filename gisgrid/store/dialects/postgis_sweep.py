"""Leaving nothing of what was erased in the files of a database.

VACUUM FULL writes a table, its TOAST and its indexes anew, but takes along old rows that somebody
may still see. And what a table held is also in the statistics that the server's planner keeps of
it: common names, and borders between them. So first whoever might still see it has to end, then the
tables are written and looked at anew, then the statistics.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Engine

WAIT = 5.0
"""Seconds to wait for who reads, at most: somebody waits for the answer."""
_PAUSE = 0.05
_MAY = "SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()"
"""Whether the account is the owner of the database, who alone may write its statistics anew."""
_SEEN = """
SELECT count(*) FROM (
    SELECT greatest(age(backend_xid), age(backend_xmin)) AS old FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND (datname = current_database() OR datname IS NULL)
    UNION ALL SELECT greatest(age(xmin), age(catalog_xmin)) FROM pg_replication_slots
    UNION ALL SELECT age(transaction) FROM pg_prepared_xacts WHERE database = current_database()
) AS those WHERE old >= age('{now}'::xid)
"""
"""How many see a state of the database from before the transaction `now`."""


def sweep(owner: Engine, tables: Sequence[str], patience: float) -> bool:
    """Write `tables` and what is known of their values anew; False where a trace may be left.

    That is where somebody sees a state of before for longer than `patience` or WAIT seconds, and
    where the account does not own the database. Who holds one of the tables is waited for as by any
    statement.
    """
    with owner.connect() as connection:
        alone = _nobody_sees_before(connection, min(patience, WAIT))
        connection.exec_driver_sql(f"VACUUM (FULL, ANALYZE) {', '.join(tables)}")
        if not (alone and connection.exec_driver_sql(_MAY).scalar()):
            return False
        if not _nobody_sees_before(connection, min(patience, WAIT)):
            return False
        connection.exec_driver_sql("VACUUM FULL pg_catalog.pg_statistic")
    return True


def _nobody_sees_before(connection: Connection, patience: float) -> bool:
    """Whether everybody has ended who began before this moment; waits for them for a while."""
    now = connection.exec_driver_sql("SELECT pg_current_xact_id()::text").scalar_one()
    until = time.monotonic() + patience
    asked = _SEEN.format(now=int(now) % 2**32)  # as `age` counts them, without the epoch
    while connection.exec_driver_sql(asked).scalar_one():
        if time.monotonic() > until:
            return False
        time.sleep(_PAUSE)
    return True
