"""DuckDB, if it is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gisgrid.errors import ExtraMissing

if TYPE_CHECKING:
    import duckdb


def connect(threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """An engine in memory, without extensions, network or progress bar.

    Raises ExtraMissing where DuckDB is not installed.
    """
    try:
        import duckdb  # noqa: PLC0415 - an extra that few need
    except ImportError as err:
        raise ExtraMissing(what="duckdb", extra="rollup") from err
    connection = duckdb.connect(":memory:")
    connection.execute("SET autoinstall_known_extensions = false")
    connection.execute("SET autoload_known_extensions = false")
    connection.execute("SET enable_progress_bar = false")
    if threads:
        connection.execute(f"SET threads = {int(threads)}")
    return connection
