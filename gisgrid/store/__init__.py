"""The only room that knows a database: a GeoPackage by default, PostGIS for many users.

>>> from gisgrid.access import EVERYWHERE
>>> with Store.open("layers/county.gpkg") as store:  # doctest: +SKIP
...     store.grids(scope=EVERYWHERE)
"""

from gisgrid.store.audit import Verdict
from gisgrid.store.bulk import PlanRows, VisitRows
from gisgrid.store.chain import AuditRow, Fault, Head
from gisgrid.store.drafts import By, Draft, EditRow, Revision
from gisgrid.store.people import Person
from gisgrid.store.store import Changes, Store
from gisgrid.store.transaction import PutCounts
from gisgrid.store.writer import Writer

__all__ = [
    "AuditRow",
    "By",
    "Changes",
    "Draft",
    "EditRow",
    "Fault",
    "Head",
    "Person",
    "PlanRows",
    "PutCounts",
    "Revision",
    "Store",
    "Verdict",
    "VisitRows",
    "Writer",
]
