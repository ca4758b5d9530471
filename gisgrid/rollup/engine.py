"""DuckDB, if it is installed."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from gisgrid.errors import ExtraMissing

if TYPE_CHECKING:
    import duckdb


def connect(threads: int = 0) -> duckdb.DuckDBPyConnection:
    """A line of its own to the engine: in memory, without extensions, network or progress bar.

    threads: 0 for as many as the machine has. Raises ExtraMissing where DuckDB is not installed.
    """
    return _engine(threads).cursor()


def forget_files() -> None:
    """Let the engine read files anew: one that was replaced within a moment it takes for the old.

    DuckDB keeps contents of files by name, size and time; to switch that off empties it.
    """
    with connect() as engine:
        engine.execute("SET enable_external_file_cache = false")
        engine.execute("SET enable_external_file_cache = true")


@lru_cache
def _engine(threads: int) -> duckdb.DuckDBPyConnection:
    """One for a process: to start it takes as long as to count a small county."""
    try:
        import duckdb  # noqa: PLC0415 - an extra that few need
    except ImportError as err:
        raise ExtraMissing(what="duckdb", extra="rollup") from err
    engine = duckdb.connect(":memory:")
    engine.execute("SET autoinstall_known_extensions = false")
    engine.execute("SET autoload_known_extensions = false")
    engine.execute("SET enable_progress_bar = false")
    if threads:
        engine.execute(f"SET threads = {int(threads)}")
    return engine
