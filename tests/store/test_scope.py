"""Who sees what: rows outside a scope are as if they did not exist."""

from __future__ import annotations

import pytest

from gisgrid.access import EVERYWHERE, Scope
from gisgrid.store import Store

# scope -> areas, grids, households, visits, cases that it sees
SEEN = {
    "*": (
        "1 11 111 12",
        "g1 g2 g3",
        "adrift far h1 h2 h3 lost nowhere",
        "v3 v2 v1",
        "c1 c2 c3 c4",
    ),
    "1": ("1 11 111 12", "g1 g2 g3", "adrift h1 h2 h3 lost", "v3 v2 v1", "c1 c2 c3"),
    "11": ("11 111", "g1 g2", "h1 h2 lost", "v3 v1", "c1 c2 c3"),
    "111": ("111", "g1 g2", "h1 h2 lost", "v3 v1", "c1 c2 c3"),
    "12": ("12", "g3", "adrift h3", "v2", ""),
    "g1": ("", "g1", "h1 lost", "v3 v1", "c1 c3"),
    "g2": ("", "g2", "h2", "", "c2"),
    "no such code": ("", "", "", "", ""),
    "": ("", "", "", "", ""),
    "%": ("", "", "", "", ""),
    "' OR 1=1 --": ("", "", "", "", ""),
}


@pytest.mark.parametrize("code", SEEN)
def test_a_scope_sees_its_own_part_of_every_layer(county: Store, code: str) -> None:
    scope = Scope(code)
    seen = (
        county.areas(scope=scope).code,
        county.grids(scope=scope).code,
        county.households(scope=scope).id,
        county.visits(scope=scope).id,
        county.cases(scope=scope).id,
    )
    assert tuple(" ".join(column) for column in seen) == SEEN[code]


def test_asking_by_id_does_not_reach_beyond_the_scope(county: Store) -> None:
    east = Scope("11")
    assert list(county.households(scope=east, ids=["h1", "h3", "far", "gone"]).id) == ["h1"]
    assert list(county.visits(scope=east, household_ids=["h3", "h1"]).id) == ["v1"]
    assert list(county.cases(scope=east, ids=["c1", "c4"]).id) == ["c1"]
    assert list(county.cases(scope=east, household_ids=["h1", "h3"]).id) == ["c1", "c2"]
    assert list(county.grids(scope=east, revision=1).code) == ["g1", "g2"]


def test_search_does_not_reach_beyond_the_scope(county: Store) -> None:
    assert list(county.search_households(scope=Scope("11"), text="h").id) == ["h1", "h2", "lost"]
    assert list(county.search_households(scope=Scope("12"), text="h").id) == ["h3"]


def test_search_takes_percent_and_underscore_as_letters(county: Store) -> None:
    found = county.search_households
    assert list(found(scope=EVERYWHERE, text="%").id) == ["h3"]
    assert list(found(scope=EVERYWHERE, text="0%_X").id) == ["h3"]
    assert list(found(scope=EVERYWHERE, text="_x").id) == ["h3"]
    assert list(found(scope=EVERYWHERE, text="四").id) == ["h2"]
    assert list(found(scope=EVERYWHERE, text="well").id) == ["h1"]
    assert list(found(scope=EVERYWHERE, text="", limit=2).id) == ["adrift", "far"]


def test_search_puts_the_very_id_first_then_beginnings(county: Store) -> None:
    found = county.search_households(scope=EVERYWHERE, text="h3")
    assert found.iloc[0].to_dict() == {"id": "h3", "name": "100%_x", "address": "3 Hill"}
    assert list(county.search_households(scope=EVERYWHERE, text="h").id)[:3] == ["h1", "h2", "h3"]


def test_an_area_wins_over_a_grid_of_the_same_code(store: Store, town: object) -> None:
    areas, grids = town.areas(), town.grids()  # type: ignore[attr-defined]
    grids["code"] = ["12", "g2", "g3"]
    with store.write() as w:
        w.put_areas(areas)
        w.put_grids(grids)
    assert list(store.grids(scope=Scope("12")).code) == ["g3"]


@pytest.mark.parametrize("circle", [{"1": "111"}, {"11": "111"}, {"12": "12"}])
def test_areas_in_a_circle_are_refused(store: Store, town: object, circle: dict[str, str]) -> None:
    from gisgrid.errors import FrameError

    areas = town.areas()  # type: ignore[attr-defined]
    for child, parent in circle.items():
        areas.loc[areas.code == child, "parent_code"] = parent
    with pytest.raises(FrameError, match="lies within itself"), store.write() as w:
        w.put_areas(areas)
    assert store.areas(scope=EVERYWHERE).empty


def test_columns_of_the_whole_county_are_refused_to_a_smaller_scope(county: Store) -> None:
    for read in (
        county.area_columns,
        county.plan_columns,
        county.household_columns,
        county.visit_days,
        county.case_columns,
    ):
        with pytest.raises(ValueError, match="EVERYWHERE"):
            read(scope=Scope("1"))
