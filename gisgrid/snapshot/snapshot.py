"""One state of the store as columns, and what was worked out from them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid import coverage
from gisgrid.columns import day_number
from gisgrid.coverage import daybits
from gisgrid.snapshot.build import NO_PLAN
from gisgrid.snapshot.heirs import heirs
from gisgrid.snapshot.ids import Ids
from gisgrid.snapshot.memory import Memory
from gisgrid.snapshot.view import View, view

if TYPE_CHECKING:
    from datetime import date

    from gisgrid.access import Scope
    from gisgrid.columns import Areas, Cases, Floats, Households, Ints, Plan, Visits
    from gisgrid.coverage import CaseState, HouseholdState, Places
    from gisgrid.coverage.sums import Tally
    from gisgrid.model import Programme

Rows = Any
"""Which households: row numbers, or ALL."""
ALL = slice(None)


class Snapshot:
    """The county at one moment: immutable columns; shared by threads.

    version: changes whenever any figure may. plans: all revisions, the oldest first. Days are
    datetime.date in the programme's calendar; a `plan` argument restates the day on that plan
    (None: the plan in force on the day).
    """

    def __init__(
        self,
        version: str,
        programme: Programme,
        areas: Areas,
        plans: tuple[Plan, ...],
        *,
        households: Households,
        visits: Visits,
        cases: Cases,
        memory: Memory | None = None,
    ) -> None:
        self.version = version
        self.programme = programme
        self.areas = areas
        self.plans = plans
        self.households = households
        self.visits = visits
        self.cases = cases
        self.memory = memory or Memory()

    def changed(self, **parts: Any) -> Snapshot:
        """A snapshot with some parts in place of these."""
        names = ("version", "programme", "areas", "plans", "households", "visits", "cases")
        return Snapshot(**{name: getattr(self, name) for name in (*names, "memory")} | parts)

    def plan_of(self, revision: int) -> Plan:
        """The plan of a revision that is known."""
        return self.published(revision) or NO_PLAN

    def published(self, revision: int) -> Plan | None:
        """The plan of a revision; None where there is none, or it was withdrawn."""
        return next((p for p in self.plans if p.revision == revision), None)

    def plan_on(self, day: date) -> Plan:
        """The plan in force on `day`; one without grids (revision 0) where none is."""
        for plan in reversed(self.plans):
            if plan.valid_from is None or plan.valid_from <= day:
                return plan if plan.valid_to is None or day < plan.valid_to else NO_PLAN
        return NO_PLAN

    # Where things lie ----------------------------------------------------------------------------

    def placement(self, plan: Plan) -> Ints:
        """The grid of each household (index into the plan, -1 for none).

        Of its point; without a position, of the grid code that it names (`heirs`).
        """
        return self.memory.placement.get(plan.revision, lambda: self.place(plan))

    def place(self, plan: Plan, rows: Rows = ALL) -> Ints:
        """`placement`, worked out for some households."""
        homes = self.households
        grid = coverage.place(homes.lon[rows], homes.lat[rows], plan)
        named = homes.named[rows]
        at = np.flatnonzero(named >= 0)
        grid[at] = self.heirs(plan)[named[at]]
        return grid

    def heirs(self, plan: Plan) -> Ints:
        """The grid (index into the plan, -1 for none) of each code that households name.

        A code that is no more stands for the grid that holds most of its ground.
        """
        return self.memory.heirs.get(
            plan.revision,
            lambda: heirs(self.households.codes, plan, self.plans, set(self.areas.code)),
        )

    def case_placement(self, plan: Plan) -> Ints:
        """The grid of each case (index into the plan, -1 for none)."""

        def make() -> Ints:
            lon, lat = (
                np.where(self.cases.own_point, axis, np.nan)
                for axis in (self.cases.lon, self.cases.lat)
            )
            own = coverage.place(lon, lat, plan)
            return coverage.case_placement(self.cases, own, self.placement(plan))

        return self.memory.case_placement.get(plan.revision, make)

    def places(self, plan: Plan) -> Places:
        """The places of a plan: grids, areas, nowhere."""
        return coverage.Places(len(plan.code), len(self.areas.code))

    def household_places(self, plan: Plan) -> Ints:
        """The place of each household: its grid, else the area it names, else nowhere."""
        return self.memory.places.get(
            plan.revision,
            lambda: self.places(plan).of(self.placement(plan), self.named_area()),
        )

    def case_places(self, plan: Plan) -> Ints:
        """The place of each case; one without its own point shares its household's."""

        def make() -> Ints:
            named = np.full(len(self.cases.id), -1, dtype=np.int32)
            lent = ~self.cases.own_point & (self.cases.household >= 0)
            named[lent] = self.named_area()[self.cases.household[lent]]
            return self.places(plan).of(self.case_placement(plan), named)

        return self.memory.case_places.get(plan.revision, make)

    def named_area(self) -> Ints:
        """The area that each unlocated household names, -1 for none."""
        known = {code: i for i, code in enumerate(self.areas.code)}
        of_code = [known.get(code, -1) for code in self.households.codes]
        return np.array([*of_code, -1], dtype=np.int32)[self.households.named]

    def view(self, scope: Scope, area: str | None, day: date, plan: Plan | None = None) -> View:
        """What `scope` sees of `area` (None: all it sees) on `day`.

        Raises UnknownArea where the area does not exist or lies outside the scope.
        """
        plan = plan or self.plan_on(day)
        return self.memory.views.get(
            (scope.code, area, plan.revision),
            lambda: view(
                self.areas,
                plan,
                scope,
                area,
                (self.household_places(plan), self.case_places(plan)),
            ),
        )

    def bounds(self, plan: Plan) -> Floats:
        """West, south, east, north of each place but nowhere; NaN where it has no polygon."""
        return self.memory.bounds.get(plan.revision, lambda: self._bounds(plan))

    def _bounds(self, plan: Plan) -> Floats:
        found = np.full((self.places(plan).nowhere, 4), np.nan)
        found[: len(plan.code)] = shapely.bounds(plan.geometry).reshape(-1, 4)
        for i in range(len(self.areas.code)):
            inside = np.append(coverage.subtree(self.areas, i), False)[plan.area]
            if inside.any():
                box = shapely.bounds(plan.geometry[inside])
                found[len(plan.code) + i] = (
                    *np.nanmin(box[:, :2], axis=0),
                    *np.nanmax(box[:, 2:], axis=0),
                )
        return found

    # As of a day ---------------------------------------------------------------------------------

    def state(self, day: date, plan: Plan | None = None) -> HouseholdState:
        """Where each household stands on `day`."""
        plan = plan or self.plan_on(day)
        key = (day_number(day), plan.revision)
        return self.memory.states.get(key, lambda: self.state_of(key[0], plan))

    def state_of(self, day: int, plan: Plan, rows: Rows = ALL) -> HouseholdState:
        """`state`, worked out for some households; day: its number."""
        rules, homes = self.programme, self.households
        every = coverage.intervals(
            homes.every[rows], self.placement(plan)[rows], plan, rules.visit_every_days
        )
        visits = self.visits if rows is ALL else daybits.taken(self.visits, rows)
        last = coverage.last_visit(visits, day, phone=rules.phone_counts)
        return coverage.household_state(
            replace(homes, listed=homes.listed[rows], unlisted=homes.unlisted[rows]),
            day=day,
            last=last,
            every=every,
            soon=rules.soon_days,
        )

    def case_state(self, day: date) -> CaseState:
        """Where each case stands on `day`."""
        number = day_number(day)
        return self.memory.case_states.get(
            number, lambda: coverage.case_state(self.cases, day=number)
        )

    def tally(self, day: date, plan: Plan | None = None) -> Tally:
        """coverage.HOUSEHOLD_COUNTS at each place on `day`."""
        plan = plan or self.plan_on(day)
        key = (day_number(day), plan.revision)

        def make() -> Tally:
            # A trend asks for the counts of many days; their states are not worth keeping.
            state = self.memory.states.peek(key) or self.state_of(key[0], plan)
            return coverage.tally_households(
                self.household_places(plan),
                self.places(plan),
                state,
                unlocated=np.isnan(self.households.lon),
                shared=coverage.share_position(self.positions, state.listed),
            )

        return self.memory.tallies.get(key, make)

    def case_tally(self, day: date, plan: Plan | None = None, category: int | None = None) -> Tally:
        """coverage.CASE_COUNTS at each place on `day`. category: index into Cases.categories."""
        plan = plan or self.plan_on(day)

        def make() -> Tally:
            counted = None if category is None else self.cases.category == category
            return coverage.tally_cases(
                self.case_places(plan), self.places(plan), self.case_state(day), counted
            )

        if category is not None:
            return make()
        return self.memory.case_tallies.get((day_number(day), plan.revision), make)

    def tallies_at_hand(self, day: date, plan: Plan) -> tuple[Tally, Tally] | None:
        """`tally` and `case_tally`, where they are worked out already; None where not."""
        key = (day_number(day), plan.revision)
        homes, cases = self.memory.tallies.peek(key), self.memory.case_tallies.peek(key)
        return None if homes is None or cases is None else (homes, cases)

    # Once ----------------------------------------------------------------------------------------

    @property
    def positions(self) -> Ints:
        """A number for each position, equal for stacked households (coverage.positions)."""
        found: Ints = self.memory.once.get(
            "positions",
            lambda: coverage.positions(
                self.households.lon, self.households.lat, self.households.key
            ),
        )
        return found

    @property
    def id_rank(self) -> Ints:
        """Rank of each household's id in the order of text: what breaks a tie in a list."""

        def make() -> Ints:
            rank = np.empty(len(self.households.id), dtype=np.int32)
            rank[np.argsort(self.households.id, kind="stable")] = np.arange(len(rank))
            return rank

        found: Ints = self.memory.once.get("id_rank", make)
        return found

    @property
    def ids(self) -> Ids:
        """Index of the households' ids: `ids.get_indexer([id])` gives the row, -1 for none."""
        found: Ids = self.memory.once.get("ids", lambda: Ids.of(self.households.id))
        return found
