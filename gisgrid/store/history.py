"""Grids of all times: which rows a revision has, and what became of a grid that is no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import and_, or_, select

from gisgrid.columns import Plan
from gisgrid.coverage import heir
from gisgrid.store.schema import areas, grids_history, programme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

    from gisgrid.store.transaction import Transaction


def in_revision(number: int) -> ColumnElement[bool]:
    """Condition on grids_history: the rows of one revision."""
    until = grids_history.c.until_revision
    return and_(grids_history.c.revision <= number, or_(until.is_(None), until > number))


def plan_of(tx: Transaction, rows: Sequence[Any]) -> Plan:
    """Codes and polygons of some rows, by code."""
    # The database may sort text by the rules of a language; places are by code points.
    rows = sorted(rows, key=lambda row: row.code)
    none = np.empty(len(rows), dtype=object)
    return Plan(
        revision=0,
        valid_from=None,
        valid_to=None,
        code=np.array([row.code for row in rows], dtype=object),
        name=none,
        member=none,
        area=np.full(len(rows), -1, dtype=np.int32),
        every=np.zeros(len(rows), dtype=np.int32),
        geometry=tx.dialect.load_geometries([row.geom for row in rows]),
    )


def heirs(tx: Transaction, codes: set[str], known: set[str]) -> dict[str, str]:
    """Code of a grid that is no more -> the grid of the plan shown that holds most of its ground.

    Step by step through the plans, as snapshot.heirs. known: the codes of the plan shown. A code
    that names an area, or never was a grid, is left out.
    """
    shown = tx.connection.scalar(select(programme.c.revision)) or 0
    among = tx.dialect.among(areas.c.code, sorted(codes))
    named = set(tx.connection.scalars(select(areas.c.code).where(among))) if codes else set()
    plans: dict[int, Plan] = {}
    found = {}
    for code in sorted(codes - known - named):
        now, since = code, 0
        while now and now not in known:
            now, since = _next(tx, now, since, shown, plans)
        if now:
            found[code] = now
    return found


def _next(
    tx: Transaction, code: str, since: int, shown: int, plans: dict[int, Plan]
) -> tuple[str, int]:
    """The heir of a code that stood in a plan (0: in the last that had it), and the plan it is in.

    "" where nothing of its ground is left in a plan, or it never was a grid.
    """
    history = grids_history.c
    stood = and_(history.revision <= shown, history.revision < history.until_revision)
    rows = tx.connection.execute(
        select(history.revision, history.until_revision, history.geom)
        .where(history.code == code, stood)
        .order_by(history.revision)
    ).all()
    rows = [row for row in rows if since < row.until_revision <= shown]
    if not rows:
        return "", 0
    last = rows[-1]
    if since:  # to the end of the rows that follow each other without a break
        last = rows[0]
        for row in rows[1:]:
            last = row if row.revision == last.until_revision else last
    if last.until_revision not in plans:
        there = select(history.code, history.geom).where(in_revision(last.until_revision))
        plans[last.until_revision] = plan_of(tx, tx.connection.execute(there).all())
    plan = plans[last.until_revision]
    (shape,) = tx.dialect.load_geometries([last.geom])
    at = heir(shape, plan)
    return (str(plan.code[at]), last.until_revision) if at >= 0 else ("", 0)
