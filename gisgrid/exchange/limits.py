"""How much gisgrid takes in one piece. Beyond that a file is refused, never cut."""

from __future__ import annotations

MAX_FILE_BYTES = 1 << 30
"""Of one file as it lies on disk; uploads have a smaller limit of their own."""
MAX_UNPACKED_BYTES = 1 << 30
MAX_ZIP_ENTRIES = 32
MAX_ZIP_RATIO = 200
"""Unpacked to packed bytes of one entry; text and coordinates stay far below."""
MAX_CELLS = 50_000_000
"""Of one Parquet file; so many take about what a child may have of memory."""
CELLS_A_BYTE, CELLS_AT_LEAST = 200, 1_000_000
"""A Parquet file may hold so many cells for each of its bytes, which keys that differ never reach,
and so many however small it is."""
MAX_FIELDS = 128
MAX_TEXT = 10_000
"""Characters of one cell, but for a cell that holds a shape as text."""
MAX_CELL = 8_000_000
MAX_VERTICES_EACH = 200_000
MAX_VERTICES = 3_000_000
MAX_XML_DEPTH = 100
MAX_PRJ_BYTES = 20_000

CHILD_MEMORY_BYTES = 3 << 30
CHILD_CPU_SECONDS = 90
CHILD_WALL_SECONDS = 120
CHILD_LEAST_SECONDS = 7
CHILD_SECONDS_A_MB = 2
CHILD_FILE_BYTES = 2 << 30
CHILD_OPEN_FILES = 128
SQLITE_SECONDS = 30
"""How long one look into a foreign GeoPackage may take; a view can be made to never end."""


def child_seconds(size: int) -> int:
    """Seconds of the processor for reading a foreign file of so many bytes.

    One of a megabyte is read within one on an old PC; what goes on for long was made to.
    """
    return min(CHILD_CPU_SECONDS, CHILD_LEAST_SECONDS + CHILD_SECONDS_A_MB * size // 1_000_000)
