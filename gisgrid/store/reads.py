"""Rows for people: each statement is limited to a scope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, and_, case, exists, func, or_, select

from gisgrid.model import LAYERS
from gisgrid.store.history import in_revision
from gisgrid.store.schema import areas, cases, grids, grids_history, households, revisions, visits
from gisgrid.store.schema_records import pending_reports
from gisgrid.store.scoping import Sight

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Table

    from gisgrid.access import Scope
    from gisgrid.store.dialects.base import Dialect


def _columns(layer: str, table: Table, *more: str) -> list[Any]:
    return [table.c[name] for name in (*(c.name for c in LAYERS[layer].columns), *more)]


def areas_seen(scope: Scope) -> Select[Any]:
    """Areas by code."""
    return select(*_columns("areas", areas)).where(Sight(scope).areas()).order_by(areas.c.code)


def grids_seen(scope: Scope, revision: int | None) -> Select[Any]:
    """Grids by code, of the plan in force or of a revision."""
    table = grids if revision is None else grids_history
    seen = Sight(scope).grids(table)
    if revision is not None:
        published = exists().where(
            revisions.c.revision == revision, revisions.c.withdrawn.is_(False)
        )
        seen = and_(seen, published, in_revision(revision))
    return select(*_columns("grids", table, "geom")).where(seen).order_by(table.c.code)


def grids_withdrawn(revision: int, ended: Sequence[str]) -> Select[Any]:
    """Grids by code, of a revision that was withdrawn; ended: the grids that it had ended."""
    began = grids_history.c.revision == revision
    # It ended few grids of the plan before: their codes fit into one statement.
    stayed = and_(in_revision(revision - 1), grids_history.c.code.not_in(ended))
    columns = _columns("grids", grids_history, "geom")
    return select(*columns).where(or_(began, stayed)).order_by(grids_history.c.code)


def households_seen(dialect: Dialect, scope: Scope, ids: Sequence[str] | None) -> Select[Any]:
    """Households by id."""
    statement = (
        select(*_columns("households", households, "placed_in", "geom"))
        .where(Sight(scope).households())
        .order_by(households.c.id)
    )
    return statement if ids is None else statement.where(dialect.among(households.c.id, ids))


def visits_seen(
    dialect: Dialect, scope: Scope, household_ids: Sequence[str] | None, limit: int | None
) -> Select[Any]:
    """Visits, the newest first."""
    statement = (
        select(*_columns("visits", visits, "visited_on"))
        .where(Sight(scope).visits())
        # A device's clock may be years off; then the day on which the visit counts is another.
        .order_by(visits.c.visited_on.desc(), visits.c.visited_at.desc(), visits.c.id)
        .limit(limit)
    )
    if household_ids is None:
        return statement
    return statement.where(dialect.among(visits.c.household_id, household_ids))


def visit_marks_seen(
    dialect: Dialect, scope: Scope, household_ids: Sequence[str] | None
) -> Select[Any]:
    """How each visit came in: by id, what device, server, later visits and a decision say of it."""
    by, report = visits.alias("by"), pending_reports
    statement = (
        select(
            *(visits.c[name] for name in ("id", "received_at", "zone", "flags", "corrects")),
            exists().where(by.c.corrects == visits.c.id).label("corrected"),
            report.c.decided_by,
        )
        .select_from(visits.outerjoin(report, report.c.client_id == visits.c.client_id))
        .where(Sight(scope).visits())
    )
    if household_ids is None:
        return statement
    return statement.where(dialect.among(visits.c.household_id, household_ids))


def last_day_invented() -> Select[Any]:
    """Day of the latest visit among those of the first households by id."""
    some = select(visits.c.visited_on).order_by(visits.c.household_id).limit(100_000)
    return select(func.max(some.subquery().c.visited_on))


def cases_seen(
    dialect: Dialect,
    scope: Scope,
    ids: Sequence[str] | None,
    household_ids: Sequence[str] | None,
) -> Select[Any]:
    """Cases by id."""
    statement = (
        select(*_columns("cases", cases, "geom")).where(Sight(scope).cases()).order_by(cases.c.id)
    )
    if ids is not None:
        statement = statement.where(dialect.among(cases.c.id, ids))
    if household_ids is not None:
        statement = statement.where(dialect.among(cases.c.household_id, household_ids))
    return statement


def households_found(scope: Scope, text: str, limit: int) -> Select[Any]:
    """Households whose id begins with the text, or whose name or address holds it.

    The very id first, then beginnings of ids. Letters' case is ignored; % and _ are letters.
    """
    begins = households.c.id.istartswith(text, autoescape=True)
    holds = or_(
        households.c.name.icontains(text, autoescape=True),
        households.c.address.icontains(text, autoescape=True),
    )
    rank = case((households.c.id == text, 0), (begins, 1), else_=2)
    return (
        select(households.c.id, households.c.name, households.c.address)
        .where(Sight(scope).households(), or_(begins, holds))
        .order_by(rank, households.c.id)
        .limit(limit)
    )
