"""Publishing a county for a roll-up, and the figures over many counties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid import coverage, rollup
from gisgrid.access import Action, Actor, require
from gisgrid.columns import EPOCH, FAR_DAY, NO_DAY, date_of, day_number
from gisgrid.coverage import daybits
from gisgrid.errors import CountyUnclear
from gisgrid.model import LEVELS
from gisgrid.operations.auditing import looked
from gisgrid.rollup.layout import MET, PHONE, Manifest, Span, Tables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import pandas as pd

    from gisgrid.columns import DayBits, Ints, Objects, Plan
    from gisgrid.operations.workspace import Workspace
    from gisgrid.rollup.survey import Fault
    from gisgrid.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class RolledUp:
    """table: COVERAGE_COLUMNS. counties: codes of what was counted. faults: all to be said."""

    table: pd.DataFrame
    counties: list[str]
    faults: list[Fault]


def publish(ws: Workspace, actor: Actor, root: str) -> Manifest:
    """Write the county's columns below `root`: row numbers, days and codes, never a name.

    It is complete through today. Raises NotAllowed; CountyUnclear where the store does not hold
    exactly one county; RollupPlace, RollupUnreachable for an address; ExtraMissing.
    """
    require(actor, Action.EXPORT)
    today, snapshot = ws.today(), ws.snapshot()
    counties = np.flatnonzero(snapshot.areas.level == LEVELS.index("county"))
    if len(counties) != 1 or not actor.scope.everything:
        raise CountyUnclear(count=len(counties))
    at = int(counties[0])
    tables = _tables(snapshot, day_number(today))
    manifest = Manifest(
        county=snapshot.areas.code[at],
        name=snapshot.areas.name[at],
        through=today.isoformat(),
        published_at=ws.clock().isoformat(timespec="seconds"),
        soon_days=snapshot.programme.soon_days,
        phone_counts=snapshot.programme.phone_counts,
        longest=max(int(span.every.max(initial=0)) for span in tables.spans),
    )
    looked(ws, actor, "publish_columns", "county", len(snapshot.ids))
    return rollup.publish(root, manifest, tables)


def coverage_over(
    root: str,
    *,
    as_of: date,
    by: str = "county",
    expected: Sequence[str] = (),
    scheduler: str | None = None,
    cache: str = "",
) -> RolledUp:
    """Coverage over all counties below `root`, and what is missing, late, doubled or foreign.

    expected: codes of counties that should be there. scheduler: address of a Dask scheduler; None
    works on this machine. cache: as in rollup.survey. Raises RollupMissing, RollupPlace,
    RollupUnreachable, RollupChanged, UnknownWord, ExtraMissing.
    """
    found = rollup.survey(root, as_of, expected, cache)
    unread: list[str] = []
    if scheduler is None:
        table = rollup.coverage(found.counties, as_of, by, unread=unread)
    else:
        from gisgrid.rollup.cluster import cluster  # noqa: PLC0415 - an extra that few need

        with cluster(scheduler, root) as spread:
            table = rollup.coverage(found.counties, as_of, by, spread, unread)
    found = found.without(unread)
    return RolledUp(table, [manifest.county for manifest, _ in found.counties], found.faults)


def _tables(snapshot: Snapshot, through: int) -> Tables:
    """The columns of a county. Visits after the day `through` are left to the next publication."""
    homes, visits, areas = snapshot.households, snapshot.visits, snapshot.areas
    met, phone = (_events(bits, through) for bits in (visits.met, visits.phone))
    plan = snapshot.plan_on(date_of(through) or EPOCH.item())
    parents = [areas.code[p] if p >= 0 else "" for p in areas.parent]
    return Tables(
        areas={
            "code": list(areas.code),
            "name": list(areas.name),
            "level": [LEVELS[level] for level in areas.level],
            "parent_code": parents,
        },
        grids={
            "code": list(plan.code),
            "name": [name or "" for name in plan.name],
            "area_code": [areas.code[a] if a >= 0 else "" for a in plan.area],
            "wkb": list(shapely.to_wkb(plan.geometry)),
        },
        listed=homes.listed,
        unlisted=homes.unlisted,
        unlocated=np.isnan(homes.lon),
        first_met=_first(*met, len(homes.id)),
        first_phone=_first(*phone, len(homes.id)),
        spans=_spans(snapshot),
        visit_household=np.concatenate([met[0], phone[0]]),
        visit_day=np.concatenate([met[1], phone[1]]),
        visit_kind=np.repeat(np.array([MET, PHONE], dtype=np.int8), [len(met[0]), len(phone[0])]),
    )


def _spans(snapshot: Snapshot) -> list[Span]:
    """Where every household lies, plan after plan, from the beginning of days to their end."""
    plans: list[Plan] = list(snapshot.plans)
    if not plans:
        return [_span(snapshot, snapshot.plan_on(EPOCH.item()), int(NO_DAY), int(FAR_DAY))]
    starts = [int(NO_DAY) if p.valid_from is None else day_number(p.valid_from) for p in plans]
    spans = []
    if starts[0] != NO_DAY:  # a day before the first plan has none
        none = snapshot.plan_on(date_of(starts[0] - 1) or EPOCH.item())
        spans.append(_span(snapshot, none, int(NO_DAY), starts[0]))
    for i, plan in enumerate(plans):
        # A plan that was replaced on the day it began never was in force.
        end = min(starts[i + 1 :], default=int(FAR_DAY))
        spans.append(_span(snapshot, plan, starts[i], end))
    return spans


def _span(snapshot: Snapshot, plan: Plan, first: int, end: int) -> Span:
    areas, place = snapshot.areas, snapshot.household_places(plan)
    rules = snapshot.programme

    def code_of(by: str) -> Objects:
        names = plan.code if by == "grid" else areas.code
        return np.append(names, "")[coverage.groups(areas, plan, by)[place]]

    return Span(
        from_day=first,
        until_day=end,
        county=code_of("county"),
        township=code_of("township"),
        grid=code_of("grid"),
        every=coverage.intervals(
            snapshot.households.every, snapshot.placement(plan), plan, rules.visit_every_days
        ),
    )


def _events(bits: DayBits, through: int) -> tuple[Ints, Ints]:
    """(household, day) of each event up to a day."""
    households: list[Any] = [np.empty(0, dtype=np.int32)]
    days: list[Any] = [np.empty(0, dtype=np.int32)]
    for start, word in zip(bits.starts, bits.words, strict=True):
        for bit in range(min(daybits.WORD, through - start + 1)):
            rows = np.flatnonzero(word & np.uint32(1 << bit)).astype(np.int32)
            households.append(rows)
            days.append(np.full(len(rows), start + bit, dtype=np.int32))
    return np.concatenate(households), np.concatenate(days)


def _first(household: Ints, day: Ints, size: int) -> Ints:
    """Day of each household's first event, FAR_DAY where it has none."""
    first = np.full(size, FAR_DAY, dtype=np.int32)
    np.minimum.at(first, household, day)
    return first
