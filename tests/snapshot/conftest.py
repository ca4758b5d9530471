from __future__ import annotations

import importlib.util
import sys
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely

from gisgrid.columns import FAR_DAY, NO_DAY, day_number
from gisgrid.model import Programme

if TYPE_CHECKING:
    from types import ModuleType

COUNTERS = ("areas", "plan", "households", "visits", "cases", "programme")


@pytest.fixture(scope="session")
def oracle() -> ModuleType:
    """The rules written a second time (tests/coverage/oracle.py)."""
    path = Path(__file__).parents[1] / "coverage" / "oracle.py"
    spec = importlib.util.spec_from_file_location("oracle", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["oracle"] = module
    spec.loader.exec_module(module)
    return module


@dataclass
class MemoryStore:
    """Rows in lists that answer like a store's bulk columns, and count what is asked for.

    areas: (code, name, level, parent). plans: (valid_from, valid_to, squares of the oracle).
    homes, visits, cases: the oracle's. `change` counts up the counters of what was changed.
    """

    areas: list[tuple[str, str, str, str]] = field(default_factory=list)
    plans: list[tuple[Any, Any, list[Any]]] = field(default_factory=list)
    homes: list[Any] = field(default_factory=list)
    seen: list[Any] = field(default_factory=list)
    cases: list[Any] = field(default_factory=list)
    rules: Programme = field(default_factory=Programme)
    token: str = "abc"
    counters: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(**dict.fromkeys(COUNTERS, 0))
    )
    loads: list[str] = field(default_factory=list)

    def change(self, *names: str) -> None:
        new = {name: getattr(self.counters, name) + 1 for name in names}
        self.counters = SimpleNamespace(**{**vars(self.counters), **new})

    def reading(self, _scope: Any = None) -> Any:
        return nullcontext()

    def changes(self) -> SimpleNamespace:
        return self.counters

    def programme(self) -> Programme:
        return replace(self.rules)

    def area_columns(self, *, scope: Any) -> dict[str, Any]:
        self.loads.append("areas")
        names = ("code", "name", "level", "parent_code")
        return {n: np.array([a[i] for a in self.areas], object) for i, n in enumerate(names)}

    def plan_columns(self, *, scope: Any) -> list[Any]:
        self.loads.append("plans")
        return [
            SimpleNamespace(
                revision=number,
                valid_from=valid_from,
                valid_to=valid_to,
                code=np.array([s.code for s in squares], object),
                name=np.array([s.code.upper() for s in squares], object),
                member=np.array([None] * len(squares), object),
                area_code=np.array([s.area for s in squares], object),
                every=np.array([s.every or 0 for s in squares], np.int32),
                wkb=np.array(
                    [shapely.box(s.west, s.south, s.east, s.north).wkb for s in squares], object
                ),
            )
            for number, (valid_from, valid_to, squares) in enumerate(self.plans, 1)
        ]

    def touched(self, layer: str, seen: int, now: int) -> list[str] | None:
        """Not kept: everything is read."""
        return None

    def household_columns(self, *, scope: Any) -> dict[str, Any]:
        self.loads.append("households")
        points = [h.point or (np.nan, np.nan) for h in self.homes]
        far = int(FAR_DAY)
        return {
            "id": np.array([h.id for h in self.homes], object),
            "lon": np.array([p[0] for p in points], float),
            "lat": np.array([p[1] for p in points], float),
            "every": np.array([h.every or 0 for h in self.homes], np.int32),
            "listed": np.array([day_number(h.listed_on) for h in self.homes], np.int32),
            "unlisted": np.array(
                [day_number(h.unlisted_on) if h.unlisted_on else far for h in self.homes], np.int32
            ),
            "grid_code": np.array([h.names for h in self.homes], object),
        }

    def visit_days(self, *, scope: Any, after: int = 0) -> Any:
        self.loads.append(f"visits after {after}")
        rows = self.seen[after:]
        return SimpleNamespace(
            household_id=np.array([v.home for v in rows], object),
            outcome=np.array([v.outcome for v in rows], object),
            count=np.ones(len(rows), np.int32),
            day=np.array([day_number(v.day) for v in rows], np.int32),
            last=len(self.seen),
        )

    def corrected_days(self, *, scope: Any, after: int = 0) -> list[Any]:
        return []

    def case_columns(self, *, scope: Any) -> dict[str, Any]:
        self.loads.append("cases")
        points = [c.point or (np.nan, np.nan) for c in self.cases]

        def days(name: str) -> np.ndarray:
            values = [getattr(c, name) for c in self.cases]
            return np.array([day_number(v) if v else FAR_DAY for v in values], np.int32)

        return {
            "id": np.array([c.id for c in self.cases], object),
            "household_id": np.array([c.home for c in self.cases], object),
            "category": np.array([None] * len(self.cases), object),
            "opened": days("opened_on"),
            "due": days("due_on"),
            "closed": days("closed_on"),
            "since": np.full(len(self.cases), NO_DAY),
            "until": np.full(len(self.cases), FAR_DAY),
            "lon": np.array([p[0] for p in points], float),
            "lat": np.array([p[1] for p in points], float),
        }


@pytest.fixture(scope="session")
def memory_store() -> type[MemoryStore]:
    return MemoryStore


@pytest.fixture
def county(memory_store: type[MemoryStore], oracle: ModuleType) -> MemoryStore:
    """Four grids of two villages in one township of county K; one household of each kind.

    c d    a and c lie in village U, b in village V, d in no area
    a b
    """
    day = oracle.date
    squares = [
        oracle.Square("a", 0, 0, 1, 1, "U"),
        oracle.Square("b", 1, 0, 2, 1, "V", 14),
        oracle.Square("c", 0, 1, 1, 2, "U"),
        oracle.Square("d", 1, 1, 2, 2, ""),
    ]
    start = day(2026, 1, 1)
    homes = [
        oracle.Home("in a", start, point=(0.5, 0.5)),
        oracle.Home("on the corner", start, point=(1.0, 1.0)),
        oracle.Home("in b", start, point=(1.5, 0.5)),
        oracle.Home("also in b", start, point=(1.5, 0.5)),
        oracle.Home("in d", start, point=(1.5, 1.5)),
        oracle.Home("outside", start, point=(5.0, 5.0)),
        oracle.Home("names c", start, names="c"),
        oracle.Home("names V", start, names="V"),
        oracle.Home("names nothing", start),
        oracle.Home("in a, names c", start, point=(0.2, 0.2), names="c"),
    ]
    return memory_store(
        areas=[
            ("U", "Upper", "village", "T"),
            ("V", "Vale", "village", "T"),
            ("T", "Town", "township", "K"),
            ("K", "County", "county", ""),
        ],
        plans=[(None, None, squares)],
        homes=homes,
        seen=[oracle.Visit("in a", day(2026, 11, 20), "met")],
        cases=[
            oracle.Case("1", day(2026, 11, 1), home="in a"),
            oracle.Case("2", day(2026, 11, 1), home="in a", point=(1.5, 0.5)),
            oracle.Case("3", day(2026, 11, 1), home="names V"),
            oracle.Case("4", day(2026, 11, 1), point=(9.0, 9.0)),
            oracle.Case("5", day(2026, 11, 1)),
        ],
    )
