"""A copy of the store that may leave the house: a GeoPackage without accounts and sessions."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from gisgrid.errors import StoreExists
from gisgrid.store import filing, migrate
from gisgrid.store.carrying import carry_table
from gisgrid.store.dialects.gpkg import Gpkg
from gisgrid.store.schema import LAYER_TABLES, metadata, programme

if TYPE_CHECKING:
    from pathlib import Path

    from gisgrid.store.dialects.base import Dialect

_TABLES = ("revisions", "lineage", *LAYER_TABLES, "case_changes")


def copy_store(source: Dialect, path: Path) -> None:
    """Write the copy under another name and let it appear whole.

    Raises StoreExists, StoreLeftOver.
    """
    if os.path.lexists(path):
        raise StoreExists(url=str(path))
    filing.refuse_left_over(path)
    draft = path.absolute().with_name(f".{path.name}.{os.getpid()}.copy")
    try:
        if not source.copy_to(draft):
            _rebuild(source, draft)
        filing.settle(draft, path.absolute())
    finally:
        filing.discard(draft)


def _rebuild(source: Dialect, path: Path) -> None:
    """The same rows in a new GeoPackage, from another kind of database."""
    target = Gpkg(path, patience=1.0)
    try:
        with target.creating() as new, source.reading() as old, source.limited(old, "*"):
            migrate.lay_out(new)
            rules = dict(old.execute(select(programme)).one()._mapping)
            new.execute(insert(programme).values(rules | {"token": secrets.token_hex(16)}))
            for name in _TABLES:
                carry_table(source, old, target, new, metadata.tables[name])
    finally:
        target.close()
