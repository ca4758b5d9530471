"""What differs between the databases; everything else of the store is written once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gisgrid.errors import UnknownWord

if TYPE_CHECKING:
    from gisgrid.store.dialects.base import Dialect

PATIENCE = 30.0
"""Seconds that a change waits for another one before it gives up."""


def dialect_of(url: str, *, patience: float = PATIENCE) -> Dialect:
    """The dialect for a store's URL: a path is a GeoPackage, postgresql://… a PostGIS database.

    Nothing is opened yet. Raises UnknownWord for any other scheme.
    """
    scheme, found, _ = url.partition("://")
    if not found:
        from gisgrid.store.dialects.gpkg import Gpkg  # noqa: PLC0415 - only the one in use

        return Gpkg(Path(url), patience=patience)
    if scheme in ("postgresql", "postgres"):
        from gisgrid.store.dialects.postgis import PostGis  # noqa: PLC0415 - psycopg is an extra

        return PostGis(url, patience=patience)
    raise UnknownWord(value=scheme, kind="kind of store", known="a file path, postgresql://…")
