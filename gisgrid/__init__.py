"""gisgrid: maps of visit gaps and open cases for small household grids.

>>> import gisgrid
>>> county = gisgrid.open("layers/county.gpkg")  # doctest: +SKIP
>>> county.coverage(as_of="2026-11-22", by="township")  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gisgrid.county import County

__all__ = ["__version__", "open"]
__version__ = "0.1.0"


def open(url: str) -> County:  # noqa: A001 - the name readers expect, as in shelve and gzip
    """Open the store at `url` (a GeoPackage path or a database URL) for reading.

    Raises StoreMissing when there is no store, StoreForeign when the file is not one of ours.
    """
    # Late import: geopandas takes a third of a second that `gisgrid --help` need not wait for.
    from gisgrid.county import County  # noqa: PLC0415

    return County.open(url)
