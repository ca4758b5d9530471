"""The only room that knows a database: a GeoPackage by default, PostGIS for many users.

>>> from gisgrid.access import EVERYWHERE
>>> with Store.open("layers/county.gpkg") as store:  # doctest: +SKIP
...     store.grids(scope=EVERYWHERE)
"""

from gisgrid.store.audit import Verdict
from gisgrid.store.bulk import PlanRows
from gisgrid.store.chain import AuditRow, Fault, Head
from gisgrid.store.drafts import By, Draft, EditRow, Revision
from gisgrid.store.keys import Factor, SessionRow, TokenRow
from gisgrid.store.people import Person
from gisgrid.store.records import (
    ACCEPTED,
    DIFFERS,
    NEEDS_DECISION,
    SET_ASIDE,
    CaseChange,
    CaseReport,
    CaseStep,
    Kept,
    Pending,
    Reporter,
    VisitReport,
    case_of,
    change_of,
    visit_of,
)
from gisgrid.store.store import Changes, Store
from gisgrid.store.tombstones import CASE_WORDS
from gisgrid.store.transaction import PutCounts
from gisgrid.store.tries import Tries
from gisgrid.store.visit_runs import VisitRows
from gisgrid.store.writer import Writer

__all__ = [
    "ACCEPTED",
    "CASE_WORDS",
    "DIFFERS",
    "NEEDS_DECISION",
    "SET_ASIDE",
    "AuditRow",
    "By",
    "CaseChange",
    "CaseReport",
    "CaseStep",
    "Changes",
    "Draft",
    "EditRow",
    "Factor",
    "Fault",
    "Head",
    "Kept",
    "Pending",
    "Person",
    "PlanRows",
    "PutCounts",
    "Reporter",
    "Revision",
    "SessionRow",
    "Store",
    "TokenRow",
    "Tries",
    "Verdict",
    "VisitReport",
    "VisitRows",
    "Writer",
    "case_of",
    "change_of",
    "visit_of",
]
