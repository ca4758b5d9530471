"""Many counties: their columns as Parquet, and figures summed over them by an existing engine.

The only place that knows DuckDB and Dask. What is written here names no person: row numbers, days
and codes of areas; see docs/scale.md.
"""

from gisgrid.rollup.figures import COUNTS, coverage, with_townships
from gisgrid.rollup.layout import FORMAT, Manifest, Span, Tables
from gisgrid.rollup.line import check_place
from gisgrid.rollup.publish import publish
from gisgrid.rollup.shapes import outlines
from gisgrid.rollup.survey import Found, survey

__all__ = [
    "COUNTS",
    "FORMAT",
    "Found",
    "Manifest",
    "Span",
    "Tables",
    "check_place",
    "coverage",
    "outlines",
    "publish",
    "survey",
    "with_townships",
]
