"""Plans and their revisions: history is kept, and `grids` shows the one in force."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from shapely import box

from gisgrid.access import EVERYWHERE
from gisgrid.errors import PlanTooEarly
from gisgrid.store import PutCounts, Store

TODAY = dt.date(2026, 11, 20)
LATER = dt.date(2026, 12, 1)


def redrawn(town: Any) -> Any:
    """g2 takes over g1, g3 stays, g4 comes from g3's west."""
    plan = town.grids()
    plan["came_from"] = None
    plan.loc[0, ["code", "came_from"]] = ["g4", "g1,g2"]
    plan.loc[0, "geometry"] = box(100, 30, 101.6, 31)
    plan.loc[1, "geometry"] = box(101.6, 30, 102, 31)
    return plan


def placed(store: Store) -> str:
    homes = store.households(scope=EVERYWHERE).set_index("id").placed_in
    return " ".join(f"{i}:{homes[i]}" for i in ("h1", "h2", "h3", "lost"))


def plans(store: Store) -> list[tuple[int, dt.date | None, dt.date | None, str]]:
    found = store.plan_columns(scope=EVERYWHERE)
    return [(p.revision, p.valid_from, p.valid_to, " ".join(sorted(p.code))) for p in found]


def test_the_first_plan_is_in_force_from_the_beginning(county: Store) -> None:
    assert plans(county) == [(1, None, None, "g1 g2 g3")]


def test_a_plan_for_today_is_shown_and_places_everybody_anew(county: Store, town: Any) -> None:
    with county.write(today=TODAY) as w:
        assert w.put_grids(redrawn(town), valid_from=TODAY) == PutCounts(1, 1, 1)
    assert plans(county) == [(1, None, TODAY, "g1 g2 g3"), (2, TODAY, None, "g2 g3 g4")]
    assert list(county.grids(scope=EVERYWHERE).code) == ["g2", "g3", "g4"]
    assert list(county.grids(scope=EVERYWHERE, revision=1).code) == ["g1", "g2", "g3"]
    assert county.grids(scope=EVERYWHERE, revision=7).empty
    # h2 lies in what g4 took; the unlocated one goes with the ground of the grid that it named.
    assert placed(county) == "h1:g4 h2:g4 h3:g3 lost:g4"
    assert county.promote(TODAY) is False


def test_without_a_day_a_plan_is_in_force_from_today(county: Store, town: Any) -> None:
    with county.write(today=TODAY) as w:
        w.put_grids(redrawn(town))
    assert plans(county)[1][1] == TODAY


def test_a_plan_for_a_later_day_waits_for_it(county: Store, town: Any) -> None:
    with county.write(today=TODAY) as w:
        w.put_grids(redrawn(town), valid_from=LATER)
    assert list(county.grids(scope=EVERYWHERE).code) == ["g1", "g2", "g3"]
    assert placed(county) == "h1:g1 h2:g2 h3:g3 lost:g1"
    before = county.changes()
    assert county.promote(LATER - dt.timedelta(days=1)) is False
    assert county.changes() == before
    assert county.promote(LATER) is True
    assert list(county.grids(scope=EVERYWHERE).code) == ["g2", "g3", "g4"]
    assert placed(county) == "h1:g4 h2:g4 h3:g3 lost:g4"
    assert county.changes().plan == before.plan + 1
    assert county.promote(LATER) is False


def test_the_same_plan_again_makes_no_revision(county: Store, town: Any) -> None:
    with county.write(today=TODAY) as w:
        assert w.put_grids(town.grids().iloc[::-1], valid_from=TODAY) == PutCounts(0, 0, 3)
    assert len(plans(county)) == 1


def test_a_plan_cannot_start_before_the_one_on_record(county: Store, town: Any) -> None:
    with county.write(today=TODAY) as w:
        w.put_grids(redrawn(town), valid_from=LATER)
    with pytest.raises(PlanTooEarly) as refused, county.write(today=TODAY) as w:
        w.put_grids(town.grids(), valid_from=TODAY)
    assert refused.value.facts == {"latest": "2026-12-01", "valid_from": "2026-11-20"}
    assert len(plans(county)) == 2


def test_two_plans_on_one_day_leave_the_last_in_force(county: Store, town: Any) -> None:
    for plan in (redrawn(town), town.grids()):
        with county.write(today=TODAY) as w:
            w.put_grids(plan, valid_from=TODAY)
    assert list(county.grids(scope=EVERYWHERE).code) == ["g1", "g2", "g3"]
    assert [p[:3] for p in plans(county)] == [
        (1, None, TODAY),
        (2, TODAY, TODAY),
        (3, TODAY, None),
    ]
    assert placed(county) == "h1:g1 h2:g2 h3:g3 lost:g1"


def test_a_grid_that_stays_has_one_row_in_the_history(county: Store, town: Any) -> None:
    from gisgrid.store.schema import grids_history as table

    with county.write(today=TODAY) as w:
        w.put_grids(redrawn(town), valid_from=TODAY)
    with county.reading(EVERYWHERE) as connection:
        rows = connection.execute(table.select().order_by(table.c.code, table.c.revision)).all()
    assert [
        (r.code, r.revision, r.until_revision, r.valid_from, r.valid_to, r.came_from) for r in rows
    ] == [
        ("g1", 1, 2, None, TODAY, None),
        ("g2", 1, 2, None, TODAY, None),
        ("g2", 2, None, TODAY, None, None),
        ("g3", 1, None, None, None, None),
        ("g4", 2, None, TODAY, None, "g1,g2"),
    ]
    first, second = county.plan_columns(scope=EVERYWHERE)
    at = list(first.code).index("g3"), list(second.code).index("g3")
    assert first.wkb[at[0]] is second.wkb[at[1]]


def test_grids_keep_what_a_boundary_file_does_not_say(county: Store, town: Any) -> None:
    shapes = redrawn(town)[["code", "geometry"]]
    with county.write(today=TODAY) as w:
        w.put_grids(shapes)
    grids = county.grids(scope=EVERYWHERE).set_index("code")
    assert grids.member.to_dict() == {"g2": "Wang", "g3": None, "g4": None}
    assert grids.area_code["g2"] == "111"


def test_placements_that_come_with_a_plan_are_taken(county: Store, town: Any) -> None:
    with county.write(today=TODAY) as w:
        w.put_grids(redrawn(town), valid_from=TODAY, placed={"far": "g4"}, note="spring")
    homes = county.households(scope=EVERYWHERE).set_index("id")
    assert homes.placed_in["far"] == "g4"


def test_a_case_with_its_own_point_is_placed_by_it(county: Store, town: Any) -> None:
    from gisgrid.access import Scope

    with county.write(today=TODAY) as w:
        w.put_grids(redrawn(town), valid_from=TODAY)
    assert list(county.cases(scope=Scope("g4")).id) == ["c1", "c2", "c3"]
    assert list(county.cases(scope=Scope("g2")).id) == []
